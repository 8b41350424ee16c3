import Foundation
import Kernel
import SQLite
import Support
import Testing
import WarehouseKit
import WarehouseSQLite

/// A copy for those who only read. K030
@Suite struct ShareTests {
    private static let marts = ["fct_orders", "dim_day"].map { RelationName(schema: "main", identifier: $0) }

    private static func warehouse(_ folder: TemporaryFolder) throws -> SQLiteWarehouse {
        let warehouse = SQLiteWarehouse(path: "\(folder.path)/shop.db")
        let session = try warehouse.open()
        try session.execute("""
            create table raw__orders (id integer, secret text); insert into raw__orders values (1, 'planted');
            create table fct_orders (id integer, price decimal(8,2), "a day" date); insert into fct_orders values (1, 2.5, '2026-09-01'), (2, null, null);
            create view dim_day as select distinct "a day" from fct_orders
            """)
        return warehouse
    }

    @Test func `a reader gets the relations that are named, typed, and nothing else`() throws {
        let folder = try TemporaryFolder("share")
        try Self.warehouse(folder).open().share(Self.marts, with: "dashboards")
        let copy = "\(folder.path)/shop.dashboards.db"
        #expect(try Tool.run("sqlite3", [copy, "select name, type from sqlite_master order by 1; select * from fct_orders; select * from dim_day; pragma integrity_check"]) == """
            dim_day|table
            fct_orders|table
            1|2.5|2026-09-01
            2||
            2026-09-01
            
            ok
            
            """)
        #expect(try Tool.run("sqlite3", [copy, "select name || ' ' || type from pragma_table_info('fct_orders')"]) == "id INTEGER\nprice decimal(8,2)\na day date\n")
        #expect(try !Data(contentsOf: URL(fileURLWithPath: copy)).contains(Data("planted".utf8)))
        #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o444)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("dashboards") } == ["shop.dashboards.db"], "no draft is left")
    }

    @Test func `who has the copy open reads on in the old one, and the next finds the new`() throws {
        let folder = try TemporaryFolder("share")
        let warehouse = try Self.warehouse(folder)
        try warehouse.open().share(Self.marts, with: "dashboards")
        let old = SQLiteWarehouse(path: "\(folder.path)/shop.dashboards.db")
        let before = try Database(path: old.path)
        let statement = try before.prepare("select count(*) from fct_orders")
        #expect(try statement.step() && statement.integer(0) == 2)
        statement.reset()
        let session = try warehouse.open()
        // A writer in the middle of its work neither waits nor shows what it has not committed.
        try session.begin()
        try session.execute("insert into fct_orders values (3, 1, '2026-09-02')")
        try warehouse.open().share(Self.marts, with: "dashboards")
        let meanwhile = try Tool.run("sqlite3", [old.path, "select count(*) from fct_orders"])
        #expect(meanwhile == "2\n")
        try session.commit()
        try warehouse.open().share(Self.marts, with: "dashboards")
        #expect(try statement.step() && statement.integer(0) == 2)
        #expect(try Tool.run("sqlite3", [old.path, "select count(*) from fct_orders"]) == "3\n")
    }

    @Test func `a name that leads out of the folder, and a relation that is gone, leave the copy as it was`() throws {
        let folder = try TemporaryFolder("share")
        let warehouse = try Self.warehouse(folder)
        try warehouse.open().share(Self.marts, with: "dashboards")
        let problem = #expect(throws: PlainProblem.self) { try warehouse.open().share(Self.marts, with: "../x") }
        #expect(problem?.code == "warehouse.bad_reader")
        #expect(throws: (any Error).self) { try warehouse.open().share(Self.marts + [RelationName(schema: "main", identifier: "nowhere")], with: "dashboards") }
        #expect(try Tool.run("sqlite3", ["\(folder.path)/shop.dashboards.db", "select count(*) from fct_orders"]) == "2\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("dashboards") }.count == 1)
    }
}
