import SQLite

/// Which (source, id) stands at which sequence.
///
/// An index that every append keeps current is written to at as many places as there are publishers, a page for each. So the
/// newest identities are held in memory, and go into the table many at a time and in order; after a restart they are read from
/// the log itself, which holds them anyway. Nearly every event is new, and a filter knows so without a look into the table.
struct Identities {
    private struct Identity: Hashable {
        let source: String
        let id: String
        let digest: Int

        init(_ source: String, _ id: String) {
            self.source = source
            self.id = id
            var hasher = Hasher()
            hasher.combine(source)
            hasher.combine(id)
            digest = hasher.finalize()
        }
        static func == (a: Identity, b: Identity) -> Bool { a.digest == b.digest && a.id == b.id && a.source == b.source }
        func hash(into hasher: inout Hasher) { hasher.combine(digest) }
    }
    /// So many are held in memory.
    static let heldMax = 4096
    /// So many of the table are read into the filter at a time.
    static let readMax: Int64 = 10_000
    /// The key in `meta` of the newest sequence whose identity is in the table.
    static let mark = "indexed"

    /// False for a journal of before this table: there the events themselves are indexed.
    let isTable: Bool
    private let find, put, unsettled: Statement
    private let database: Database
    private var held: [Identity: UInt64] = [:]
    private var filter: IdentityFilter
    /// Where reading the table into the filter has come to; nil when it has been read whole.
    private var readUpTo: (source: String, id: String)?

    /// - Parameter filterBits: a power of two; ten for each identity make lookups in vain rare.
    init(_ database: Database, filterBits: UInt64 = IdentityFilter.bitsUsual) throws(SQLiteError) {
        self.database = database
        filter = IdentityFilter(bits: filterBits)
        let index = try database.prepare("select exists (select 1 from sqlite_master where name = 'sqlite_autoindex_event_1')")
        isTable = try !index.step() || index.integer(0) == 0
        find = try database.prepare("select sequence from \(isTable ? "identity" : "event") where source = ? and id = ?")
        put = try database.prepare("insert into identity(source, id, sequence) values(?, ?, ?)")
        unsettled = try database.prepare("select source, id, sequence from event where sequence > (select coalesce(max(value), 0) from meta where key = '\(Self.mark)')")
        let any = try database.prepare("select exists (select 1 from identity)")
        readUpTo = try any.step() && any.integer(0) == 0 ? nil : ("", "")
    }

    /// Reads what the last commit left.
    mutating func recover() throws(SQLiteError) {
        held = [:]
        guard isTable else { return }
        defer { unsettled.reset() }
        while try unsettled.step() { note(unsettled.text(0), unsettled.text(1), UInt64(unsettled.integer(2))) }
    }

    func sequence(_ source: String, _ id: String) throws(SQLiteError) -> UInt64? {
        if isTable {
            let identity = Identity(source, id)
            if let sequence = held[identity] { return sequence }
            if readUpTo == nil, !filter.mayHold(identity.digest) { return nil }
        }
        return try find.sequence(source, id)
    }

    mutating func note(_ source: String, _ id: String, _ sequence: UInt64) {
        guard isTable else { return }
        let identity = Identity(source, id)
        held[identity] = sequence
        filter.insert(identity.digest)
    }

    var areMany: Bool { held.count >= Self.heldMax }

    /// Writes them, neighbours one after the other. Inside a turn that sets the mark.
    mutating func settle() throws(SQLiteError) {
        for (identity, sequence) in held.sorted(by: { ($0.key.source, $0.key.id) < ($1.key.source, $1.key.id) }) {
            put.bind(3, Int64(sequence))
            try put.with(identity.source, identity.id) { () throws(SQLiteError) in try put.run() }
        }
        held.removeAll(keepingCapacity: true)
    }

    /// Reads a part of the table into the filter, where nobody waits. Until it is read whole, every event is looked for.
    mutating func readOn() throws(SQLiteError) {
        guard isTable, let start = readUpTo else { return }
        let rows = try database.prepare("select source, id from identity where (source, id) > (?, ?) order by source, id limit \(Self.readMax)")
        rows.bind(1, start.source)
        rows.bind(2, start.id)
        var count: Int64 = 0
        while try rows.step() {
            readUpTo = (rows.text(0), rows.text(1))
            filter.insert(Identity(rows.text(0), rows.text(1)).digest)
            count += 1
        }
        if count < Self.readMax { readUpTo = nil }
    }
}

/// Which identities are surely not in the table (a Bloom filter, usually of 1 MiB, four bits for each). At a million identities one lookup
/// in fifty is in vain; what retention has removed stays in it until the next start.
struct IdentityFilter {
    static let bitsUsual: UInt64 = 1 << 23
    private static let probes: UInt64 = 4
    private let mask: UInt64
    private var words: [UInt64]

    init(bits: UInt64 = bitsUsual) {
        precondition(bits >= 64 && bits & (bits - 1) == 0, "a filter has a power of two of bits")
        mask = bits - 1
        words = [UInt64](repeating: 0, count: Int(bits / 64))
    }

    mutating func insert(_ digest: Int) {
        for probe in 0..<Self.probes {
            let bit = bit(digest, probe)
            words[Int(bit >> 6)] |= 1 << (bit & 63)
        }
    }

    func mayHold(_ digest: Int) -> Bool {
        for probe in 0..<Self.probes {
            let bit = bit(digest, probe)
            guard words[Int(bit >> 6)] & 1 << (bit & 63) != 0 else { return false }
        }
        return true
    }

    private func bit(_ digest: Int, _ probe: UInt64) -> UInt64 {
        let digest = UInt64(bitPattern: Int64(digest))
        return (digest &+ probe &* (digest >> 32 | 1)) & mask
    }
}

extension Statement {
    /// The one sequence that a statement over (source, id) gives.
    func sequence(_ source: String, _ id: String) throws(SQLiteError) -> UInt64? {
        try with(source, id) { () throws(SQLiteError) in
            defer { reset() }
            return try step() ? UInt64(integer(0)) : nil
        }
    }

    /// Lends it the two texts while it runs.
    fileprivate func with<T>(_ first: String, _ second: String, _ run: () throws(SQLiteError) -> T) throws(SQLiteError) -> T {
        var first = first, second = second
        return try first.withUTF8 { one in
            second.withUTF8 { two in
                bind(1, lentText: UnsafeRawBufferPointer(one)[...])
                bind(2, lentText: UnsafeRawBufferPointer(two)[...])
                return Result { () throws(SQLiteError) in try run() }
            }
        }.get()
    }
}
