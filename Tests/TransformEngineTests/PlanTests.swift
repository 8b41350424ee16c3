import Contracts
import FoundationEssentials
import Kernel
import ModellingSupport
import QualityEngine
import Synchronization
import Testing
import TransformEngine
import WarehouseKit
import WarehouseSQLite

@Suite struct PlanTests {
    private static let files = [
        "dbt_project.yml": "name: shop\nprofile: shop\non-run-start: create table if not exists log (what)\non-run-end: \"insert into log values ('{{ results | length }} results')\"\n",
        "models/orders.sql": "{{ config(materialized='incremental') }} select id from {{ source('raw', 'orders') }} {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}",
        "models/totals.sql": "{{ config(materialized='table') }} select count(*) as n from {{ ref('orders') }}",
        "models/schema.yml": "sources: [{name: raw, tables: [{name: orders}]}]\nmodels: [{name: orders, columns: [{name: id, data_tests: [unique]}]}]",
        "seeds/colours.csv": "id,name\n1,red\n",
    ]

    private func drill() throws -> (Drill, any WarehouseSession) {
        let project = try TestProject(Self.files)
        let session = try project.warehouse.open()
        try session.execute("create table raw__orders (id integer); insert into raw__orders values (1), (2)")
        return (Drill(project), session)
    }

    @Test func `every task delivered twice leaves what one delivery leaves`() throws {
        let (drill, session) = try drill()
        #expect(try drill.perform("shop@1", deliveries: 2) == Outcome())
        #expect(try session.query("select n from totals").rows == [[.integer(2)]])
        try session.execute("insert into raw__orders values (3)")
        #expect(try drill.perform("shop@2", deliveries: 2) == Outcome())
        #expect(try session.query("select n from totals").rows == [[.integer(3)]])
        #expect(try session.query("select what from log").rows == [[.text("4 results")], [.text("4 results")]], "four nodes, without the hook of the start, as in dbt")
    }

    @Test func `a failed test stops what is downstream of its model, and the run closes`() throws {
        let (drill, session) = try drill()
        try session.execute("insert into raw__orders values (2)")
        let outcome = try drill.perform("shop@1", deliveries: 1)
        #expect(outcome == Outcome(failed: ["test unique_orders_id"], skipped: ["model totals"]))
        #expect(try session.relation(RelationName(schema: "main", identifier: "totals")) == nil)
        #expect(try session.query("select count(*) from log").rows == [[.integer(1)]])
    }

    @Test func `a plan delivered twice names the same tasks of the same sealed project`() throws {
        let (drill, _) = try drill()
        let first = try drill.plan("shop@1")
        #expect(try drill.plan("shop@1").adds == first.adds)
        #expect(first.adds.map(\.title).sorted() == ["close shop", "model orders", "model totals", "open shop", "seed colours", "test unique_orders_id"])
        #expect(first.adds.filter { $0.kind == "test" }.allSatisfy { $0.attemptsMax == 1 && $0.role == .quality && $0.pool == nil })
        #expect(try drill.plan("shop@1", command: "run").adds.map(\.title).sorted() == ["close shop", "model orders", "model totals", "open shop"])
    }

    @Test func `what the project passes over, and what lies in hidden folders, is the same in the sealed copy`() throws {
        let (drill, _) = try drill()
        try drill.project.write(".dbtignore", "models/passed_over.sql\n")
        try drill.project.write("models/passed_over.sql", "select 1")
        try drill.project.write("models/.hidden/found.sql", "select 1")
        try drill.project.write("models/.found.sql", "not read")
        try drill.project.write("elsewhere/linked.sql", "select 1")
        try FileManager.default.createSymbolicLink(atPath: "\(drill.project.projectFolder)/models/linked", withDestinationPath: "../elsewhere")
        #expect(try drill.plan("shop@1", command: "run").adds.map(\.title).sorted() == ["close shop", "model found", "model orders", "model totals", "open shop"])
    }

    @Test func `links are followed where dbt follows them, and a link to where one is ends there`() throws {
        let (drill, _) = try drill()
        let project = drill.project.projectFolder
        try drill.project.write("../shared/shared.sql", "select 1")
        try drill.project.write("dbt_project.yml", "name: shop\nprofile: shop\nmodel-paths: [models, more, below/deep]\n")
        try FileManager.default.createSymbolicLink(atPath: "\(project)/more", withDestinationPath: "../shared")
        try FileManager.default.createDirectory(atPath: "\(project)/below", withIntermediateDirectories: true)
        try drill.project.write("../other/deep.sql", "select 1")
        try FileManager.default.createSymbolicLink(atPath: "\(project)/below/deep", withDestinationPath: "../../other")
        // As `deps` leaves a package's own tests: the package is the folder above.
        for name in ["one", "two"] {
            try drill.project.write("tests_\(name)/dbt_project.yml", "name: \(name)\n")
            try FileManager.default.createDirectory(atPath: "\(project)/tests_\(name)/dbt_packages", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: "\(project)/tests_\(name)/dbt_packages/shop", withDestinationPath: "../..")
        }
        #expect(try drill.plan("shop@1", command: "run").adds.map(\.title).sorted() == ["close shop", "model deep", "model orders", "model shared", "model totals", "open shop"])
        try FileManager.default.createSymbolicLink(atPath: "\(project)/models/lost.sql", withDestinationPath: "nowhere")
        #expect(throws: PlainProblem.self) { try drill.plan("shop@2", command: "run") }
    }

