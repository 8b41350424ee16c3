import Platform
import SQLite

/// Which (source, id) stands at which sequence.
///
/// An index that every append keeps current is written to at as many places as there are publishers, a page for each. So the
/// newest identities are held in memory, and go into the table many at a time and in order; after a restart they are read from
/// the log itself, which holds them anyway. Nearly every event is new, and a filter knows so without a look into the table.
/// Putting them there takes milliseconds, so it is done beside the broker's thread; they are held until it is done.
///
/// An object, for it is looked at for every event and copying it would cost more than the look.
final class Identities {
    /// So many are held in memory.
    static let heldMax = 8192
    /// So many of the table are read into the filter at a time.
    static let readMax: Int64 = 10_000
    /// The key in `meta` of the newest sequence whose identity is in the table.
    static let mark = "indexed"

    /// False for a journal of before this table: there the events themselves are indexed.
    let isTable: Bool
    private let find, put, unsettled, unsettledPacks, settledUpTo: Statement
    private let database: Database
    private var held = HeldIdentities()
    /// Those that are on their way into the table, and where it is said how that went.
    private var leaving: (names: HeldIdentities, outcome: Mailbox<SQLiteError?>)?
    private let settler: Settler?
    private var filter: IdentityFilter
    /// Where reading the table into the filter has come to; nil when it has been read whole.
    private var readUpTo: (source: String, id: String)?

    /// - Parameter filterBits: a power of two; ten for each identity make lookups in vain rare.
    /// - Parameter path: of the database; nil where it lies in memory.
    init(_ database: Database, path: String?, filterBits: UInt64 = IdentityFilter.bitsUsual) throws(SQLiteError) {
        self.database = database
        settler = path.map(Settler.init)
        filter = IdentityFilter(bits: filterBits)
        let index = try database.prepare("select exists (select 1 from sqlite_master where name = 'sqlite_autoindex_event_1')")
        isTable = try !index.step() || index.integer(0) == 0
        find = try database.prepare("select sequence from \(isTable ? "identity" : "event") where source = ? and id = ?")
        put = try database.prepare(Self.insert)
        let settled = "(select coalesce(max(number), 0) from meta where key = '\(Self.mark)')"
        unsettled = try database.prepare("select source, id, sequence from event where sequence > \(settled)")
        unsettledPacks = try database.prepare("select events from pack where last > \(settled)")
        settledUpTo = try database.prepare("select max(\(settled), (select coalesce(max(number), 0) from meta where key = 'floor'))")
        let any = try database.prepare("select exists (select 1 from identity)")
        readUpTo = try any.step() && any.integer(0) == 0 ? nil : ("", "")
    }

    deinit { _ = leaving?.outcome.take() }

    fileprivate static let insert = "insert into identity(source, id, sequence) values(?, ?, ?)"

    /// Reads what the last commit left.
    func recover(_ segments: SegmentLog?) throws(SQLiteError) {
        try? finishSettling()
        held.removeAll()
        guard isTable else { return }
        defer { unsettled.reset() }
        while try unsettled.step() {
            let sequence = UInt64(unsettled.integer(2))
            Identity.with(unsettled.text(0), unsettled.text(1)) { note($0, sequence) }
        }
        defer { settledUpTo.reset() }
        let settled = try settledUpTo.step() ? UInt64(settledUpTo.integer(0)) : 0
        defer { unsettledPacks.reset() }
        while try unsettledPacks.step() { try note(PackReader(unsettledPacks.bytes(0)), behind: settled) }
        guard let segments else { return }
        var cursor = try SegmentCursor(segments, after: settled)
        while cursor.record != nil {
            try note(PackReader(cursor.pack()), behind: settled)
            try cursor.pass()
        }
    }

    private func note(_ pack: PackReader, behind settled: UInt64) throws(SQLiteError) {
        var pack = pack
        while let event = try pack.next() { if event.sequence > settled { pack.withIdentity(event) { note($0, event.sequence) } } }
    }

    func sequence(_ identity: Identity) throws(SQLiteError) -> UInt64? {
        if isTable {
            if let sequence = held.sequence(identity) ?? leaving?.names.sequence(identity) { return sequence }
            if readUpTo == nil, !filter.mayHold(identity.digest) { return nil }
        }
        return try find.sequence(identity)
    }

    func note(_ identity: Identity, _ sequence: UInt64) {
        guard isTable else { return }
        held.insert(identity, sequence)
        filter.insert(identity.digest)
    }

    var areMany: Bool { held.count >= Self.heldMax }

    /// Writes them, neighbours one after the other. Inside a turn that sets the mark.
    func settle() throws(SQLiteError) {
        try Self.settle(held, put)
        held.removeAll()
    }

    fileprivate static func settle(_ names: borrowing HeldIdentities, _ put: Statement) throws(SQLiteError) {
        try names.inOrder { identity, sequence throws(SQLiteError) in
            put.bind(3, Int64(sequence))
            try put.with(identity) { () throws(SQLiteError) in try put.run() }
        }
    }

