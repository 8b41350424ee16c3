import FoundationEssentials
import Kernel
import ModellingSupport
import Synchronization
import Testing
import TransformEngine
import WarehouseKit
import WarehouseSQLite

/// `sluice dbt …` on a project of a test's own.
final class DbtDrill {
    let project: TestProject
    private let lines = Mutex<[String]>([])
    /// Of what `deps` fetches.
    var download: PackageDownload = DbtCommand.noDownload
    /// Of whoever is asked.
    var answers: [String] = []
    /// Besides PATH and HOME.
    var environment: [String: String] = [:]
    /// Commands come one second after another: what is older would be refused.
    private var runs = 0.0

    init(_ files: [String: String]) throws {
        var files = files
        if files["dbt_project.yml"] == nil { files["dbt_project.yml"] = "name: shop\nprofile: shop\n" }
        project = try TestProject(files)
        try project.write(
            "profiles.yml",
            """
            shop:
              target: dev
              outputs:
                dev: {type: sqlite, threads: 1, database: db, schema: main, schemas_and_paths: {main: "\(project.warehousePath)"}, schema_directory: "\(project.folder)/schemas"}
                other: {type: sqlite, threads: 1, database: db, schema: other, schemas_and_paths: {main: "\(project.warehousePath)"}, schema_directory: "\(project.folder)/schemas"}
            """)
    }

    /// Told each line, on the thread of the command.
    var onLine: @Sendable (String) -> Void = { _ in }

    /// Everything that was told so far.
    var output: String { lines.withLock { $0.joined(separator: "\n") } }

    /// Runs a command; its exit code and what it told.
    @discardableResult
    func run(_ words: String..., now: Timestamp? = nil) -> (code: Int32, text: String) { run(words: words, now: now) }

    @discardableResult func run(words: [String], now: Timestamp? = nil) -> (code: Int32, text: String) {
        runs += 1
        let now = now ?? TestProject.startedAt.adding(seconds: runs)
        let from = lines.withLock { $0.count }
        let command = DbtCommand(
            warehouses: WarehouseRegistry([SQLiteWarehouse.self]), environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "HOME": project.folder].merging(environment) { $1 },
            now: { now }, download: download, ask: { _ in self.answers.isEmpty ? nil : self.answers.removeFirst() }, output: { [onLine] line in
                self.lines.withLock { $0.append(line) }
                onLine(line)
            })
        var words = words
        if !words.contains("--project-dir"), words.first != "init" { words += ["--project-dir", project.projectFolder] }
        let code = command.run(arguments: words)
        return (code, lines.withLock { $0[from...].joined(separator: "\n") })
    }

    func artifact(_ name: String) throws -> JSON {
        try JSON(parsing: [UInt8](try #require(FileManager.default.contents(atPath: "\(project.projectFolder)/target/\(name)"))))
    }
    /// The end of the one test's unique id.
    var testHash: String {
        get throws { String(try #require(try artifact("manifest.json")["nodes"]?.objectValue?.keys.first { $0.hasPrefix("test.") }).suffix(10)) }
    }
    var statuses: [String: String] {
        get throws {
            var found: [String: String] = [:]
            for result in try artifact("run_results.json")["results"]?.arrayValue ?? [] { found[result["unique_id"]?.stringValue ?? ""] = result["status"]?.stringValue }
            return found
        }
    }
    func query(_ sql: String) throws -> [[SQLValue]] { try SQLiteWarehouse(path: project.warehousePath).open().query(sql).rows }

    /// A small project with one of most kinds.
    static let shop = [
        "models/a.sql": "{{ config(materialized='table') }} select 1 as id, 'x' as word", "models/b.sql": "select * from {{ ref('a') }}",
        "models/schema.yml": """
            sources: [{name: raw, tables: [{name: events, config: {loaded_at_field: at, freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 1, period: day}}}}]}]
            models: [{name: a, columns: [{name: id, data_tests: [unique]}]}]
            exposures: [{name: board, type: dashboard, owner: {name: x}, depends_on: [ref('b')]}]
            """,
        "seeds/codes.csv": "id,word\n1,a\n", "macros/m.sql": "{% macro fill(n=1) %}{% do run_query('create table filled as select ' ~ n ~ ' as n') %}{% endmacro %}",
    ]
}
