internal import CSQLite
public import WarehouseKit

extension SQLiteSession {
    public func stagingWriter(into table: RelationName, columns: [String], key: [String]) throws -> any StagingWriter {
        SQLiteKeySorter(self, into: table, columns: columns, key: key)
    }

    /// Rows that are held still go straight into the target, on the writer's thread.
    ///
    /// The engine tells of its updates while it does them: asking before which keys are there would look each of them up twice. A function in the
    /// statement could tell as much, but a statement of many rows that calls one may fail half-way, so the engine keeps a second copy of each
    /// page that it changes.
    public func upsert(_ upsert: Upsert, of writer: any StagingWriter, updated: (Int64) -> Void) throws -> Int {
        let place = place(of: upsert.target)
        let triggers = "select 1 from \(schemaInSQL(place.schema)).sqlite_schema where type = 'trigger' and tbl_name = ? collate nocase limit 1"
        // What a trigger does to the table looks like ours.
        guard try query(triggers, [.text(place.name)]).rows.isEmpty else { return try upsertAfterLook(upsert, of: writer, updated: updated) }
        let watch = UpdateWatch(for: place.name)
        var numbers: [Int64] = []
        let changed: Int
        sqlite3_update_hook(connection, { context, action, _, table, _ in
            guard let context, let table else { return }
            Unmanaged<UpdateWatch>.fromOpaque(context).takeUnretainedValue().see(table, isUpdate: action == SQLITE_UPDATE)
        }, Unmanaged.passUnretained(watch).toOpaque())
        defer { withExtendedLifetime(watch) { _ = sqlite3_update_hook(connection, nil, nil) } }
        if let sorter = writer as? SQLiteKeySorter, sorter.holdsAll, sorter.order.hasUniqueKeys {
            let inserter = try SQLiteRowWriter(self, running: upsert.sql(on: self, source: upsert.places), width: upsert.columns.count)
            try sorter.handOn(to: inserter, number: upsert.number) { numbers.append($0) }
            changed = try inserter.finish()
        } else {
            try writer.stage()
            changed = try execute(upsert.sql(on: self, source: upsert.staged(on: self, isInOrder: writer.order.isByKey)), [])
            // The statement has taken the rows in this order.
            let order = writer.order.isByKey ? "" : " order by \(upsert.key.map(quote).joined(separator: ", "))"
            try eachInteger("select \(quote(upsert.number)) from \(render(upsert.rows))\(order)") { numbers.append($0) }
        }
        precondition(numbers.count == watch.isUpdate.count, "each row changes one of the target")
        for (number, isUpdate) in zip(numbers, watch.isUpdate) where isUpdate { updated(number) }
        return changed
    }
}

/// What inserts do, row by row.
// It is told on the thread that has the connection, and read when that has given it back.
private final class UpdateWatch {
    private let name: String
    private(set) var isUpdate: [Bool] = []

    init(for name: String) { self.name = name }

    func see(_ table: UnsafePointer<CChar>, isUpdate: Bool) { if sqlite3_stricmp(table, name) == 0 { self.isUpdate.append(isUpdate) } }
}
