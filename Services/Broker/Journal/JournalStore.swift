import Contracts
public import Kernel
public import Leases
public import SQLite

/// The durable log and the leases on work: an SQLite file (WAL, `synchronous=FULL`), and beside it segments of the log that hold the
/// events of turns that did nothing but append.
///
/// Invariants:
/// - an event is in the log if and only if the transaction that appended it has committed; its sequence is never used again;
/// - (source, id) is unique: appending it again gives the first one's sequence;
/// - an entry of the queue and its `task.ready` appear in one transaction; so do a report and the end of its entry;
/// - what retention removed lies at or below `floor`; what a reader or an entry still needs is not removed with it.
///
/// Used from the broker's one thread. A turn of the broker is one transaction, or one record of a segment: `begin`, any number of
/// calls, `commit`.
public final class JournalStore {
    public internal(set) var queue: WorkQueue
    let database: Database
    let reserve: Reserve?
    private let insertEvent, oneEvent, putMeta, findForgotten: Statement
    let identities: Identities
    /// Nil in memory.
    let segments: SegmentLog?
    let putEntry, dropEntry: Statement
    /// The newest sequence of the log, of this turn included.
    public private(set) var newest: UInt64 = 0
    /// Retention has removed what lies at or below this, but for what was still needed.
    public internal(set) var floor: UInt64 = 0
    public private(set) var epoch: UInt64 = 0
    /// Commits since the start, for metrics and benchmarks.
    public private(set) var commits: UInt64 = 0
    /// The log's own age in seconds, and the monotonic second at which it was told: see `Retention`.
    var age = (base: 0.0, at: 0.0)
    private var hasForgotten = false
    /// Something was appended in this turn.
    private var hasAppended = false
    private let isInMemory: Bool
    /// Events of this turn that are to be written together.
    var pack = Pack()
    /// By where their text lies in the program.
    private var statements: [UInt: Statement] = [:]

    /// Opens or creates the journal at `path` (`:memory:` for simulations). `now` is the monotonic clock in seconds.
    ///
    /// - Parameters:
    ///   - wall: the calendar's time, for the age of what is in the log.
    ///   - firstSequence: where a new log begins. Sequences are the tokens of fences in the warehouse and the positions
    ///     of readers, which outlive a journal that was lost: a log begun later must begin above all that an earlier one gave.
    ///   - reserve: given back to the disk when it is full.
    public init(
        path: String, limits: WorkQueue.Limits = .init(), now: Double, wall: Timestamp = Timestamp(microseconds: 0), firstSequence: UInt64 = 1,
        reserve: Reserve? = nil
    ) throws(SQLiteError) {
        database = try Database(path: path)
        isInMemory = path == ":memory:"
        queue = WorkQueue(limits: limits)
        self.reserve = reserve
        // Who had it open a moment ago may still be closing it, which holds the file for as long as its log is folded in.
        try database.execute("pragma busy_timeout=5000")
        try Self.refuseNewer(database)
        // The checkpoint is run by `checkpoint()` when the broker is idle, off the path of an acknowledgement; the automatic
        // one is for a broker that never is.
        // A page holds several events, and each that a commit touches is written whole, twice.
        try database.execute("pragma page_size=8192; pragma journal_mode=wal; pragma synchronous=full; pragma wal_autocheckpoint=10000; pragma cache_size=-4096")
        segments = isInMemory ? nil : try SegmentLog(folder: path + "-segments")
        let isBegun = try database.prepare("select exists (select 1 from sqlite_master where name = 'event')")
        if try isBegun.step(), isBegun.integer(0) == 0 {
            isBegun.reset()
            // A part of a log is none: what was open, taken and confirmed is in the database.
            guard segments.map({ $0.last == 0 }) ?? true else { throw JournalFormat.lost(path) }
            try database.execute("begin; \(Self.schema); pragma user_version = \(JournalFormat.current); insert into meta(key, number) values('first', \(firstSequence)); commit")
        } else {
            isBegun.reset()
            try database.execute(Self.schema)
            try Self.upgrade(database)
        }
        insertEvent = try database.prepare("insert into event(sequence, source, id, topic, envelope) values(?, ?, ?, ?, ?)")
        // Simulations make a hundred thousand of the small ones.
        identities = try Identities(database, path: isInMemory ? nil : path, filterBits: isInMemory ? 1 << 14 : IdentityFilter.bitsUsual)
        findForgotten = try database.prepare("select sequence from forgotten where source = ? and id = ?")
        oneEvent = try database.prepare("select topic, envelope from event where sequence = ?")
        putEntry = try database.prepare(
            """
            insert into entry(sequence, role, pipeline, run, task, priority, delivery, state, worker, withdrawn, delivery_limit)
            values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict(sequence) do update set delivery = excluded.delivery,
            state = excluded.state, worker = excluded.worker, withdrawn = excluded.withdrawn,
            delivery_limit = excluded.delivery_limit
            """)
        dropEntry = try database.prepare("delete from entry where sequence = ?")
        putMeta = try database.prepare("insert into meta(key, number) values(?, ?) on conflict(key) do update set number = excluded.number")
        try recover(now: now)
        try recoverAge(now: now, wall: wall)
        try database.execute("pragma busy_timeout=0")
        _ = reserve?.hold()
    }

