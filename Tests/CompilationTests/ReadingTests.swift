import Compilation
import Kernel
import ModellingSupport
import Project
import Testing

/// What templates see while the project is read, as dbt shows it to them.
@Suite struct ReadingTests {
    private static let project = "name: shop\nprofile: shop\nmodels: {shop: {+materialized: table, +tags: [kept]}}"

    @Test func `a template sees itself as the project file has it, not as it says itself`() throws {
        let project = try TestProject([
            "dbt_project.yml": Self.project, "models/a.sql": "select 1", "models/b.sql": "select 1", "models/s.yml": "models: [{name: c, config: {materialized: view}}]",
            "models/c.sql": "{{ config(alias=model.config.materialized ~ '_' ~ this.identifier ~ '_' ~ schema, materialized='incremental') }}{% if model.config.materialized == 'table' %}select * from {{ ref('a') }}{% endif %}",
        ])
        let node = try #require(try project.manifest().nodes["model.shop.c"])
        #expect(node.alias == "table_c_main")
        #expect(node.dependsOn == ["model.shop.a"])
        #expect(node.config.materialized == "incremental")
    }

    @Test func `what is asked of a configuration while it is read is answered with nothing, whatever the default`() throws {
        let manifest = try TestProject([
            "dbt_project.yml": Self.project, "models/a.sql": "select 1", "models/b.sql": "select 1",
            "models/c.sql": "{% if config.get('materialized') == 'table' or config.get('other', 5) == 5 or config.require('x') %}{{ ref('a') }}{% else %}{{ ref('b') }}{% endif %}",
        ]).manifest()
        #expect(manifest.nodes["model.shop.c"]?.dependsOn == ["model.shop.b"])
    }

    @Test func `of a file of macros nothing is run but the macros`() throws {
        let project = try TestProject([
            "macros/a.sql": "{{ config(x=1) }} {{ nothing_here() }} {% set top = 5 %}{% macro a() %}[{{ top }}]{% endmacro %} junk {% macro b() -%} {{ a() }} {%- endmacro %}",
            "models/c.sql": "select '{{ b() }}' as x",
        ])
        let compiler = try project.compiler(nil)
        let node = try #require(try project.manifest().nodes["model.shop.c"])
        #expect(try compiler.compile(node).sql == "select '[]' as x")
    }

    @Test func `a macro's text has the white space that its tags eat`() throws {
        let manifest = try TestProject(["macros/a.sql": "\nx\n\n{%- macro a() %}{% endmacro -%}\n {% macro b() %}{% endmacro %}"]).manifest()
        #expect(manifest.macros["macro.shop.a"]?.text == "\n\n{%- macro a() %}{% endmacro -%}\n ")
        #expect(manifest.macros["macro.shop.b"]?.text == "{% macro b() %}{% endmacro %}")
    }
}

/// What templates in yml files see, and what their values become.
@Suite struct SchemaWordsTests {
    @Test func `a variable of the project file is a template of whoever asks for it`() throws {
        let project = try TestProject([
            "dbt_project.yml": "name: shop\nprofile: shop\nvars: {days: '{{ 7 * 2 }}', named: '{{ this.identifier }} {{ helper() }}', map: {a: 1}, shop: {own: '{{ target.name }}'}}",
            "macros/h.sql": "{% macro helper() %}helped{% endmacro %}", "models/a.sql": "{{ var('days') }} {{ var('named') }} {{ var('map') }} {{ var('own') }} {{ var('none', '{{ kept }}') }}",
        ])
        let compiler = try project.compiler(nil)
        #expect(try compiler.compile(#require(try project.manifest().nodes["model.shop.a"])).sql == "14 a helped {'a': 1} dev {{ kept }}")
    }

    @Test func `descriptions and the words of a test's configuration are templates of their file`() throws {
        let manifest = try TestProject([
            "dbt_project.yml": "name: shop\nprofile: shop\nvars: {least: 3, map: {a: [x]}}", "models/a.sql": "select 1 as id",
            "models/s.yml": """
            models:
              - name: a
                description: "Since {{ var('least') }} in {{ project_name }} {{ var('map').a[0] }} {{ modules.datetime.date(2020, 1, 2) }} {{ dbt_version }}"
                columns:
                  - name: id
                    data_tests:
                      - not_null: {config: {where: "id > {{ var('least') }}", severity: "{{ 'warn' if target.name == 'dev' else 'error' }}", meta: {kept: "{{ nothing( }}"}}}
            """,
        ]).manifest()
        #expect(manifest.nodes["model.shop.a"]?.description == "Since 3 in shop x 2020-01-02 1.11.16")
        let test = try #require(manifest.nodes.values.first { $0.resourceType == .test })
        #expect(test.config["where"] == "id > 3")
        #expect(test.config["severity"] == "warn")
        #expect(test.config["meta"] == ["kept": "{{ nothing( }}"])
    }

    @Test func `a macro in the place of ref is asked, and is one that the node calls, as those of its hooks are`() throws {
        let manifest = try TestProject([
            "macros/m.sql": "{% macro ref(name) %}{{ return(builtins.ref('b')) }}{% endmacro %}{% macro note() %}select 1 from {{ builtins.ref('c') }}{% endmacro %}",
            "models/a.sql": "{{ config(post_hook='{{ note() }}') }}select * from {{ ref('x') }}", "models/b.sql": "select 1", "models/c.sql": "select 1",
        ]).manifest()
        let node = try #require(manifest.nodes["model.shop.a"])
        #expect(node.dependsOn == ["model.shop.b", "model.shop.c"])
        #expect(node.dependsOnMacros == ["macro.shop.ref", "macro.shop.note"])
    }

    @Test func `what is not defined is no JSON, and a validator looks at what get() finds only where there is a default`() throws {
        let project = try TestProject(["models/a.sql": "{{ config(keep=2) }}{{ config.get('keep', validator=validation.any[int]) }}", "models/b.sql": "{{ tojson({'a': [nothing]}) if execute }}"])
        let compiler = try project.compiler(nil)
        let manifest = try project.manifest()
        #expect(try compiler.compile(#require(manifest.nodes["model.shop.a"])).sql == "2")
        let error = #expect(throws: CompilationError.self) { try compiler.compile(#require(manifest.nodes["model.shop.b"])) }
        #expect(error?.summary == "Object of type Undefined is not JSON serializable")
    }
}
