import FoundationEssentials
public import Contracts
public import Kernel

/// Who may write a scope. The token only grows; what holds a lower one is late and has nothing to say any more.
public struct Fence: Hashable, Sendable {
    public enum Owner: Hashable, Sendable {
        /// The token is the task's own: an equal one is this same task.
        case task
        /// The tasks of one run share the token, for example the batches of one window.
        case run
    }
    /// The relation and, where there is one, its window: `raw.flights/2013-01-01`.
    public var scope: String
    public var token: UInt64
    public var owner: Owner

    public init(_ scope: String, token: UInt64, owner: Owner = .task) {
        self.scope = scope
        self.token = token
        self.owner = owner
    }
}

/// The warehouse's own account of what has been done to it. Every task that writes goes through `effect`.
///
/// - A task's effect and the record of it commit together, so a second delivery finds the first one's words.
/// - A scope's token only grows, so what started earlier cannot overwrite what started later.
public struct Ledger {
    public let session: any WarehouseSession

    /// Creates the ledger's tables where they are missing. Must not run inside a transaction.
    public init(on session: any WarehouseSession) throws {
        self.session = session
        // The view comes last and in one transaction with the tables, so where it is they are.
        guard try session.relation(name(Self.batches)) == nil else { return }
        try session.transaction {
            // Engines check for `if not exists` before they lock, and two replicas may start at once.
            try session.lock("ledger \(session.defaultSchema)", .exclusive)
            try create()
        }
    }

    /// The ledger of a warehouse that a pipeline writes to; nil where there is none, as none is needed by what runs alone.
    public static func existing(on session: any WarehouseSession) throws -> Ledger? {
        let ledger = Ledger(unchecked: session)
        return try session.relation(ledger.name(batches)) == nil ? nil : ledger
    }

    /// Makes the tables anew in the open transaction of a node that has dropped the schema they lay in; what they said is lost.
    public static func restore(on session: any WarehouseSession) throws {
        let ledger = Ledger(unchecked: session)
        guard try session.relation(ledger.name(batches)) == nil else { return }
        try ledger.create()
    }

    private init(unchecked session: any WarehouseSession) { self.session = session }

    private func create() throws {
        try session.createSchema(session.defaultSchema)
        for table in Self.tables {
            try session.execute("create table if not exists \(self.table(table.name)) (\(table.columns))")
        }
        guard try session.relation(name(Self.batches)) == nil else { return }
        try session.execute(
            """
            create view \(table(Self.batches)) as
            select batch as _sluice_batch, run || '/' || stream || '/' || ordinal as _sluice_batch_id,
              \(session.moment(ofText: "loaded_at")) as _sluice_loaded_at, run as _sluice_run, relation as _sluice_relation, file as _sluice_file
            from \(table("_sluice_loads"))
            """)
    }

    /// What a model joins to its rows by `_sluice_batch` for the names behind the number.
    public static let batches = "_sluice_batches"

    /// The name of a ledger table in SQL: `table("_sluice_loads")`.
    public func table(_ identifier: String) -> String { session.render(name(identifier)) }

    private func name(_ identifier: String) -> RelationName {
        RelationName(schema: session.defaultSchema, identifier: identifier)
    }

    /// A number for a new batch. Numbers only grow, and one that was given to an attempt that failed is left out.
    public func nextBatch() throws -> Int64 {
        let rows = try session.query("select coalesce(max(batch), 0) from \(table("_sluice_loads"))").rows
        guard case .integer(let newest)? = rows.first?.first else { return 1 }
        return try session.number(after: newest, in: name("_sluice_loads"))
    }

    // MARK: Effects

    /// Does a task's work once: all that `body` writes and the completion that it returns commit together.
    ///
    /// A task that is done already answers with what is stored, and `body` does not run. A task whose scope a newer one has
    /// written answers with `superseded`. Whatever `body` throws undoes everything. Where the engine breaks a deadlock by undoing
    /// this transaction, it is done again from its start, so `body` may run more than once.
    ///
    /// Two replicas with the same task meet at the first statement: the later one waits there and then finds it done. Two tasks
    /// of one scope meet at the second.
    ///
    /// - Parameter mayEnd: whether a statement of `body` may end the transaction itself, as macros of dbt projects do. What it ended then
    ///   stays, and what follows is in effect at once: of such a task alone a part may be done twice, where a worker dies in it.
    public func effect(run: RunID, task: TaskID, fence: Fence, mayEnd: Bool = false, _ body: () throws -> Completion) throws -> Completion {
        try session.repeatedAtConflict { try effectOnce(run, task, fence, mayEnd, body) }
    }

    private func effectOnce(_ run: RunID, _ task: TaskID, _ fence: Fence, _ mayEnd: Bool, _ body: () throws -> Completion) throws -> Completion {
        try session.begin()
        do {
            guard try enter(run, task) else {
                let stored = try completion(of: run, task)
                session.rollback()
                return stored
            }
            guard try raise(fence, run, task) else {
                session.rollback()
                return Self.superseded(fence)
            }
            let completion = try body()
            let note: [SQLValue] = [.text(try Self.text(completion)), .text(run.description), .text(task.description)]
            if try session.hasOneWriter || session.execute("update \(table("_sluice_done")) set report = ? where run = ? and task = ?", note) == 0 {
                // Or the body has dropped the schema, and these tables are new.
                try session.execute("insert into \(table("_sluice_done")) (report, run, task) values (?, ?, ?)", note)
            }
            // A task that was withdrawn while it worked leaves nothing behind.
            try Task.checkCancellation()
            do { try session.commit() } catch let problem as any Problem where mayEnd && problem.code == WarehouseEnded.code {
                // The note above is written already; the fence may have gone with what was rolled back.
                try session.transaction { _ = try raise(fence, run, task) }
            }
            return completion
        } catch {
            session.rollback()
            throw error
        }
    }

