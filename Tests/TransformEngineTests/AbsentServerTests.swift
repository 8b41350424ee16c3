import Kernel
import ModellingSupport
import Synchronization
import Testing
import TransformEngine
import WarehouseKit
import WarehousePostgreSQL

/// What commands answer where nobody listens at the warehouse's place.
@Suite struct AbsentServerTests {
    private let project: TestProject

    init() throws {
        project = try TestProject([
            "profiles.yml": "shop: {target: dev, outputs: {dev: {type: postgres, host: 127.0.0.1, port: 1, user: u, pass: p, dbname: d, schema: s, threads: 1, connect_timeout: 1}}}",
            "models/m.sql": "select 1 as id", "macros/m.sql": "{% macro known() %}{% endmacro %}",
        ])
    }

    private func dbt(_ line: String) -> (status: Int32, output: String) {
        let words = line.split(separator: " ").map(String.init)
        let lines = Mutex<[String]>([])
        let command = DbtCommand(
            warehouses: WarehouseRegistry([PostgreSQLWarehouse.self]), environment: [:], now: { TestProject.startedAt }, output: { line in lines.withLock { $0.append(line) } })
        let status = command.run(arguments: words + ["--project-dir", project.projectFolder, "--profiles-dir", project.projectFolder])
        return (status, lines.withLock { $0.joined(separator: "\n") })
    }
    private func artifact(_ name: String) -> JSON? { (try? project.read("target/\(name)")).flatMap { try? JSON(parsing: [UInt8]($0)) } }

    @Test(arguments: ["seed", "snapshot", "test", "source freshness", "run -s tag:none", "build -s tag:none", "compile -s tag:none"])
    func `a command with nothing to do asks the warehouse for nothing`(_ line: String) throws {
        let told = dbt(line)
        #expect(told.status == 0 && told.output.contains("Nothing to do."), "\(told.output)")
        #expect(artifact(line.hasPrefix("source") ? "sources.json" : "run_results.json")?["results"] == [])
        #expect(artifact("manifest.json") != nil && artifact("semantic_manifest.json") != nil)
    }

    @Test func `what was read is written, though the command fails afterwards`() throws {
        #expect(dbt("run").status == 2)
        #expect(artifact("manifest.json")?["nodes"]?["model.shop.m"] != nil && artifact("semantic_manifest.json") != nil && artifact("run_results.json") == nil)
    }

    @Test func `documentation that fails leaves nothing`() throws {
        #expect(dbt("docs generate").status == 2)
        #expect(artifact("manifest.json") == nil)
    }

    @Test func `an operation that cannot begin has failed`() throws {
        #expect(dbt("run-operation known").status == 1)
        #expect(artifact("run_results.json")?["results"]?.arrayValue?.first?["status"] == "error")
        #expect(dbt("run-operation unknown").status == 2)
    }
}
