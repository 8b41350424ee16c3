internal import Contracts
internal import Dispatch
internal import Kernel
internal import Landing
internal import Synchronization
internal import WarehouseKit

/// Puts one landed batch into its table, inside the transaction of the task's effect.
struct BatchLoad {
    static let quarantinedBytesMax = 65_536

    let ledger: Ledger
    let assignment: Assignment
    let arguments: StreamArguments
    let manifest: LandingManifest
    let landed: LandedBatch
    let reader: LandingReader
    let now: Timestamp
    let fault: LoadFault?
    /// The rows that an earlier load of this batch set aside, where they are tried again: only they, and behind what came since.
    var setAside: Set<Int>?
    /// What the report says besides the books.
    let findings = Findings()

    /// Filled while the batch is loaded; an attempt begins anew.
    final class Findings {
        var drift: [Drift] = []
        var dropped: [String: Int] = [:]
        /// Batches that a table held which is not there any more.
        var lost = 0
        var children: [(table: String, rows: Int)] = []
    }

    var session: any WarehouseSession { ledger.session }
    var label: String { "\(manifest.stream), batch \(landed.ordinal) (\(landed.source))" }
    var disposition: Disposition { arguments.disposition }

    /// The table that the stream's readers see.
    static func target(_ arguments: StreamArguments) -> RelationName { RelationName(schema: arguments.schema, identifier: arguments.stream) }

    /// The table in which a `replace` run gathers its batches.
    static func stage(_ arguments: StreamArguments, on session: any WarehouseSession) -> RelationName {
        RelationName(schema: session.defaultSchema, identifier: "\(stagePrefix(arguments))\(arguments.generation)")
    }
    static func stagePrefix(_ arguments: StreamArguments) -> String { ScratchName.of("stage", target(arguments)) + "__" }

    /// The part of the table that this batch is the whole of.
    var window: String {
        switch disposition {
        case .snapshot: "\(assignment.logicalDate)/\(landed.window ?? "")"
        // A stream without windows has the run as its window.
        default: landed.window ?? "run \(assignment.run)"
        }
    }

    /// What an older run must not write once a newer one has.
    var scope: String {
        let relation = "\(arguments.schema).\(arguments.stream)"
        return switch disposition {
        case .append, .snapshot: "\(relation)/\(window)"
        case .merge: relation
        case .replace: "\(relation)/stage \(arguments.generation)"
        }
    }

    /// Batches of a stream may load at once; its seal waits for them and they for it, so what each has read of the other's
    /// cursor and fences is still true when it commits.
    static func streamLock(_ manifest: LandingManifest) -> String { "stream \(manifest.pipeline)/\(manifest.stream)" }

    func run() throws -> Completion {
        let (landedBytes, check) = try reader.bytesWithCheck(of: landed)
        let verification = Verification(check)
        try session.lock(Self.streamLock(manifest), .shared)
        // A run that was overtaken to the end holds what the source said before: written now, it would stay, for the cursor
        // says that the source has been read since.
        guard try ledger.cursor(pipeline: manifest.pipeline, stream: manifest.stream).token == arguments.cursorToken else {
            throw Seal.cursorMoved(manifest.stream)
        }
        let batch = try ledger.nextBatch()
        let target = disposition == .replace ? Self.stage(arguments, on: session) : Self.target(arguments)
        try TableShape.hold(target, on: session)
        try noteLoss(of: target)
        let replaced = try removeOlderGenerations(from: target, by: batch)
        let (books, changed) = try landedBytes.withBytes { bytes in
            var pass = try pass(over: bytes, batch)
            pass.forget = landedBytes.forget
            if isWithoutRecords {
                try evolve(target, to: pass.columns)
                return (pass.books, 0)
            }
            let loaded = disposition == .merge ? try merge(pass, into: target, batch) : try insert(pass, into: target, batch)
            try unfold(bytes, batch, parents: target)
            return loaded
        }
        try verification.wait()
        try books.balance(with: landed.tally, engineChanged: changed, of: label)
        try record(batch, target, books)
        return completion(batch, books, replaced)
    }