    private static let schema = """
        create table if not exists event(
            sequence integer primary key, source text not null, id text not null, topic text not null, envelope blob not null);
        create table if not exists pack(first integer primary key, last integer not null, count integer not null, events blob not null);
        create table if not exists identity(source text not null, id text not null, sequence integer not null, primary key(source, id)) without rowid;
        create table if not exists entry(
            sequence integer primary key, role text not null, pipeline text not null, run text not null, task text not null,
            priority integer not null, delivery integer not null, state text not null, worker text not null, withdrawn integer not null,
            delivery_limit integer not null);
        create table if not exists reader(name text primary key, position integer not null) without rowid;
        create table if not exists memory(reader text primary key, memory text not null) without rowid;
        create table if not exists keep(reader text not null, sequence integer not null, primary key(reader, sequence)) without rowid;
        create index if not exists keep_sequence on keep(sequence);
        create table if not exists mark(sequence integer primary key, age integer not null);
        create table if not exists forgotten(source text not null, id text not null, sequence integer not null, primary key(source, id)) without rowid;
        create table if not exists meta(key text primary key, number integer not null) without rowid;
        """

    /// Nothing of the file is changed before its format is known.
    private static func refuseNewer(_ database: Database) throws(SQLiteError) {
        let format = try database.prepare("pragma user_version")
        guard try format.step(), format.integer(0) > JournalFormat.current else { return }
        throw JournalFormat.tooNew("its format is \(format.integer(0))", reads: JournalFormat.current)
    }

    /// Brokers of before the segments did not look at the format. They look for a column of `meta` by its old name, and stop where
    /// that is missing, instead of going on with half a log.
    private static func upgrade(_ database: Database) throws(SQLiteError) {
        let isOld = try database.prepare("select exists (select 1 from pragma_table_info('meta') where name = 'value')")
        guard try isOld.step(), isOld.integer(0) != 0 else { return }
        isOld.reset()
        try database.execute("begin immediate; alter table meta rename column value to number; pragma user_version = \(JournalFormat.current); commit")
    }

    /// Reads what the last commit left: the queue with a full lease for each holder, the newest sequence, the epoch.
    private func recover(now: Double) throws(SQLiteError) {
        pack.removeAll()
        queue = WorkQueue(limits: queue.limits)
        let rows = try statement("select sequence, role, pipeline, run, task, priority, delivery, state, worker, withdrawn, delivery_limit from entry")
        defer { rows.reset() }
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
        floor = try UInt64(meta("floor"))
        // Not the greatest of the table: retention may have removed that one, and no sequence is used again.
        newest = try max(
            UInt64(fixed("select coalesce(max(sequence), 0) from event")), UInt64(fixed("select coalesce(max(last), 0) from pack")), segments?.last ?? 0, floor,
            UInt64(meta(Identities.mark)), UInt64(max(meta("first"), 1)) - 1)
        if !identities.isTable { newest = try max(newest, UInt64(number("select coalesce(max(seq), 0) from sqlite_sequence where name = 'event'"))) }
        try identities.recover(segments)
        epoch = try UInt64(meta("epoch"))
        hasForgotten = try fixed("select exists (select 1 from forgotten)") != 0
    }

    /// Makes an empty journal of one in memory, as `init` would: for simulations, which turn a hundred thousand worlds in a process.
    public func erase() throws(SQLiteError) {
        precondition(isInMemory, "only a journal in memory is erased")
        if database.isInTransaction { try database.execute("rollback") }
        for table: StaticString in [
            "delete from event", "delete from pack", "delete from identity", "delete from entry", "delete from reader", "delete from memory", "delete from keep",
            "delete from mark", "delete from forgotten", "delete from meta",
        ] { try statement(table).run() }
        putMeta.bind(1, "first")
        putMeta.bind(2, 1)
        try putMeta.run()
        try recover(now: 0)
        try recoverAge(now: 0, wall: Timestamp(microseconds: 0))
        (hasWrites, commits) = (false, 0)
    }

