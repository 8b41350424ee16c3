import Kernel
import Testing

/// What commands leave in `target/`.
@Suite struct ArtifactTests {
    @Test(arguments: [["run", "--defer"], ["run", "--state", "nowhere", "-s", "state:modified"], ["--warn-error", "run", "-s", "tag:none"]])
    func `a command that fails behind the reading leaves what was read`(_ words: [String]) throws {
        let drill = try DbtDrill(["models/m.sql": "select 1 as id"])
        #expect(drill.run(words: words).code == 2)
        #expect(try drill.artifact("manifest.json")["nodes"]?["model.shop.m"] != nil)
        #expect(try drill.artifact("semantic_manifest.json")["metrics"] == [])
    }

    @Test func `metrics that measures ask for come behind those of their file, as the measures do`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id, '2026-01-01' as at", "models/days.sql": "select '2026-01-01' as day",
            "models/all.yml": """
                semantic_models:
                  - name: sa
                    model: ref('a')
                    defaults: {agg_time_dimension: at}
                    entities: [{name: id, type: primary}]
                    dimensions: [{name: at, type: time, type_params: {time_granularity: day}}]
                    measures:
                      - {name: zz, agg: count, expr: id, create_metric: true}
                      - {name: bb, agg: sum, expr: id, create_metric: true, non_additive_dimension: {name: at, window_choice: max}}
                metrics:
                  - {name: last, label: l, type: simple, type_params: {measure: zz}}
                  - {name: first, label: f, type: simple, type_params: {measure: zz}}
                models: [{name: days, time_spine: {standard_granularity_column: day}, columns: [{name: day, granularity: day}]}]
                """,
        ])
        let (code, text) = drill.run("parse")
        #expect(code == 0, "\(text)")
        #expect(try drill.artifact("semantic_manifest.json")["metrics"]?.arrayValue?.map { $0["name"]?.stringValue } == ["last", "first", "zz", "bb"])
        let measures = try drill.artifact("manifest.json")["semantic_models"]?["semantic_model.shop.sa"]?["measures"]?.arrayValue
        #expect(measures?.last?["non_additive_dimension"]?["window_groupings"] == [])
    }

    @Test func `a unit test keeps its description as it is written, and its rows without the space around them`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id", "models/b.sql": "select * from {{ ref('a') }}", "tests/fixtures/rows.sql": "\nselect 1 as id\n\n\n",
            "models/all.yml": """
                unit_tests:
                  - name: u
                    model: b
                    description: "in {{ words }}"
                    given: [{input: ref('a'), format: sql, fixture: rows}]
                    expect:
                      format: sql
                      rows: |
                        select 1 as id
                """,
        ])
        let (code, text) = drill.run("build")
        #expect(code == 0, "\(text)")
        let test = try drill.artifact("manifest.json")["unit_tests"]?["unit_test.shop.b.u"]
        #expect(test?["description"] == "in {{ words }}")
        #expect(test?["given"]?.arrayValue?.first?["rows"] == "select 1 as id" && test?["expect"]?["rows"] == "select 1 as id")
    }

    @Test func `documentation compiles files without text as well`() throws {
        let drill = try DbtDrill(["models/empty.sql": "\n", "models/remark.sql": "{# nothing #}", "models/m.sql": "select 1 as id"])
        #expect(drill.run("docs", "generate").code == 0)
        #expect(try drill.statuses.keys.sorted() == ["model.shop.empty", "model.shop.m", "model.shop.remark"])
        let empty = try drill.artifact("manifest.json")["nodes"]?["model.shop.empty"]
        #expect(empty?["compiled"] == true && empty?["compiled_code"] == "")
        #expect(drill.run("build").code == 1)
        let remark = try drill.artifact("manifest.json")["nodes"]?["model.shop.remark"]
        #expect(remark?["compiled"] == true && remark?["compiled_code"] == "")
    }

    @Test func `a foreign key of what is compiled says where it points to, whether the warehouse takes it or not`() throws {
        let key = "constraints: [{type: foreign_key, columns: [id], to: ref('a'), to_columns: [id]}]"
        let drill = try DbtDrill([
            "models/a.sql": "{{ config(materialized='table') }} select 1 as id", "models/b.sql": "{{ config(materialized='table') }} select nothing as id", "models/c.sql": "select {{ nowhere.near }} as id",
            "models/all.yml": "models: [{name: b, columns: [{name: id}], \(key)}, {name: c, \(key)}]",
        ])
        func target(_ model: String) throws -> JSON? { try drill.artifact("manifest.json")["nodes"]?["model.shop.\(model)"]?["constraints"]?.arrayValue?.first?["to"] }
        drill.run("parse")
        #expect(try target("b") == "ref('a')")
        drill.run("run")
        #expect(try target("b") == "main.\"a\"" && target("c") == "ref('a')")
    }

    @Test func `an ephemeral model inside what was compiled is compiled, though nobody chose it`() throws {
        let drill = try DbtDrill(["models/e.sql": "{{ config(materialized='ephemeral') }} select 1 as id", "models/m.sql": "select * from {{ ref('e') }}"])
        for command in ["run", "compile", "docs generate"] {
            #expect(drill.run(words: command.split(separator: " ").map(String.init) + ["-s", "m"]).code == 0)
            #expect(try drill.artifact("manifest.json")["nodes"]?["model.shop.e"]?["compiled"] == true)
        }
    }

    @Test func `refs are kept as often as templates and hooks say them`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "select 1 as id", "models/b.sql": "{{ config(post_hook=[\"select * from {{ ref('a') }}\", \"select id from {{ ref('a') }}\"]) }} select * from {{ ref('a') }}",
        ])
        drill.run("parse")
        let node = try drill.artifact("manifest.json")["nodes"]?["model.shop.b"]
        #expect(node?["refs"]?.arrayValue?.count == 3 && node?["depends_on"]?["nodes"] == ["model.shop.a"])
    }

    @Test func `a text where the columns of a constraint belong is a list of its letters`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "{{ config(materialized='table') }} select 1 as i, 2 as d",
            "models/all.yml": "models: [{name: a, config: {contract: {enforced: true}}, constraints: [{type: primary_key, columns: id}], columns: [{name: i, data_type: int}, {name: d, data_type: int}]}]",
        ])
        drill.run("parse")
        let node = try drill.artifact("manifest.json")["nodes"]?["model.shop.a"]
        #expect(node?["constraints"]?.arrayValue?.first?["columns"] == ["i", "d"] && node?["primary_key"] == ["d", "i"])
    }

    @Test func `an operation that failed does not say why in its result, and hooks count on behind one that failed`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-start: [select 1, select nothing, select 2]\n", "models/m.sql": "select 1 as id",
            "macros/m.sql": "{% macro refused() %}{% do run_query('select nothing') %}{% endmacro %}",
        ])
        #expect(drill.run("run-operation", "refused").code == 1)
        let result = try drill.artifact("run_results.json")["results"]?.arrayValue?.first
        #expect(result?["status"] == "error" && result?["message"]?.stringValue ?? "" == "")
        #expect(drill.run("run").code == 1)
        #expect(try drill.artifact("manifest.json")["nodes"]?["operation.shop.shop-on-run-start-2"]?["index"] == 3)
    }
}
