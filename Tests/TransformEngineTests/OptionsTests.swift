import FoundationEssentials
import Kernel
import Testing

@testable import TransformEngine

/// The options of `sluice dbt`: of the line, of the environment, of the project.
@Suite struct OptionsTests {
    private static let files = ["models/a.sql": "{{ config(materialized='table') }} select 1 as id", "models/b.sql": "select * from {{ ref('a') }} where nothing", "models/c.sql": "select 1 as id"]
    private static let commands = DbtHelp.commands.keys.sorted()

    /// The words that begin with a dash, of the column of options.
    private static func told(in help: String) -> [String] {
        help.split(separator: "\n").filter { $0.hasPrefix("  -") }.flatMap { line in
            let head = line.dropFirst(2)
            let end = head.firstRange(of: "  ")?.lowerBound ?? head.endIndex
            return head[..<end].split { " ,/".contains($0) }.map(String.init).filter { $0.hasPrefix("-") }
        }
    }

    @Test func `a variable that is a date without quotes is one of Python's, of the project's and of the line`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\nvars: {start: 2020-01-31, text: '2020-01-31', shop: {at: 2020-01-31 10:20:30}}\n",
            "models/a.sql": "{{ config(meta={'start': var('start')}) }} select 1 as id",
            "macros/op.sql": """
            {% macro op() %}
              {{ print(var('start').strftime('%Y%m%d') ~ ' ' ~ (var('start') + modules.datetime.timedelta(days=1)) ~ ' ' ~ var('start')) }}
              {{ print(var('at').isoformat() ~ ' ' ~ var('at') ~ ' ' ~ (var('text') is string) ~ ' ' ~ (var('start') == '2020-01-31')) }}
            {% endmacro %}
            """,
        ])
        #expect(drill.run("run-operation", "op", "--quiet").text == "20200131 2020-02-01 2020-01-31\n2020-01-31T10:20:30 2020-01-31 10:20:30 True False")
        #expect(drill.run("run-operation", "op", "--quiet", "--vars", "{start: 2021-12-31}").text.hasPrefix("20211231 2022-01-01 2021-12-31\n"))
        _ = drill.run("parse")
        #expect(try drill.artifact("manifest.json")["nodes"]?["model.shop.a"]?["config"]?["meta"] == ["start": "2020-01-31"])
    }

    @Test func `what is secret by its name is in no line, no file and no artifact`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id", "packages.yml": "packages: [{local: \"{{ env_var('DBT_ENV_SECRET_PLACE') }}/none\"}]", "macros/op.sql": "{% macro op() %}{{ print(var('DBT_ENV_SECRET_WORD')) }}{% endmacro %}",
        ])
        drill.environment = ["DBT_ENV_SECRET_PLACE": "hidden-place", "DBT_ENV_SECRET_EMPTY": " "]
        #expect(drill.run("deps").text.contains("*****/none"))
        try drill.project.write("packages.yml", "packages: []")
        #expect(drill.run("run-operation", "op", "--vars", "{DBT_ENV_SECRET_WORD: hidden-word}", "--log-format", "json").text.contains("*****"))
        #expect(drill.run("run", "--vars", "{DBT_ENV_SECRET_WORD: hidden-word}", "--debug").code == 0)
        #expect(try drill.artifact("run_results.json")["args"]?["vars"] == ["DBT_ENV_SECRET_WORD": "*****"])
        #expect(!String(decoding: try drill.project.read("target/run_results.json"), as: UTF8.self).contains("hidden-"))
        let log = String(decoding: try drill.project.read("logs/dbt.log"), as: UTF8.self)
        #expect(!log.contains("hidden-") && !drill.output.contains("hidden-"), "\(drill.output)")
    }

    @Test(arguments: commands) func `the options that help tells of are those that the command reads`(command: String) throws {
        let help = try #require(DbtHelp((command.split(separator: " ").map(String.init)) + ["--help"])?.text)
        let told = Self.told(in: help).filter { !["-h", "--help"].contains($0) }
        let read = DbtOptions.options(of: command)
        #expect(Set(told).isSubset(of: Set(read.flatMap(\.words))))
        for option in read where option.summary != nil && option.shownFor?.contains(command) ?? true {
            #expect(option.words.contains(where: told.contains), "help of \(command) is silent about \(option.name)")
        }
        for option in read {
            let value = switch option.kind {
            case .flag: ""
            case .text: ["project-dir", "profiles-dir"].contains(option.name) ? "." : "x"
            case .integer: "1"
            case .yaml: "{x: 1}"
            case .choice(let choices): choices[0]
            case .list(let choices): choices.first ?? "x"
            }
            for word in option.words where word != "--event-time-start" && word != "--event-time-end" {
                let line = command.split(separator: " ").map(String.init) + [word] + (option.takesValue ? [value] : [])
                #expect(throws: Never.self, "\(line)") { _ = try DbtArguments(line) }
            }
        }
    }

    @Test(arguments: [
        (["parse", "--select", "a"], "No such option '--select'."), (["retry", "--select", "a"], "No such option '--select'."), (["--select", "a", "run"], "No such option '--select'."),
        (["run", "--store-failures"], "No such option '--store-failures'."), (["ls", "--threads", "2"], "No such option '--threads'."), (["run", "--threads", "x"], "'x' is not a valid integer."),
        (["ls", "--resource-type", "nope"], "'nope' is not one of 'metric', 'semantic_model'"), (["ls", "--output", "text"], "'text' is not one of 'json', 'name', 'path', 'selector'."),
        (["run", "--log-level", "loud"], "'loud' is not one of 'debug', 'info', 'warn', 'error', 'none'."), (["run", "--vars", ""], "String '' is not valid YAML"),
        (["run", "--selct", "a"], "\n\nError: No such option '--selct'. (Did you mean one of: '--help', '--select', '--selector'?)"), (["buid"], "Usage: sluice dbt [OPTIONS] [COMMAND] [ARGS]...\nTry 'sluice dbt --help' for help.\n\nError: No such command 'buid'. Did you mean 'build'?"),
        (["run", "--project-dir", "nowhere"], "Path 'nowhere' does not exist."),
        (["run-operation", "m", "--args", "[1]"], "String '[1]' is not valid YAML"), (["show", "--inline", "select 1", "-s", "a"], "inline: not allowed with argument select"),
    ])
    func `what a command cannot be told is refused in dbt's words`(words: [String], reason: String) throws {
        let (code, text) = try DbtDrill(Self.files).run(words: words)
        #expect(code == 2)
        #expect((text.contains("Usage Error\n  ") || text.hasPrefix("Usage: sluice dbt") || text.hasPrefix("The YAML provided")) && text.contains(reason), "\(text)")
    }

    @Test func `an option is the line's, else its variable's, else the project's`() throws {
        func level(_ words: [String] = [], _ environment: [String: String] = [:]) throws -> (String?, Bool) {
            var arguments = try DbtArguments(["run"] + words, environment: environment)
            let flags: JSON = ["log_level": "warn", "fail_fast": true, "full_refresh": true]
            try arguments.adopt(flags.objectValue ?? JSONObject())
            #expect(arguments.isFullRefresh == (words.contains("-f")), "only dbt's own flags of projects count")
            return (arguments.value("log-level"), arguments.flag("fail-fast"))
        }
        #expect(try level() == ("warn", true))
        #expect(try level([], ["DBT_LOG_LEVEL": "error", "DBT_FAIL_FAST": "0"]) == ("error", false))
        #expect(try level([], ["DBT_ENGINE_LOG_LEVEL": "error"]) == ("error", true))
        #expect(try level(["--log-level", "info", "--no-fail-fast", "-f"], ["DBT_LOG_LEVEL": "error"]) == ("info", false))
        #expect(throws: (any Error).self) { try DbtArguments(["run"], environment: ["DBT_FAIL_FAST": "maybe"]) }
        #expect(try DbtArguments(["build"], environment: ["DBT_RESOURCE_TYPES": "model seed"]).list("resource-type") == ["model", "seed"])
        #expect(try DbtArguments(["run"], environment: ["DBT_NO_PRINT": "1"]).flag("print", byDefault: true) == false)
        #expect(try DbtArguments(["run"], environment: ["DBT_VARS": "{a: 1}", "DBT_SELECT": "a"]).select.isEmpty, "variables and selections are the line's alone")
    }

    // MARK: The log

    @Test(arguments: [("info", true, true), ("warn", false, true), ("error", false, true), ("none", false, false)])
    func `a level leaves out what lies below it`(level: String, hasSteps: Bool, hasFailure: Bool) throws {
        let drill = try DbtDrill(Self.files)
        let (code, text) = drill.run("run", "--log-level", level)
        #expect(code == 1)
        #expect(text.contains("START sql table model main.a") == hasSteps && text.contains("Done.") == hasSteps)
        #expect(text.contains("ERROR creating sql view model main.b") == hasFailure && text.contains("Failure in model b") == hasFailure, "\(text)")
    }

    @Test func `dbt.log keeps what every command told, with its statements, and begins anew where it is too long`() throws {
        let drill = try DbtDrill(Self.files)
        func log(_ folder: String = "logs", _ name: String = "dbt.log") -> String {
            FileManager.default.contents(atPath: "\(drill.project.projectFolder)/\(folder)/\(name)").map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        drill.run("run", "--quiet")
        #expect(log().contains("[info ] [MainThread]: 1 of 3 START sql table model main.a") && log().contains("[debug] [MainThread]: On model.shop.a: "), "\(log())")
        let first = log()
        drill.run("ls", "--quiet")
        #expect(log().hasPrefix(first) && log().contains("[info ] [MainThread]: shop.a"))
        drill.run("ls", "--log-file-max-bytes", "10", "--log-format-file", "json", "--log-level-file", "info")
        #expect(log("logs", "dbt.log.1").hasPrefix(first))
        #expect(try log().split(separator: "\n").allSatisfy { try JSON(parsing: Array($0.utf8))["info"]?["level"] == "info" })
        drill.run("ls", "--log-path", "\(drill.project.projectFolder)/elsewhere", "--log-level-file", "none")
        #expect(log("elsewhere").isEmpty)
        try drill.project.write("dbt_project.yml", "name: shop\nprofile: shop\nlog-path: kept\n")
        drill.run("ls")
        #expect(log("kept").contains("shop.a"))
    }

    // MARK: Warnings

    @Test(arguments: [
        (["--warn-error"], 2), (["--warn-error-options", "{error: all}"], 2), (["--warn-error-options", "{error: [NoNodesForSelectionCriteria]}"], 2), (["--warn-error-options", "{include: '*', exclude: [WEOIncludeExcludeDeprecation]}"], 2),
        (["--warn-error-options", "{error: all, warn: [NoNodesForSelectionCriteria, NothingToDo]}"], 0), (["--warn-error-options", "{error: [NoNodesSelected]}"], 0), ([], 0),
    ])
    func `warnings are errors where the line names them`(words: [String], code: Int) throws {
        let (found, text) = try DbtDrill(Self.files).run(words: ["run", "-s", "nothing"] + words)
        #expect(found == Int32(code))
        #expect(text.contains("Compilation Error\n  The selection criterion 'nothing' does not match any enabled nodes") == (code == 2), "\(text)")
    }

    @Test func `a warning that is silenced is not told, and one of a template fails its node where it is to`() throws {
        let drill = try DbtDrill(["models/a.sql": "{% do exceptions.warn('careful') %} select 1 as id"])
        #expect(!drill.run("run", "-s", "nothing", "--warn-error-options", "{silence: [NoNodesForSelectionCriteria]}").text.contains("does not match"))
        #expect(drill.run("run").code == 0)
        #expect(drill.run("ls", "--warn-error", "--warn-error-options", "{}").text.contains("warn_error_options: not allowed with argument warn_error"))
        let (code, text) = drill.run("run", "--warn-error")
        #expect(code == 1)
        #expect(text.contains("Compilation Error in model a (models/a.sql)\n  careful"), "\(text)")
        try drill.project.write("dbt_project.yml", "name: shop\nprofile: shop\nflags: {warn_error_options: {error: [JinjaLogWarning]}}\n")
        // The project is read anew, and the template warns while it is read.
        let (ended, told) = drill.run("run")
        #expect(ended == 2 && told.contains("Compilation Error in model a (models/a.sql)\n  careful"), "\(told)")
        let (passed, warned) = drill.run("run", "--warn-error-options", "{}")
        #expect(passed == 0 && warned.split(separator: "careful").count == 3, "\(warned)")
    }

    // MARK: Going on, and ending early

    @Test func `the first failure ends a run where it is to, and all that is left is skipped without a line`() throws {
        let drill = try DbtDrill(Self.files)
        let (code, text) = drill.run("run", "--fail-fast", "--threads", "1")
        #expect(code == 1)
        let order = try drill.statuses
        #expect(order == ["model.shop.a": "success", "model.shop.b": "error", "model.shop.c": "success"] || order == ["model.shop.a": "success", "model.shop.b": "error", "model.shop.c": "skipped"])
        #expect(!text.contains("SKIP relation"))
        let again = try DbtDrill(["models/a.sql": "select nothing", "models/b.sql": "select * from {{ ref('a') }}", "models/c.sql": "select 1 as id from {{ ref('b') }}"])
        let (_, words) = again.run("run", "-x")
        #expect(try again.statuses == ["model.shop.a": "error", "model.shop.b": "skipped", "model.shop.c": "skipped"])
        #expect(try again.artifact("run_results.json")["results"]?[1]?["message"] == "Skipping due to fail_fast")
        #expect(words.contains("Completed with 3 errors, 0 partial successes, and 0 warnings:") && words.contains("Done. PASS=0 WARN=0 ERROR=1 SKIP=2"), "\(words)")
        #expect(words.components(separatedBy: "Failure in model a").count == 3, "once when it ends, once in the summary")
    }

    @Test func `retry takes over what the command was told, but for its threads and variables, and finds nothing behind a run of nothing`() throws {
        let drill = try DbtDrill(Self.files.merging(["models/b.sql": "select {{ var('n') }} as id, '{{ flags.FULL_REFRESH }}' as refreshed where {{ var('n') }} = 1 {{ 'nothing' if var('n') == 0 }}"]) { _, new in new })
        #expect(drill.run("run", "--vars", "{n: 0}", "--full-refresh").code == 1)
        #expect(drill.run("retry", "--vars", "{n: 1}").code == 0, "\(drill.output)")
        #expect(try drill.query("select id, refreshed from b") == [[.integer(1), .text("True")]])
        #expect(drill.run("retry").code == 0)
        let (code, text) = drill.run("retry")
        #expect(code == 2)
        #expect(text.contains("Runtime Error\n  Could not find previous run in 'target' target directory"), "\(text)")
    }

    @Test func `a test that warned is retried where warnings are errors now`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id", "tests/t.sql": "{{ config(severity='warn') }} select * from {{ ref('a') }}"])
        #expect(drill.run("build").code == 0)
        #expect(drill.run("retry").text.contains("Nothing to do"))
        #expect(drill.run("build").code == 0)
        #expect(drill.run("retry", "--warn-error").code == 1)
        #expect(try drill.statuses == ["test.shop.t": "fail"])
    }

    // MARK: Showing

    @Test func `a query is shown as it is, and quietly without a heading`() throws {
        let drill = try DbtDrill(Self.files)
        let direct = drill.run("show", "--inline-direct", "select '{{ nothing }}' as x")
        #expect(direct.code == 0 && direct.text.contains("Previewing inline node:\n| x             |\n"), "\(direct.text)")
        #expect(drill.run("show", "--inline", "select 1 as x", "--quiet").text == "| x |\n| - |\n| 1 |")
        #expect(drill.run("compile", "--inline", "select 1 as x", "--quiet").text == "select 1 as x")
        let (code, text) = drill.run("show", "-s", "nothing")
        #expect(code == 0 && text.contains("Nothing to do"))
        #expect(drill.run("run", "-s", "a").code == 0)
        let two = drill.run("show", "-s", "c", "a")
        #expect(two.text.contains("node 'c'") && !two.text.contains("node 'a'"), "as in dbt, what the first word names")
    }

    @Test func `seeds are shown where they are to be, and a query that fails says which`() throws {
        let drill = try DbtDrill(["seeds/s.csv": "id,word\n1,a\n"])
        let (code, text) = drill.run("seed", "--show")
        #expect(code == 0)
        #expect(text.contains("Random sample of table: main.s\n") && text.contains("\n| id | word |\n| -- | ---- |\n|  1 | a    |\n"), "\(text)")
        let refused = drill.run("show", "--inline", "select absent")
        #expect(refused.code == 2)
        #expect(refused.text.contains("Runtime Error\n  Database Error in sql_operation inline_query (from remote system.sql)\n    no such column: absent"), "\(refused.text)")
    }

    @Test func `a failure says what the database said, and where the statement lies that it refused`() throws {
        let drill = try DbtDrill(Self.files)
        let (_, text) = drill.run("run")
        #expect(text.contains("Failure in model b (models/b.sql)\n"), "\(text)")
        #expect(text.contains("  compiled code at \(drill.project.projectFolder)/target/run/shop/models/b.sql\n"), "\(text)")
        let sent = FileManager.default.contents(atPath: "\(drill.project.projectFolder)/target/run/shop/models/b.sql").map { String(decoding: $0, as: UTF8.self) }
        #expect(sent?.contains("create view") == true)
    }

    // MARK: Asking, and noting

    @Test func `init asks for a name until it is one`() throws {
        let drill = try DbtDrill([:])
        drill.answers = ["1st", "", "dbt", "second"]
        let (code, text) = drill.run("init", "no-name", "--project-dir", drill.project.folder)
        #expect(code == 0 && text.contains("no-name is not a valid project name.\n") && text.contains("1st is not a valid project name.") && text.contains("dbt is not a valid project name."), "\(text)")
        #expect(FileManager.default.fileExists(atPath: "\(drill.project.folder)/second/dbt_project.yml"))
        #expect(drill.run("init", "--project-dir", drill.project.folder).code == 2, "nobody answers")
    }

    @Test func `the results of a run have every flag with its value, and retry goes on with them`() throws {
        let drill = try DbtDrill(["models/a.sql": "select nothing", "dbt_project.yml": "name: shop\nprofile: shop\nflags: {require_generic_test_arguments_property: false, indirect_selection: cautious}\n"])
        drill.run("run", "--fail-fast", "--threads", "1", "--vars", "{n: 3}", "--log-level", "warn", "--warn-error-options", "{silence: [NothingToDo]}")
        let args = try #require(try drill.artifact("run_results.json")["args"])
        #expect(args["fail_fast"] == true && args["threads"] == 1 && args["vars"] == ["n": 3] && args["which"] == "run" && args["empty"] == false && args["full_refresh"] == nil)
        #expect(args["require_generic_test_arguments_property"] == false && args["require_resource_names_without_spaces"] == true && args["indirect_selection"] == "cautious")
        #expect(args["log_level"] == "warn" && args["log_level_file"] == "warn" && args["printer_width"] == 80 && args["project_dir"] == .string(drill.project.projectFolder))
        #expect(args["warn_error_options"] == ["error": [], "silence": ["NothingToDo"], "warn": []])
        try drill.project.write("models/a.sql", "select {{ var('n') }} as n")
        #expect(drill.run("retry").code == 0, "\(drill.output)")
        #expect(try drill.query("select * from a") == [[.integer(3)]])
        #expect(try drill.artifact("run_results.json")["args"]?["fail_fast"] == true)
    }
}
