import CSQLite

/// One connection to an SQLite file, used from one thread at a time: it is opened without SQLite's own mutexes.
public final class Database {
    let handle: OpaquePointer
    /// SQLite's account of its own memory takes a lock for each allocation, and nobody reads it. Once for each process.
    private static let isMemoryUncounted = sluice_sqlite3_stop_counting_memory() == SQLITE_OK

    /// Opens or creates the file at `path`; `:memory:` lives as long as this object.
    public init(path: String) throws(SQLiteError) {
        _ = Self.isMemoryUncounted
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let handle else {
            let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(handle)
            throw SQLiteError(code: code, message: "\(message) (\(path))", sql: "")
        }
        self.handle = handle
        sqlite3_extended_result_codes(handle, 1)
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements that return nothing of interest.
    public func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code, sql) }
    }

    public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        var pointer: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard code == SQLITE_OK, let pointer else { throw failure(code, sql) }
        return Statement(pointer: pointer, database: self, sql: sql)
    }

    public var changes: Int { Int(sqlite3_changes64(handle)) }
    public var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }
    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    func failure(_ code: Int32, _ sql: String) -> SQLiteError {
        SQLiteError(code: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)), sql: sql)
    }
}

/// A prepared statement. Bind, step, reset; bound bytes are copied by SQLite.
public final class Statement {
    private let pointer: OpaquePointer
    private let database: Database
    private let sql: String
    // SQLITE_TRANSIENT is a cast in C that Swift cannot import: it tells SQLite to copy what is bound.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(pointer: OpaquePointer, database: Database, sql: String) {
        self.pointer = pointer
        self.database = database
        self.sql = sql
    }
    deinit { sqlite3_finalize(pointer) }

    public func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(pointer, index, value) }
    public func bind(_ index: Int32, _ value: String?) {
        guard let value else { sqlite3_bind_null(pointer, index); return }
        // By its length and not to its first NUL: what is cut could equal something else.
        sqlite3_bind_text(pointer, index, value, Int32(clamping: value.utf8.count), Self.copied)
    }
    public func bind(_ index: Int32, _ value: [UInt8]) {
        _ = value.withUnsafeBytes { sqlite3_bind_blob64(pointer, index, $0.baseAddress, UInt64($0.count), Self.copied) }
    }

    /// Binds what stays where it is until the statement has run: nothing is copied, so the caller runs it inside the closure that
    /// lends the bytes, and binds anew before the next time.
    public func bind(_ index: Int32, lentText bytes: Slice<UnsafeRawBufferPointer>) {
        let rebased = UnsafeRawBufferPointer(rebasing: bytes)
        // Not a null pointer where it is empty: that would bind NULL.
        guard let start = rebased.baseAddress, !rebased.isEmpty else { return bind(index, "") }
        sqlite3_bind_text(pointer, index, start.assumingMemoryBound(to: CChar.self), Int32(clamping: rebased.count), nil)
    }
    public func bind(_ index: Int32, lentBytes bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return bind(index, [UInt8]()) }
        sqlite3_bind_blob64(pointer, index, start, UInt64(bytes.count), nil)
    }

    /// True where a row is there to read.
    public func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let failure = database.failure(code, sql)
            sqlite3_reset(pointer)
            throw failure
        }
    }

    /// Runs a statement that returns no row and makes it ready for the next values.
    public func run() throws(SQLiteError) {
        _ = try step()
        reset()
    }

    public func reset() { sqlite3_reset(pointer) }

    public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }
    public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }
    public func text(_ column: Int32) -> String {
        guard let text = sqlite3_column_text(pointer, column) else { return "" }
        return String(decoding: UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(pointer, column))), as: UTF8.self)
    }
    public func bytes(_ column: Int32) -> [UInt8] {
        let count = Int(sqlite3_column_bytes(pointer, column))
        guard count > 0, let start = sqlite3_column_blob(pointer, column) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }
}