    /// The effect of an assignment on one scope, under the assignment's own token.
    public func effect(of assignment: Assignment, scope: String, mayEnd: Bool = false, _ body: () throws -> Completion) throws -> Completion {
        try effect(run: assignment.run, task: assignment.spec.id, fence: Fence(scope, token: assignment.token), mayEnd: mayEnd, body)
    }

    /// What a task answered when it was done; nil where it has not been done.
    public func stored(run: RunID, task: TaskID) throws -> Completion? {
        let rows = try session.query(
            "select report from \(table("_sluice_done")) where run = ? and task = ?", [.text(run.description), .text(task.description)]
        ).rows
        guard case .text(let text)? = rows.first?.first else { return nil }
        return try JSONDecoder().decode(Completion.self, from: Data(text.utf8))
    }

    private func enter(_ run: RunID, _ task: TaskID) throws -> Bool {
        // Nobody else can come meanwhile, and a page that is written early and late in a long transaction is dear: SQLite then sums up its
        // whole log a second time.
        if session.hasOneWriter { return try stored(run: run, task: task) == nil }
        let names: [SQLValue] = [.text(run.description), .text(task.description)]
        if try session.execute("insert into \(table("_sluice_done")) (run, task, report) values (?, ?, '') on conflict do nothing", names) == 1 { return true }
        // A statement of a worker that died ended the transaction in the middle: the task is begun, and not done.
        return try session.execute("update \(table("_sluice_done")) set report = '' where run = ? and task = ? and report = ''", names) == 1
    }

    private func raise(_ fence: Fence, _ run: RunID, _ task: TaskID) throws -> Bool {
        let fences = table("_sluice_fence")
        let owner = fence.owner == .run ? run.description : "\(run) \(task)"
        return try session.execute(
            """
            insert into \(fences) (scope, token, owner) values (?, ?, ?)
            on conflict (scope) do update set token = excluded.token, owner = excluded.owner
            where \(fences).token < excluded.token or (\(fences).token = excluded.token and \(fences).owner = excluded.owner)
            """,
            [.text(fence.scope), .integer(Int64(fence.token)), .text(owner)]) == 1
    }

    /// The greatest token that any run has had for a relation or a part of it; 0 where none has written it.
    public func newestToken(of relation: String) throws -> UInt64 {
        let rows = try session.query(
            "select coalesce(max(token), 0) from \(table("_sluice_fence")) where scope = ? or substr(scope, 1, ?) = ?",
            [.text(relation), .integer(Int64(relation.utf8.count + 1)), .text(relation + "/")]
        ).rows
        guard case .integer(let token)? = rows.first?.first else { return 0 }
        return UInt64(token)
    }

    private func completion(of run: RunID, _ task: TaskID) throws -> Completion {
        guard let stored = try stored(run: run, task: task) else {
            throw PlainProblem(
                "warehouse.ledger_torn", "the ledger says that a task is done and does not say what it answered",
                at: .named("_sluice_done, run \(run), task \(task)"), remedy: "restore the warehouse from a backup; this is never written by us")
        }
        return stored
    }

    private static func superseded(_ fence: Fence) -> Completion {
        Completion(report: TaskReport(message: "superseded: a newer run has written \(fence.scope)", details: ["superseded": true]))
    }

    private static func text(_ completion: Completion) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(completion), as: UTF8.self)
    }

    // MARK: Tables

    /// The types are words that every SQL engine knows; times are RFC 3339 text.
    private static let tables: [(name: String, columns: String)] = [
        ("_sluice_done", "run text not null, task text not null, report text not null, primary key (run, task)"),
        ("_sluice_fence", "scope text not null primary key, token bigint not null, owner text not null"),
        (
            "_sluice_loads",
            """
            batch integer not null primary key, run text not null, task text not null, ordinal integer not null, \
            pipeline text not null, stream text not null, relation text not null, "window" text not null, token bigint not null, \
            file text not null, sha256 text not null, "rows" bigint not null, loaded_at text not null, replaced_by integer
            """
        ),
        (
            "_sluice_books",
            """
            batch integer not null, stream text not null, point text not null, "rows" bigint not null, sum text not null, \
            primary key (batch, point)
            """
        ),
        (
            "_sluice_cursors",
            """
            pipeline text not null, stream text not null, cursor text not null, token bigint not null, run text not null, \
            moved_at text not null, primary key (pipeline, stream)
            """
        ),
        (
            "_sluice_quarantine",
            """
            batch integer not null, "row" bigint not null, reason text not null, file text not null, line bigint not null, \
            raw text not null, primary key (batch, "row")
            """
        ),
        (
            "_sluice_seals",
            """
            run text not null, stream text not null, manifest text not null, batches integer not null, "rows" bigint not null, \
            sum text not null, sealed_at text not null, primary key (run, stream)
            """
        ),
        (
            "_sluice_test_results",
            """
            recorded_at text not null, run text not null, test text not null, name text not null, model text not null, \
            status text not null, failures bigint, severity text not null, warn_if text not null, error_if text not null, \
            stored_in text not null, message text not null, started_at text not null, finished_at text not null, \
            primary key (recorded_at, run, test)
            """
        ),
    ]
}
