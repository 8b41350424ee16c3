internal import CSQLite
internal import Digest

/// Functions that other engines have and SQLite lacks. A view that uses one can be read by programs that know it too.
enum SQLiteFunctions {
    /// `md5(text)`: the digest of the text's bytes in hexadecimal, null for null.
    static func register(on connection: OpaquePointer) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        sqlite3_create_function_v2(connection, "md5", 1, flags, nil, { context, _, values in
            guard let value = values?[0], sqlite3_value_type(value) != SQLITE_NULL else { return sqlite3_result_null(context) }
            let bytes = sqlite3_value_blob(value)
            var digest = Digest(.md5)
            if let bytes { digest.update(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_value_bytes(value)))) }
            let text = Digest.hex(digest.finish())
            sqlite3_result_text(context, text, -1, SQLiteSession.copied)
        }, nil, nil, nil)
    }
}
