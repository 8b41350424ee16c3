internal import CSQLite
internal import WarehouseKit

/// One prepared insert, bound and stepped for each row. Text is bound in place: the caller's bytes outlive the step.
final class SQLiteRowWriter: RowWriter {
    private let session: SQLiteSession
    private let statement: OpaquePointer
    private let width: Int
    private var changed = 0

    init(_ session: SQLiteSession, into table: RelationName, columns: [String]) throws {
        let names = columns.map(session.quote).joined(separator: ", ")
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        let sql = "insert into \(session.render(table)) (\(names)) values (\(places))"
        var pointer: OpaquePointer?
        guard sqlite3_prepare_v3(session.connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil) == SQLITE_OK, let pointer else {
            throw SQLiteProblem(session.connection, path: session.path)
        }
        self.session = session
        statement = pointer
        width = columns.count
    }

    deinit { sqlite3_finalize(statement) }

    func write(_ row: UnsafeBufferPointer<Cell>) throws {
        precondition(row.count == width, "a row has one cell for each column")
        for index in 0..<row.count {
            let place = Int32(truncatingIfNeeded: index + 1)
            switch row[index] {
            case .null: sqlite3_bind_null(statement, place)
            case .integer(let number): sqlite3_bind_int64(statement, place, number)
            case .double(let number): sqlite3_bind_double(statement, place, number)
            case .text(let bytes):
                if let start = bytes.baseAddress {
                    let text = UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)
                    sqlite3_bind_text64(statement, place, text, UInt64(bytes.count), nil, UInt8(SQLITE_UTF8))
                } else {
                    // An empty text without an address; SQLite would read it as null.
                    sqlite3_bind_text(statement, place, "", 0, SQLiteSession.copied)
                }
            }
        }
        let status = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard status == SQLITE_DONE else { throw SQLiteProblem(session.connection, path: session.path) }
        changed += Int(sqlite3_changes(session.connection))
    }

    func finish() throws -> Int { changed }
}
