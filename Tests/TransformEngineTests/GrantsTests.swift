import FoundationEssentials
import Kernel
import Testing
import WarehouseKit
import WarehouseSQLite

/// `grants` on an engine without roles. K030
@Suite struct GrantsTests {
    private static func drill(_ grants: String) throws -> DbtDrill {
        try DbtDrill([
            "models/staged.sql": "select 1 as id",
            "models/mart.sql": "{{ config(materialized='table', grants=\(grants)) }} select id, 'x' as word from {{ ref('staged') }}",
            "models/other.sql": "{{ config(materialized='table', grants={'select': 'books'}) }} select 2 as id",
        ])
    }

    @Test func `each reader gets its own relations of the whole project after a command that built something`() throws {
        let drill = try Self.drill("{'select': ['boards', 'books']}")
        func copy(_ reader: String) -> String { String(drill.project.warehousePath.dropLast(3)) + ".\(reader).db" }
        func names(_ reader: String) throws -> [String] { try SQLiteWarehouse(path: copy(reader)).open().relations(inSchema: "main").map(\.name.identifier).sorted() }
        #expect(drill.run("compile").code == 0 && !FileManager.default.fileExists(atPath: copy("boards")))
        #expect(drill.run("run", "--select", "+mart").code == 0)
        #expect(FileManager.default.fileExists(atPath: copy("boards")) && FileManager.default.fileExists(atPath: copy("books")))
        #expect(try names("books") == ["mart"], "what is not built yet is left out")
        #expect(drill.run("run").code == 0)
        #expect(try names("boards") == ["mart"] && names("books") == ["mart", "other"])
    }

    @Test func `a reader whose name would lead elsewhere is refused, and what was built stays`() throws {
        let drill = try Self.drill("{'select': '../boards'}")
        let (code, text) = drill.run("run")
        #expect(code == 2 && text.contains("'../boards' cannot name a reader"), "\(text)")
        #expect(try drill.query("select word from mart") == [[.text("x")]])
        #expect(try drill.statuses.values.allSatisfy { $0 == "success" })
    }
}