    /// A table that somebody has dropped is made anew, and what it held is told of: the landed files still have it.
    private func noteLoss(of target: RelationName) throws {
        findings.lost = 0
        guard disposition != .replace, try session.relation(target) == nil else { return }
        let values: [SQLValue] = [.text("\(arguments.schema).\(arguments.stream)"), .text(assignment.run.description)]
        let condition = "where relation = ? and run <> ? and replaced_by is null and \"rows\" > 0"
        guard case .integer(let count)? = try session.query("select count(*) from \(ledger.table("_sluice_loads")) \(condition)", values).rows.first?.first else { return }
        findings.lost = Int(count)
    }

    /// A page without a record, or a file without a byte, which may lack what its key names. What columns it has are made all the same.
    private var isWithoutRecords: Bool { landed.tally.count == 0 && (landed.format.kind != .csv || landed.header.isEmpty) }

    // MARK: Columns

    var format: RawFormat {
        var format = landed.format
        if format.kind != .csv {
            // JSON has a null of its own.
            format.nullTokens = [""]
        } else if let tokens = arguments.config["null_tokens"]?.arrayValue { format.nullTokens = tokens.compactMap(\.stringValue) }
        return format
    }

    /// A pass over the batch's bytes, its columns and what is done to them as the stream says.
    func pass(over bytes: Bytes, _ batch: Int64) throws -> BatchPass {
        let rules = try ColumnRules(arguments)
        let given = rules.names(of: landed.header, bytesMax: session.identifierBytesMax)
        let preparation = given.isEmpty
            ? nil : try Preparation(arguments, rules, names: given, nullTokens: format.kind == .csv ? format.nullTokens.map { Array($0.utf8) } : nil)
        var pass = BatchPass(
            bytes: bytes, format: format, header: landed.header, batch: batch,
            columns: try columns(preparation?.outputs.map(\.name) ?? given, rules, preparation), keepsHashes: disposition == .merge, fault: fault)
        pass.preparation = preparation
        pass.hasDecimals = session.hasDecimals
        return pass
    }

    private func columns(_ names: [String], _ rules: ColumnRules, _ preparation: Preparation?) throws -> [BatchPass.Column] {
        let key = Set(disposition == .merge ? Merge.key(arguments) : [])
        let needed = disposition == .merge ? key.union([arguments.config["order_by"]?.stringValue, arguments.config["delete_when"]?.stringValue].compactMap(\.self)) : []
        let missing = needed.subtracting(names)
        guard missing.isEmpty || isWithoutRecords else {
            throw PlainProblem(
                "load.key_missing", "the batch has no column '\(missing.sorted().joined(separator: "', '"))', by which the stream is merged",
                at: .named(label),
                remedy: "its columns are: \(names.joined(separator: ", ")); correct --key or --order-by, or of a pipeline's stream `key`, `order_by` or `delete_when`")
        }
        return names.map { name in
            let type = preparation?.casts[name] ?? rules.rules[name]?.type
            return BatchPass.Column(name: name, type: type ?? .unknown, isPinned: type != nil, isDeclared: type != nil, isKey: key.contains(name))
        }
    }

    // MARK: Rows

