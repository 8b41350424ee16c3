import FoundationEssentials
import Kernel
import ModellingSupport
import Support
import Testing
import WarehouseKit

/// What is wrong with a project is told in dbt's kinds of errors, with file and line, and nothing that stands is lost by it.
///
/// The exit codes and the kinds are those that dbt-core 1.11.16 answers with for the same projects.
@Suite struct BadInputTests {
    private static let good = [
        "models/base.sql": "{{ config(materialized='table') }}\nselect 1 as id", "models/mart.sql": "{{ config(materialized='table') }}\nselect * from {{ ref('base') }}",
        "models/other.sql": "{{ config(materialized='table') }} select 7 as id",
    ]

    /// Builds the good project, breaks it, builds again: what was told and answered then. Whatever was built must still be there.
    private func broken(by files: [String: String], _ prepare: (DbtDrill) throws -> Void = { _ in }) throws -> (code: Int32, text: String, drill: DbtDrill) {
        let drill = try DbtDrill(Self.good)
        let first = drill.run("build")
        #expect(first.code == 0, "\(first.text)")
        for (path, text) in files { try drill.project.write(path, text) }
        try prepare(drill)
        let (code, text) = drill.run("build")
        for table in ["base", "mart"] { #expect(try drill.query("select id from \(table)") == [[.integer(1)]], "\(table): \(text)") }
        return (code, text, drill)
    }

    // MARK: Of the project: nothing is run

    @Test(arguments: [
        (["models/mart.sql": "select *\nfrom {{ ref('bsae') }}"], "Compilation Error", ["Model 'model.shop.mart' (models/mart.sql) depends on a node named 'bsae' which was not found", "models/mart.sql:2:13"]),
        (["models/base.sql": "select * from {{ ref('mart') }}"], "Encountered an error:\nFound a cycle:", ["Found a cycle: model.shop.mart --> model.shop.base\n", "models/mart.sql"]),
        (["models/below/mart.sql": "select 2 as id"], "Compilation Error", ["dbt found two models with the name \"mart\".", "when looking for ref(\"mart\").", "- model.shop.mart (models/mart.sql)", "- model.shop.mart (models/below/mart.sql)"]),
        (
            ["macros/for_ever.sql": "{% macro down(n) %}\n  {{ down(n + 1) }}\n{% endmacro %}", "models/mart.sql": "select 1 as id\n{{ down(0) }}"],
            "Compilation Error", ["maximum recursion depth exceeded", "macros/for_ever.sql:2:", "called from models/mart.sql"]
        ),
        (["models/schema.yml": "models:\n  - name: mart\n   columns: []\n"], "Parsing Error", [
            """
              Error reading shop: schema.yml - Runtime Error
                Syntax error near line 3
                ------------------------------
                1  | models:
                2  |   - name: mart
                3  |    columns: []
                
                Raw Error:
                ------------------------------
                while parsing a block collection
                  in "<unicode string>", line 2, column 3
                did not find expected '-' indicator
                  in "<unicode string>", line 3, column 4
            """, "models/schema.yml:3"]),
        (["dbt_project.yml": "name: shop\n version: '1'\nprofile: shop\n"], "Runtime Error", ["Syntax error near line 2", "2  |  version: '1'", "mapping values are not allowed in this context", "dbt_project.yml:2:9"]),
        (["models/schema.yml": "groups: [{name: g, owner: {name: x}}, {name: g, owner: {name: y}}]"], "Compilation Error", ["dbt found two groups with the name \"g\".", "when looking for g.", "- group.shop.g (models/schema.yml)"]),
        // What a refused entry would have brought is not told as missing; the first reads as if it were the only one.
        (
            ["models/mart.sql": "select * from {{ source('s', 't') }}", "models/base.sql": "select * from {{ ref('none') }}", "models/schema.yml": "sources: [{name: s, tables: [{nme: t}]}]"],
            "Parsing Error\n  Invalid sources config given in models/schema.yml", ["error[project.ref_not_found]: Model 'model.shop.base'"]
        ),
    ] as [([String: String], String, [String])])
    func `a broken project is told by kind, file and line, and nothing is run`(_ files: [String: String], _ kind: String, _ words: [String]) throws {
        let (code, text, _) = try broken(by: files)
        #expect(code == 2, "\(text)")
        #expect(text.contains("Encountered an error:") && text.contains(kind), "\(text)")
        for word in words { #expect(text.contains(word), "'\(word)' in \(text)") }
    }

    @Test func `profiles that are no YAML are told without what stands in them`() throws {
        let drill = try DbtDrill(["models/a.sql": "select 1 as id"])
        try drill.project.write("profiles.yml", "shop:\n  target: dev\n  outputs:\n    dev:\n      password: hunter2\n      port 5432\n      user: u\n")
        let run = drill.run("run")
        #expect(run.code == 2 && run.text.contains("Syntax error near line 7") && !run.text.contains("hunter2"), "\(run.text)")
        #expect(!String(decoding: try drill.project.read("logs/dbt.log"), as: UTF8.self).contains("hunter2"))
    }

    @Test(arguments: ["models/mart.sql", "macros/m.sql", "models/schema.yml", "models/words.md"])
    func `a file that is not UTF-8 is told with the place of the first byte that is none`(_ path: String) throws {
        let (code, text, _) = try broken(by: [:]) { drill in
            let file = "\(drill.project.projectFolder)/\(path)"
            try FileManager.default.createDirectory(atPath: file.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }, withIntermediateDirectories: true)
            try Data(Array("# ä\n# {%\nname \u{20ac}: ".utf8) + [0xe4, 0x0a]).write(to: URL(filePath: file))
        }
        #expect(code == 2)
        #expect(text.contains("the file is not UTF-8") && text.contains("\(path):3:11"), "\(text)")
    }

    @Test func `a schema file of ten megabytes is read, and its last line is told when that is wrong`() throws {
        var yml = "models:\n"
        for number in 0..<55_000 { yml += "  - name: m\(number)\n    description: \"\(String(repeating: "many words ", count: 12))\"\n    columns: [{name: id}]\n" }
        #expect(yml.utf8.count > 10_000_000)
        let drill = try DbtDrill(["models/m7.sql": "select 1 as id", "models/schema.yml": yml])
        #expect(drill.run("parse").code == 0)
        try drill.project.write("models/schema.yml", yml + "  - name: [\n")
        let (code, text) = drill.run("parse")
        #expect(code == 2 && text.contains("Parsing Error") && text.contains("models/schema.yml:16500"), "\(text.suffix(600))")
    }

    // MARK: Of one node: the rest goes on

    @Test(arguments: [
        "{{ config(materialized='table', pre_hook='insert into not_there values (1)') }}\nselect 2 as id",
        "{{ config(materialized='table', post_hook='insert into not_there values (1)') }}\nselect 2 as id",
    ])
    func `a failing hook fails its model alone, whose old relation stays, and what is downstream is skipped`(_ model: String) throws {
        let (code, text, drill) = try broken(by: ["models/base.sql": model])
        #expect(code == 1)
        #expect(text.contains("Database Error in model base (models/base.sql)") && text.contains("not_there"), "\(text)")
        #expect(try drill.statuses == ["model.shop.base": "error", "model.shop.mart": "skipped", "model.shop.other": "success"])
    }

    @Test func `a macro that recurses for ever while its model is built fails that model`() throws {
        let (code, text, drill) = try broken(by: [
            "macros/for_ever.sql": "{% macro down(n) %}\n  {% if execute %}{{ down(n + 1) }}{% endif %}\n{% endmacro %}",
            "models/base.sql": "{{ config(materialized='table') }}\nselect 1 as id\n{{ down(0) }}",
        ])
        #expect(code == 1)
        #expect(text.contains("Compilation Error in model base (models/base.sql)") && text.contains("maximum recursion depth exceeded") && text.contains("macros/for_ever.sql:2:"), "\(text)")
        #expect(text.utf8.count < 2_000, "each caller is named once")
        #expect(try drill.statuses["model.shop.mart"] == "skipped")
    }

    @Test func `a macro that is not there is missed when its model is built, and the others are built`() throws {
        let (code, text, drill) = try broken(by: ["models/base.sql": "{{ config(materialized='table') }}\nselect 1 as id\n-- {{ nowhere() }} {{ shop.nowhere(1) }}"])
        #expect(code == 1)
        #expect(text.contains("Compilation Error in model base (models/base.sql)") && text.contains("'nowhere' is undefined"), "\(text)")
        #expect(try drill.statuses == ["model.shop.base": "error", "model.shop.mart": "skipped", "model.shop.other": "success"])
    }
}

extension PostgreSQLTests {
    @Test func `a connection that is lost in the middle of a model fails it alone: what it had stays, the next begins on a new one`() throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        let project = try Self.project(database, ["models/after.sql": "select * from {{ ref('total') }}", "models/unrelated.sql": "{{ config(materialized='table') }} select 1 as one"])
        #expect(Self.dbt(project, "build").status == 0)
        try project.write("models/total.sql", "{{ config(materialized='table') }}\nselect 0 as items from {{ ref('stg') }} where pg_terminate_backend(pg_backend_pid())")
        let failed = Self.dbt(project, "build")
        #expect(failed.status == 1, "\(failed.output)")
        #expect(failed.output.contains("Database Error in model total (models/total.sql)") && failed.output.contains("terminating connection"), "\(failed.output)")
        let results = try JSON(parsing: project.read("target/run_results.json"))["results"]?.arrayValue ?? []
        let statuses = Dictionary(results.map { ($0["unique_id"]?.stringValue ?? "", $0["status"]?.stringValue ?? "") }) { $1 }
        #expect(statuses["model.shop.total"] == "error" && statuses["model.shop.after"] == "skipped")
        #expect(statuses["model.shop.unrelated"] == "success" && statuses["model.shop.seen"] == "success", "\(failed.output)")
        #expect(try server.psql(database, "select items from \"analytics team\".total") == "2\n")
    }
}
