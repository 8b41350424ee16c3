public import Contracts
public import Kernel
public import SQLite

/// An event as the log keeps it: its place, its topic, its bytes.
public struct StoredEvent: Hashable, Sendable {
    public var sequence: UInt64
    public var topic: String
    public var envelope: [UInt8]

    public init(sequence: UInt64, topic: String, envelope: [UInt8]) {
        self.sequence = sequence
        self.topic = topic
        self.envelope = envelope
    }
}

/// The durable log and the leases on work, in one SQLite file (WAL, `synchronous=FULL`).
///
/// Invariants:
/// - an event is in the log if and only if the transaction that appended it has committed; its sequence is never used again;
/// - (source, id) is unique: appending it again gives the first one's sequence;
/// - an entry of the queue and its `task.ready` appear in one transaction; so do a report and the end of its entry.
///
/// Used from the broker's one thread. A turn of the broker is one transaction: `begin`, any number of calls, `commit`.
public final class JournalStore {
    public private(set) var queue: WorkQueue
    private let database: Database
    private let insertEvent, findEvent, selectEvents, oneEvent, putEntry, dropEntry, putReader, putMeta: Statement
    /// The newest sequence of the log, of this turn included.
    public private(set) var newest: UInt64 = 0
    public private(set) var epoch: UInt64 = 0
    /// Commits since the start, for metrics and benchmarks.
    public private(set) var commits: UInt64 = 0

    /// Opens or creates the journal at `path` (`:memory:` for simulations). `now` is the monotonic clock in seconds.
    ///
    /// - Parameter firstSequence: where a new log begins. Sequences are the tokens of fences in the warehouse and the positions
    ///   of readers, which outlive a journal that was lost: a log begun later must begin above all that an earlier one gave.
    public init(path: String, limits: WorkQueue.Limits = .init(), now: Double, firstSequence: UInt64 = 1) throws(SQLiteError) {
        database = try Database(path: path)
        queue = WorkQueue(limits: limits)
        // The checkpoint is run by `checkpoint()` when the broker is idle, off the path of an acknowledgement; the automatic
        // one is for a broker that never is.
        try database.execute("pragma journal_mode=wal; pragma synchronous=full; pragma wal_autocheckpoint=20000; pragma cache_size=-4096")
        try database.execute(Self.schema)
        if firstSequence > 1 {
            try database.execute(
                "insert into sqlite_sequence(name, seq) select 'event', \(firstSequence - 1) where not exists (select 1 from sqlite_sequence where name = 'event')")
        }
        insertEvent = try database.prepare("insert into event(source, id, topic, envelope) values(?, ?, ?, ?) on conflict(source, id) do nothing")
        findEvent = try database.prepare("select sequence from event where source = ? and id = ?")
        selectEvents = try database.prepare("select sequence, topic, envelope from event where sequence > ? order by sequence limit ?")
        oneEvent = try database.prepare("select topic, envelope from event where sequence = ?")
        putEntry = try database.prepare(
            """
            insert into entry(sequence, role, pipeline, run, task, priority, delivery, state, worker, withdrawn, delivery_limit)
            values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict(sequence) do update set delivery = excluded.delivery,
            state = excluded.state, worker = excluded.worker, withdrawn = excluded.withdrawn,
            delivery_limit = excluded.delivery_limit
            """)
        dropEntry = try database.prepare("delete from entry where sequence = ?")
        putReader = try database.prepare(
            "insert into reader(name, position) values(?, ?) on conflict(name) do update set position = max(position, excluded.position)")
        putMeta = try database.prepare("insert into meta(key, value) values(?, ?) on conflict(key) do update set value = excluded.value")
        try recover(now: now)
    }

    private static let schema = """
        create table if not exists event(
            sequence integer primary key autoincrement, source text not null, id text not null,
            topic text not null, envelope blob not null, unique(source, id));
        create table if not exists entry(
            sequence integer primary key, role text not null, pipeline text not null, run text not null, task text not null,
            priority integer not null, delivery integer not null, state text not null, worker text not null, withdrawn integer not null,
            delivery_limit integer not null);
        create table if not exists reader(name text primary key, position integer not null) without rowid;
        create table if not exists meta(key text primary key, value integer not null) without rowid;
        """

