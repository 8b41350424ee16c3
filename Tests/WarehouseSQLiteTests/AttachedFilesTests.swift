import Kernel
import Support
import Testing
import WarehouseConformance
import WarehouseKit
import WarehouseSQLite

/// The layout of dbt's sqlite adapter: a file for each schema.
@Suite struct AttachedFilesTests {
    private static func address(_ folder: String) -> String { "sqlite://\(folder)/main.db?schemas=\(folder)/schemas%3F&schema.raw=\(folder)/landed.db" }

    private static func open(_ folder: String) throws -> any WarehouseSession {
        try WarehouseRegistry([SQLiteWarehouse.self]).warehouse(at: address(folder)).open()
    }

    /// A file cannot take over a table of another one by its name, and an index is named with its schema there; both are needed by one rule alone.
    private static let rules = WarehouseRules.cases.filter { !$0.description.hasPrefix("what is published comes from any schema") }

    @Test(arguments: rules)
    func conforms(to rule: ConformanceCase) throws {
        let folder = try TemporaryFolder("sqlite")
        try rule.run(SQLiteWarehouse(path: "\(folder.path)/main.db", layout: .attachedFiles(named: [:], folder: "\(folder.path)/schemas")))
    }

    @Test func `a schema that is forgotten goes with its file when the transaction is committed, unless something is left in it`() throws {
        let folder = try TemporaryFolder("sqlite")
        let session = try Self.open(folder.path)
        func schemas() throws -> [String] { try session.query("select name from pragma_database_list where name not in ('main', 'temp', 'raw') order by 1").rows.compactMap { if case .text(let name) = $0[0] { name } else { nil } } }
        try session.transaction {
            try session.createSchema("shop")
            try session.createSchema("faces")
            try session.execute("create table shop.a as select 1 as id; create table faces.a as select 1 as id")
        }
        struct Undone: Error {}
        #expect(throws: Undone.self) { try session.transaction { try session.execute("drop table shop.a"); try session.forgetSchema("shop"); throw Undone() } }
        #expect(try schemas() == ["faces", "shop"])
        try session.transaction {
            try session.execute("drop table shop.a")
            for schema in ["shop", "faces", "main"] { try session.forgetSchema(schema) }
        }
        #expect(try schemas() == ["faces"])
        #expect(try Self.open(folder.path).query("select count(*) from pragma_database_list where name = 'shop'").rows == [[.integer(0)]])
    }

    @Test func `a new schema is a file of its own that the next session finds`() throws {
        let folder = try TemporaryFolder("sqlite")
        let orders = RelationName(schema: "shop", identifier: "orders")
        do {
            let session = try Self.open(folder.path)
            try session.transaction {
                try session.createSchema("shop")
                try session.execute("create table \(session.render(orders)) as select 1 as id")
                try session.createSchema("faces")
                try session.execute("create table faces.a as select 2 as id; create view faces.seen as select * from faces.a")
            }
        }
        let session = try Self.open(folder.path)
        #expect(session.render(orders) == "shop.\"orders\"")
        #expect(try session.relations(inSchema: "shop").map(\.name.identifier) == ["orders"])
        #expect(try session.relations(inSchema: "faces").map(\.kind) == [.table, .view])
        #expect(try session.columns(of: orders).map(\.name) == ["id"])
        #expect(try session.relations(inSchema: "main").isEmpty)
        let alone = try SQLiteWarehouse(path: "\(folder.path)/schemas?/shop.db").open()
        #expect(try alone.query("select id from orders").rows == [[.integer(1)]])
    }

    @Test func `a schema that the address names lies where it says`() throws {
        let folder = try TemporaryFolder("sqlite")
        do { try SQLiteWarehouse(path: "\(folder.path)/landed.db").open().execute("create table events as select 7 as id") }
        let session = try Self.open(folder.path)
        #expect(try session.query("select id from \(session.render(RelationName(schema: "raw", identifier: "events")))").rows == [[.integer(7)]])
    }

    @Test func `a schema in two files is refused, with the file`() throws {
        let folder = try TemporaryFolder("sqlite")
        do { try SQLiteWarehouse(path: "\(folder.path)/schemas?/raw.db").open().execute("create table t (a)") }
        let problem = #expect(throws: PlainProblem.self) { try Self.open(folder.path) }
        #expect(problem?.code == "warehouse.schema_twice")
        #expect(problem?.location.description.hasSuffix("raw.db") == true)
    }

    @Test func `an option that is not known is refused`() throws {
        #expect(throws: PlainProblem.self) { try WarehouseRegistry([SQLiteWarehouse.self]).warehouse(at: "sqlite:///tmp/w.db?mode=ro") }
    }
}
