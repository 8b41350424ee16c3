import Contracts
import FoundationEssentials
import Glibc
import Kernel
import ModellingSupport
import Testing
import TransformEngine
import WarehouseKit
import WarehouseSQLite

@Suite struct DocsTests {
    private static let hostile = "<script>alert(1)</script> \\\" onmouseover='x' & </style>"

    private func drill(_ more: [String: String] = [:]) throws -> Drill {
        var files = [
            "models/marts/orders.sql": "{{ config(materialized='table') }} select id, '<b>&' as word from {{ source('raw', 'orders') }}",
            "models/marts/totals.sql": "select count(*) as n from {{ ref('orders') }}",
            "models/schema.yml": """
                sources: [{name: raw, tables: [{name: orders, description: "\(Self.hostile)"}]}]
                models:
                  - name: orders
                    description: "\(Self.hostile)"
                    columns: [{name: id, description: "\(Self.hostile)", data_tests: [unique, {not_null: {config: {severity: warn, where: "id is null or id < 9"}}}]}]
                """,
        ]
        files.merge(more) { _, new in new }
        let project = try TestProject(files)
        let session = try project.warehouse.open()
        try session.execute("create table raw__orders (id integer); insert into raw__orders values (1), (null)")
        return Drill(project)
    }

    /// A page's bytes: searching them as characters takes seconds.
    private struct File {
        let bytes: [UInt8]
        init(_ path: String) throws { bytes = [UInt8](try #require(FileManager.default.contents(atPath: path))) }
        func contains(_ text: String) -> Bool { (bytes.map(CChar.init(bitPattern:)) + [0]).withUnsafeBufferPointer { strstr($0.baseAddress!, text) != nil } }
    }

    @Test func `the docs step leaves a manifest, a catalog and a page that needs nothing beside itself`() throws {
        let drill = try drill()
        #expect(try drill.perform("shop@1") == Outcome())
        #expect(try drill.perform("shop@2", command: "docs", deliveries: 2) == Outcome())
        let site = "\(drill.project.folder)/docs/shop"
        #expect(drill.reports["docs shop"]?.details["site"]?.stringValue == site)
        #expect(try FileManager.default.contentsOfDirectory(atPath: site).sorted() == ["catalog.json", "index.html", "manifest.json"])

        let catalog = try JSON(parsing: File("\(site)/catalog.json").bytes)
        #expect(catalog["metadata"]?["dbt_schema_version"] == "https://schemas.getdbt.com/dbt/catalog/v1.json")
        #expect(catalog["nodes"]?.objectValue?.keys.sorted() == ["model.shop.orders", "model.shop.totals"])
        let orders = try #require(catalog["nodes"]?["model.shop.orders"])
        #expect(orders["metadata"]?["type"] == "table" && orders["columns"]?["word"]?["index"] == 1)
        #expect(orders["stats"]?["row_count"]?["value"] == 2)
        #expect(catalog["sources"]?["source.shop.raw.orders"]?["columns"]?["id"]?["type"] == "INTEGER")
        let node = try JSON(parsing: File("\(site)/manifest.json").bytes)["nodes"]?["model.shop.orders"]
        #expect(node?["relation_name"] == "\"orders\"" && node?["compiled_code"]?.stringValue?.contains("from \"raw__orders\"") == true)

        let page = try File("\(site)/index.html")
        for outside in ["http:", "https:", "<link", "<img", "src=", "url(", "@import"] { #expect(!page.contains(outside), "\(outside)") }
        #expect(page.contains("<h3>totals <span class=\"pill\">view</span></h3>") && page.contains("2 rows"))
        #expect(page.contains("warn if != 0, where id is null or id &lt; 9") && page.contains("<span class=\"pill warn\">1 warn</span>"))
    }

    @Test func `nothing that a project says becomes markup`() throws {
        let drill = try drill()
        _ = try drill.perform("shop@1")
        _ = try drill.perform("shop@2", command: "docs")
        let page = try File("\(drill.project.folder)/docs/shop/index.html")
        #expect(!page.contains("<script") && !page.contains("<b>&") && !page.contains("' onmouseover") && !page.contains("\" onmouseover"))
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot; onmouseover=&#39;x&#39; &amp; &lt;/style&gt;"))
        #expect(page.contains("&#39;&lt;b&gt;&amp;&#39; as word"))
    }

    @Test func `a project that was never run is documented all the same`() throws {
        let drill = try drill(["models/broken.sql": "select {{ exceptions.raise_compiler_error('not now') if execute }} as n"])
        #expect(try drill.perform("shop@1", command: "docs generate") == Outcome())
        let page = try File("\(drill.project.folder)/docs/shop/index.html")
        #expect(page.contains("not in the warehouse") && page.contains("2 not run"))
        #expect(drill.reports["docs shop"]?.details["warnings"]?.arrayValue?.count == 1, "the model that does not compile")
        #expect(drill.reports["docs shop"]?.message.hasSuffix("1 without SQL") == true)
    }

    @Test func `the command line writes the same three files`() throws {
        let drill = try drill(["profiles.yml": "shop: {target: dev, outputs: {dev: {type: sqlite, schema: main, path: warehouse.db}}}"])
        try drill.project.write("profiles.yml", "shop: {target: dev, outputs: {dev: {type: sqlite, schema: main, path: '\(drill.project.warehousePath)'}}}")
        var lines: [String] = []
        let command = DbtCommand(
            warehouses: WarehouseRegistry([SQLiteWarehouse.self]), environment: [:], now: { TestProject.startedAt }, output: { lines.append($0) })
        #expect(command.run(arguments: ["docs", "generate", "--project-dir", drill.project.projectFolder]) == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(drill.project.projectFolder)/target")
        #expect(Set(names).isSuperset(of: ["catalog.json", "index.html", "manifest.json"]))
        #expect(lines.last?.contains("Catalog written to") == true)
    }
}