    /// Writes the batch, again with wider types as often as a value needs one. Types only widen, so this ends.
    ///
    /// `prepare` readies the table for the pass's types and names the table to write to. With a `key` they are staged.
    func write(
        _ pass: inout BatchPass, shapedLike table: RelationName, _ batch: Int64, key: [String] = [], _ prepare: ([BatchPass.Column]) throws -> RelationName
    ) throws -> (rows: Int, staged: (any StagingWriter)?) {
        let shape = try TableShape(session, table)
        let rules = try ColumnRules(arguments)
        // A table that is replaced is held to what it was before.
        let standing = disposition == .replace ? try TableShape(session, Self.target(arguments)) : shape
        try apply(rules, of: standing, to: &pass)
        for index in pass.columns.indices {
            // A replaced table keeps its types too: who reads it finds the same ones in a month of whole amounts, and in one without any.
            let name = pass.columns[index].name
            if !pass.columns[index].isPinned, let old = shape.types[name] ?? standing.types[name] { pass.columns[index].type = old }
        }
        pass.only = setAside
        pass.sample()
        while true {
            for index in pass.columns.indices where !session.hasDecimals && pass.columns[index].type == .real {
                // What the column holds already might not come back from a double.
                if shape.types[pass.columns[index].name] == .integer, try shape.holdsLargeIntegers(pass.columns[index].name) { pass.columns[index].type = .decimal }
            }
            try session.execute("savepoint batch_pass")
            let written = try prepare(pass.columns)
            let columns = pass.columns.map(\.name) + [ColumnNames.batch, ColumnNames.row]
            let staging = key.isEmpty ? nil : try session.stagingWriter(into: written, columns: columns, key: key)
            let writer = try staging ?? session.writer(into: written, columns: columns)
            let quarantine = QuarantineWriter(ledger, batch: batch, file: landed.source)
            if try pass.run(into: writer, quarantine: quarantine.write) == .done {
                let written = try writer.finish()
                try quarantine.finish(pass.books.count(.quarantined))
                try checkQuarantine(pass, first: quarantine.first)
                try session.execute("release savepoint batch_pass")
                findings.drift = Drift.between(standing, and: pass)
                findings.dropped = pass.dropped
                return (written, staging)
            }
            try session.execute("rollback to savepoint batch_pass")
        }
    }

    /// A contract of `quarantine` keeps types as they are and new columns out.
    private func apply(_ rules: ColumnRules, of standing: TableShape, to pass: inout BatchPass) throws {
        guard standing.exists else { return }
        for column in pass.columns where rules.contract(of: column.name) == .quarantine {
            if let old = standing.types[column.name] {
                // A column that has held nothing but nulls takes the first type that comes.
                guard old != .unknown, let index = pass.columns.firstIndex(where: { $0.name == column.name }), !column.isPinned else { continue }
                pass.columns[index].type = old
                pass.columns[index].isPinned = true
            } else {
                let nullTokens = format.kind == .csv ? format.nullTokens.map { Array($0.utf8) } : nil
                var preparation = pass.preparation ?? Preparation(pass.columns.map(\.name), nullTokens: nullTokens)
                preparation.refuse(column.name)
                pass.preparation = preparation
                pass.columns.removeAll { $0.name == column.name }
            }
        }
    }

    /// More rows set aside than `quarantine_max` allows are a failure, which keeps nothing of the batch.
    private func checkQuarantine(_ pass: BatchPass, first: QuarantineWriter.First?) throws {
        let count = pass.books.count(.quarantined)
        guard let limit = try QuarantineLimit(arguments.config["quarantine_max"], of: arguments.stream), count > limit.rows(of: pass.rows), let first else { return }
        throw PlainProblem(
            "load.quarantine_full",
            "\(grouped(count)) of \(grouped(pass.rows)) rows cannot be loaded\(limit.allowance); the first: \(first.reason)",
            at: .file(landed.source, line: first.line),
            remedy: (first.reason == Quarantined.notUTF8 ? "convert the file, if it is from Windows by iconv -f WINDOWS-1252 -t UTF-8," : "correct the source,")
                + " or allow more: quarantine_max of the stream, --quarantine-max of `sluice load`; nothing of the batch was kept")
    }

    func evolve(_ table: RelationName, to columns: [BatchPass.Column]) throws {
        let shape = try TableShape(session, table)
        let wanted = columns.map { ($0.name, $0.isPinned ? (shape.types[$0.name] ?? .unknown).widened(with: $0.type) : $0.type) }
        let rules = try ColumnRules(arguments)
        let standing = disposition == .replace ? try TableShape(session, Self.target(arguments)) : shape
        let changes = standing.exists ? standing.changes(to: wanted).filter { rules.contract(of: $0.column) == .freeze }.map(\.words) : []
        if !changes.isEmpty {
            throw PlainProblem(
                "load.schema_frozen", "the schema is frozen and \(changes.joined(separator: "; "))", at: .named(label),
                remedy: "have the source corrected, or allow the change with `contract: evolve`")
        }
        try shape.evolve(to: wanted)
    }