    /// Begins to do the same in a transaction of its own, where there is a file that two can open.
    /// - Parameter newest: all events up to this are on disk, and those that are held are among them.
    /// - Throws: what the time before has failed with.
    /// - Returns: false where there is no such file.
    func beginSettling(upTo newest: UInt64) throws(SQLiteError) -> Bool {
        guard let settler else { return false }
        try finishSettling()
        let names = held, outcome = Mailbox<SQLiteError?>()
        held = HeldIdentities()
        leaving = (names, outcome)
        SystemThread.start { outcome.put(settler.settle(names, upTo: newest)) }
        return true
    }

    /// Waits until the database is nobody else's. Before every transaction.
    /// - Throws: what it failed with; they are held on then.
    func finishSettling() throws(SQLiteError) {
        guard let (names, outcome) = leaving else { return }
        let error = outcome.take()
        leaving = nil
        guard let error else { return }
        let newer = held
        held = names
        held.add(newer)
        throw error
    }

    /// Reads a part of the table into the filter, where nobody waits. Until it is read whole, every event is looked for.
    func readOn() throws(SQLiteError) {
        guard isTable, let start = readUpTo else { return }
        let rows = try database.prepare("select source, id from identity where (source, id) > (?, ?) order by source, id limit \(Self.readMax)")
        rows.bind(1, start.source)
        rows.bind(2, start.id)
        var count: Int64 = 0
        while try rows.step() {
            let source = rows.text(0), id = rows.text(1)
            Identity.with(source, id) { filter.insert($0.digest) }
            readUpTo = (source, id)
            count += 1
        }
        if count < Self.readMax { readUpTo = nil }
    }
}

/// Puts identities into the table from another thread, on a connection of its own.
// Safe to send: only the thread that it was given to last uses it, and the next one is begun when that has put its outcome.
private final class Settler: @unchecked Sendable {
    private let path: String
    private var database: Database?
    init(path: String) { self.path = path }

    /// Nil where it went well.
    func settle(_ names: HeldIdentities, upTo newest: UInt64) -> SQLiteError? {
        do throws(SQLiteError) {
            let database = try opened()
            do throws(SQLiteError) {
                try database.execute("begin immediate")
                let put = try database.prepare(Identities.insert)
                try Identities.settle(names, put)
                try database.execute(
                    "insert into meta(key, number) values('\(Identities.mark)', \(newest)) on conflict(key) do update set number = excluded.number; commit")
            } catch {
                if database.isInTransaction { try? database.execute("rollback") }
                throw error
            }
            return nil
        } catch {
            return error
        }
    }

    private func opened() throws(SQLiteError) -> Database {
        if let database { return database }
        let made = try Database(path: path)
        // What a power cut takes of this is read from the log again, mark and all, so it need not be synced.
        try made.execute("pragma synchronous=normal; pragma wal_autocheckpoint=10000; pragma cache_size=-2048")
        database = made
        return made
    }
}

/// Which identities are surely not in the table (a Bloom filter, usually of 1 MiB, four bits for each, all in one line of the
/// processor's cache). At a million identities one lookup in thirty is in vain; what retention has removed stays in it until the
/// next start.
struct IdentityFilter {
    static let bitsUsual: UInt64 = 1 << 23
    private static let probes: UInt64 = 4
    /// 512 bits.
    private static let wordsPerLine: UInt64 = 8
    private let lineMask: UInt64
    private var words: [UInt64]

    init(bits: UInt64 = bitsUsual) {
        precondition(bits >= 512 && bits & (bits - 1) == 0, "a filter has a power of two of bits, and a line at least")
        lineMask = bits / 512 - 1
        words = [UInt64](repeating: 0, count: Int(bits / 64))
    }

    mutating func insert(_ digest: Int) {
        for probe in 0..<Self.probes {
            let (word, bit) = place(digest, probe)
            words[word] |= bit
        }
    }

    func mayHold(_ digest: Int) -> Bool {
        for probe in 0..<Self.probes {
            let (word, bit) = place(digest, probe)
            guard words[word] & bit != 0 else { return false }
        }
        return true
    }

    /// The line comes of the digest's upper half, the bits in it of the lower one, nine for each.
    private func place(_ digest: Int, _ probe: UInt64) -> (word: Int, bit: UInt64) {
        let digest = UInt64(bitPattern: Int64(digest))
        let bit = digest >> (probe * 9)
        return (Int((digest >> 40 & lineMask) * Self.wordsPerLine + (bit >> 6 & 7)), 1 << (bit & 63))
    }
}

extension Statement {
    /// The one sequence that a statement over (source, id) gives.
    func sequence(_ identity: Identity) throws(SQLiteError) -> UInt64? {
        try with(identity) { () throws(SQLiteError) in
            defer { reset() }
            return try step() ? UInt64(integer(0)) : nil
        }
    }

    /// Runs one that is about (source, id) and gives nothing.
    func run(_ identity: Identity) throws(SQLiteError) { try with(identity) { () throws(SQLiteError) in try run() } }

    /// Lends it the two texts while it runs.
    fileprivate func with<T>(_ identity: Identity, _ run: () throws(SQLiteError) -> T) throws(SQLiteError) -> T {
        bind(1, lentText: UnsafeRawBufferPointer(identity.source)[...])
        bind(2, lentText: UnsafeRawBufferPointer(identity.id)[...])
        return try run()
    }
}
