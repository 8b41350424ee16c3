import FoundationEssentials
import Kernel
import ModellingSupport
import Project
import Support
import Testing

/// What `manifest.json` says where dbt has a rule of its own; `Tests/Conformance/artifacts` compares whole manifests with dbt's.
@Suite struct ManifestWordsTests {
    private func json(_ files: [String: String], library: DbtLibrary = DbtLibrary()) throws -> JSON {
        let manifest = try TestProject(files).manifest()
        return try JSON(parsing: ManifestWriter(manifest, invocationID: "i", generatedAt: TestProject.startedAt, library: library).bytes)
    }

    @Test func `of what the project says of an exposure the innermost word counts`() throws {
        let manifest = try json([
            "dbt_project.yml": "name: shop\nprofile: shop\nexposures: {+tags: [x], +meta: {a: 1}, shop: {+meta: {q: 1}, +tags: [w]}}",
            "models/e.yml": "exposures: [{name: e, type: dashboard, owner: {name: x}, tags: [y], meta: {c: 3}}, {name: g, type: dashboard, owner: {name: x}}]",
        ])
        #expect(manifest["exposures"]?["exposure.shop.e"]?["tags"] == ["w", "y"] && manifest["exposures"]?["exposure.shop.e"]?["meta"] == ["c": 3, "q": 1])
        #expect(manifest["exposures"]?["exposure.shop.g"]?["config"]?["meta"] == ["q": 1])
    }

    @Test func `a version that lists no tests under the old name has the model's, and under the new one none`() throws {
        let manifest = try json([
            "models/v_v1.sql": "select 1 as a", "models/v_v2.sql": "select 1 as a",
            "models/v.yml": "models: [{name: v, data_tests: [{unique: {column_name: a, name: u}}], versions: [{v: 1, data_tests: []}, {v: 2, tests: []}]}]",
        ])
        let tests = (manifest["nodes"]?.objectValue?.pairs ?? []).filter { $0.key.hasPrefix("test.") }
        #expect(tests.map { $0.value["attached_node"] } == ["model.shop.v.v2"])
    }

    @Test func `a test stands under a version that schema files alone turn off, and under none that its own file does`() throws {
        let nodes = try json([
            "models/v_v1.sql": "select 1 as a", "models/v_v2.sql": "{{ config(enabled=false) }} select 1 as a", "models/v_v3.sql": "select 1 as a",
            "models/v.yml": "models: [{name: v, columns: [{name: a, data_tests: [unique]}], versions: [{v: 1, config: {enabled: false}}, {v: 2}, {v: 3}]}]",
        ])["nodes"]?.objectValue?.pairs ?? []
        let tests = nodes.filter { $0.key.hasPrefix("test.") }.map { [$0.value["name"], $0.value["attached_node"]] }
        #expect(tests.sorted { "\($0)" < "\($1)" } == [["unique_v_v1_a", "model.shop.v.v1"], ["unique_v_v2_a", .null], ["unique_v_v3_a", "model.shop.v.v3"]])
    }

    @Test func `a version's words are laid over the model's before anybody knows what they mean`() throws {
        let nodes = try json([
            "models/v_v1.sql": "select 1 as a", "models/v_v2.sql": "select 1 as a",
            "models/v.yml": "models: [{name: v, config: {tags: [blue], meta: {a: 1}, post-hook: [x]}, versions: [{v: 1, config: {tags: red, meta: {b: 2}, post-hook: y}}, {v: 2, config: {tags: [red], post-hook: [z]}}]}]",
        ])["nodes"]
        let (one, two) = (nodes?["model.shop.v.v1"], nodes?["model.shop.v.v2"])
        #expect(one?["unrendered_config"]?["tags"] == "red" && one?["tags"] == ["red"] && one?["meta"] == ["a": 1, "b": 2])
        #expect(two?["unrendered_config"]?["tags"] == ["red", "blue"] && two?["config"]?["post-hook"]?.arrayValue?.map { $0["sql"] } == ["z", "x"])
    }

    @Test func `what is constant in a template of a schema file is a text, and what waits for a variable keeps its type`() throws {
        let project = try TestProject(["models/a.sql": "select 1 as id", "models/a.yml": "models: [{name: a, config: {meta: {n: \"{{ 1 + 1 }}\", t: \"{{ not false }}\", v: \"{{ var('n') + 1 }}\", b: \"{{ '1' | as_number }}\"}}}]"])
        project.vars = (["n": 1] as JSON).objectValue ?? JSONObject()
        #expect(try project.manifest().nodes["model.shop.a"]?.config["meta"] == ["n": "2", "t": "True", "v": 2, "b": 1])
    }

