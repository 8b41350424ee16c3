/// What SQLite said no to. Holds the statement and never its values.
public struct SQLiteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// SQLite's extended result code; `primaryCode` is its lower byte.
    public let code: Int32
    public let message: String
    public let sql: String

    public init(code: Int32, message: String, sql: String) {
        self.code = code
        self.message = message
        self.sql = sql
    }

    public var primaryCode: Int32 { code & 0xff }
    /// The disk is full. The index of the write-ahead log says it in a word of its own (SQLITE_IOERR_SHMSIZE).
    public var isFull: Bool { primaryCode == 13 || code == 4874 }
    public var isInputOutput: Bool { primaryCode == 10 }
    public var isBusy: Bool { primaryCode == 5 || primaryCode == 6 }
    public var description: String { "SQLite \(code): \(message)\(sql.isEmpty ? "" : " in: \(sql.prefix(300))")" }
}
