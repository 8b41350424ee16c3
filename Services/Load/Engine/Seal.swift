internal import Contracts
internal import Kernel
internal import Landing
internal import WarehouseKit

/// Ends a stream's loading: everything that the manifest lists is in, the books add up, and only now the cursor moves.
struct Seal {
    let ledger: Ledger
    let assignment: Assignment
    let arguments: StreamArguments
    let manifest: LandingManifest
    let path: String
    let now: Timestamp

    private var session: any WarehouseSession { ledger.session }
    private var relation: String { "\(arguments.schema).\(arguments.stream)" }

    /// A swap concerns the whole table; otherwise only seals must not overtake one another.
    var scope: String { arguments.disposition == .replace ? relation : "\(relation)/seal" }

    func run() throws -> Completion {
        try session.lock(BatchLoad.streamLock(manifest), .exclusive)
        let loaded = try loadedBatches()
        // A newer run may have written a window before our batch came or after it: either way the rows there are not ours,
        // and a cursor that says they were would hide from the next run what the newer one has not read.
        if try manifest.batches.contains(where: isSuperseded) {
            return Completion(report: TaskReport(message: "superseded: a newer run has written \(relation)", details: ["superseded": true]))
        }
        let missing = manifest.batches.filter { loaded[$0.ordinal] == nil }
        if !missing.isEmpty {
            throw PlainProblem(
                "load.batch_missing", "\(missing.count) of \(manifest.batches.count) batches are not loaded, the first is \(missing[0].ordinal)",
                at: .named("stream \(manifest.stream)"), remedy: "run the failed load tasks again, then this one")
        }
        try compareBooks(loaded)
        if arguments.disposition == .replace { try swap() }
        try session.execute(
            """
            insert into \(ledger.table("_sluice_seals")) (run, stream, manifest, batches, "rows", sum, sealed_at)
            values (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(assignment.run.description), .text(manifest.stream), .text(path), .integer(Int64(manifest.batches.count)),
                .integer(Int64(manifest.tally.count)), .text(manifest.tally.sumHex), .text(now.description),
            ])
        try moveCursor()
        let rows = manifest.tally.count
        return Completion(report: TaskReport(rows: rows, message: manifest.batches.isEmpty ? "nothing new" : "\(grouped(rows)) rows sealed"))
    }

    /// Batch numbers by ordinal.
    private func loadedBatches() throws -> [Int: Int64] {
        let rows = try session.query(
            "select ordinal, batch from \(ledger.table("_sluice_loads")) where run = ? and pipeline = ? and relation = ?",
            [.text(assignment.run.description), .text(manifest.pipeline), .text(relation)]
        ).rows
        var batches: [Int: Int64] = [:]
        for row in rows { if case .integer(let ordinal) = row[0], case .integer(let batch) = row[1] { batches[Int(ordinal)] = batch } }
        return batches
    }

    private func isSuperseded(_ batch: LandedBatch) throws -> Bool {
        let load = BatchLoad(
            ledger: ledger, assignment: assignment, arguments: arguments, manifest: manifest, landed: batch,
            reader: LandingReader(LandingStore(home: "")), now: now, fault: nil)
        let rows = try session.query("select token from \(ledger.table("_sluice_fence")) where scope = ?", [.text(load.scope)]).rows
        guard case .integer(let token)? = rows.first?.first else { return false }
        return UInt64(token) > arguments.generation
    }

    private func compareBooks(_ loaded: [Int: Int64]) throws {
        if let stated = manifest.sourceCount, stated != manifest.tally.count {
            throw Books.problem("the source states \(stated) records and \(manifest.tally.count) landed", "stream \(manifest.stream)")
        }
        for batch in manifest.batches {
            guard let number = loaded[batch.ordinal] else { continue }
            var total = Tally.zero
            for row in try session.query("select \"rows\", sum from \(ledger.table("_sluice_books")) where batch = ?", [.integer(number)]).rows {
                guard case .integer(let count) = row[0], case .text(let sum) = row[1], let value = UInt128(sum, radix: 16) else { continue }
                total += Tally(count: Int(count), sum: value)
            }
            guard total == batch.tally else {
                throw Books.problem(
                    "\(batch.tally.count) records landed and the ledger knows \(total.count)", "\(manifest.stream), batch \(batch.ordinal)")
            }
        }
    }

    /// The gathered table takes the target's place. A source without a record leaves an empty table.
    private func swap() throws {
        try swap(arguments)
        for (_, table) in try BatchLoad.childTables(arguments) { try swap(BatchLoad.childArguments(arguments, table)) }
        let loads = ledger.table("_sluice_loads")
        guard case .integer(let newest)? = try session.query("select coalesce(max(batch), 0) from \(loads)").rows.first?.first else { return }
        try session.execute(
            "update \(loads) set replaced_by = ? where relation = ? and run <> ? and replaced_by is null",
            [.integer(newest), .text(relation), .text(assignment.run.description)])
    }

    private func swap(_ arguments: StreamArguments) throws {
        let target = BatchLoad.target(arguments)
        let stage = BatchLoad.stage(arguments, on: session)
        let gathered = try TableShape(session, stage), isThere = try session.relation(target) != nil
        // A file without a byte and a page without a record name no column, and say nothing against those that the table has.
        let saysNothing = isThere && manifest.tally.count == 0 && gathered.names.isEmpty
        if gathered.exists, !saysNothing {
            try session.copyGrants(from: target, to: stage)
            try session.publish(staged: stage, as: target)
        } else if isThere {
            try session.execute("delete from \(session.render(target))")
            if let stage = try session.relation(stage) { try session.drop(stage) }
        }
        // Runs that ended before their seal leave their stage behind.
        for left in try session.relations(inSchema: session.defaultSchema) where left.name.identifier.hasPrefix(BatchLoad.stagePrefix(arguments)) {
            let generation = left.name.identifier.utf8.dropFirst(BatchLoad.stagePrefix(arguments).utf8.count)
            if let number = UInt64(String(decoding: Array(generation), as: UTF8.self)), number < arguments.generation { try session.drop(left) }
        }
    }

    private func moveCursor() throws {
        guard !manifest.cursor.isNull else { return }
        let hasMoved = try ledger.moveCursor(
            pipeline: manifest.pipeline, stream: manifest.stream, to: manifest.cursor, expected: arguments.cursorToken,
            token: arguments.generation, run: assignment.run, at: now)
        guard hasMoved else { throw Self.cursorMoved(manifest.stream) }
    }

    static func cursorMoved(_ stream: String) -> PlainProblem {
        PlainProblem(
            "load.cursor_moved", "another run has moved the cursor since this one read it", at: .named("stream \(stream)"),
            remedy: "start a new run: it reads on from where the cursor is now; let only one run of a pipeline go at a time")
    }
}