    @Test func `a version in a reference is of the kind that is written`() throws {
        let nodes = try json([
            "models/v_v1.sql": "select 1 as a", "models/v.yml": "models: [{name: v, versions: [{v: 1}]}]", "models/b.sql": "select * from {{ ref('v', v='1') }}, {{ ref('v', v=1) }}",
            "models/c.sql": "select * from {{ ref('v', v='1' if true else 1) }}",
        ])["nodes"]
        #expect(nodes?["model.shop.b"]?["refs"]?.arrayValue?.map { $0["version"] } == ["1", 1] && nodes?["model.shop.c"]?["refs"]?.arrayValue?.map { $0["version"] } == ["1"])
    }

    @Test func `a time without quotes is written as Python writes one, a date and a text stay`() throws {
        let meta = try json([
            "models/a.sql": "select 1 as id", "models/a.yml": "models: [{name: a, config: {meta: {d: 2026-01-01, t: 2026-01-01 10:00:00, z: 2026-01-01T10:00:00.5Z, o: 2026-1-2 1:00:00 -5, q: '2026-01-01 10:00:00', n: 2026-01-01 10:00}}}]",
        ])["nodes"]?["model.shop.a"]?["meta"]
        #expect(meta == ["d": "2026-01-01", "t": "2026-01-01T10:00:00", "z": "2026-01-01T10:00:00.500000+00:00", "o": "2026-01-02T01:00:00-05:00", "q": "2026-01-01 10:00:00", "n": "2026-01-01 10:00"], "\(meta ?? .null)")
    }

    @Test func `compiling makes a relation of what a foreign key names`() throws {
        let manifest = try TestProject([
            "models/a.sql": "select 1 as id", "models/b.sql": "select 1 as id",
            "models/b.yml": "models: [{name: b, constraints: [{type: foreign_key, columns: [id], to: ref('a'), to_columns: [id]}], columns: [{name: id, constraints: [{type: foreign_key, to: ref('a'), to_columns: [id]}]}]}]",
        ]).manifest()
        func keys(_ compiled: [String: ManifestWriter.Compiled]) throws -> [JSON?] {
            let node = try JSON(parsing: ManifestWriter(manifest, invocationID: "i", generatedAt: TestProject.startedAt, compiled: compiled).bytes)["nodes"]?["model.shop.b"]
            return [node?["constraints"]?.arrayValue?.first?["to"], node?["columns"]?["id"]?["constraints"]?.arrayValue?.first?["to"]]
        }
        #expect(try keys([:]) == ["ref('a')", "ref('a')"] && keys(["model.shop.b": .init(sql: "select 1 as id")]) == ["\"a\"", "\"a\""])
    }

    @Test func `a saved query's tags stay as they are written, and dbt's overview is among the docs`() throws {
        let manifest = try json([
            "dbt_project.yml": "name: shop\nprofile: shop\nsaved-queries: {+tags: [x]}\n", "models/a.sql": "select 1 as id, cast('2026-01-01' as date) as at", "models/days.sql": "select 1 as day",
            "models/s.yml": """
            models: [{name: days, time_spine: {standard_granularity_column: day}, columns: [{name: day, granularity: day}]}]
            semantic_models: [{name: sold, model: ref('a'), defaults: {agg_time_dimension: sold_at}, entities: [{name: key, expr: id, type: primary}], dimensions: [{name: sold_at, expr: at, type: time, type_params: {time_granularity: day}}], measures: [{name: amount, agg: sum, expr: id, create_metric: true}]}]
            saved_queries: [{name: asked, config: {tags: red}, query_params: {metrics: [amount]}}]
            """,
        ])
        #expect(manifest["saved_queries"]?["saved_query.shop.asked"]?["config"]?["tags"] == "red" && manifest["docs"]?["doc.dbt.__overview__"]?["package_name"] == "dbt")
    }

    @Test func `a target shows how the warehouse is reached as dbt's adapter does, and no password`() {
        let target = Target(
            profileName: "shop", name: "dev", type: "postgres", schema: "main", database: "db", threads: 4,
            values: (["type": "postgres", "host": "h", "port": 5432, "user": "u", "password": "hidden", "sslmode": "require", "schema": "main", "dbname": "db", "threads": 4, "own": 1] as JSON).objectValue!)
        #expect(
            JSON.object(target.visible).text()
                == #"{"host":"h","port":5432,"user":"u","database":"db","schema":"main","connect_timeout":10,"role":null,"search_path":null,"keepalives_idle":0,"sslmode":"require","#
                + #""sslcert":null,"sslkey":null,"sslrootcert":null,"application_name":"dbt","autocommit":false,"retries":1,"dbname":"db","type":"postgres","threads":4,"name":"dev","target_name":"dev","profile_name":"shop"}"#)
    }

