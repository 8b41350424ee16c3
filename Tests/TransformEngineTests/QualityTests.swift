import Contracts
import Execution
import Kernel
import ModellingSupport
import QualityEngine
import Testing
import WarehouseKit
import WarehouseSQLite

@Suite struct QualityTests {
    private func drill(_ tests: String) throws -> (Drill, any WarehouseSession) {
        let project = try TestProject([
            "models/orders.sql": "{{ config(materialized='table') }} select id from {{ source('raw', 'orders') }}",
            "models/totals.sql": "select count(*) as n from {{ ref('orders') }}",
            "models/schema.yml": "sources: [{name: raw, tables: [{name: orders}]}]\nmodels: [{name: orders, columns: [{name: id, data_tests: [\(tests)]}]}]",
        ])
        let session = try project.warehouse.open()
        try session.execute("create table raw__orders (id integer); insert into raw__orders values (1), (2), (2), (null)")
        return (Drill(project), session)
    }

    @Test func `a failing test whose rows are kept says where they are, delivered once or twice`() throws {
        let (drill, session) = try drill("{unique: {config: {store_failures: true, error_if: '> 0'}}}")
        let title = "test unique_orders_id"
        #expect(try drill.perform("shop@1", deliveries: 2) == Outcome(failed: [title], skipped: ["model totals"]))
        #expect(try session.query("select unique_field, n_records from main_dbt_test__audit__unique_orders_id").rows == [[.integer(2), .integer(2)]])
        let problem = try #require(drill.reports[title]?.problem)
        #expect(problem.code == "quality.test_failed" && !problem.isRetryable)
        #expect(problem.summary == "test 'unique_orders_id' on 'orders' found 1 failing row, and fails if > 0")
        #expect(problem.remedy.contains("\"main_dbt_test__audit__unique_orders_id\"") && problem.remedy.contains("unique_orders_id.sql"))
        // The rows of the next run take the place of these.
        try session.execute("delete from raw__orders where id = 2")
        #expect(try drill.perform("shop@2") == Outcome())
        #expect(try session.query("select count(*) from main_dbt_test__audit__unique_orders_id").rows == [[.integer(0)]])
    }

    @Test func `only a test that writes occupies the warehouse's pool`() throws {
        let (drill, _) = try drill("{not_null: {config: {severity: warn}}}, {unique: {config: {store_failures: true, severity: warn}}}")
        _ = try drill.perform("shop@1")
        #expect(drill.specs["test not_null_orders_id"]?.pool == nil)
        #expect(drill.specs["test unique_orders_id"]?.pool == "warehouse")
        #expect(drill.specs["open shop"]?.args["schemas"] == ["main", "main_dbt_test__audit"])
    }

    @Test func `each run's results are in the history once, newest first, with what the limits let pass`() throws {
        let (drill, session) = try drill("{not_null: {config: {error_if: '> 5', warn_if: '> 3'}}}")
        _ = try drill.perform("shop@1", deliveries: 2)
        try session.execute("insert into raw__orders values (null), (null), (null), (null), (null)")
        _ = try drill.perform("shop@2", deliveries: 2)
        let history = TestHistory(on: session)
        let records = try history.results(rowsMax: 10).sorted { $0.run < $1.run }
        #expect(records.map(\.run) == ["shop@1", "shop@2"])
        #expect(records.map(\.status) == [.pass, .fail])
        #expect(records.map(\.failures) == [1, 6])
        #expect(records[0].model == "orders" && records[0].errorIf == "> 5" && records[0].warnIf == "> 3" && records[0].severity == "error")
        #expect(drill.reports["test not_null_orders_id"]?.rows == 6)
        #expect(try history.results(about: "not_null", rowsMax: 10).count == 2)
        for other in ["other", "not%null", "notxnull"] { #expect(try history.results(about: other, rowsMax: 10).isEmpty) }

        var lines: [String] = []
        let listing = ResultsListing(warehouses: WarehouseRegistry([SQLiteWarehouse.self]), environment: [:]) { lines.append($0) }
        #expect(listing.run(["sqlite://\(drill.project.warehousePath)", "--test", "not_null", "--last", "1"]) == 0)
        #expect(lines.count == 1 && lines[0].contains("not_null_orders_id on orders"))
        #expect(listing.run(["--last", "x"]) == 2)
    }

    @Test func `a unit test that fails says what differs, and its model is not built`() throws {
        let unit = "model: orders, given: [{input: \"source('raw', 'orders')\", rows: [{id: 7}]}]"
        let project = try TestProject([
            "models/orders.sql": "{{ config(materialized='table') }} select id from {{ source('raw', 'orders') }}",
            "models/schema.yml": """
                sources: [{name: raw, tables: [{name: orders}]}]
                models: [{name: orders, columns: [{name: id, data_tests: [not_null]}]}]
                unit_tests:
                  - {name: keeps, \(unit), expect: {rows: [{id: 7}]}}
                  - {name: adds, \(unit), expect: {rows: [{id: 8}]}}
                """,
        ])
        let session = try project.warehouse.open()
        try session.execute("create table raw__orders (id integer); insert into raw__orders values (1)")
        let drill = Drill(project)
        #expect(try drill.perform("shop@1", deliveries: 2) == Outcome(failed: ["unit_test adds"], skipped: ["model orders", "test not_null_orders_id"]))
        #expect(drill.specs["unit_test adds"]?.pool == nil && drill.reports["unit_test keeps"]?.message == "passed")
        let problem = try #require(drill.reports["unit_test adds"]?.problem)
        #expect(problem.code == "quality.unit_test_failed" && !problem.isRetryable)
        #expect(problem.summary.contains("unit test 'adds'") && problem.summary.contains("'orders'") && problem.summary.contains("+++"))
        #expect(problem.remedy.contains("models/schema.yml/models/adds.sql"))
        #expect(try session.relation(RelationName(schema: "main", identifier: "orders")) == nil)
    }

    @Test func `results older than the history keeps go with the next run`() throws {
        let (drill, session) = try drill("not_null")
        _ = try drill.perform("shop@1")
        try session.execute("update _sluice_test_results set recorded_at = '2020-01-01T00:00:00Z'")
        _ = try drill.perform("shop@2")
        #expect(try session.query("select run from _sluice_test_results").rows == [[.text("shop@2")]])
    }
}
