import FoundationEssentials
import Kernel
import Testing

/// What the manifest says of a project, where dbt's own reading has turns of its own.
@Suite struct ReadingTests {
    @Test func `tests of what is turned off or missing are turned off, and the project is read`() throws {
        let drill = try DbtDrill([
            "models/awake.sql": "select 1 as id", "models/asleep.sql": "{{ config(enabled=false) }} select 1 as id", "tests/lone.sql": "select * from {{ ref('asleep') }}", "tests/lost.sql": "select * from {{ ref('nowhere') }}",
            "models/all.yml": """
                sources: [{name: dark, config: {enabled: false}, tables: [{name: t, columns: [{name: id, data_tests: [unique]}]}]}]
                models:
                  - {name: asleep, columns: [{name: id, data_tests: [unique]}]}
                  - {name: awake, columns: [{name: id, data_tests: [not_null, relationships: {arguments: {to: ref('asleep'), field: id}}]}]}
                """,
        ])
        let (code, text) = drill.run("build")
        #expect(code == 0, "\(text)")
        #expect(!text.contains("'asleep'") && text.contains("[WARNING]: Test 'test.shop.lost' (tests/lost.sql) depends on a node named 'nowhere' in package '' which was not found"), "\(text)")
        let nodes = try #require(try drill.artifact("manifest.json")["nodes"]?.objectValue)
        let off = nodes.pairs.filter { $0.value["config"]?["enabled"] == false }.map { $0.key.split(separator: ".")[2] }
        #expect(Set(off) == ["unique_asleep_id", "source_unique_dark_t_id", "relationships_awake_id__id__ref_asleep_", "lone", "lost"])
        #expect(nodes.pairs.filter { $0.value["config"]?["enabled"] == false }.allSatisfy { $0.value["depends_on"]?["nodes"] == [] })
        #expect(try Set(drill.statuses.keys.filter { $0.hasPrefix("test.") }.map { $0.split(separator: ".")[2] }) == ["not_null_awake_id"])
        // What comes back, comes back whole.
        try drill.project.write("models/asleep.sql", "select 1 as id")
        #expect(drill.run("build", "--exclude", "lone").code == 0, "\(drill.output)")
        #expect(try drill.statuses.keys.filter { $0.hasPrefix("test.") }.count == 3)
        #expect(drill.run("ls", "--resource-type", "test", "--quiet").text.split(separator: "\n").count == 4)
        #expect(drill.run("ls", "--warn-error", "--no-partial-parse").code == 2)
        #expect(drill.run("parse", "--warn-error", "--no-partial-parse").code == 2)
    }