    @Test func `dbt_project.yml may ask for the target, and what is unrendered keeps the question`() throws {
        let node = try json([
            "dbt_project.yml": "name: shop\nprofile: shop\nmodels: {+materialized: \"{{ 'table' if target.name == 'dev' else 'view' }}\", +alias: ''}",
            "models/a.sql": "select 1 as id",
        ])["nodes"]?["model.shop.a"]
        #expect(node?["config"]?["materialized"] == "table")
        #expect(node?["unrendered_config"]?["materialized"] == "{{ 'table' if target.name == 'dev' else 'view' }}")
        #expect(node?["alias"] == "a" && node?["relation_name"] == "\"a\"")
    }

    @Test func `a macro's text has the white space that its tags eat, and a materialization its languages`() throws {
        let macros = try json([
            "macros/m.sql": "{# about #}\n{%- macro one() -%} 1 {%- endmacro -%}\n\n{% macro two() %}{{ dbt.type_string() }}{{ one() }}{% endmacro %}\n{% materialization odd, default %}{% endmaterialization %}"
        ])["macros"]
        #expect(macros?["macro.shop.one"]?["macro_sql"] == "\n{%- macro one() -%} 1 {%- endmacro -%}\n\n")
        #expect(macros?["macro.shop.two"]?["depends_on"] == ["macros": ["macro.dbt.type_string", "macro.shop.one"]])
        #expect(macros?["macro.shop.materialization_odd_default"]?["supported_languages"] == ["sql"])
        #expect(macros?["macro.shop.one"]?["supported_languages"]?.isNull == true)
    }

    @Test func `a hook of the run calls what the hooks of all models call`() throws {
        let hooks = try json([
            "dbt_project.yml": "name: shop\nprofile: shop\non-run-end: [select 1]\nmodels: {+post-hook: \"{{ told('x') }}\"}",
            "macros/m.sql": "{% macro told(word) %}select '{{ word }}'{% endmacro %}",
        ])["nodes"]
        #expect(hooks?["operation.shop.shop-on-run-end-0"]?["depends_on"]?["macros"] == ["macro.shop.told"])
    }

    @Test func `tags of a test stay as they are written, and stand twice where dbt renders the test`() throws {
        let written = try json(["models/orders.sql": "select 1 as id", "models/s.yml": """
            models:
              - {name: orders, columns: [{name: id, data_tests: [{unique: {config: {tags: red}}}, {accepted_values: {arguments: {values: [1]}, config: {tags: red}}}]}]}
            """])
        let tests = (written["nodes"]?.objectValue?.pairs ?? []).filter { $0.key.hasPrefix("test.") }.sorted { $0.key < $1.key }.map(\.value)
        #expect(tests.map { $0["unrendered_config"]?["tags"] } == [["red", "red"], "red"])
        #expect(tests.map { $0["tags"] } == [["red"], ["red"]])
    }

    @Test func `a test that nobody has defined stands in the graph, and one of a version that is turned off is attached to nothing`() throws {
        let nodes = try json([
            "models/a.sql": "select 1 as id", "models/b_v1.sql": "{{ config(enabled=false) }} select 1 as id", "models/c.sql": "select 1 as id",
            "dbt_project.yml": "name: shop\nprofile: shop\nmodels: {shop: {+group: g}}\non-run-start: [select 1]",
            "models/s.yml": "models: [{name: a, data_tests: [odd]}, {name: b, versions: [{v: 1}], config: {group: g}, columns: [{name: id, data_tests: [unique]}]}, {name: c, config: {group: g, enabled: false}, data_tests: [unique: {column_name: id}]}]\ngroups: [{name: g, owner: {name: o}}]",
        ])
        let odd = nodes["nodes"]?.objectValue?.pairs.first { $0.key.hasPrefix("test.shop.odd_a_") }?.value
        #expect(odd?["depends_on"] == ["macros": [.null, "macro.dbt.get_where_subquery"], "nodes": ["model.shop.a"]])
        #expect(nodes["group_map"]?["g"]?.arrayValue?.count == 4, "\(String(describing: nodes["group_map"]))")
        let off = nodes["nodes"]?.objectValue?.pairs.first { $0.key.hasPrefix("test.shop.unique_b_v1_id") }?.value
        #expect(off?["attached_node"] == .null && off?["group"] == .null, "\(String(describing: off))")
    }

