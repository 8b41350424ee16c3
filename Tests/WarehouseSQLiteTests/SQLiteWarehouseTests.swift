import Glibc
import Kernel
import Testing
import WarehouseConformance
import WarehouseKit
import WarehouseSQLite

@Suite struct SQLiteWarehouseTests {
    /// A folder of its own, gone afterwards.
    static func inTemporaryFolder<T>(_ body: (String) throws -> T) throws -> T {
        var template = Array("/tmp/sluice-sqlite-XXXXXX".utf8CString)
        let folder = String(cString: mkdtemp(&template)!)
        defer { for name in ["w.db", "w.db-wal", "w.db-shm", "a/b/w.db", "a/b", "a", ""] { remove(folder + "/" + name) } }
        return try body(folder)
    }

    @Test(arguments: WarehouseRules.cases)
    func conforms(to rule: ConformanceCase) throws {
        try Self.inTemporaryFolder { try rule.run(SQLiteWarehouse(path: $0 + "/w.db")) }
    }

    @Test func `a warehouse is opened by its address, folders included`() throws {
        try Self.inTemporaryFolder { folder in
            let registry = WarehouseRegistry([SQLiteWarehouse.self])
            let session = try registry.warehouse(at: "sqlite://\(folder)/a/b/w.db").open()
            #expect(try session.query("select 1 as one").rows == [[.integer(1)]])
        }
    }

    @Test func `an unknown scheme is refused with the ones that are known`() {
        let problem = #expect(throws: PlainProblem.self) { try WarehouseRegistry([SQLiteWarehouse.self]).warehouse(at: "oracle://me:secret@host/db") }
        #expect(problem?.remedy == "this program knows: sqlite://")
        #expect(problem?.description.contains("secret") == false)
    }

    @Test func `a wrong statement is named with its place`() throws {
        try Self.inTemporaryFolder { folder in
            let session = try SQLiteWarehouse(path: folder + "/w.db").open()
            let problem = #expect(throws: (any Error).self) { try session.execute("select 1;\nselect\n  nonsense") }
            #expect((problem as? any Problem)?.location.description.hasPrefix("SQL 3:3 ") == true)
            #expect((problem as? any Problem)?.code == "warehouse.sql")
        }
    }

    @Test func `a file that is no database is a problem`() throws {
        try Self.inTemporaryFolder { folder in
            let file = fopen(folder + "/w.db", "w")!
            fputs(String(repeating: "not a database ", count: 100), file)
            fclose(file)
            let problem = #expect(throws: (any Error).self) { try SQLiteWarehouse(path: folder + "/w.db").open() }
            #expect((problem as? any Problem)?.code == "warehouse.damaged")
        }
    }

    @Test(arguments: [
        ("select 1", false), ("select 'a'", false), ("select b from other", false), ("select b.* from other as b", false),
        ("select n from A", true), ("select count(*) from a", true), ("select 1 where exists (select 1 from \"a\")", true),
        ("with o as (select n from a) select 1 from other", false), ("with o as (select n from a) select * from o", true),
        ("select * from over_a", true), ("select count(*) from over_over_a", true), ("select 1 from not_there", true), ("select from", true),
    ])
    func `a query says which tables it may read, through views too`(_ query: String, _ isRead: Bool) throws {
        try Self.inTemporaryFolder { folder in
            let session = try SQLiteWarehouse(path: folder + "/w.db").open()
            try session.execute("create table a (n); create table other (b)")
            try session.execute("create view over_a as select n from a; create view over_over_a as select 1 as one from over_a")
            #expect(session.mayRead(RelationName(schema: "main", identifier: "a"), in: query) == isRead)
            #expect(try session.query("select count(*) from a").rows == [[.integer(0)]], "the session goes on as before")
        }
    }
}