    /// Reads what the last commit left: the queue with a full lease for each holder, the newest sequence, the epoch.
    private func recover(now: Double) throws(SQLiteError) {
        queue = WorkQueue(limits: queue.limits)
        let rows = try database.prepare(
            "select sequence, role, pipeline, run, task, priority, delivery, state, worker, withdrawn, delivery_limit from entry")
        while try rows.step() {
            guard let role = Role(rawValue: rows.text(1)) else { continue }
            let state: WorkEntry.State = switch rows.text(7) {
            case "leased": .leased(until: now + queue.limits.leaseSeconds)
            case "dead": .dead
            default: .waiting(visibleAt: now)
            }
            var entry = WorkEntry(
                sequence: UInt64(rows.integer(0)), role: role, pipeline: rows.text(2), run: RunID(rows.text(3)),
                task: TaskID(rows.text(4)), priority: Int(rows.integer(5)), delivery: Int(rows.integer(6)), deliveryLimit: Int(rows.integer(10)), state: state,
                worker: rows.text(8), since: now)
            entry.isWithdrawn = rows.integer(9) != 0
            queue.add(entry)
        }
        newest = UInt64(try number("select coalesce(max(sequence), 0) from event"))
        epoch = UInt64(try number("select coalesce(max(value), 0) from meta where key = 'epoch'"))
    }

    private func number(_ sql: String) throws(SQLiteError) -> Int64 {
        let rows = try database.prepare(sql)
        _ = try rows.step()
        return rows.integer(0)
    }

    // MARK: A turn

    private var hasWrites = false

    public func begin() { hasWrites = false }

    private func willWrite() throws(SQLiteError) {
        guard !hasWrites else { return }
        try database.execute("begin immediate")
        hasWrites = true
    }

    /// Makes the turn durable. A turn that wrote nothing costs nothing, and gives false.
    @discardableResult public func commit() throws(SQLiteError) -> Bool {
        guard hasWrites else { return false }
        try database.execute("commit")
        hasWrites = false
        commits += 1
        return true
    }

    /// Tries a commit that changes nothing of the log, after one has failed. Between turns only.
    public func canCommit() -> Bool {
        do {
            try database.execute("begin immediate")
            putMeta.bind(1, "tried")
            putMeta.bind(2, Int64(commits))
            try putMeta.run()
            try database.execute("commit")
            return true
        } catch {
            if database.isInTransaction { try? database.execute("rollback") }
            return false
        }
    }

    /// Forgets the turn, in the file and in memory.
    public func rollback(now: Double) throws(SQLiteError) {
        if database.isInTransaction { try? database.execute("rollback") }
        hasWrites = false
        try recover(now: now)
    }

    /// Moves the write-ahead log into the file; called when nobody waits.
    public func checkpoint() { try? database.execute("pragma wal_checkpoint(passive)") }

    // MARK: The log

    /// Appends an event. `isNew` is false where (source, id) is there already; the sequence is then the first one's.
    public func append(source: String, id: String, topic: String, envelope: [UInt8]) throws(SQLiteError) -> (sequence: UInt64, isNew: Bool) {
        try willWrite()
        insertEvent.bind(1, source)
        insertEvent.bind(2, id)
        insertEvent.bind(3, topic)
        insertEvent.bind(4, envelope)
        try insertEvent.run()
        if database.changes == 1 {
            newest = UInt64(database.lastInsertedRow)
            return (newest, true)
        }
        return (try sequence(source: source, id: id) ?? 0, false)
    }

    public func sequence(source: String, id: String) throws(SQLiteError) -> UInt64? {
        findEvent.bind(1, source)
        findEvent.bind(2, id)
        defer { findEvent.reset() }
        return try findEvent.step() ? UInt64(findEvent.integer(0)) : nil
    }

    /// At most this many bytes of envelopes are returned by one `read`, and this many events looked at.
    static let readBytesMax = 8 << 20
    static let readScanMax = 10_000

    /// The events behind `after` whose topic starts with one of `prefixes`, and the sequence searched to.
    public func read(after: UInt64, prefixes: [String], limit: Int) throws(SQLiteError) -> (events: [StoredEvent], upTo: UInt64) {
        selectEvents.bind(1, Int64(clamping: after))
        selectEvents.bind(2, Int64(Self.readScanMax))
        defer { selectEvents.reset() }
        let wanted = prefixes.map { Array($0.utf8) }
        var events: [StoredEvent] = []
        var upTo = after
        var bytes = 0
        while try selectEvents.step() {
            let sequence = UInt64(selectEvents.integer(0))
            let topic = selectEvents.text(1)
            if wanted.isEmpty || wanted.contains(where: { topic.utf8.starts(with: $0) }) {
                let envelope = selectEvents.bytes(2)
                events.append(StoredEvent(sequence: sequence, topic: topic, envelope: envelope))
                bytes += envelope.count
            }
            upTo = sequence
            if events.count >= max(1, limit) || bytes >= Self.readBytesMax { break }
        }
        return (events, upTo)
    }

