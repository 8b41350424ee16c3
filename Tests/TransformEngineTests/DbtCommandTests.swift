import FoundationEssentials
import Kernel
import ModellingSupport
import Testing
import TransformEngine
import WarehouseKit
import WarehouseSQLite

/// The command line, what is told, and what keeps the house.
@Suite struct DbtCommandTests {
    @Test(arguments: [
        ["--nope", "run"], ["fly"], ["run", "--select"], ["docs"], ["docs", "print"], ["run", "extra"], ["ls", "--output", "xml"], ["run", "--vars", "x"], ["run", "--indirect-selection", "odd"],
        ["show"], ["run-operation"], [],
    ])
    func `a wrong command line ends with 2 and says what is wrong`(_ words: [String]) throws {
        let drill = try DbtDrill(DbtDrill.shop)
        let command = DbtCommand(warehouses: WarehouseRegistry([SQLiteWarehouse.self]), environment: [:], now: { TestProject.startedAt }, output: { _ in })
        #expect(command.run(arguments: words + ["--project-dir", drill.project.projectFolder]) == 2)
    }

    @Test func `ls refuses --models beside what says the same, and debug a project file that is no YAML`() throws {
        let drill = try DbtDrill(DbtDrill.shop)
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
            let drill = try DbtDrill(DbtDrill.shop.merging(files) { _, new in new })
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

    @Test func `an operation calls a macro with its arguments, and nothing stays of one that fails`() throws {
        let drill = try DbtDrill(DbtDrill.shop)
        #expect(drill.run("run-operation", "fill", "--args", "{n: 7}").code == 0)
        #expect(try drill.query("select n from filled") == [[.integer(7)]])
        #expect(drill.run("run-operation", "fill").code == 1)
        let (code, text) = drill.run("run-operation", "fil")
        #expect(code == 2)
        #expect(text.contains("dbt could not find a macro with the name \"fil\" in any package"))
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
        let run = drill.run("run", "-m", "a", "--printer-width=\(width)")
        #expect(run.code == 0 && run.text.contains("OK created sql view model main.a"), "\(run.text)")
    }

    @Test func `what a macro prints comes as it is, however quiet the command is, and not at all where nobody wants it`() throws {
        let drill = try DbtDrill(["macros/say.sql": "{% macro say() %}{{ print('a:\\n  - b') }}{{ log('one\\ntwo', info=true) }}{% endmacro %}"])
        #expect(drill.run("run-operation", "say").text.hasSuffix("a:\n  - b\n00:00:01  one\ntwo"))
        #expect(drill.run("run-operation", "say", "--quiet").text == "a:\n  - b")
        #expect(drill.run("run-operation", "say", "--quiet", "--no-print").text == "")
        #expect(drill.run("run-operation", "say", "--quiet", "--log-format", "json").text.contains(#""msg":"a:\n  - b""#))
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

    @Test func `what is to go is told of a project that cannot be read`() throws {
        let drill = try DbtDrill(["dbt_project.yml": "name: shop\nprofile: shop\nlog-path: lg\n", "models/a.sql": "select * from {{ ref('none') }}"])
        let (code, text) = drill.run("parse")
        #expect(code == 2 && text.contains("The `log-path` config in `dbt_project.yml` has been deprecated") && text.contains("- ConfigLogPathDeprecation: 1 occurrence"), "\(text)")
    }

    @Test func `a selector that nobody defined is answered with the names in the file's order`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id", "selectors.yml": "selectors: [{name: b, definition: a}, {name: a, definition: a}]"])
        #expect(drill.run("run", "--selector", "z").text.contains("Could not find selector named z, expected one of ['b', 'a']"))
    }

    @Test func `what is debugged tells each statement of a template`() throws {
        let drill = try DbtDrill(DbtDrill.shop)
        #expect(!drill.run("run").text.contains("select 1 as id"))
        #expect(drill.run("run", "--debug").text.contains("select 1 as id"))
    }

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
        let drill = try DbtDrill(DbtDrill.shop.merging(["dbt_project.yml": "name: shop\nprofile: shop\nclean-targets: ['\(target)']\n"]) { _, new in new })
        #expect(drill.run("clean").code == 2)
        #expect(FileManager.default.fileExists(atPath: "\(drill.project.projectFolder)/models/a.sql"))
    }

    @Test func `debug says what is wrong with each part`() throws {
        let drill = try DbtDrill(DbtDrill.shop)
        #expect(drill.run("debug").text.contains("All checks passed!"))
        #expect(drill.run("debug", "--target", "none").text.contains("The profile 'shop' does not have a target named 'none'."))
        try drill.project.write("dbt_project.yml", "nme: shop\n")
        let (code, text) = drill.run("debug", "--profile", "shop")
        #expect(code == 1)
        #expect(text.contains("dbt_project.yml file [ERROR invalid]"))
    }
}