    /// A statement that is prepared once. Whoever steps it resets it: one that is left open holds the turn's transaction.
    func statement(_ sql: StaticString) throws(SQLiteError) -> Statement {
        let key = UInt(bitPattern: sql.utf8Start)
        if let known = statements[key] { return known }
        let made = try database.prepare(sql.description)
        statements[key] = made
        return made
    }

    func number(_ sql: String) throws(SQLiteError) -> Int64 {
        let rows = try database.prepare(sql)
        _ = try rows.step()
        return rows.integer(0)
    }

    /// The same, of a statement that is prepared once.
    func fixed(_ sql: StaticString, _ text: String? = nil) throws(SQLiteError) -> Int64 {
        let rows = try statement(sql)
        defer { rows.reset() }
        if let text { rows.bind(1, text) }
        _ = try rows.step()
        return rows.integer(0)
    }

    func meta(_ key: String) throws(SQLiteError) -> Int64 { try fixed("select coalesce(max(number), 0) from meta where key = ?", key) }

    func setMeta(_ key: String, _ value: Int64) throws(SQLiteError) {
        try willWrite()
        putMeta.bind(1, key)
        putMeta.bind(2, value)
        try putMeta.run()
    }

    // MARK: A turn

    private var hasWrites = false

    public func begin() { (hasWrites, hasAppended) = (false, false) }

    func willWrite() throws(SQLiteError) {
        guard !hasWrites else { return }
        try identities.finishSettling()
        try statement("begin immediate").run()
        hasWrites = true
    }

    /// Makes the turn durable. A turn that wrote nothing costs nothing.
    /// - Returns: whether the database has committed something. That a segment has taken the turn proves nothing of that.
    @discardableResult public func commit() throws(SQLiteError) -> Bool {
        hasAppended = false
        // A turn is in one place or in the other, and never in both, so that it is there whole or not at all.
        if !hasWrites, pack.count > 0, let segments, try segments.append(pack) {
            pack.removeAll()
            commits += 1
            return false
        }
        try settlePack()
        guard hasWrites else { return false }
        try endTransaction()
        segments?.remove(upTo: floor)
        return true
    }

    private func endTransaction() throws(SQLiteError) {
        try statement("commit").run()
        hasWrites = false
        commits += 1
    }

    /// Tries a commit that changes nothing of the log, after one has failed, and takes the reserve back. Between turns only.
    public func canCommit() -> Bool {
        do {
            try identities.finishSettling()
            try database.execute("begin immediate")
            putMeta.bind(1, "tried")
            putMeta.bind(2, Int64(commits))
            try putMeta.run()
            try database.execute("commit")
        } catch {
            if database.isInTransaction { try? database.execute("rollback") }
            return false
        }
        return reserve?.hold() ?? true
    }

    /// The disk is full: makes room for what has begun.
    public func freeReserve() { reserve?.free() }

    /// Forgets the turn, in the file and in memory.
    public func rollback(now: Double) throws(SQLiteError) {
        if database.isInTransaction { try? database.execute("rollback") }
        (hasWrites, hasAppended) = (false, false)
        try recover(now: now)
    }

    /// Reads a part of what makes appends quicker; called when nobody waits.
    public func warmUp() { try? identities.readOn() }

    /// Moves the write-ahead log into the file; called when nobody waits.
    public func checkpoint() { try? database.execute("pragma wal_checkpoint(passive)") }

    // MARK: The log

    /// Appends an event. `isNew` is false where (source, id) is there already; the sequence is then the first one's.
    package func append(
        _ identity: Identity, topic: UnsafeBufferPointer<UInt8>, envelope: UnsafeBufferPointer<UInt8>
    ) throws(SQLiteError) -> (sequence: UInt64, isNew: Bool) {
        try settleEarlier()
        if hasForgotten, Retention.isRemembered(topic), let sequence = try findForgotten.sequence(identity) { return (sequence, false) }
        if let sequence = try identities.sequence(identity) { return (sequence, false) }
        // What the queue or retention look for by its topic is a row; so is everything in a journal of before the packs.
        if identities.isTable, envelope.count <= Pack.envelopeBytesMax, !topic.starts(with: Self.taskTopic), !Retention.isRemembered(topic) {
            pack.append(newest + 1, identity, topic: topic, envelope: envelope)
        } else {
            try willWrite()
            try insert(newest + 1, identity, topic, envelope)
        }
        newest += 1
        identities.note(identity, newest)
        if pack.bytes.count >= (hasWrites || segments == nil ? Pack.bytesMax : Pack.bytesInSegmentMax) { try settlePack() }
        return (newest, true)
    }

