internal import Kernel
internal import WarehouseKit

/// What the columns of a raw table are, and how they change.
struct TableShape {
    let session: any WarehouseSession
    let table: RelationName
    /// By name; empty where there is no table yet.
    private(set) var types: [String: ColumnType] = [:]
    private(set) var exists = false

    init(_ session: any WarehouseSession, _ table: RelationName) throws {
        self.session = session
        self.table = table
        for column in try session.columns(of: table) {
            exists = true
            // A type that is not ours was made by someone else; text goes into any column.
            types[column.name] = session.columnType(column.type) ?? .text
        }
    }

    /// What differs from the table as it is: new columns and wider types.
    func changes(to columns: [(name: String, type: ColumnType)]) -> [String] {
        columns.compactMap { column in
            guard let old = types[column.name] else { return "column '\(column.name)' is new" }
            return old == column.type ? nil : "column '\(column.name)' was \(old.rawValue) and would become \(column.type.rawValue)"
        }
    }

    /// Creates the table, or adds and widens columns. Inside the caller's transaction.
    func evolve(to columns: [(name: String, type: ColumnType)]) throws {
        func definition(_ column: (name: String, type: ColumnType)) -> String { "\(session.quote(column.name)) \(session.render(column.type))" }
        guard exists else {
            let own = [(ColumnNames.batch, ColumnType.integer), (ColumnNames.row, .integer)]
            try session.createSchema(table.schema)
            try session.execute("create table \(session.render(table)) (\((columns + own).map(definition).joined(separator: ", ")))")
            return
        }
        for column in columns {
            guard let old = types[column.name] else {
                try session.execute("alter table \(session.render(table)) add column \(definition(column))")
                continue
            }
            if old != column.type { try session.changeType(of: column.name, in: table, to: column.type) }
        }
    }
}