    @Test func `a macro's arguments are those of its definition where the project has them checked, and a test that says it is turned off is disabled`() throws {
        let written = try json([
            "dbt_project.yml": "name: shop\nprofile: shop\nflags: {validate_macro_args: true}\ndata_tests: {shop: {not_null_off_id: {+enabled: false}}}",
            "macros/m.sql": "{% macro one(a, b=2) %}{% endmacro %}{% macro two(c) %}{% endmacro %}{% materialization odd, default %}{% endmaterialization %}",
            "macros/m.yml": "macros: [{name: two, arguments: [{name: c, type: int}]}]", "models/off.sql": "{{ config(enabled=false) }} select 1 as id",
            "models/s.yml": "models: [{name: 'off', columns: [{name: id, data_tests: [unique, not_null]}]}]",
        ])
        func names(_ macro: String) -> [String?] { (written["macros"]?["macro.shop.\(macro)"]?["arguments"]?.arrayValue ?? []).map { $0["name"]?.stringValue } }
        #expect(names("one") == ["a", "b"] && names("two") == ["c"] && names("materialization_odd_default") == ["supported_languages"])
        #expect(written["disabled"]?.objectValue?.keys.filter { $0.hasPrefix("test.") }.map { $0.hasPrefix("test.shop.not_null_off_id.") } == [true])
        #expect(written["nodes"]?.objectValue?.keys.map { $0.hasPrefix("test.shop.unique_off_id.") } == [true])
    }

    @Test func `of a version's own words those below config count, a column keeps words that nobody knows, and a function is noted as a model`() throws {
        let written = try json([
            "dbt_project.yml": "name: shop\nprofile: shop\nmodels: {+docs: {show: false}}\nfunctions: {+tags: [f]}",
            "models/a_v3.5.sql": "select 1 as id", "functions/doubled.sql": "select price * 2",
            "functions/f.yml": "functions: [{name: doubled, arguments: [{name: price, data_type: float}], returns: {data_type: float}}]",
            "models/s.yml": """
                models:
                  - name: a
                    columns: [{name: id, policy_tags: [p], tags: [x], meta: {a: 1}, config: {tags: [y], meta: {b: 2}}}]
                    versions: [{v: "3.5", access: private, docs: {show: true}, config: {tags: [t]}}]
                unit_tests: [{name: u, model: a, given: [], expect: {rows: []}, config: {enabled: false}}]
                """,
        ])
        let node = written["nodes"]?["model.shop.a.v3.5"]
        #expect(node?["alias"] == "a_v3_5" && node?["access"] == "protected" && node?["docs"]?["show"] == false)
        #expect(node?["unrendered_config"] == ["docs": ["show": false], "tags": ["t"]])
        let column = node?["columns"]?["id"]
        #expect(column?["policy_tags"] == ["p"] && column?["tags"] == ["x", "y"] && column?["meta"] == ["a": 1, "b": 2])
        let function = written["functions"]?["function.shop.doubled"]
        #expect(function?["relation_name"] == .null && function?["returns"]?["description"] == .null && function?["arguments"]?[0]?["description"] == .null)
        #expect(function?["unrendered_config"] == ["docs": ["show": false]] && function?["tags"] == ["f"])
        #expect(written["disabled"]?["unit_test.shop.a.u"]?[0]?["schema"] == .null)
    }

    @Test func `what dbt_project.yml says of a semantic model is said of its parts and of the metrics of its measures`() throws {
        let written = try json([
            "dbt_project.yml": "name: shop\nprofile: shop\nsemantic-models: {+meta: {all: 1}}",
            "models/metricflow_time_spine.sql": "select 1 as date_day", "models/orders.sql": "select 1 as id",
            "models/s.yml": """
                semantic_models:
                  - name: orders
                    model: ref('orders')
                    config: {meta: {own: 2}}
                    defaults: {agg_time_dimension: sold_at}
                    entities: [{name: id, type: primary, config: {meta: {part: 3}}}]
                    dimensions: [{name: sold_at, type: time, type_params: {time_granularity: day}}]
                    measures: [{name: middle, agg: percentile, agg_params: {percentile: 0.5}, create_metric: true}]
                """,
        ])
        let model = written["semantic_models"]?["semantic_model.shop.orders"]
        #expect(model?["entities"]?[0]?["config"]?["meta"] == ["all": 1, "own": 2, "part": 3])
        #expect(model?["dimensions"]?[0]?["config"]?["meta"] == ["all": 1, "own": 2])
        #expect(model?["unrendered_config"] == ["meta": ["own": 2]])
        #expect(model?["measures"]?[0]?["agg_params"] == ["percentile": 0.5, "use_discrete_percentile": false, "use_approximate_percentile": false])
        #expect(written["metrics"]?["metric.shop.middle"]?["config"]?["meta"] == ["all": 1, "own": 2])
    }