    private static let taskTopic = Array("task.ready.".utf8)

    func insert(_ sequence: UInt64, _ identity: Identity, _ topic: UnsafeBufferPointer<UInt8>, _ envelope: UnsafeBufferPointer<UInt8>) throws(SQLiteError) {
        insertEvent.bind(1, Int64(sequence))
        insertEvent.bind(2, lentText: UnsafeRawBufferPointer(identity.source)[...])
        insertEvent.bind(3, lentText: UnsafeRawBufferPointer(identity.id)[...])
        insertEvent.bind(4, lentText: UnsafeRawBufferPointer(topic)[...])
        insertEvent.bind(5, lentBytes: UnsafeRawBufferPointer(envelope))
        try insertEvent.run()
    }

    public func append(source: String, id: String, topic: String, envelope: [UInt8]) throws(SQLiteError) -> (sequence: UInt64, isNew: Bool) {
        let topic = Array(topic.utf8)
        return try Identity.with(source, id) { identity throws(SQLiteError) in
            try topic.withUnsafeBufferPointer { topic throws(SQLiteError) in
                try envelope.withUnsafeBufferPointer { envelope throws(SQLiteError) in try append(identity, topic: topic, envelope: envelope) }
            }
        }
    }

    package func sequence(_ identity: Identity) throws(SQLiteError) -> UInt64? { try identities.sequence(identity) }

    /// Before a turn appends anything, all that is held is on disk, whether in a segment or in the table: an identity that were in
    /// the table before its event is in the log would make its publisher believe that it is there.
    private func settleEarlier() throws(SQLiteError) {
        guard !hasAppended else { return }
        hasAppended = true
        guard identities.areMany else { return }
        if !hasWrites, try identities.beginSettling(upTo: newest) { return }
        let isAlone = !hasWrites
        try settleIdentities()
        if isAlone { try endTransaction() }
    }

    /// Puts the newest identities where the others are.
    func settleIdentities() throws(SQLiteError) {
        try willWrite()
        try settlePack()
        try identities.settle()
        try setMeta(Identities.mark, Int64(newest))
    }

    func noteForgotten() { hasForgotten = true }

    /// At most this many bytes of envelopes are returned by one `read`, and this many events looked at.
    static let readBytesMax = 2 << 20
    static let readScanMax = 10_000

    /// The events behind `after` whose topic starts with one of `prefixes`, and the sequence searched to.
    public func read(after: UInt64, prefixes: [String], limit: Int) throws(SQLiteError) -> (events: [StoredEvent], upTo: UInt64) {
        var events: [StoredEvent] = []
        var upTo = after
        var bytes = 0
        var scanned = 0
        try scan(after: after, prefixes: prefixes.map { Array($0.utf8) }, limit: Self.readScanMax) { sequence, event throws(SQLiteError) in
            if let event = try event() {
                events.append(event)
                bytes += event.envelope.count
            }
            upTo = sequence
            scanned += 1
            return events.count < max(1, limit) && bytes < Self.readBytesMax && scanned < Self.readScanMax
        }
        if events.count >= max(1, limit) || bytes >= Self.readBytesMax { return (events, upTo) }
        // The end of the log was seen: whatever the last sequences were, nothing of them is there any more.
        return (events, scanned < Self.readScanMax ? max(upTo, newest) : upTo)
    }

    public func event(_ sequence: UInt64) throws(SQLiteError) -> StoredEvent? {
        oneEvent.bind(1, Int64(clamping: sequence))
        defer { oneEvent.reset() }
        guard try oneEvent.step() else { return try packed(sequence) }
        return StoredEvent(sequence: sequence, topic: oneEvent.text(0), envelope: oneEvent.bytes(1))
    }

    /// A new leader's epoch: greater than every one before.
    public func nextEpoch() throws(SQLiteError) -> UInt64 {
        try setMeta("epoch", Int64(epoch + 1))
        epoch += 1
        return epoch
    }
}