    func insert(_ pass: BatchPass, into target: RelationName, _ batch: Int64) throws -> (Books, Int) {
        var pass = pass
        let changed = try write(&pass, shapedLike: target, batch) { columns in
            try evolve(target, to: columns)
            return target
        }
        return (pass.books, changed.rows)
    }

    func merge(_ pass: BatchPass, into target: RelationName, _ batch: Int64) throws -> (Books, Int) {
        var pass = pass
        return try Merge(load: self, target: target, batch: batch).run(&pass)
    }

    // MARK: Ledger

    /// Removes the rows that older runs wrote into this window. The fence has let us in, so every other run is an older one.
    private func removeOlderGenerations(from target: RelationName, by batch: Int64) throws -> Int {
        guard disposition == .append || disposition == .snapshot else { return 0 }
        let loads = ledger.table("_sluice_loads")
        let condition = "where relation = ? and \"window\" = ? and run <> ? and replaced_by is null"
        let values: [SQLValue] = [.text("\(arguments.schema).\(arguments.stream)"), .text(window), .text(assignment.run.description)]
        let older = try session.query("select batch from \(loads) \(condition)", values).rows.compactMap { row -> Int64? in
            if case .integer(let number) = row[0] { number } else { nil }
        }
        guard !older.isEmpty else { return 0 }
        let isOlder = "\(ColumnNames.batch) in (\(older.map(String.init).joined(separator: ", ")))"
        // A table that somebody has dropped has lost them already.
        let removed = try session.relation(target) == nil ? 0 : session.execute("delete from \(session.render(target)) where \(isOlder)")
        for (_, table) in try Self.childTables(arguments) where try session.relation(childTarget(table)) != nil {
            try session.execute("delete from \(session.render(childTarget(table))) where \(isOlder)")
        }
        try session.execute("update \(loads) set replaced_by = ? \(condition)", [.integer(batch)] + values)
        return removed
    }

