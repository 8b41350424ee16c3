internal import Kernel
internal import WarehouseKit

/// What the columns of a raw table are, and how they change.
struct TableShape {
    let session: any WarehouseSession
    let table: RelationName
    /// By name; empty where there is no table yet.
    private(set) var types: [String: ColumnType] = [:]
    /// In their order, ours left out.
    private(set) var names: [String] = []
    private(set) var exists = false

    /// Keeps a table's columns as they are until the transaction ends, but for our own changes. Others may write rows meanwhile;
    /// where there is no table yet, whoever comes first makes it and the others wait.
    static func hold(_ table: RelationName, on session: any WarehouseSession) throws {
        try session.lock(lockName(table), try session.relation(table) == nil ? .exclusive : .shared)
    }
    /// Waits for all who hold it.
    func holdAlone() throws { try session.lock(Self.lockName(table), .exclusive) }
    private static func lockName(_ table: RelationName) -> String { "table \(table.schema).\(table.identifier)" }

    init(_ session: any WarehouseSession, _ table: RelationName) throws {
        self.session = session
        self.table = table
        for column in try session.columns(of: table) {
            exists = true
            if column.name != ColumnNames.batch, column.name != ColumnNames.row { names.append(column.name) }
            // A type that is not ours was made by someone else; text goes into any column.
            types[column.name] = session.columnType(column.type) ?? .text
        }
    }

    /// Whole numbers beyond those that a double holds.
    func holdsLargeIntegers(_ column: String) throws -> Bool {
        let name = session.quote(column), max = FieldParser.exactIntegerMax
        return try !session.query("select 1 from \(session.render(table)) where \(name) > \(max) or \(name) < \(-max) limit 1").rows.isEmpty
    }

    /// What differs from the table as it is: new columns and wider types.
    func changes(to columns: [(name: String, type: ColumnType)]) -> [(column: String, words: String)] {
        columns.compactMap { column in
            guard let old = types[column.name] else { return (column.name, "column '\(column.name)' is new") }
            // The first type of a column that has held nothing but nulls is no change of it.
            return old == column.type || old == .unknown
                ? nil : (column.name, "column '\(column.name)' was \(old.rawValue) and would become \(column.type.rawValue)")
        }
    }

    /// Creates the table, or adds and widens columns. Inside the caller's transaction.
    ///
    /// The table must be held. Two loads that hold it and both want to change it cannot both: the engine undoes one of them, which
    /// is then done again.
    func evolve(to columns: [(name: String, type: ColumnType)]) throws {
        guard !exists || columns.contains(where: { types[$0.name] != $0.type }) else { return }
        let count = columns.count { types[$0.name] == nil } + names.count + 2
        guard count <= session.columnsMax else {
            throw PlainProblem(
                "load.too_many_columns", "the table would have \(grouped(count)) columns, ours with them, and the engine has at most \(grouped(session.columnsMax))",
                at: .named("\(table.schema).\(table.identifier)"),
                remedy: "leave some out with prepare: [drop_columns: [...]], or have the source deliver rows in the place of columns")
        }
        try session.lock(Self.lockName(table), .exclusive)
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
