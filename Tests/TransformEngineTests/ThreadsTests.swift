import Execution
import Kernel
import ModellingSupport
import Support
import Testing
@testable import TransformEngine

/// Nodes at work at once in one process, on an engine with many writers.
@Suite(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed")) struct ThreadsTests {
    /// Ends when `wanted` of them are at work at once, and fails after the time that is given in seconds.
    /// A sequence tells what others do before they commit.
    private static let meet = """
        create sequence arrived;
        create function meet(wanted int, seconds int) returns int language plpgsql as $$
        declare ends timestamptz := clock_timestamp() + seconds * interval '1 second';
        begin
          perform nextval('public.arrived');
          while (select last_value from public.arrived) < wanted loop
            if clock_timestamp() > ends then raise exception 'nobody came'; end if;
            perform pg_sleep(0.005);
          end loop;
          return wanted;
        end $$
        """

    private static func project(wanted: Int, seconds: Int) throws -> (TestProject, database: String) {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        _ = try server.psql(database, meet)
        var files: [String: String] = ["models/schema.yml": "version: 2\nmodels:\n  - name: a\n    columns: [{name: n, data_tests: [not_null]}]\n"]
        for name in ["a", "b", "c"] { files["models/\(name).sql"] = "{{ config(materialized='table') }} select public.meet(\(wanted), \(seconds)) as n" }
        files["models/all_of_them.sql"] = "select (select n from {{ ref('a') }}) + (select n from {{ ref('b') }}) + (select n from {{ ref('c') }}) as n"
        files["models/never.sql"] = "select 1 as n from {{ ref('broken') }}"
        files["models/broken.sql"] = "{{ log('broken says so', info=true) }} select no_such_column"
        return (try PostgreSQLTests.project(database, files), database)
    }

    private static func statuses(_ project: TestProject) throws -> [String: String] {
        let results = try JSON(parsing: [UInt8](project.read("target/run_results.json")))["results"]?.arrayValue ?? []
        return Dictionary(uniqueKeysWithValues: results.map { ($0["unique_id"]?.stringValue ?? "", $0["status"]?.stringValue ?? "") })
    }

    @Test func `as many nodes are at work at once as the target has threads`() throws {
        let (project, database) = try Self.project(wanted: 3, seconds: 60)
        let built = PostgreSQLTests.dbt(project, "build", "--threads", "3")
        #expect(built.status == 1, "\(built.output)")
        #expect(built.output.contains("Concurrency: 3 threads (target='dev')"))
        #expect(built.output.contains("broken says so"))
        let statuses = try Self.statuses(project)
        for name in ["a", "b", "c", "all_of_them"] { #expect(statuses["model.shop.\(name)"] == "success") }
        #expect(statuses["model.shop.broken"] == "error")
        #expect(statuses["model.shop.never"] == "skipped")
        #expect(try PostgresServer.shared.get().psql(database, "select n from \"analytics team\".all_of_them") == "9\n")
        let threads = try JSON(parsing: [UInt8](project.read("target/run_results.json")))["results"]?.arrayValue?.compactMap { $0["thread_id"]?.stringValue }
        #expect(Set(threads ?? []).count == 3)
    }

    @Test(arguments: ["1", "3"])
    func `what templates say is told under dbt's events, however many are at work`(_ threads: String) throws {
        let server = try PostgresServer.shared.get()
        let says = "{% if execute %}{{ log('said', info=true) }}{% do print('printed') %}{% do exceptions.warn('warned') %}{% do modules.itertools.chain([1]) %}{% call statement('loud') %}do $$ begin raise warning 'noticed'; end $$;{% endcall %}{% endif %}"
        let project = try PostgreSQLTests.project(try server.makeDatabase(), Dictionary(uniqueKeysWithValues: (1...3).map { ("models/says_\($0).sql", "\(says) select 1 as one") }))
        let built = PostgreSQLTests.dbt(project, "run", "--select", "says_*", "--threads", threads, "--log-format", "json")
        #expect(built.status == 0, "\(built.output)")
        let lines = built.output.split(separator: "\n").compactMap { try? JSON(parsing: Array($0.utf8)) }
        func events(_ text: String) -> [String] { lines.filter { $0["info"]?["msg"]?.stringValue?.contains(text) == true }.compactMap { $0["info"]?["name"]?.stringValue } }
        for (text, name) in [("said", "JinjaLogInfo"), ("printed", "PrintEvent"), ("warned", "JinjaLogWarning")] { #expect(events(text) == [name, name, name]) }
        // Of its kind the first alone is told.
        #expect(events("Usage of itertools").first == "ModulesItertoolsUsageDeprecation")
        #expect(events("noticed").count == 3)
    }

    @Test func `a node alone finds nobody beside it`() throws {
        let (project, _) = try Self.project(wanted: 2, seconds: 0)
        let built = PostgreSQLTests.dbt(project, "run", "--threads", "1")
        #expect(built.status == 1)
        #expect(built.output.contains("nobody came"), "\(built.output)")
        #expect(try Self.statuses(project)["model.shop.all_of_them"] == "skipped")
    }

    @Test func `no threads at all is an error of the line`() throws {
        let (project, _) = try Self.project(wanted: 1, seconds: 0)
        let built = PostgreSQLTests.dbt(project, "run", "--threads", "0")
        #expect(built.status == 2)
        #expect(built.output.contains("'--threads': '0'"))
    }
}

@Suite struct DbtQueueTests {
    @Test func `what waits comes up when the last it waits for has ended`() throws {
        let project = try TestProject(["models/a.sql": "select 1", "models/b.sql": "select * from {{ ref('a') }}", "models/c.sql": "select 2"])
        var queue = DbtQueue(RunPlan(.run, manifest: try project.manifest(), selected: ["model.shop.a", "model.shop.b", "model.shop.c"]))
        #expect(queue.next() == "model.shop.a")
        #expect(queue.next() == "model.shop.c")
        #expect(queue.next() == nil)
        queue.end("model.shop.c", isStopping: false)
        #expect(queue.next() == nil)
        queue.end("model.shop.a", isStopping: true)
        #expect(queue.next() == "model.shop.b")
        #expect(queue.stopped == ["model.shop.a"])
    }

    @Test func `who was free first comes first, and of those set free together the less deep one`() throws {
        let project = try TestProject([
            "models/z.sql": "select 1 as id", "models/b.sql": "select 1 as id", "models/c.sql": "select * from {{ ref('b') }}",
            // One level behind z, and two behind b.
            "models/d.sql": "select * from {{ ref('z') }} union all select * from {{ ref('c') }}", "models/e.sql": "select * from {{ ref('z') }}",
            "models/f.sql": "select * from {{ ref('z') }}",
        ])
        var queue = DbtQueue(RunPlan(.run, manifest: try project.manifest(), selected: Set("bcdefz".map { "model.shop.\($0)" })))
        #expect(queue.next() == "model.shop.b")
        #expect(queue.next() == "model.shop.z")
        queue.end("model.shop.b", isStopping: false)
        #expect(queue.next() == "model.shop.c")
        queue.end("model.shop.c", isStopping: false)
        queue.end("model.shop.z", isStopping: false)
        #expect([queue.next(), queue.next(), queue.next(), queue.next()] == ["model.shop.e", "model.shop.f", "model.shop.d", nil])
    }
}

/// Tables that are built at once under one view.
@Suite(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed")) struct SharedViewTests {
    @Test func `two tables under one view are built anew at once, over and over`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        var files = ["models/over_all.sql": "select * from {{ ref('t1') }} union all select * from {{ ref('t2') }} union all select * from {{ ref('t3') }}"]
        for number in 1...3 { files["models/t\(number).sql"] = "{{ config(materialized='table') }} select \(number) as n" }
        let project = try PostgreSQLTests.project(database, files)
        for _ in 0..<8 {
            let built = PostgreSQLTests.dbt(project, "run", "--select", "t1", "t2", "t3", "over_all", "--threads", "4")
            #expect(built.status == 0, "\(built.output)")
            #expect(try server.psql(database, "select sum(n) from \"analytics team\".over_all") == "6\n")
        }
    }
}
