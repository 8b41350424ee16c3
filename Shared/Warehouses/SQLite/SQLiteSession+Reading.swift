internal import CSQLite
public import WarehouseKit

extension SQLiteSession {
    /// The engine itself says which tables it would open: the query is prepared and not run. One that cannot be prepared now, as
    /// what it reads is made in the same transaction, may read anything.
    public func mayRead(_ table: RelationName, in query: String) -> Bool {
        let watch = TableWatch(for: place(of: table).name)
        sqlite3_set_authorizer(connection, { context, action, name, _, _, _ in
            if action == SQLITE_READ, let context, let name { Unmanaged<TableWatch>.fromOpaque(context).takeUnretainedValue().see(name) }
            return SQLITE_OK
        }, Unmanaged.passUnretained(watch).toOpaque())
        defer { sqlite3_set_authorizer(connection, nil, nil) }
        return withExtendedLifetime(watch) {
            var statement: OpaquePointer?
            defer { sqlite3_finalize(statement) }
            return sqlite3_prepare_v2(connection, query, -1, &statement, nil) != SQLITE_OK || watch.isSeen
        }
    }
}

/// Whether a statement that is being prepared names a table. Of whichever attached file: a namesake elsewhere costs time, no data.
private final class TableWatch {
    private let name: String
    private(set) var isSeen = false

    init(for name: String) { self.name = name }

    func see(_ other: UnsafePointer<CChar>) { if sqlite3_stricmp(other, name) == 0 { isSeen = true } }
}
