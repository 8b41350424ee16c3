import Contracts
import Foundation
import Harness
import Kernel
import Runs
import Testing

/// A dbt step whose tests keep their rows, then its documentation, with real programs.
@Suite struct QualityAndDocsTests {
    private static let programs = ["broker", "orchestrator", "transform", "quality"]

    private static func prepare(_ home: TestHome) throws {
        let folder = "pipelines/shop"
        try home.write("name: shop\nsteps:\n  - {name: build, dbt: build}\n  - {name: generate_docs, dbt: docs}\n", to: "\(folder)/pipeline.yml")
        try home.write("name: shop\nprofile: shop\n", to: "\(folder)/dbt/dbt_project.yml")
        try home.write(
            "{{ config(materialized='table') }} select 1 as id union all select null union all select null", to: "\(folder)/dbt/models/orders.sql")
        try home.write(
            "models: [{name: orders, columns: [{name: id, data_tests: [{not_null: {config: {severity: warn, store_failures: true}}}]}]}]",
            to: "\(folder)/dbt/models/schema.yml")
    }

    @Test(arguments: ["quality.before_commit", "quality.after_commit", "quality.before_complete", "transform.after_docs", "transform.after_artifacts"])
    func `killed at a named point, it keeps the rows, the result and the page once`(point: String) async throws {
        try await TestHome.with(["SLUICE_CRASH_AT": point]) { home in
            try Self.prepare(home)
            for program in Self.programs where program != "broker" { try home.spawn(program, instance: program) }
            try await home.start("broker")
            let revival = home.revive(Dictionary(uniqueKeysWithValues: Self.programs.map { ($0, $0) }))
            defer { revival.cancel() }
            let state = try await home.finish(home.request("shop"))
            #expect(FileManager.default.fileExists(atPath: "\(home.path)/run/crashed"), "the point was never passed")
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            let database = try TestDatabase("\(home.path)/warehouse/shop.db")
            #expect(try database.number("select count(*) from main_dbt_test__audit__not_null_orders_id") == 2)
            #expect(try database.number("select count(*) from _sluice_test_results where status = 'warn' and failures = 2") == 1)
            #expect(try database.number("select count(*) from _sluice_test_results") == 1)
            let page = try String(contentsOfFile: "\(home.path)/docs/shop/index.html", encoding: .utf8)
            #expect(page.contains("1 warn</span>") && page.contains("main_dbt_test__audit__not_null_orders_id"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(home.path)/docs/shop").sorted() == ["catalog.json", "index.html", "manifest.json"])
        }
    }
}
