internal import Contracts
internal import Kernel
internal import WarehouseKit

/// One row for each key: the batch goes into a table of its own, and from there, row by row, to its fate.
///
/// 1. A later record of the batch with the same key, or one that is newer by `order_by`, supersedes a row.
/// 2. Where the target holds a newer row by `order_by`, or a newer one took the key away, the row is older than the target.
/// 3. What `delete_when` marks takes the row of its key away.
/// 4. What is left updates the row of its key, or is inserted.
struct Merge {
    let load: BatchLoad
    let target: RelationName
    let batch: Int64

    private var session: any WarehouseSession { load.ledger.session }
    /// A temporary table, which needs no log and which nobody else sees: names without a schema find it first.
    private var staging: RelationName { RelationName(schema: session.temporarySchema, identifier: ScratchName.of("merge", target)) }

    static func key(_ arguments: StreamArguments) -> [String] {
        if let one = arguments.config["key"]?.stringValue { return [one] }
        return arguments.config["key"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    func run(_ pass: inout BatchPass) throws -> (Books, Int) {
        let key = Self.key(load.arguments)
        guard !key.isEmpty else {
            throw PlainProblem(
                "load.key_missing", "stream '\(load.manifest.stream)' is merged and names no key", at: .named("stream \(load.manifest.stream)"),
                remedy: "name the columns that identify a row: key: [id]")
        }
        let order = load.arguments.config["order_by"]?.stringValue
        let (rows, writer) = try load.write(&pass, shapedLike: target, batch, key: key) { columns in
            try load.evolve(target, to: columns)
            try session.execute("drop table if exists \(session.quote(staging.identifier))")
            try session.execute("create temporary table \(session.quote(staging.identifier)) as select * from \(session.render(target)) where 1 = 0")
            return staging
        }
        guard let writer, rows == pass.books.count(.inserted) else {
            throw Books.problem("\(pass.books.count(.inserted)) rows were staged and the engine took \(rows)", load.manifest.stream)
        }
        try settleKey(key)
        // The temporary table goes with the session: dropped now, its pages would be journalled.
        return try place(pass, writer, key: key, newest: order)
    }

    private func settleKey(_ key: [String]) throws {
        let name = ScratchName.of("key", target)
        if let old = try session.uniqueIndexes(of: target).first(where: { $0.name == name }) {
            if old.columns == key { return }
            // Changing the columns of a table is for one transaction at a time.
            try TableShape(session, target).holdAlone()
            try session.dropIndex(name, of: target)
        }
        let columns = key.map(session.quote).joined(separator: ", ")
        do {
            try session.execute("create unique index if not exists \(session.quote(name)) on \(session.render(target)) (\(columns))")
        } catch let problem as any Problem where problem.code == "warehouse.constraint" {
            throw PlainProblem(
                "load.key_not_unique", "the table holds rows that are the same by the key \(key.joined(separator: ", "))", at: .named("stream \(load.manifest.stream)"),
                remedy: "name more columns in `key`, or remove the rows that are there twice; nothing was changed")
        }
    }

    private func place(_ pass: BatchPass, _ writer: any StagingWriter, key: [String], newest order: String?) throws -> (Books, Int) {
        let table = session.render(target)
        let rows = session.render(staging)
        let keys = key.map(session.quote)
        let isSameKey = keys.map { "s.\($0) = t.\($0)" }.joined(separator: " and ")
        var books = Books()
        for (point, tally) in pass.books.fates where point != .inserted { books.add(tally, to: point) }
        var left = pass.books.fates[.inserted] ?? .zero

        // By keys that are all different and nothing else, no row of the batch has another fate than to be written.
        if !writer.order.hasUniqueKeys || order != nil || load.setAside != nil || load.arguments.config["delete_when"] != nil { try writer.stage() }
        if !writer.order.hasUniqueKeys {
            let newestFirst = (order.map { "\(session.quote($0)) is null, \(session.quote($0)) desc, " } ?? "") + "\(ColumnNames.row) desc"
            let ranked = "select \(ColumnNames.row) as place, row_number() over (partition by \(keys.joined(separator: ", ")) order by \(newestFirst)) as rank from \(rows)"
            left = try left - settle(.supersededInBatch, "select place from (\(ranked)) ranked where rank > 1", pass, &books)
        }
        if let order {
            let column = session.quote(order)
            left = try left - settle(
                .olderThanTarget,
                """
                select s.\(ColumnNames.row) from \(rows) s join \(table) t on \(isSameKey)
                where t.\(column) is not null and (s.\(column) is null or t.\(column) > s.\(column))
                """, pass, &books)
        }
        if load.setAside != nil {
            // What stands in the table came later, unless the order says otherwise.
            let isNewer = order.map { "coalesce(s.\(session.quote($0)) <= t.\(session.quote($0)), true)" } ?? "true"
            left = try left - settle(
                .olderThanTarget,
                """
                select s.\(ColumnNames.row) from \(rows) s join \(table) t on \(isSameKey)
                where \(isNewer) and (t.\(ColumnNames.batch) > s.\(ColumnNames.batch) or (t.\(ColumnNames.batch) = s.\(ColumnNames.batch) \
                and t.\(ColumnNames.row) > s.\(ColumnNames.row)))
                """, pass, &books)
        }
        if load.arguments.config["delete_when"] != nil {
            let gone = Tombstones(session: session, target: target, key: key, order: order)
            try gone.prepare()
            if let older = gone.older(in: rows, isLate: load.setAside != nil) { left = try left - settle(.olderThanTarget, older, pass, &books) }
            left = try left - removeDeleted(pass, keys, isSameKey, gone, &books)
        }
        var updated = Tally.zero
        let changed = try session.upsert(
            Upsert(staging, into: target, columns: pass.columns.map(\.name) + [ColumnNames.batch, ColumnNames.row], key: key, number: ColumnNames.row),
            of: writer
        ) { updated.add(hash($0, pass)) }
        books.add(updated, to: .updated)
        books.add(left - updated, to: .inserted)
        return (books, changed)
    }

    /// A row that is marked as deleted takes the target's row of its key away; it is counted as deleted whether there was one or not.
    private func removeDeleted(_ pass: BatchPass, _ keys: [String], _ isSameKey: String, _ gone: Tombstones, _ books: inout Books) throws -> Tally {
        guard let marker = load.arguments.config["delete_when"]?.stringValue, let type = pass.columns.first(where: { $0.name == marker })?.type else { return .zero }
        guard type == .boolean || type == .integer || type == .unknown else {
            throw PlainProblem(
                "load.bad_marker", "column '\(marker)' is \(type.rawValue) and cannot say which rows are deleted", at: .named("stream \(load.manifest.stream), delete_when"),
                remedy: "use a column of true and false or of 0 and 1, or derive one: prepare: [derive: {is_deleted: \"\(marker) == 'deleted'\"}]")
        }
        let rows = session.render(staging), table = session.render(target)
        func marked(_ alias: String) -> String { type == .unknown ? "1 = 0" : "\(alias)\(session.quote(marker)) \(type == .boolean ? "is true" : "<> 0")" }
        let isMarked = marked("")
        let list = keys.joined(separator: ", ")
        let there = try session.query("select count(*) from \(rows) s join \(table) t on \(isSameKey) where \(marked("s."))").rows.first?.first
        let removed = try session.execute("delete from \(table) where (\(list)) in (select \(list) from \(rows) where \(isMarked))")
        guard there == .integer(Int64(removed)) else {
            throw Books.problem("rows marked as deleted were to take away others, and the engine took \(removed)", load.manifest.stream)
        }
        try gone.renew(from: rows, where: isMarked)
        return try settle(.deleted, "select \(ColumnNames.row) from \(rows) where \(isMarked)", pass, &books)
    }

    /// Gives the rows that `query` finds their fate and takes them out of the race.
    private func settle(_ point: BookEntry.Point, _ query: String, _ pass: BatchPass, _ books: inout Books) throws -> Tally {
        var found = Tally.zero
        for row in try session.query(query).rows {
            guard case .integer(let number) = row[0] else { preconditionFailure("a staged row carries its number") }
            found.add(hash(number, pass))
        }
        guard found.count > 0 else { return found }
        books.add(found, to: point)
        try session.execute("delete from \(session.render(staging)) where \(ColumnNames.row) in (\(query))")
        return found
    }

    private func hash(_ row: Int64, _ pass: BatchPass) -> UInt128 {
        guard let hashes = pass.hashes, hashes.indices.contains(Int(row) - 1) else { preconditionFailure("a staged row is one of the batch") }
        return hashes[Int(row) - 1]
    }
}