    public func event(_ sequence: UInt64) throws(SQLiteError) -> StoredEvent? {
        oneEvent.bind(1, Int64(clamping: sequence))
        defer { oneEvent.reset() }
        guard try oneEvent.step() else { return nil }
        return StoredEvent(sequence: sequence, topic: oneEvent.text(0), envelope: oneEvent.bytes(1))
    }

    // MARK: Work

    public func add(_ entry: WorkEntry) throws(SQLiteError) {
        queue.add(entry)
        try save(entry)
    }
    public func offer(role: Role, to worker: String, now: Double) throws(SQLiteError) -> WorkEntry? {
        guard let entry = queue.offer(role: role, to: worker, now: now) else { return nil }
        try save(entry)
        return entry
    }
    /// Leases live by the monotonic clock, which no file can hold: extending one writes nothing.
    public func extend(_ lease: String, now: Double) -> WorkEntry? { queue.extend(lease, now: now) }

    public func complete(_ lease: String) throws(SQLiteError) -> WorkEntry? {
        guard let entry = queue.complete(lease) else { return nil }
        try save(entry)
        return entry
    }
    public func release(_ lease: String, after seconds: Double, now: Double) throws(SQLiteError) -> WorkEntry? {
        guard let entry = queue.release(lease, after: seconds, now: now) else { return nil }
        try save(entry)
        return entry
    }
    public func giveBack(_ lease: String, now: Double) throws(SQLiteError) -> WorkEntry? {
        guard let entry = queue.giveBack(lease, now: now) else { return nil }
        try save(entry)
        return entry
    }
    public func expire(now: Double) throws(SQLiteError) -> [WorkEntry] {
        let changed = queue.expire(now: now)
        for entry in changed { try save(entry) }
        return changed
    }
    public func withdraw(run: RunID) throws(SQLiteError) -> [WorkEntry] {
        let changed = queue.withdraw(run: run)
        for entry in changed { try save(entry) }
        return changed
    }
    public func requeue(_ sequence: UInt64, now: Double) throws(SQLiteError) -> WorkEntry? {
        guard let entry = queue.requeue(sequence, now: now) else { return nil }
        try save(entry)
        return entry
    }

    /// Makes the file say of an entry what the queue says.
    private func save(_ changed: WorkEntry) throws(SQLiteError) {
        try willWrite()
        guard let entry = queue.entries[changed.sequence] else {
            dropEntry.bind(1, Int64(changed.sequence))
            return try dropEntry.run()
        }
        putEntry.bind(1, Int64(entry.sequence))
        putEntry.bind(2, entry.role.rawValue)
        putEntry.bind(3, entry.pipeline)
        putEntry.bind(4, entry.run.description)
        putEntry.bind(5, entry.task.description)
        putEntry.bind(6, Int64(entry.priority))
        putEntry.bind(7, Int64(entry.delivery))
        let state = switch entry.state {
        case .leased: "leased"
        case .dead: "dead"
        case .waiting: "waiting"
        }
        putEntry.bind(8, state)
        putEntry.bind(9, entry.worker)
        putEntry.bind(10, entry.isWithdrawn ? 1 : 0)
        putEntry.bind(11, Int64(entry.deliveryLimit))
        try putEntry.run()
    }

    // MARK: Readers and the leader

    public func confirm(reader: String, position: UInt64) throws(SQLiteError) {
        try willWrite()
        putReader.bind(1, reader)
        putReader.bind(2, Int64(clamping: position))
        try putReader.run()
    }

    public func readers() throws(SQLiteError) -> [(name: String, position: UInt64)] {
        let rows = try database.prepare("select name, position from reader order by name")
        var result: [(name: String, position: UInt64)] = []
        while try rows.step() { result.append((rows.text(0), UInt64(rows.integer(1)))) }
        return result
    }

    /// A new leader's epoch: greater than every one before.
    public func nextEpoch() throws(SQLiteError) -> UInt64 {
        try willWrite()
        epoch += 1
        putMeta.bind(1, "epoch")
        putMeta.bind(2, Int64(epoch))
        try putMeta.run()
        return epoch
    }
}
