internal import CPostgres

/// One result of libpq.
final class Result {
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { libpq.PQclear(pointer) }

    var status: ExecStatusType { libpq.PQresultStatus(pointer) }
    func field(_ code: Int32) -> String? { libpq.PQresultErrorField(pointer, code).map { String(cString: $0) } }
    /// `INSERT 0 5`
    var tag: String { String(cString: libpq.PQcmdStatus(pointer)!) }
    /// Of a statement that changes rows or makes a table of them.
    var rowsChanged: Int {
        // A `select` that only reads has its number of rows in the same place.
        if status == PGRES_TUPLES_OK, tag.hasPrefix("SELECT") { return 0 }
        return Int(String(cString: libpq.PQcmdTuples(pointer)!)) ?? 0
    }
}
