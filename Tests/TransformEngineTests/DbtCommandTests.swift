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
            now: { now }, download: download, ask: { _ in self.answers.isEmpty ? nil : self.answers.removeFirst() }, output: { line in self.lines.withLock { $0.append(line) } })
        var words = words
        if !words.contains("--project-dir"), words.first != "init" { words += ["--project-dir", project.projectFolder] }
        let code = command.run(arguments: words)
        return (code, lines.withLock { $0[from...].joined(separator: "\n") })
    }

    func artifact(_ name: String) throws -> JSON {
        try JSON(parsing: [UInt8](try #require(FileManager.default.contents(atPath: "\(project.projectFolder)/target/\(name)"))))
    }
    var statuses: [String: String] {
        get throws {
            var found: [String: String] = [:]
            for result in try artifact("run_results.json")["results"]?.arrayValue ?? [] { found[result["unique_id"]?.stringValue ?? ""] = result["status"]?.stringValue }
            return found
        }
    }
    func query(_ sql: String) throws -> [[SQLValue]] { try SQLiteWarehouse(path: project.warehousePath).open().query(sql).rows }
}

@Suite struct DbtCommandTests {
    private static let files = [
        "models/a.sql": "{{ config(materialized='table') }} select 1 as id, 'x' as word", "models/b.sql": "select * from {{ ref('a') }}",
        "models/schema.yml": """
            sources: [{name: raw, tables: [{name: events, config: {loaded_at_field: at, freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 1, period: day}}}}]}]
            models: [{name: a, columns: [{name: id, data_tests: [unique]}]}]
            exposures: [{name: board, type: dashboard, owner: {name: x}, depends_on: [ref('b')]}]
            """,
        "seeds/codes.csv": "id,word\n1,a\n", "macros/m.sql": "{% macro fill(n=1) %}{% do run_query('create table filled as select ' ~ n ~ ' as n') %}{% endmacro %}",
    ]

    // MARK: The command line

    @Test(arguments: [
        ["--nope", "run"], ["fly"], ["run", "--select"], ["docs"], ["docs", "print"], ["run", "extra"], ["ls", "--output", "xml"], ["run", "--vars", "x"], ["run", "--indirect-selection", "odd"],
        ["show"], ["run-operation"], [],
    ])
    func `a wrong command line ends with 2 and says what is wrong`(_ words: [String]) throws {
        let drill = try DbtDrill(Self.files)
        let command = DbtCommand(warehouses: WarehouseRegistry([SQLiteWarehouse.self]), environment: [:], now: { TestProject.startedAt }, output: { _ in })
        #expect(command.run(arguments: words + ["--project-dir", drill.project.projectFolder]) == 2)
    }

    @Test func `ls refuses --models beside what says the same, and debug a project file that is no YAML`() throws {
        let drill = try DbtDrill(Self.files)
        let (code, text) = drill.run("ls", "--models", "a", "--select", "b")
        #expect(code == 2 && text.contains("\"models\" and \"select\" are mutually exclusive arguments"), "\(text)")
        #expect(drill.run("ls", "-m", "a", "--resource-type", "model").code == 2)
        #expect(drill.run("ls", "-m", "a").code == 0 && drill.run("run", "-m", "a", "-s", "b").code == 0)
        try drill.project.write("dbt_project.yml", "name: shop\n profile: shop\n")
        #expect(drill.run("debug").code == 2)
    }

    @Test func `ls says what templates say while they are read`() throws {
        let drill = try DbtDrill(["models/a.sql": "{{ log('read', info=true) }}{{ print('printed') }}{% if execute %}{{ log('run', info=true) }}{% endif %}select 1 as id"])
        let lines = drill.run("ls").text.split(separator: "\n")
        #expect(lines.contains { $0.hasSuffix("read") } && lines.contains("printed") && lines.contains("shop.a") && !lines.contains { $0.hasSuffix("run") })
    }

    @Test func `a hook of config() that calls what is not there is refused where it is read`() throws {
        let drill = try DbtDrill(["models/a.sql": "{{ config(post_hook=before_commit('select 1')) }} select 1 as id"])
        let (code, text) = drill.run("parse")
        #expect(code == 2 && text.contains("the JSON object must be str, bytes or bytearray, not Undefined"), "\(text)")
    }

    @Test func `of an ephemeral model --empty reads nothing, under the name that the reader has for it`() throws {
        let drill = try DbtDrill(["models/e.sql": "{{ config(materialized='ephemeral') }} select 1 as id", "models/m.sql": "select * from {{ ref('e') }}"])
        let (code, text) = drill.run("compile", "--empty", "-s", "m")
        #expect(code == 0 && text.contains("(select * from __dbt__cte__e where false limit 0) _dbt_limit_subq___dbt__cte__e"), "\(text)")
    }

    @Test func `fromyaml gives dates and times, where they stand without quotes`() throws {
        let drill = try DbtDrill([
            "models/m.sql": "{% set d = fromyaml(\"a: 2020-01-31\\nb: '2020-01-31'\\nc: [2020-01-31 1:02:03.5, 2020-01-31T10:00:00-01:30]\") %}{{ d.a.year }} {{ d.b }} {{ d.c[0] }} {{ d.c[1].isoformat() }} {{ fromyaml('2020-02-31', 'none') }}",
        ])
        let (_, text) = drill.run("compile", "-s", "m")
        #expect(text.contains("2020 2020-01-31 2020-01-31 01:02:03.500000 2020-01-31T10:00:00-01:30 none"), "\(text)")
    }

    @Test func `errors come in dbt's kinds`() throws {
        func kind(_ files: [String: String], _ words: String...) throws -> String {
            let drill = try DbtDrill(Self.files.merging(files) { _, new in new })
            let (code, text) = drill.run(words[0])
            #expect(code == 2)
            let lines = text.split(separator: "\n")
            let at = try #require(lines.firstIndex { $0.hasSuffix("  Encountered an error:") })
            return String(lines[at + 1])
        }
        #expect(try kind(["models/a.sql": "select * from {{ ref('none') }}"], "parse") == "Compilation Error")
        #expect(try kind(["models/schema.yml": "models: ["], "parse") == "Parsing Error")
        #expect(try kind(["dbt_project.yml": "name: shop\nprofile: none\n"], "parse") == "Runtime Error")
        #expect(try kind(["dbt_project.yml": "name: shop\nprofile: shop\non-run-start: [\"{{ fill('nothing from none') }}\"]\n"], "run") == "Database Error")
    }

    // MARK: Running

    @Test func `a build tells each step, and what is idle, and how it ended`() throws {
        let drill = try DbtDrill(Self.files.merging(["dbt_project.yml": "name: shop\nprofile: shop\non-run-start: [\"create table if not exists log (n)\"]\non-run-end: [\"insert into log select {{ results | length }}\"]\n"]) { _, new in new })
        let (code, text) = drill.run("build")
        #expect(code == 0, "\(text)")
        #expect(text.contains("1 of 5 START sql table model main.a ............................................ [RUN]"), "\(text)")
        #expect(text.contains("5 of 5 NO-OP exposure board"))
        #expect(text.contains("Done. PASS=6 WARN=0 ERROR=0 SKIP=0 NO-OP=1 TOTAL=7"))
        #expect(try drill.query("select n from log") == [[.integer(5)]], "a hook that ends well is no result, as in dbt")
        #expect(try drill.statuses["operation.shop.shop-on-run-start-0"] == "success")
        #expect(try drill.statuses["exposure.shop.board"] == "no-op")
        // As in dbt, the manifest has what ran: a hook counts from 1 then, and what was compiled is there.
        let nodes = try drill.artifact("manifest.json")["nodes"]
        #expect(nodes?["operation.shop.shop-on-run-end-0"]?["index"] == 1 && nodes?["operation.shop.shop-on-run-end-0"]?["compiled"] == true)
        #expect(nodes?["model.shop.b"]?["compiled_code"]?.stringValue?.isEmpty == false && nodes?["model.shop.b"]?["compiled_path"]?.stringValue?.hasSuffix("target/compiled/shop/models/b.sql") == true)
    }

    @Test func `a hook that the warehouse refuses skips the hooks behind it, and the nodes only where the project says so`() throws {
        let hooks = "name: shop\nprofile: shop\non-run-start: [\"select nothing\", \"select 1\"]\non-run-end: \"create table told as select '{% for r in results %}{{ r.node.name }} {{ r.status }},{% endfor %}' as w\"\n"
        let going = try DbtDrill(Self.files.merging(["dbt_project.yml": hooks]) { _, new in new })
        let (code, text) = going.run("run")
        #expect(code == 1)
        #expect(text.contains("2 of 2 SKIP hook: shop.on-run-start.1"), "\(text)")
        #expect(try going.query("select w from told") == [[.text("shop-on-run-start-0 error,a success,b success,")]])
        let drill = try DbtDrill(Self.files.merging(["dbt_project.yml": hooks + "flags: {skip_nodes_if_on_run_start_fails: true}\n"]) { _, new in new })
        #expect(drill.run("run").code == 1)
        #expect(try drill.statuses == [
            "operation.shop.shop-on-run-start-0": "error", "operation.shop.shop-on-run-start-1": "skipped", "operation.shop.shop-on-run-end-0": "success", "model.shop.a": "skipped", "model.shop.b": "skipped",
        ])
    }

    @Test func `a hook of the end that cannot be written down ends the command behind what was done`() throws {
        let hooks = "name: shop\nprofile: shop\non-run-end: [\"select 1\", \"{{ exceptions.raise_compiler_error('no') if execute }}\"]\n"
        let drill = try DbtDrill(Self.files.merging(["dbt_project.yml": hooks]) { _, new in new })
        let (code, text) = drill.run("run")
        #expect(code == 2, "\(text)")
        // dbt's own words for whatever breaks off there.
        let told = ["Exited because of keyboard interrupt", "Done. PASS=3 WARN=0 ERROR=0", "Finished running", "Encountered an error:"].map { text.range(of: $0)?.lowerBound }
        #expect(told.allSatisfy { $0 != nil } && told.compactMap { $0 } == told.compactMap { $0 }.sorted(), "\(text)")
        #expect(try drill.statuses["operation.shop.shop-on-run-end-0"] == "success" && drill.statuses["model.shop.a"] == "success")
    }

    @Test func `the project's hooks run before the packages', and each is told when it is written down`() throws {
        let drill = try DbtDrill(Self.files.merging([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-start: [\"{{ log('told', info=true) }}create table log (n)\"]\n",
            "dbt_packages/b/dbt_project.yml": "name: b\non-run-start: insert into log values ('b')\n", "dbt_packages/z/dbt_project.yml": "name: a\non-run-start: [insert into log values ('a')]\n",
        ]) { _, new in new })
        let (code, text) = drill.run("run")
        #expect(code == 0, "\(text)")
        #expect(try drill.query("select n from log") == [[.text("a")], [.text("b")]])
        let lines = text.split(separator: "\n").filter { $0.contains("told") || $0.contains("hook:") }.map { $0.dropFirst(10).prefix(34) }
        // Once when the project is read, once when the hook runs.
        #expect(lines.prefix(6) == ["told", "told", "1 of 3 START hook: shop.on-run-sta", "1 of 3 OK hook: shop.on-run-start.", "2 of 3 START hook: a.on-run-start.", "2 of 3 OK hook: a.on-run-start.1 ."], "\(text)")
    }

    @Test func `a package's hook calls its package's macros by their bare names`() throws {
        let drill = try DbtDrill(Self.files.merging([
            "dbt_packages/tools/dbt_project.yml": "name: tools\non-run-end: \"{{ tell(results) }}\"\n",
            "dbt_packages/tools/macros/tell.sql": "{% macro tell(results) %}create table told as select {{ results | length }} as n{% endmacro %}",
        ]) { _, new in new })
        let (code, text) = drill.run("run")
        #expect(code == 0, "\(text)")
        #expect(try drill.query("select n from told") == [[.integer(2)]])
    }

    @Test func `the first node that cannot be compiled ends compile with 2`() throws {
        let drill = try DbtDrill(["models/a.sql": "select {{ run_query('select * from nothing') }}", "models/b.sql": "select 1"])
        let (code, text) = drill.run("compile")
        #expect(code == 2)
        #expect(text.contains("Encountered an error:\nRuntime Error\n  Database Error in model a (models/a.sql)"), "\(text)")
    }

    @Test func `retry runs what failed and what was skipped for it`() throws {
        let drill = try DbtDrill(Self.files.merging(["models/a.sql": "select nothing as id"]) { _, new in new })
        #expect(drill.run("build", "--vars", "{day: 1}").code == 1)
        try drill.project.write("models/a.sql", "select {{ var('day') }} as id")
        let (code, text) = drill.run("retry")
        #expect(code == 0, "\(text)")
        #expect(try drill.statuses == ["model.shop.a": "success", "model.shop.b": "success", "exposure.shop.board": "no-op", "test.shop.unique_a_id.\(try drill.testHash)": "pass"])
        #expect(try drill.query("select id from b") == [[.integer(1)]])
    }

    @Test func `compile leaves ephemeral models out of their readers where it is told to`() throws {
        let drill = try DbtDrill(["models/e.sql": "{{ config(materialized='ephemeral') }} select 1 as id", "models/r.sql": "select * from {{ ref('e') }}"])
        #expect(drill.run("compile", "--select", "r", "--quiet").text.contains("with __dbt__cte__e as ("))
        let plain = drill.run("compile", "--select", "r", "--no-inject-ephemeral-ctes").text
        #expect(plain.hasSuffix("select * from __dbt__cte__e"), "\(plain)")
    }

    @Test func `an ephemeral model that does not compile skips its readers, with its own error`() throws {
        let drill = try DbtDrill([
            "models/e.sql": "{{ config(materialized='ephemeral') }} select 1 {% if execute %}{{ exceptions.raise_compiler_error('broken') }}{% endif %}",
            "models/r.sql": "select * from {{ ref('e') }}",
        ])
        let (code, text) = drill.run("run")
        #expect(code == 1 && text.contains("1 of 1 SKIP relation main.r due to ephemeral model status 'error' .............. [ERROR SKIP]"), "\(text)")
        #expect(text.contains("Failure in model e (models/e.sql)") && text.contains("Compilation Error in model e (models/e.sql)") && text.contains("Completed with 1 error"), "\(text)")
        let result = try drill.artifact("run_results.json")["results"]?[0]
        #expect(result?["status"] == "skipped")
        #expect(result?["message"] == "Compilation Error in model.shop.r, caused by compilation error in referenced ephemeral model model.shop.e")
        // Where it is not selected, its error is that of its reader.
        #expect(drill.run("run", "-s", "r").code == 1)
        let alone = try drill.artifact("run_results.json")["results"]?[0]
        #expect(alone?["status"] == "error" && alone?["message"]?.stringValue?.hasPrefix("Compilation Error in model e (models/e.sql)") == true)
    }

    @Test func `an ephemeral model is compiled by itself, has no result, and hands on what stopped it`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id", "models/broken.sql": "select nothing as id", "models/e.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('broken') }}",
            "models/lone.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('a') }}", "models/r.sql": "select * from {{ ref('e') }}", "models/s.sql": "select * from {{ ref('r') }}",
        ])
        let (code, text) = drill.run("build")
        #expect(code == 1 && text.contains("3 of 4 SKIP relation main.r due to ephemeral model status 'skipped' ............ [ERROR SKIP]"), "\(text)")
        #expect(text.contains("4 of 4 SKIP relation main.s ....") && text.contains("Completed with 2 errors") && text.contains("SKIP=2"), "\(text)")
        let folder = "\(drill.project.projectFolder)/target/compiled/shop/models"
        #expect(FileManager.default.fileExists(atPath: "\(folder)/lone.sql") && !FileManager.default.fileExists(atPath: "\(folder)/e.sql"))
        // What `run` skips passes no blame on.
        #expect(drill.run("run").text.contains("3 of 4 SKIP relation main.r ....") )
        #expect(drill.run("compile").code == 0)
        let compiled = try drill.artifact("run_results.json")["results"]?.arrayValue?.count
        #expect(compiled == 4)
        #expect(drill.run("compile", "-s", "lone").code == 0)
        #expect(try drill.artifact("run_results.json")["results"]?[0]?["unique_id"] == "model.shop.lone")
    }

    @Test func `a template sees of the line what dbt shows it, and a package is a dict of its macros`() throws {
        let line = """
            {% macro line() %}{% set line = invocation_args_dict %}
            {{ print([line.select, line.get('resource_types'), line.printer_width, line.which, line.full_refresh is defined, line.vars]) }}
            {{ print([flags.SELECT is defined, flags.full_refresh is defined, flags.EMPTY, flags.NO_PRINT is none, flags.WHICH]) }}
            {{ print(['line' in shop, 'run_query' in dbt, 'nobody' in shop, shop is mapping, shop.get('nobody', 1), shop.keys() | list, context['shop']['other'](2)]) }}{% endmacro %}
            {% macro other(n) %}{{ return(n + 1) }}{% endmacro %}
            """
        let drill = try DbtDrill(["models/a.sql": "select 1 as id", "macros/line.sql": line, "dbt_project.yml": "name: shop\nprofile: shop\non-run-start: \"{{ line() }}\"\n"])
        let (code, text) = drill.run("build", "-s", "a", "tag:x", "--resource-type", "model", "--vars", "{day: 1}")
        #expect(code == 0 && text.contains("[('a', 'tag:x'), ('model',), 80, 'build', False, {'day': 1}]"), "\(text)")
        #expect(text.contains("[False, False, False, True, 'build']") && text.contains("[True, True, False, True, 1, ['line', 'other'], 3]"), "\(text)")
        #expect(drill.run("run").text.contains("[(), None, 80, 'run', False, {}]"))
    }

    @Test func `the graph of templates has hooks too, in the order in which dbt reads`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-end: \"{{ walk() }}\"\n", "seeds/codes.csv": "id\n1\n", "tests/lone.sql": "select 1 as id where 1 = 0",
            "models/b.sql": "select 1 as id", "models/a.sql": "select 1 as id", "models/v_v1.sql": "select 1 as id", "analyses/look.sql": "select 1",
            "models/all.yml": "models:\n  - {name: b, columns: [{name: id, data_tests: [unique]}]}\n  - {name: v, versions: [{v: 1}]}\n",
            "macros/walk.sql": "{% macro walk() %}{% if execute %}{{ print(graph.nodes.values() | map(attribute='name') | join(' ')) }}{% endif %}{% endmacro %}",
        ])
        #expect(drill.run("build").text.contains("a b look lone codes shop-on-run-end-0 v unique_b_id"), "\(drill.output)")
        // As `compile` does, the documentation compiles all of them.
        #expect(drill.run("docs", "generate").code == 0)
        let compiled = try drill.artifact("run_results.json")["results"]?.arrayValue?.compactMap { $0["unique_id"]?.stringValue?.split(separator: ".").first.map(String.init) }
        #expect(compiled?.sorted() == ["analysis", "model", "model", "model", "operation", "seed", "test", "test"])
    }

    // MARK: Looking

    @Test func `ls prints what is selected in each form`() throws {
        let drill = try DbtDrill(Self.files)
        #expect(drill.run("ls", "-s", "+b").text == "shop.a\nshop.b\nshop.unique_a_id")
        #expect(drill.run("ls", "--resource-type", "exposure", "source").text == "exposure:shop.board\nsource:shop.raw.events")
        // By what they are first, and by their names then.
        #expect(drill.run("ls", "-s", "b", "codes", "unique_a_id").text == "shop.b\nshop.codes\nshop.unique_a_id")
        #expect(drill.run("ls", "--output", "path", "--exclude-resource-type", "test", "--select", "a").text == "models/a.sql")
        #expect(drill.run("ls", "-s", "a", "--resource-type", "model", "--output", "json", "--output-keys", "name", "config.materialized").text == #"{"name": "a", "config.materialized": "table"}"#)
        #expect(drill.run("ls", "--output", "name", "-s", "source:*", "b").text == "b\nraw.events")
        #expect(drill.run("ls", "-s", "nobody").text.contains("No nodes selected!"))
    }

    @Test func `a model in Python fails alone, and what needs it is skipped`() throws {
        let drill = try DbtDrill(Self.files.merging([
            "models/p.py": "def model(dbt, session):\n    dbt.config(materialized='table')\n    return dbt.ref('a')\n", "models/q.sql": "select * from {{ ref('p') }}",
        ]) { _, new in new })
        let build = drill.run("build")
        #expect(build.code == 1 && build.text.contains("only supports languages ['sql']; got \"python\""), "\(build)")
        let statuses = try drill.statuses
        #expect(statuses["model.shop.p"] == "error" && statuses["model.shop.q"] == "skipped" && statuses["model.shop.b"] == "success")
        #expect(try drill.artifact("manifest.json")["nodes"]?["model.shop.p"]?["language"] == "python")
        #expect(drill.run("build", "--exclude", "p+").code == 0)
    }

    @Test func `parsing again writes the same manifest with the new command's metadata, and says with --debug how it was read`() throws {
        let drill = try DbtDrill(Self.files)
        func parts() throws -> (nodes: JSON?, metadata: JSON?) { (try drill.artifact("manifest.json")["nodes"], try drill.artifact("manifest.json")["metadata"]) }
        #expect(drill.run("parse", "--debug").text.contains("Unable to do partial parsing because saved manifest not found. Starting full parse."))
        let first = try parts()
        #expect(drill.run("parse", "--debug").text.contains("Partial parsing enabled, no changes found, skipping parsing"))
        let second = try parts()
        #expect(second.nodes == first.nodes && second.metadata?["invocation_id"] != first.metadata?["invocation_id"])
        #expect(second.metadata?["generated_at"] != first.metadata?["generated_at"])
        try drill.project.write("models/b.sql", "select id from {{ ref('a') }}")
        #expect(drill.run("parse", "--debug").text.contains("Partial parsing enabled: 0 files deleted, 0 files added, 1 files changed."))
        #expect(try parts().nodes?["model.shop.b"]?["raw_code"] == "select id from {{ ref('a') }}")
        // What another command wrote there is no beginning for it.
        #expect(drill.run("compile").code == 0)
        #expect(try parts().nodes?["model.shop.a"]?["compiled_path"]?.isNull == false)
        #expect(!drill.run("parse", "--debug", "--no-partial-parse").text.contains("artial pars"))
        #expect(try parts().nodes?["model.shop.a"]?["compiled_path"]?.isNull == true)
        drill.run("compile")
        drill.run("parse")
        #expect(try parts().nodes?["model.shop.a"]?["compiled_path"]?.isNull == true)
    }

    @Test func `compile goes through seeds and snapshots too, without a file of theirs`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id", "seeds/s.csv": "id\n1\n",
            "snapshots/k.sql": "{% snapshot k %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select 1 as id{% endsnapshot %}",
        ])
        #expect(drill.run("compile").code == 0, "\(drill.output)")
        let results = try drill.artifact("run_results.json")["results"]?.arrayValue ?? []
        #expect(results.map { $0["unique_id"] } == ["model.shop.a", "seed.shop.s", "snapshot.shop.k"])
        #expect(results.map { $0["compiled"]?.boolValue } == [true, nil, true])
        #expect(try drill.artifact("manifest.json")["nodes"]?["snapshot.shop.k"]?["compiled_path"]?.isNull == true)
    }

    @Test func `show prints rows of a model and of SQL on the line, as many as are asked for`() throws {
        let drill = try DbtDrill(Self.files)
        drill.run("run")
        #expect(drill.run("show", "-s", "b").text.hasSuffix("Previewing node 'b':\n| id | word |\n| -- | ---- |\n|  1 | x    |"))
        let rows = "select 1 as n union all select 2 union all select 3 from {{ ref('a') }}"
        #expect(drill.run("show", "--inline", rows, "--limit", "2").text.hasSuffix("| n |\n| - |\n| 1 |\n| 2 |"))
        #expect(drill.run("show", "--inline", rows, "--limit", "-1", "--output", "json", "-q").text.filter { $0 != " " && $0 != "\n" } == #"{"show":[{"n":1},{"n":2},{"n":3}]}"#)
        #expect(drill.run("compile", "--inline", "select '{{ ref('a').identifier }}'").text.hasSuffix("Compiled inline node is:\nselect 'a'"))
    }

    @Test func `numbers with places are a template's decimals, and a table is printed where it stands`() throws {
        var files = Self.files
        files["macros/look.sql"] = """
            {% macro look() %}
            {%- set table = run_query("select 1234.5 as x, 3 as n, 'w' as word union all select 0.25, null, 'v'") -%}
            {{ print(table.rows[0]) }}{{ print(table.rows[0]['x'] * 2) }}{{ print(-table.rows[0].x | round(0)) }}{{ print(table.rows[1]['x'] is number) }}
            {%- do table.print_table() -%}
            {{ print('%d of %s' % (table.rows[0]['x'], table.columns['n'])) }}
            {% endmacro %}
            """
        let text = try DbtDrill(files).run("run-operation", "look", "--quiet").text
        #expect(text == """
            <agate.Row: (Decimal('1234.5'), 3, 'w')>
            2469.0
            -1234
            True
            |        x | n | word |
            | -------- | - | ---- |
            | 1,234.50 | 3 | w    |
            |     0.25 |   | v    |
            1234 of <agate.Column: (3, None)>
            """)
    }

    @Test func `an operation calls a macro with its arguments, and nothing stays of one that fails`() throws {
        let drill = try DbtDrill(Self.files)
        #expect(drill.run("run-operation", "fill", "--args", "{n: 7}").code == 0)
        #expect(try drill.query("select n from filled") == [[.integer(7)]])
        #expect(drill.run("run-operation", "fill").code == 1)
        let (code, text) = drill.run("run-operation", "fil")
        #expect(code == 2)
        #expect(text.contains("dbt could not find a macro with the name \"fil\" in any package"))
    }

    @Test func `a limit of freshness may be longer than any time`() throws {
        let drill = try DbtDrill([
            "models/sources.yml": "sources: [{name: raw, schema: main, config: {freshness: {error_after: {count: 9223372036854775807, period: day}}}, tables: [{name: a, config: {loaded_at_query: \"select '2026-01-01 00:00:00'\"}}]}]",
        ])
        #expect(drill.run("source", "freshness").code == 0)
    }

    @Test func `a rehearsal at no time is a wrong use`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id"])
        drill.environment = ["SLUICE_NOW": "yesterday"]
        let run = drill.run("run")
        #expect(run.code == 2 && run.text.contains("Invalid value for 'SLUICE_NOW': 'yesterday' is no date or time"), "\(run.text)")
        drill.environment = ["SLUICE_NOW": ""]
        #expect(drill.run("run").code == 0)
    }

    @Test(arguments: ["0", "-5", "1", "99999999999999"]) func `a printer without room, or with all of it, prints`(width: String) throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id"])
        #expect(drill.run("run", "-m", "a", "--printer-width=\(width)").code == 0)
    }

    @Test(arguments: [("-25 hours", "error", 1), ("-3 hours", "warn", 0), ("-30 minutes", "pass", 0)])
    func `the freshness of a source is judged by its limits`(_ age: String, _ status: String, _ code: Int) throws {
        let drill = try DbtDrill(Self.files)
        try FileManager.default.createDirectory(atPath: "\(drill.project.folder)/schemas", withIntermediateDirectories: true)
        do { try SQLiteWarehouse(path: "\(drill.project.folder)/schemas/raw.db").open().execute("create table events as select datetime('now', '\(age)') as at") }
        // The warehouse's own clock counts.
        #expect(drill.run("source", "freshness").code == Int32(code))
        let result = try drill.artifact("sources.json")["results"]?[0]
        #expect(result?["status"]?.stringValue == status)
        #expect(result?["criteria"]?["warn_after"] == ["count": 1, "period": "hour"])
    }

    @Test func `a limit without anything that says how old a source is warns when it is read, and is an error when it is asked`() throws {
        let sources = "sources: [{name: raw, schema: main, config: {freshness: {error_after: {count: 1, period: day}}}, tables: [{name: a, config: {loaded_at_query: \"select datetime('now') where '{{ this.identifier }}' = 'a'\"}}, {name: untimed}, {name: boundless, config: {freshness: null}}]}]"
        let hooks = "on-run-start: create table told (said text)\non-run-end: \"insert into told values ('{% for result in results %}{{ result.node.name }} {{ result.status }}, {% endfor %}')\"\n"
        let drill = try DbtDrill(["dbt_project.yml": "name: shop\nprofile: shop\n" + hooks, "models/a.sql": "select 1 as id", "models/sources.yml": sources])
        let read = drill.run("parse").text
        #expect(read.contains("A loaded_at_field must be specified for source 'raw.untimed'."), "\(read)")
        let (code, text) = drill.run("source", "freshness")
        #expect(code == 1 && text.contains("PASS freshness of raw.a ") && text.contains("ERROR freshness of raw.untimed") && !text.contains("boundless"), "\(text)")
        #expect(text.contains("Could not compute freshness for source untimed: no 'loaded_at_field' provided and sqlite adapter does not support metadata-based freshness checks."), "\(text)")
        // As in dbt, what could not be asked is not among the ages.
        #expect(try drill.artifact("sources.json")["results"]?.arrayValue?.map { $0["unique_id"]?.stringValue } == ["source.shop.raw.a"])
        #expect(text.contains("OK hook: shop.on-run-end.0") && text.contains("Finished running 2 project hooks, 2 sources"), "\(text)")
        #expect(drill.run("show", "--inline", "select said from told", "--output", "json").text.contains("a pass, untimed runtime error,"), "\(drill.output)")
    }

    @Test func `a seed's moments keep their zones, its days their form, and what is missing in it is null`() throws {
        let drill = try DbtDrill([
            "seeds/s.csv": "id,zoned,plain,day,mixed,id,\n1,2026-01-01T01:00:00+0200,2026-1-1 9:05:00,2026-1-2,2026-01-01\n\n2,2026-01-01T10:00:00.5Z,2026-01-01 10:00:00, 2026-01-03 ,2026-01-01 10:00:00,x,y\n",
            "seeds/long.csv": "a,b\n1,2\n1,2,3\n",
        ])
        #expect(drill.run("seed", "-s", "s").text.contains("INSERT 3"), "\(drill.output)")
        let text = drill.run("show", "--inline", "select * from {{ ref('s') }} where id is not null order by id", "--output", "json").text
        #expect(text.contains(#""zoned": "2026-01-01 01:00:00+02:00""#) && text.contains(#""zoned": "2026-01-01 10:00:00.500000+00:00""#) && text.contains(#""plain": "2026-01-01 09:05:00""#), "\(text)")
        #expect(text.contains(#""day": "2026-01-02""#) && text.contains(#""mixed": "2026-01-01 10:00:00""#) && text.contains(#""id_2": "x""#) && text.contains(#""g": "y""#), "\(text)")
        #expect(drill.run("seed", "-s", "long").text.contains("Row 1 has 3 values, but Table only has 2 columns."), "\(drill.output)")
    }

    @Test func `what may go wrong with columns is told in dbt's words`() throws {
        let drill = try DbtDrill([
            "models/grown.sql": "{{ config(materialized='incremental', on_schema_change='fail') }} select 1 as id{{ ', 2 as more' if var('more', false) }}",
            "models/bound.sql": "{{ config(materialized='view', contract={'enforced': true}) }} select 1 as id, 2.5 as n",
            "models/s.yml": "models: [{name: bound, columns: [{name: id, data_type: integer, constraints: [{type: not_null}]}, {name: n, data_type: numeric}]}]",
        ])
        let parsed = drill.run("parse").text
        #expect(parsed.contains("Constraint types are not supported for view materializations and will"), "\(parsed)")
        #expect(drill.run("run").code == 0)
        let text = drill.run("run", "--vars", "{more: true}").text
        #expect(text.contains("on this incremental model are out of sync!\n"), "\(text)")
        #expect(text.contains("                 Source columns not in target: [<Column more ("), "\(text)")
    }

    @Test func `what is only read leaves nothing of what its templates write`() throws {
        func writing(_ word: String) -> String { "{% if execute %}{% do run_query(\"insert into told values ('\(word)')\") %}{% endif %}" }
        let drill = try DbtDrill([
            "models/m.sql": writing("model") + "select 1 as id", "tests/alone.sql": writing("test") + "select 1 as id where 1 = 0", "tests/early.sql": writing("early") + "{% do adapter.commit() if execute %}select 1 as id where 1 = 0",
            "macros/m.sql": "{% macro make() %}{% do run_query('create table told (said text)') %}{% endmacro %}",
        ])
        #expect(drill.run("run-operation", "make").code == 0)
        func told() -> String { drill.run("show", "--inline", "select group_concat(said) as said from told", "--output", "json").text }
        for words in [["compile", "-s", "m"], ["show", "-s", "m"], ["show", "--inline", writing("inline") + "select 1 as id"], ["test", "-s", "alone"]] {
            #expect(drill.run(words: words).code == 0 && told().contains("\"said\": null"), "\(words): \(drill.output)")
        }
        #expect(drill.run("test", "-s", "early").text.contains("Tried to commit transaction on connection \"test.shop.early\", but it does not have one open!"), "\(drill.output)")
        #expect(drill.run("run").code == 0 && told().contains("\"said\": \"model\""), "\(drill.output)")
    }

    @Test func `documents leave the results of what was compiled, and compile shows what the first word names`() throws {
        let drill = try DbtDrill(Self.files)
        #expect(drill.run("run").code == 0 && drill.run("docs", "generate").code == 0)
        #expect(try drill.artifact("run_results.json")["args"]?["which"] == "generate")
        #expect(try drill.statuses["model.shop.b"] == "success")
        let text = drill.run("compile", "-s", "+b", "a").text
        #expect(text.contains("Compiled node 'b' is:") && !text.contains("Compiled node 'a' is:"), "\(text)")
        #expect(drill.run("ls", "--models", "a", "--warn-error-options", "{silence: [Deprecations]}").text == "shop.a")
    }

    @Test func `what the state has stands in for what is not here`() throws {
        let drill = try DbtDrill(Self.files)
        #expect(drill.run("run", "--target", "dev").code == 0)
        try FileManager.default.moveItem(atPath: "\(drill.project.projectFolder)/target", toPath: "\(drill.project.folder)/state")
        let state = "\(drill.project.folder)/state"
        #expect(drill.run("compile", "--target", "other", "-s", "b").text.contains("from other.\"a\""))
        #expect(drill.run("compile", "--target", "other", "-s", "b", "--defer", "--state", state).text.contains("from main.\"a\""))
        // Built here by then, it is read here, unless the state is favoured.
        #expect(drill.run("run", "--target", "other", "-s", "a").code == 0)
        #expect(drill.run("compile", "--target", "other", "-s", "b", "--defer", "--state", state).text.contains("from other.\"a\""))
        #expect(drill.run("compile", "--target", "other", "-s", "b", "--defer", "--favor-state", "--state", state).text.contains("from main.\"a\""))
        #expect(drill.run("run", "--defer").code == 2)
        #expect(drill.run("ls", "-s", "state:modified", "--state", state).text.contains("does not match any enabled nodes"))
    }

    @Test func `a clone does not read the state from where it writes`() throws {
        let drill = try DbtDrill(Self.files)
        #expect(drill.run("run").code == 0)
        let cloned = drill.run("clone", "--state", "\(drill.project.projectFolder)/target")
        #expect(cloned.code == 1 && cloned.text.contains("The state and target directories are the same"))
    }

    @Test func `a model without text is left out, and the statement that built one is in the folder run`() throws {
        let drill = try DbtDrill(Self.files.merging(["models/empty.sql": "\n"]) { _, new in new })
        #expect(drill.run("run").code == 0)
        #expect(try drill.statuses.keys.sorted() == ["model.shop.a", "model.shop.b"])
        let statement = String(decoding: try drill.project.read("target/run/shop/models/a.sql"), as: UTF8.self)
        #expect(statement.contains("create table") && statement.contains("select 1 as id, 'x' as word"))
    }

    @Test func `what a macro prints comes as it is, however quiet the command is, and not at all where nobody wants it`() throws {
        let drill = try DbtDrill(["macros/say.sql": "{% macro say() %}{{ print('a:\\n  - b') }}{{ log('one\\ntwo', info=true) }}{% endmacro %}"])
        #expect(drill.run("run-operation", "say").text.hasSuffix("a:\n  - b\n00:00:01  one\ntwo"))
        #expect(drill.run("run-operation", "say", "--quiet").text == "a:\n  - b")
        #expect(drill.run("run-operation", "say", "--quiet", "--no-print").text == "")
        #expect(drill.run("run-operation", "say", "--quiet", "--log-format", "json").text.contains(#""msg":"a:\n  - b""#))
    }

    @Test func `a project that is run by its commands alone leaves nothing else in the warehouse, and keeps a ledger's history where one is`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id", "models/schema.yml": "models: [{name: a, config: {materialized: table}, columns: [{name: id, data_tests: [unique]}]}]",
        ])
        let names = "select name from sqlite_schema where name like '\\_sluice%' escape '\\' and type = 'table' order by 1"
        #expect(drill.run("build").code == 0)
        #expect(try drill.query(names) == [])
        let session = try drill.project.warehouse.open()
        _ = try Ledger(on: session)
        #expect(drill.run("build").code == 0)
        #expect(try drill.query("select count(*) from _sluice_test_results") == [[.integer(1)]])
    }

    @Test func `a warning fails its test where warnings are errors`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id",
            "models/schema.yml": "models: [{name: a, columns: [{name: id, data_tests: [{accepted_values: {arguments: {values: [2]}, name: two, config: {severity: warn}}}]}]}]",
        ])
        #expect(drill.run("build").code == 0)
        for words in [["--warn-error"], ["--warn-error-options", "{error: all}"], ["--warn-error-options", "{error: [LogTestResult]}"]] {
            let (code, text) = drill.run(words: ["test"] + words)
            #expect(code == 1 && text.contains("Got 1 result, configured to fail if != 0"), "\(words) \(text)")
        }
        #expect(drill.run("test", "--warn-error-options", "{error: [NothingToDo]}").code == 0)
    }

    @Test(arguments: [(["--help"], "Usage: sluice dbt COMMAND"), (["run", "-s", "a", "--help"], "--full-refresh"), (["docs", "-h"], "docs generate"), (["docs", "generate", "--help"], "--empty-catalog")])
    func `help tells the commands and the options of each`(words: [String], part: String) throws {
        let (code, text) = try DbtDrill([:]).run(words: words)
        #expect(code == 0 && text.contains(part), "\(text)")
    }

    @Test func `lines in JSON name the event, its code, and where the node stands`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id"])
        let lines = try drill.run("run", "--log-format", "json").text.split(separator: "\n").map { try JSON(parsing: String($0)) }
        func line(_ name: String) -> JSON? { lines.first { $0["info"]?["name"]?.stringValue == name } }
        #expect(line("LogStartLine")?["info"]?["code"] == "Q011" && line("LogStartLine")?["data"]?["node_info"]?["node_status"] == "started")
        let end = line("LogModelResult")?["data"]
        #expect(end?["node_info"]?["unique_id"] == "model.shop.a" && end?["node_info"]?["node_status"] == "success" && end?["index"] == 1 && end?["total"] == 1)
        #expect(line("StatsLine")?["data"]?["stats"]?["pass"] == 1)
    }

    @Test func `run_results.json says when a node was compiled and when it was run, and by whom, as dbt does`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-start: \"select 1\"\n", "models/a.sql": "select 1 as id", "models/b.sql": "{{ config(materialized='table') }} select absent from {{ ref('a') }}", "models/c.sql": "select * from {{ ref('b') }}",
        ])
        drill.run("build")
        let results = try drill.artifact("run_results.json")["results"]?.arrayValue ?? []
        func result(_ name: String) -> JSON? { results.first { $0["unique_id"]?.stringValue == name } }
        func steps(_ name: String) -> [String] { result("model.shop.\(name)")?["timing"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? ["?"] }
        #expect(steps("a") == ["compile", "execute"] && steps("c") == [])
        #expect(result("model.shop.a")?["thread_id"] == "Thread-1 (worker)")
        let hook = result("operation.shop.shop-on-run-start-0")
        #expect(hook?["message"] == "shop.on-run-start.0 passed" && hook?["thread_id"] == "main" && hook?["compiled_code"] == "select 1" && hook?["failures"] == 0)
        let message = result("model.shop.b")?["message"]?.stringValue ?? ""
        #expect(message.hasPrefix("Database Error in model b (models/b.sql)\n  no such column: absent") && message.contains("compiled code at "), "\(message)")
    }

    @Test func `a hook of the end sees each result with its node`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-end: [\"{{ tell(results) }}\"]\n",
            "models/a.sql": "select 1 as id", "models/schema.yml": "models: [{name: a, columns: [{name: id, data_tests: [{accepted_values: {arguments: {values: [2]}, name: two}}]}]}]",
            "macros/tell.sql": """
                {% macro tell(results) %}
                    {%- for result in results | selectattr('failures') | selectattr('failures', '>', 0) -%}
                        {%- do print(result.node.fqn | join('.') ~ ' ' ~ result.status ~ ' ' ~ graph['nodes'][result.node.depends_on.nodes[0]].relation_name) -%}
                    {%- endfor -%}
                    {%- for result in results -%}
                        {%- set plain = result.to_dict() -%}
                        {%- do print(plain.node.name ~ ' ' ~ plain.node.config.materialized ~ ' ' ~ result.node.get('relation_name') ~ ' ' ~ result.timing[0].to_dict()['name'] ~ ' ' ~ (result.node.compiled_code is none)) -%}
                    {%- endfor -%}
                {% endmacro %}
                """,
        ])
        #expect(drill.run("build", "--quiet").text.contains("shop.two fail main.\"a\"\na view main.\"a\" compile False\ntwo test None compile False"))
    }

    @Test func `a variable that only the run will set stops no reading, and the model that lacks it is an error`() throws {
        let drill = try DbtDrill(["models/a.sql": "select '{{ word() }}' as word", "macros/word.sql": "{% macro word() %}{{ var('word') }}{% endmacro %}"])
        #expect(drill.run("parse").code == 0)
        #expect(drill.run("run", "--vars", "word: said").code == 0)
        #expect(try drill.query("select word from a") == [[.text("said")]])
        let (code, text) = drill.run("run")
        #expect(code == 1 && text.contains("Required var 'word' not found in config:\n  Vars supplied to a = {}"))
    }

    @Test(arguments: [
        ("{{ ref('x') }}", "Model 'model.shop.a' (models/a.sql) depends on a node named 'x' which was not found"),
        ("{{ ref('p', 'x', version=2) }}", "Model 'model.shop.a' (models/a.sql) depends on a node named 'x' with version '2' in package or project 'p' which was not found"),
        ("{{ ref('off') }}", "Model 'model.shop.a' (models/a.sql) depends on a node named 'off' which is disabled"),
        ("{{ source('x', 'y') }}", "Model 'model.shop.a' (models/a.sql) depends on a source named 'x.y' which was not found"),
        ("{{ function('x') }}", "Model 'model.shop.a' (models/a.sql) depends on a function named 'x' which was not found"),
        ("{{ var('x') }}", "Required var 'x' not found in config:\n  Vars supplied to a = {\n      \"b\": [\n          1\n      ],\n      \"z\": \"y\"\n  }"),
        ("{{ exceptions.raise_not_implemented('ni') }}", "ERROR: ni"), ("{{ one(x=1) }}", "macro 'dbt_macro__one' takes no keyword argument 'x'"),
        ("{{ one(1, 2) }}", "macro 'dbt_macro__one' takes not more than 1 argument(s)"),
    ])
    func `what only the run finds wrong is told in dbt's words`(_ text: String, _ words: String) throws {
        let drill = try DbtDrill([
            "models/a.sql": "{% if execute %}\(text){% endif %}", "models/off.sql": "{{ config(enabled=false) }} select 1", "macros/one.sql": "{% macro one(a) %}1{% endmacro %}",
        ])
        let (code, told) = drill.run("run", "--vars", "{z: y, b: [1]}")
        #expect(code == 1 && told.contains("Compilation Error in model a (models/a.sql)\n  \(words)"), "\(told)")
    }

    @Test func `what an operation asks for and nobody has is the macro's lack`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id", "macros/o.sql": "{% macro o() %}{{ ref('x') }}{% endmacro %}{% macro v() %}{{ var('x') }}{% endmacro %}"])
        #expect(drill.run("run-operation", "o").text.contains("Macro 'macro.shop.o' (macros/o.sql) depends on a node named 'x' which was not found"))
        #expect(drill.run("run-operation", "v").text.contains("Vars supplied to v = {}"))
    }

    @Test func `a reference that names no version is told where a newer one is there, and a described analysis where none is`() throws {
        let drill = try DbtDrill([
            "models/d_v1.sql": "select 1 as id", "models/d_v2.sql": "select 1 as id", "models/e.sql": "select * from {{ ref('d') }}",
            "models/s.yml": "models: [{name: d, latest_version: 1, versions: [{v: 1}, {v: 2}]}]\nanalyses: [{name: an, description: x}]",
        ])
        let (code, text) = drill.run("run")
        #expect(code == 0 && text.contains("Did not find matching node for patch with name 'an' in the 'analyses' section of file 'models/s.yml'"), "\(text)")
        #expect(text.contains("While compiling 'e':\nFound an unpinned reference to versioned model 'd' in project 'shop'.\nResolving to latest version: d.v1\n"), "\(text)")
        #expect(text.contains("  Try out v2: {{ ref('shop', 'd', v='2') }}\n  Pin to  v1: {{ ref('shop', 'd', v='1') }}"), "\(text)")
        #expect(!drill.run("run", "-s", "d").text.contains("unpinned"))
    }

    @Test func `what is to go is told of a project that cannot be read`() throws {
        let drill = try DbtDrill(["dbt_project.yml": "name: shop\nprofile: shop\nlog-path: lg\n", "models/a.sql": "select * from {{ ref('none') }}"])
        let (code, text) = drill.run("parse")
        #expect(code == 2 && text.contains("The `log-path` config in `dbt_project.yml` has been deprecated") && text.contains("- ConfigLogPathDeprecation: 1 occurrence"), "\(text)")
    }

    @Test func `SQLite is asked for the time as dbt's adapter asks`() throws {
        let drill = try DbtDrill(["models/a.sql": "select {{ dbt.current_timestamp() }} as t, {{ dbt.current_timestamp_backcompat() }} as u"])
        #expect(drill.run("compile", "-s", "a").text.contains("select datetime() as t, "))
    }

    @Test func `a selector that nobody defined is answered with the names in the file's order`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id", "selectors.yml": "selectors: [{name: b, definition: a}, {name: a, definition: a}]"])
        #expect(drill.run("run", "--selector", "z").text.contains("Could not find selector named z, expected one of ['b', 'a']"))
    }

    @Test func `what was compiled is there although the warehouse refuses it, with the ephemeral models inside`() throws {
        let drill = try DbtDrill([
            "models/e.sql": "{{ config(materialized='ephemeral') }} select 1 as id", "models/t.sql": "{{ config(materialized='table') }} select absent from {{ ref('e') }}",
            "models/after.sql": "select * from {{ ref('t') }}",
        ])
        #expect(drill.run("run").code == 1)
        #expect(String(decoding: try drill.project.read("target/compiled/shop/models/t.sql"), as: UTF8.self).contains("select absent from __dbt__cte__e"))
        #expect(String(decoding: try drill.project.read("target/compiled/shop/models/e.sql"), as: UTF8.self).contains("select 1 as id"))
        let results = try drill.artifact("run_results.json")["results"]?.arrayValue ?? []
        #expect(results.count == 2)
        #expect(results[0]["compiled"] == true && results[0]["compiled_code"]?.stringValue?.contains("select absent") == true)
        #expect(results[1]["status"] == "skipped" && results[1]["message"] == .null)
    }

    @Test func `the macros of a generic test configure it, and what is written at the test goes above them`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id union all select 2",
            "models/schema.yml": """
                models:
                  - name: a
                    data_tests:
                      - few
                      - few: {name: many, config: {fail_calc: count(*)}}
                """,
            "macros/few.sql": "{% test few(model) %}{{ return(adapter.dispatch('test_few')(model)) }}{% endtest %}",
            "macros/deep/few.sql": "{% macro default__test_few(model) %}{{ config(fail_calc='sum(id - id)', severity='warn') }}{% if execute %}select id from {{ model }}{% endif %}{% endmacro %}",
        ])
        #expect(drill.run("build").code == 0)
        let results = try drill.artifact("run_results.json")["results"]?.arrayValue ?? []
        let told = results.map { "\($0["unique_id"]?.stringValue?.split(separator: ".")[2] ?? "") \($0["status"]?.stringValue ?? "") \($0["failures"]?.intValue ?? -1)" }
        #expect(told.sorted() == ["a success -1", "few_a_ pass 0", "many warn 2"])
    }

    @Test func `nobody reads a row where only shapes are wanted, not even of an ephemeral model`() throws {
        let drill = try DbtDrill(["models/e.sql": "{{ config(materialized='ephemeral') }} select 1 as id", "models/t.sql": "{{ config(materialized='table') }} select * from {{ ref('e') }}"])
        #expect(drill.run("run", "--empty").code == 0)
        #expect(try drill.query("select count(*) from t") == [[.integer(0)]])
    }

    @Test func `what is debugged tells each statement of a template`() throws {
        let drill = try DbtDrill(Self.files)
        #expect(!drill.run("run").text.contains("select 1 as id"))
        #expect(drill.run("run", "--debug").text.contains("select 1 as id"))
    }

    // MARK: Housekeeping

    @Test func `a new project builds, and clean removes what it left`() throws {
        let drill = try DbtDrill([:])
        let (code, text) = drill.run("init", "fresh", "--project-dir", drill.project.folder)
        #expect(code == 0, "\(text)")
        let folder = "\(drill.project.folder)/fresh"
        #expect(drill.run("build", "--project-dir", folder, "--profiles-dir", folder).code == 0, "\(drill.output)")
        #expect(FileManager.default.fileExists(atPath: "\(folder)/target/manifest.json"))
        #expect(drill.run("clean", "--project-dir", folder).code == 0)
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/target"))
    }

    @Test(arguments: ["models", "..", "/", "."])
    func `clean refuses the project's own folders and those outside`(_ target: String) throws {
        let drill = try DbtDrill(Self.files.merging(["dbt_project.yml": "name: shop\nprofile: shop\nclean-targets: ['\(target)']\n"]) { _, new in new })
        #expect(drill.run("clean").code == 2)
        #expect(FileManager.default.fileExists(atPath: "\(drill.project.projectFolder)/models/a.sql"))
    }

    @Test func `debug says what is wrong with each part`() throws {
        let drill = try DbtDrill(Self.files)
        #expect(drill.run("debug").text.contains("All checks passed!"))
        #expect(drill.run("debug", "--target", "none").text.contains("The profile 'shop' does not have a target named 'none'."))
        try drill.project.write("dbt_project.yml", "nme: shop\n")
        let (code, text) = drill.run("debug", "--profile", "shop")
        #expect(code == 1)
        #expect(text.contains("dbt_project.yml file [ERROR invalid]"))
    }
}

extension DbtDrill {
    /// The end of the one test's unique id.
    var testHash: String {
        get throws { String(try #require(try artifact("manifest.json")["nodes"]?.objectValue?.keys.first { $0.hasPrefix("test.") }).suffix(10)) }
    }
}
