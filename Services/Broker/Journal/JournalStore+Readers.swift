public import SQLite

/// A durable reader, as the journal knows it.
public struct ReaderState: Hashable, Sendable {
    public var name: String
    /// Its effects are stored up to here.
    public var position: UInt64
    /// Single events below its position that it goes on needing.
    public var keep: [UInt64]
    /// What it wanted to have remembered with its position; the journal does not look into it.
    public var memory: String?
}

extension JournalStore {
    /// - Parameters:
    ///   - keep: replaces the events that the reader needs below its position; nil leaves them.
    ///   - memory: replaces what is remembered for it; nil leaves it.
    /// A position behind the one that is known changes nothing: an old leader's word does not undo a new one's.
    public func confirm(reader: String, position: UInt64, keep: [UInt64]? = nil, memory: String? = nil) throws(SQLiteError) {
        try willWrite()
        guard try position >= self.position(of: reader) ?? 0 else { return }
        let put = try statement("insert into reader(name, position) values(?, ?) on conflict(name) do update set position = excluded.position")
        put.bind(1, reader)
        put.bind(2, Int64(clamping: position))
        try put.run()
        if let keep {
            let clear = try statement("delete from keep where reader = ?")
            clear.bind(1, reader)
            try clear.run()
            let insert = try statement("insert or ignore into keep(reader, sequence) values(?, ?)")
            for sequence in keep {
                insert.bind(1, reader)
                insert.bind(2, Int64(clamping: sequence))
                try insert.run()
            }
        }
        if let memory {
            let put = try statement("insert into memory(reader, memory) values(?, ?) on conflict(reader) do update set memory = excluded.memory")
            put.bind(1, reader)
            put.bind(2, memory)
            try put.run()
        }
    }

    private func position(of reader: String) throws(SQLiteError) -> UInt64? {
        let rows = try statement("select position from reader where name = ?")
        defer { rows.reset() }
        rows.bind(1, reader)
        return try rows.step() ? UInt64(rows.integer(0)) : nil
    }

    /// Takes a reader off the list: nothing is kept for it any more. False where it is not there.
    public func forget(reader: String) throws(SQLiteError) -> Bool {
        guard try position(of: reader) != nil else { return false }
        try willWrite()
        for table in ["reader where name", "keep where reader", "memory where reader"] {
            let statement = try database.prepare("delete from \(table) = ?")
            statement.bind(1, reader)
            try statement.run()
        }
        return true
    }

    public func readers() throws(SQLiteError) -> [ReaderState] {
        let rows = try database.prepare("select name, position from reader order by name")
        var result: [ReaderState] = []
        while try rows.step() { result.append(ReaderState(name: rows.text(0), position: UInt64(rows.integer(1)), keep: [], memory: nil)) }
        return result
    }

    /// All that is known of a reader; nil where it has never confirmed anything.
    public func reader(_ name: String) throws(SQLiteError) -> ReaderState? {
        guard let position = try position(of: name) else { return nil }
        var state = ReaderState(name: name, position: position, keep: [], memory: nil)
        let keep = try statement("select sequence from keep where reader = ? order by sequence")
        defer { keep.reset() }
        keep.bind(1, name)
        while try keep.step() { state.keep.append(UInt64(keep.integer(0))) }
        let memory = try statement("select memory from memory where reader = ?")
        defer { memory.reset() }
        memory.bind(1, name)
        if try memory.step() { state.memory = memory.text(0) }
        return state
    }
}
