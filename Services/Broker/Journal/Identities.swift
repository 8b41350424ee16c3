import SQLite

/// Which (source, id) stands at which sequence.
///
/// An index that every append keeps current is written to at as many places as there are publishers, a page for each. So the
/// newest identities are held in memory, and go into the table many at a time and in order; after a restart they are read from
/// the log itself, which holds them anyway.
struct Identities {
    private struct Identity: Hashable {
        var source: String
        var id: String
    }
    /// So many are held in memory.
    static let heldMax = 4096
    /// The key in `meta` of the newest sequence whose identity is in the table.
    static let mark = "indexed"

    /// False for a journal of before this table: there the events themselves are indexed.
    let isTable: Bool
    private let database: Database
    private let find, put, unsettled: Statement
    private var held: [Identity: UInt64] = [:]

    init(_ database: Database) throws(SQLiteError) {
        self.database = database
        let index = try database.prepare("select exists (select 1 from sqlite_master where name = 'sqlite_autoindex_event_1')")
        isTable = try !index.step() || index.integer(0) == 0
        find = try database.prepare("select sequence from \(isTable ? "identity" : "event") where source = ? and id = ?")
        put = try database.prepare("insert into identity(source, id, sequence) values(?, ?, ?)")
        unsettled = try database.prepare("select source, id, sequence from event where sequence > (select coalesce(max(value), 0) from meta where key = '\(Self.mark)')")
    }

    /// Reads what the last commit left.
    mutating func recover() throws(SQLiteError) {
        held = [:]
        guard isTable else { return }
        defer { unsettled.reset() }
        while try unsettled.step() { held[Identity(source: unsettled.text(0), id: unsettled.text(1))] = UInt64(unsettled.integer(2)) }
    }

    func sequence(_ source: String, _ id: String) throws(SQLiteError) -> UInt64? {
        // Not `??`: that would lose the error's type.
        if let sequence = held[Identity(source: source, id: id)] { return sequence }
        return try find.sequence(source, id)
    }

    mutating func note(_ source: String, _ id: String, _ sequence: UInt64) {
        if isTable { held[Identity(source: source, id: id)] = sequence }
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