    private func record(_ batch: Int64, _ target: RelationName, _ books: Books) throws {
        let values: [SQLValue] = [
            .integer(batch), .text(assignment.run.description), .text(assignment.spec.id.description), .integer(Int64(landed.ordinal)),
            .text(manifest.pipeline), .text(manifest.stream), .text("\(arguments.schema).\(arguments.stream)"), .text(window),
            .integer(Int64(arguments.generation)), .text(landed.source), .text(landed.sha256), .integer(Int64(landed.tally.count)),
            .text(now.description),
        ]
        try session.execute(
            """
            insert into \(ledger.table("_sluice_loads"))
            (batch, run, task, ordinal, pipeline, stream, relation, "window", token, file, sha256, "rows", loaded_at)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, values)
        try record(books, of: batch)
    }

    func record(_ books: Books, of batch: Int64) throws {
        for entry in books.entries(stream: manifest.stream, batch: landed.ordinal) {
            try session.execute(
                "insert into \(ledger.table("_sluice_books")) (batch, stream, point, \"rows\", sum) values (?, ?, ?, ?, ?)",
                [.integer(batch), .text(entry.stream), .text(entry.point.rawValue), .integer(Int64(entry.tally.count)), .text(entry.tally.sumHex)])
        }
    }

    private func completion(_ batch: Int64, _ books: Books, _ replaced: Int) -> Completion {
        let written = books.count(.inserted) + books.count(.updated)
        var message = "\(grouped(written)) \(written == 1 ? "row" : "rows")"
        if replaced > 0 { message += " in the place of \(grouped(replaced))" }
        for point in [BookEntry.Point.updated, .supersededInBatch, .olderThanTarget, .deleted, .filtered, .quarantined] where books.count(point) > 0 {
            message += ", \(grouped(books.count(point))) \(point.rawValue)"
        }
        // By name, as the ledger keeps them; the config as text, which has an order of its own.
        var details: JSON = ["batch": .integer(batch), "config": .string((assignment.spec.args["config"] ?? [:]).text())]
        for (table, rows) in findings.children { message += "; \(grouped(rows)) in \(table)" }
        if !findings.drift.isEmpty { details["drift"] = .array(findings.drift.map(\.json)) }
        if !findings.dropped.isEmpty { details["filtered"] = JSON(findings.dropped.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) }) }
        var notes = findings.drift.map(\.words)
        if findings.lost > 0 {
            notes.append("the table was gone, and \(findings.lost) \(findings.lost == 1 ? "batch" : "batches") of it with it: run the pipeline with --full-refresh to load them again")
        }
        if !notes.isEmpty { details["notes"] = .array(notes.map(JSON.string)) }
        details["replaced"] = JSON(replaced)
        return Completion(
            report: TaskReport(rows: written, message: message, books: books.entries(stream: manifest.stream, batch: landed.ordinal), details: details))
    }
}

/// The digest of a large file, computed beside the load and asked for before anything is kept.
// Sendable: `result` is behind its lock.
private final class Verification: Sendable {
    private let result = Mutex<Result<Void, any Error>?>(nil)
    private let group = DispatchGroup()

    init(_ check: @escaping @Sendable () throws -> Void) {
        DispatchQueue.global().async(group: group) { [self] in
            let outcome = Result { try check() }
            result.withLock { $0 = outcome }
        }
    }

    func wait() throws {
        group.wait()
        try result.withLock { $0 }?.get()
    }
}

/// Writes rows that cannot be loaded into `_sluice_quarantine`.
private final class QuarantineWriter {
    private let ledger: Ledger
    private let batch: Int64
    private let file: [UInt8]
    private var writer: (any RowWriter)?
    typealias First = (line: Int, reason: String)
    /// The first row that was set aside.
    private(set) var first: First?

    init(_ ledger: Ledger, batch: Int64, file: String) {
        self.ledger = ledger
        self.batch = batch
        self.file = Array(file.utf8)
    }

    private static let replacement = Array("\u{fffd}".utf8)

    /// - Parameter expected: how many rows were set aside.
    func finish(_ expected: Int) throws {
        let written = try writer?.finish() ?? 0
        guard written == expected else {
            throw Books.problem("\(expected) rows were set aside and the engine took \(written)", "_sluice_quarantine, batch \(batch)")
        }
    }

    func write(_ row: Quarantined) throws {
        let writer = try self.writer ?? ledger.session.writer(
            into: RelationName(schema: ledger.session.defaultSchema, identifier: "_sluice_quarantine"),
            columns: ["batch", "row", "reason", "file", "line", "raw"])
        self.writer = writer
        if first == nil { first = (row.line, row.reason) }
        // What no engine's text can hold is replaced; the file has it as it was.
        let raw = String(decoding: row.raw.prefix(BatchLoad.quarantinedBytesMax), as: UTF8.self).utf8.flatMap { $0 == 0 ? Self.replacement : [$0] }
        try Array(row.reason.utf8).withUnsafeBufferPointer { reason in
            try file.withUnsafeBufferPointer { file in
                try raw.withUnsafeBufferPointer { raw in
                    let cells: [Cell] = [
                        .integer(batch), .integer(Int64(row.row)), .text(reason), .text(file), .integer(Int64(row.line)), .text(raw),
                    ]
                    try cells.withUnsafeBufferPointer { try writer.write($0) }
                }
            }
        }
    }
}

/// `27,004`.
func grouped(_ number: Int) -> String {
    var digits = Array(String(number).utf8)
    var place = digits.count - 3
    while place > 0 {
        digits.insert(UInt8(ascii: ","), at: place)
        place -= 3
    }
    return String(decoding: digits, as: UTF8.self)
}