    @Test func `tests of a source have the tags of the source, its table and the column, and their configuration is rendered`() throws {
        let written = try json([
            "dbt_project.yml": "name: shop\nprofile: shop\nvars: {least: 3}\nsources: {+tags: [lost]}",
            "models/s.yml": """
                sources:
                  - name: raw
                    schema: "{{ var('least') }}_raw"
                    tags: [in]
                    tables:
                      - {name: t, tags: [own], columns: [{name: id, quote: true, tags: [key], data_tests: [{unique: {config: {where: "id > {{ var('least') }}"}}}]}]}
                      - {name: gone, config: {enabled: false}}
                """,
        ])
        let test = written["nodes"]?.objectValue?.pairs.first { $0.key.hasPrefix("test.") }?.value
        #expect(test?["tags"] == ["in", "key", "own"] && test?["config"]?["tags"] == [] && test?["column_name"] == "\"id\"")
        #expect(test?["config"]?["where"] == "id > 3")
        let source = written["sources"]?["source.shop.raw.t"]
        #expect(source?["tags"] == ["in", "own"] && source?["unrendered_schema"] == "{{ var('least') }}_raw" && source?["schema"] == "3_raw")
        #expect(source?["unrendered_config"]?["freshness"] == nil && source?["relation_name"] == "\"3_raw__t\"")
        #expect(written["disabled"]?["source.shop.raw.gone"]?[0]?["name"] == "gone" && written["sources"]?["source.shop.raw.gone"] == nil)
    }

    @Test func `a date of deprecation is a time, each version's own, and a key's columns are in order`() throws {
        let nodes = try json([
            "models/a_v1.sql": "select 1 as b, 2 as a", "models/a_v2.sql": "select 1 as b, 2 as a",
            "models/a.yml": "models: [{name: a, deprecation_date: 2030-01-02, constraints: [{type: primary_key, columns: [b, a]}], versions: [{v: 1, deprecation_date: '2031-02-03 04:05:06'}, {v: 2}]}]",
        ])["nodes"]
        #expect(nodes?["model.shop.a.v1"]?["deprecation_date"] == "2031-02-03T04:05:06+00:00" && nodes?["model.shop.a.v2"]?["deprecation_date"]?.isNull == true)
        #expect(nodes?["model.shop.a.v1"]?["primary_key"] == ["a", "b"])
    }

    @Test func `selectors are written in the long form`() throws {
        let selectors = try json(["selectors.yml": "selectors: [{name: s, definition: {union: ['2+tag:all', {tag: x}, {exclude: ['@config.materialized:view']}]}}]"])["selectors"]
        let expected: JSON = [
            "union": [
                ["method": "tag", "value": "all", "parents": true, "parents_depth": "2"], ["method": "tag", "value": "x"],
                ["exclude": [["method": "config.materialized", "value": "view", "childrens_parents": true]]],
            ]
        ]
        #expect(selectors?["s"] == ["name": "s", "definition": expected])
    }

    @Test func `what comes with dbt is borrowed from a manifest of dbt's`() throws {
        let folder = try TemporaryFolder("library")
        try folder.write(Array(#"{"metadata": {"adapter_type": "sqlite"}, "macros": {"macro.dbt.x": {"package_name": "dbt", "macro_sql": "theirs"}, "macro.p.y": {"package_name": "p"}}, "docs": {}}"#.utf8), to: "manifest.json")
        let macros = try json(["macros/m.sql": "{% macro one() %}{% endmacro %}"], library: DbtLibrary(manifest: "\(folder.path)/manifest.json"))["macros"]
        #expect(macros?["macro.dbt.x"]?["macro_sql"] == "theirs" && macros?["macro.p.y"] == nil && macros?["macro.shop.one"] != nil)
        #expect(throws: ProjectProblem.self) { try DbtLibrary(manifest: "\(folder.path)/none.json") }
    }
}
