import Compilation
import Execution
import Kernel
import ModellingSupport
import Project
import Testing
import WarehouseKit

/// What dbt-core 1.11 says of the same tests on the same rows; Tests/Conformance/dbt_sqlite asks dbt itself.
@Suite struct TestLimitsTests {
    private static let model = """
        {{ config(materialized='table') }}
        select 1 as id, 'x' as n union all select 1, null union all select 2, null union all select null, 'y'
        """

    /// Runs the one test that `config` and `column` describe, in a transaction as a task would.
    private func run(_ column: String, _ config: String) throws -> (NodeResult, any WarehouseSession) {
        let project = try TestProject([
            "models/a.sql": Self.model,
            "models/schema.yml": "models: [{name: a, columns: [{name: \(column), data_tests: [{not_null: {name: t, config: {\(config)}}}]}]}]",
        ])
        let session = try project.warehouse.open()
        let compiler = try project.compiler(session)
        let runner = NodeRunner(compiler, session: session) { TestProject.startedAt }
        let nodes = compiler.manifest.nodes
        let result = try session.transaction {
            _ = try runner.build(try #require(nodes["model.shop.a"]))
            return try runner.test(try #require(nodes.values.first { $0.name == "t" }))
        }
        return (result, session)
    }

    @Test(arguments: [
        ("warn_if: '> 1', error_if: '> 5'", NodeResult.Status.warn, 2, "Got 2 results, configured to warn if > 1"),
        ("error_if: '> 1'", .fail, 2, "Got 2 results, configured to fail if > 1"),
        ("warn_if: between 1 and 3, error_if: '> 3'", .warn, 2, "Got 2 results, configured to warn if between 1 and 3"),
        ("where: id = 99", .pass, 0, ""),
        ("limit: 1", .fail, 1, "Got 1 result, configured to fail if != 0"),
        ("fail_calc: sum(1) * 3, severity: warn", .warn, 6, "Got 6 results, configured to warn if != 0"),
        ("severity: warn, error_if: '> 0', warn_if: '> 10'", .pass, 0, ""),
        ("severity: Warn", .warn, 2, "Got 2 results, configured to warn if != 0"),
    ])
    func `a test ends as its limits say`(_ config: String, _ status: NodeResult.Status, _ failures: Int, _ message: String) throws {
        let (result, _) = try run("n", config)
        #expect(result.status == status && result.failures == failures && result.message == message)
        #expect(result.relationName == nil)
    }

    @Test func `what a limit lets pass is counted all the same`() throws {
        let (result, _) = try run("n", "error_if: '> 5', warn_if: '> 5'")
        #expect(result.status == .pass && result.failures == 0 && result.rowsAffected == 2)
    }

    @Test func `a calculation that gives no number is an error`() {
        let error = #expect(throws: ExecutionError.self) { _ = try run("n", "fail_calc: max(n), where: 1 = 0") }
        #expect(error?.code == "execute.bad_test")
    }

    @Test(arguments: [
        ("store_failures: true", "main_dbt_test__audit__t", RelationInfo.Kind.table),
        ("store_failures_as: view", "main_dbt_test__audit__t", .view), ("store_failures: true, schema: mine, alias: own", "main_mine__own", .table),
    ])
    func `failing rows are kept whole, in dbt's schema under dbt's name`(_ config: String, _ name: String, _ kind: RelationInfo.Kind) throws {
        let (result, session) = try run("n", config)
        #expect(result.relationName == "\"\(name)\"")
        #expect(try session.relation(RelationName(schema: "main", identifier: name))?.kind == kind)
        #expect(try session.query("select id, n from \(name) order by id").rows == [[.integer(1), .null], [.integer(2), .null]])
    }

    @Test func `a limit bounds what is kept, and a test that passes leaves an empty table`() throws {
        #expect(try run("n", "store_failures: true, limit: 1").1.query("select count(*) from main_dbt_test__audit__t").rows == [[.integer(1)]])
        #expect(try run("n", "store_failures: true, where: id = 99").1.query("select count(*) from main_dbt_test__audit__t").rows == [[.integer(0)]])
    }

    @Test(arguments: ["store_failures: false", "store_failures_as: ephemeral", "store_failures: true, store_failures_as: ephemeral"])
    func `nothing is kept where the project says so, whatever the command says`(_ config: String) throws {
        let (result, session) = try run("n", config)
        #expect(result.relationName == nil)
        #expect(try session.relation(RelationName(schema: "main_dbt_test__audit", identifier: "t")) == nil)
    }
}