    @Test func `a test whose name is longer than a file's may be keeps its result`() throws {
        let (drill, _) = try drill()
        let values = (0..<60).map { "value_\($0)" }.joined(separator: ", ")
        try drill.project.write("models/long.yml", "models: [{name: totals, columns: [{name: n, data_tests: [{accepted_values: {arguments: {values: [\(values)]}}}]}]}]")
        let outcome = try drill.perform("shop@1", deliveries: 1)
        #expect(outcome.failed.contains { $0.hasPrefix("test accepted_values_totals_n__value_0") } && !outcome.skipped.contains { $0.contains("accepted_values") })
        let folder = try #require(drill.reports["close shop"]?.details["artifacts"]?.stringValue)
        let results = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: "\(folder)/run_results.json"))))["results"]?.arrayValue ?? []
        let result = results.first { $0["unique_id"]?.stringValue?.contains("accepted_values") == true }
        #expect(result?["unique_id"]?.stringValue?.utf8.count ?? 0 > 300 && result?["status"] == "fail")
    }

    @Test func `a replica refuses a sealed copy that was edited`() throws {
        let (drill, _) = try drill()
        let plan = try drill.plan("shop@1")
        let hash = try #require(plan.report.details["project"]?.stringValue)
        try Data("select 2".utf8).write(to: URL(filePath: "\(drill.project.folder)/sealed/\(hash)/models/orders.sql"))
        let open = try #require(plan.adds.first { $0.kind == "open" })
        let error = #expect(throws: PlainProblem.self) { _ = try drill.transformer.perform(drill.assignment(open, run: "shop@1")) }
        #expect(error?.code == "transform.project_differs")
    }

    @Test func `a replica with another value of a variable that the project reads refuses, and names it`() throws {
        let (drill, _) = try drill()
        try drill.project.write("models/where_am_i.sql", "select '{{ env_var('SHOP_REGION', 'eu') }}' as region")
        let plan = try drill.plan("shop@1")
        let open = try #require(plan.adds.first { $0.kind == "open" })
        let other = Transformer(
            warehouses: WarehouseRegistry([SQLiteWarehouse.self]), environment: ["DRILL": drill.project.folder, "SHOP_REGION": "us"],
            now: { TestProject.startedAt })
        let error = #expect(throws: PlainProblem.self) { _ = try other.perform(drill.assignment(open, run: "shop@1")) }
        #expect(error?.code == "transform.environment_differs")
        #expect(error?.summary.contains("SHOP_REGION") == true)
    }

    @Test func `the command line answers with dbt's exit codes`() throws {
        let (drill, session) = try drill()
        try drill.project.write("profiles.yml", "shop: {target: dev, outputs: {dev: {type: sqlite, schema: main, path: '\(drill.project.warehousePath)'}}}")
        var lines: [String] = []
        let ticks = Mutex<Int64>(0)
        let clock: @Sendable () -> Timestamp = { TestProject.startedAt.adding(seconds: Double(ticks.withLock { $0 += 1; return $0 })) }
        let command = DbtCommand(
            warehouses: WarehouseRegistry([SQLiteWarehouse.self]), environment: [:], now: clock, output: { lines.append($0) })
        func run(_ arguments: String...) -> Int32 { command.run(arguments: arguments + ["--project-dir", drill.project.projectFolder]) }
        #expect(run("build") == 0)
        #expect(lines.last?.hasSuffix("PASS=6 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=6") == true, "\(lines)")
        try session.execute("update raw__orders set id = 1")
        #expect(run("build", "--full-refresh") == 1)
        #expect(lines.last?.hasSuffix("PASS=4 WARN=0 ERROR=1 SKIP=1 NO-OP=0 TOTAL=6") == true, "\(lines)")
        #expect(run("run", "--select", "ordes") == 0)
        #expect(lines.contains { $0.hasSuffix("The selection criterion 'ordes' does not match any enabled nodes") })
        #expect(run("test", "--store-failures") == 1)
        #expect(try session.query("select unique_field from main_dbt_test__audit__unique_orders_id").rows == [[.integer(1)]])
        #expect(lines.contains { $0.contains("select * from \"main_dbt_test__audit__unique_orders_id\"") })
        #expect(run("docs", "serve") == 2)
        #expect(lines.contains { $0.contains("there is no index.html") })
        #expect(run("snapsho") == 2)
        #expect(lines.contains { $0.contains("No such command 'snapsho'. Did you mean 'snapshot'?") }, "\(lines)")
        lines = []
        #expect(run("ls", "--select", "orders+") == 0)
        #expect(lines == ["shop.orders", "shop.totals", "shop.unique_orders_id"])
    }
}
