internal import Contracts
internal import Kernel
internal import Landing
internal import WarehouseKit

/// Unfolds the nested values of a batch into tables of their own, in the transaction that loads the batch.
///
/// A child's `_sluice_batch` and `_sluice_row` are those of its parent's row, and with `_sluice_index`, its place in the list, they are
/// its key. A child lives as long as its parent: what takes a row away takes its children too.
extension BatchLoad {
    static let index = "_sluice_index"

    /// Tables of nested values, by column.
    static func childTables(_ arguments: StreamArguments) throws -> [(column: String, table: String)] {
        try ColumnRules(arguments).rules.compactMap { name, rule in rule.childTable.map { (name, $0) } }.sorted { $0.0 < $1.0 }
    }

    /// The stream as if the child table were its own.
    static func childArguments(_ arguments: StreamArguments, _ table: String) -> StreamArguments {
        var arguments = arguments
        arguments.stream = table
        return arguments
    }

    func childTarget(_ table: String) -> RelationName {
        let arguments = Self.childArguments(arguments, table)
        return disposition == .replace ? Self.stage(arguments, on: session) : Self.target(arguments)
    }

    /// After the parents are where they belong.
    func unfold(_ bytes: Bytes, _ batch: Int64, parents: RelationName) throws {
        let rules = try ColumnRules(arguments)
        let names = rules.names(of: landed.header, bytesMax: session.identifierBytesMax)
        for (column, table) in try Self.childTables(arguments) {
            let target = childTarget(table)
            try TableShape.hold(target, on: session)
            guard let field = names.firstIndex(of: column) else {
                if disposition == .merge { try removeOrphans(from: target, of: parents) }
                continue
            }
            let rows = try unfold(bytes, field, batch, into: table, parents: wanted(batch, in: parents))
            if disposition == .merge { try removeOrphans(from: target, of: parents) }
            findings.children.append((table, rows))
        }
    }

    /// The rows of the batch that are in the table, and of those the ones that are loaded just now.
    private func wanted(_ batch: Int64, in table: RelationName) throws -> Set<Int> {
        guard try session.relation(table) != nil else { return [] }
        let rows = try session.query("select \(ColumnNames.row) from \(session.render(table)) where \(ColumnNames.batch) = ?", [.integer(batch)]).rows
        let all = Set(rows.compactMap { row in if case .integer(let number) = row[0] { Int(number) } else { nil } })
        return setAside.map { all.intersection($0) } ?? all
    }

    private func unfold(_ bytes: Bytes, _ field: Int, _ batch: Int64, into table: String, parents: Set<Int>) throws -> Int {
        let target = childTarget(table)
        var pass = BatchPass(bytes: bytes, format: format, header: landed.header, batch: batch, columns: [], keepsHashes: false, fault: nil)
        pass.hasDecimals = session.hasDecimals
        pass.nested = BatchPass.Nested(field: field, parents: parents)
        let (members, hasValues) = pass.learnNested()
        guard hasValues || !members.isEmpty else { return 0 }
        pass.nested?.members = members
        pass.nested?.hasValues = hasValues
        let titles = (hasValues ? ["value"] : []) + members
        pass.columns = zip([Self.index] + ColumnNames.canonical(titles, bytesMax: session.identifierBytesMax), [true] + titles.map { _ in false }).map {
            BatchPass.Column(name: $0, type: $1 ? .integer : .unknown, isPinned: $1, isKey: false)
        }
        let shape = try TableShape(session, target)
        let standing = disposition == .replace ? try TableShape(session, Self.target(Self.childArguments(arguments, table))) : shape
        for index in pass.columns.indices {
            let name = pass.columns[index].name
            if let old = shape.types[name] ?? standing.types[name] { pass.columns[index].type = old }
        }
        pass.sample()
        while true {
            try session.execute("savepoint child_pass")
            try TableShape(session, target).evolve(to: pass.columns.map { ($0.name, $0.type) })
            let writer = try session.writer(into: target, columns: pass.columns.map(\.name) + [ColumnNames.batch, ColumnNames.row])
            let outcome = try pass.run(into: writer) { row in
                throw PlainProblem(
                    "load.child_refused", "a nested value cannot be loaded into \(target.identifier): \(row.reason)", at: .file(landed.source, line: row.line),
                    remedy: "correct the source, or keep the column as JSON: unfold: false")
            }
            guard outcome == .done else { try session.execute("rollback to savepoint child_pass"); continue }
            let written = try writer.finish(), count = pass.books.count(.inserted)
            guard written == count else { throw Books.problem("\(count) nested values were unfolded and the engine took \(written)", label) }
            try session.execute("release savepoint child_pass")
            return count
        }
    }

    private func removeOrphans(from child: RelationName, of parents: RelationName) throws {
        guard try session.relation(child) != nil else { return }
        let key = "\(ColumnNames.batch), \(ColumnNames.row)"
        try session.execute("delete from \(session.render(child)) where (\(key)) not in (select \(key) from \(session.render(parents)))")
    }
}
