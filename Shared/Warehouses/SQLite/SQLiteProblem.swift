internal import CSQLite
internal import Kernel

/// What SQLite refused, without the data that it refused.
struct SQLiteProblem: Problem {
    let code: ProblemCode
    let summary: String
    let location: ProblemLocation
    let remedy: String
    let response: ProblemResponse

    /// Reads the connection's last error. `sql` is the statement, to find the place in it.
    init(_ connection: OpaquePointer?, path: String, sql: UnsafePointer<CChar>? = nil) {
        let status = connection.map { sqlite3_extended_errcode($0) } ?? SQLITE_CANTOPEN
        let words = connection.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
        summary = "SQLite: \(words)"
        var place = path
        if let connection, let sql, case let offset = sqlite3_error_offset(connection), offset >= 0 {
            place = Self.place(in: sql, offset: Int(offset)) + " in \(path)"
        }
        location = .named(place)
        switch status & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED:
            (code, response) = ("warehouse.busy", .retry(afterSeconds: 1))
            remedy = "another program has been writing to this file for a minute, as the first load of a new warehouse may; try again when it is done, or give writing tasks one pool"
        case SQLITE_FULL:
            (code, response) = ("warehouse.disk_full", .retry(afterSeconds: 30))
            remedy = "free space on the disk that holds the warehouse"
        case SQLITE_IOERR:
            (code, response) = ("warehouse.io", .retry(afterSeconds: 5))
            remedy = "check the disk that holds the warehouse"
        case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
            (code, response) = ("warehouse.cannot_open", .stop)
            remedy = "check that the folder and the file exist and may be written by this user"
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            (code, response) = ("warehouse.damaged", .stop)
            remedy = "restore the file from a backup, or move it away and replay the landed batches"
        case SQLITE_CONSTRAINT:
            (code, response) = ("warehouse.constraint", .stop)
            remedy = "correct the data or the constraint"
        default:
            (code, response) = ("warehouse.sql", .stop)
            remedy = "correct the statement"
        }
    }

    private static func place(in sql: UnsafePointer<CChar>, offset: Int) -> String {
        var line = 1
        var column = 1
        for index in 0..<offset where sql[index] != 0 {
            if sql[index] == 0x0a { line += 1; column = 1 } else { column += 1 }
        }
        return "SQL \(line):\(column)"
    }
}