    @Test func `a group takes the nearest word of its folder, and no hooks`() throws {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\nmodels: {+tags: [all], +pre-hook: select 1, +meta: {a: 1}, shop: {+tags: one, +materialized: table}}\n", "models/a.sql": "select 1 as id",
            "models/g.yml": "groups: [{name: g, owner: {name: x}, config: {meta: {b: 2}}}]\n",
        ])
        #expect(drill.run("parse").code == 0)
        #expect(try drill.artifact("manifest.json")["groups"]?["group.shop.g"]?["config"] == ["tags": "one", "meta": ["a": 1, "b": 2], "materialized": "table"])
    }

    @Test func `macros that take dbt's places are noted, and what a model dispatches itself`() throws {
        let drill = try DbtDrill([
            "macros/m.sql": "{% macro source(a, b) %}{{ return(builtins.source(a, b)) }}{% endmacro %}{% macro default__shape() %}1{% endmacro %}",
            "models/all.yml": "sources: [{name: raw, tables: [{name: t}]}]\n", "models/a.sql": "select * from {{ source('raw', 't') }}", "models/b.sql": "select {{ adapter.dispatch('shape')() }} as id",
            "snapshots/s.yml": "snapshots: [{name: s, relation: \"source('raw', 't')\", config: {unique_key: id, strategy: check, check_cols: all}}]\n",
        ])
        func macros(_ part: String, _ id: String) throws -> JSON? { try drill.artifact("manifest.json")[part]?[id]?["depends_on"]?["macros"] }
        for change in ["", "-- again"] {
            try drill.project.write("models/a.sql", "select * from {{ source('raw', 't') }} \(change)")
            #expect(drill.run("parse").code == 0, "\(drill.output)")
            #expect(try macros("macros", "macro.shop.source") == ["macro.shop.source"])
            #expect(try macros("nodes", "model.shop.a") == ["macro.shop.source"])
            #expect(try macros("nodes", "model.shop.b") == ["macro.shop.default__shape"])
            #expect(try macros("nodes", "snapshot.shop.s") == [])
        }
    }

    @Test func `a package's macro finds the package's others by their bare names, and the project's go first`() throws {
        let drill = try DbtDrill([
            "dbt_packages/b/dbt_project.yml": "name: b\n", "dbt_packages/b/macros/m.sql": "{% macro deep() %}{{ shallow() }}{% endmacro %}{% macro shallow() %}'theirs'{% endmacro %}", "models/a.sql": "select {{ b.deep() }} as w",
        ])
        #expect(drill.run("compile", "-s", "a").text.contains("select 'theirs' as w"))
        try drill.project.write("macros/m.sql", "{% macro shallow() %}'ours'{% endmacro %}")
        #expect(drill.run("compile", "-s", "a").text.contains("select 'ours' as w"))
    }

    @Test func `a package is a dictionary of its macros, and what is put into it is called while the node is rendered`() throws {
        let drill = try DbtDrill([
            "dbt_packages/b/dbt_project.yml": "name: b\n",
            "dbt_packages/b/macros/m.sql": "{% macro told() %}{{ return(b.word()) }}{% endmacro %}{% macro word() %}{{ return('theirs') }}{% endmacro %}{% macro stand_in() %}{{ return('mine') }}{% endmacro %}",
            "models/a.sql": "{{ b.told() }} {% if execute %}{% set real = b['word'] %}{% do b.update({'word': b.stand_in}) %}{{ b.told() }} {% do b.update({'word': real}) %}{{ b.told() }} {{ b.keys() | sort | join(',') }} {{ 'word' in b }} {{ b.get('none', 5) }} {{ b | length }}{% endif %}",
            "models/b.sql": "{{ b.told() }}",
        ])
        #expect(drill.run("compile", "-s", "a").text.contains("theirs mine theirs stand_in,told,word True 5 3"), "\(drill.output)")
        #expect(drill.run("compile", "-s", "b").text.hasSuffix("theirs"), "\(drill.output)")
    }

    @Test func `what a template refuses while it is read is told with its node, and a relation without a type is not dropped`() throws {
        let drill = try DbtDrill([
            "models/a.sql": "{{ checked(none) }}", "macros/m.sql": "{% macro checked(x) %}{% if x is none %}{{ exceptions.raise_compiler_error('x is missing') }}{% endif %}{% endmacro %}",
        ])
        let (code, text) = drill.run("parse")
        #expect(code == 2 && text.contains("Compilation Error in model a (models/a.sql)\n  x is missing"), "\(text)")
        try drill.project.write("models/a.sql", "{% if execute %}{% do adapter.drop_relation(this) %}{% endif %}select 1 as id")
        #expect(drill.run("run").text.contains("Tried to drop relation main.\"a\", but its type is null."), "\(drill.output)")
    }

    @Test func `what is dispatched counts under its plain name too, and a namespace that is no package's says nothing`() throws {
        let drill = try DbtDrill([
            "dbt_packages/b/dbt_project.yml": "name: b\n",
            "dbt_packages/b/macros/m.sql": "{% macro one() %}{{ adapter.dispatch('two', 'b')() }}{% endmacro %}{% macro two() %}{% endmacro %}{% macro default__two() %}{% endmacro %}{% macro three() %}{{ adapter.dispatch('two', 'nowhere')() }}{{ builtins.ref('a') }}{% endmacro %}{% macro ref() %}{% endmacro %}",
            "macros/m.sql": "{% macro four() %}{{ two() }}{% endmacro %}{% macro ref(name) %}{{ return(builtins.ref(name)) }}{% endmacro %}", "models/a.sql": "select 1 as id",
        ])
        #expect(drill.run("parse").code == 0, "\(drill.output)")
        let macros = try drill.artifact("manifest.json")["macros"]
        func calls(_ id: String) -> JSON? { macros?[id]?["depends_on"]?["macros"] }
        #expect(calls("macro.b.one") == ["macro.b.two", "macro.b.default__two"])
        #expect(calls("macro.b.three") == ["macro.b.two", "macro.b.default__two", "macro.shop.ref"])
        #expect(calls("macro.shop.four") == ["macro.b.two"])
    }

    @Test func `a macro keeps its description where only another file has changed`() throws {
        let drill = try DbtDrill([
            "macros/told.sql": "{% macro told() %}{{ other() }}{% endmacro %}", "macros/other.sql": "{% macro other() %}1{% endmacro %}", "models/a.sql": "select {{ told() }} as id",
            "macros/m.yml": "macros: [{name: told, description: tells, arguments: [{name: x, type: string}]}]\n",
        ])
        #expect(drill.run("parse").code == 0)
        try drill.project.write("macros/other.sql", "{% macro other() %}2{% endmacro %}")
        #expect(drill.run("parse").code == 0)
        let macro = try drill.artifact("manifest.json")["macros"]?["macro.shop.told"]
        #expect(macro?["description"] == "tells" && macro?["patch_path"] == "shop://macros/m.yml", "\(macro?.text() ?? "")")
    }
}
