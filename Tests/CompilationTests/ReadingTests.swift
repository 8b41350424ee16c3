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

    @Test func `a macro's text begins with the white space that its tag eats`() throws {
        let manifest = try TestProject(["macros/a.sql": "\n\n{%- macro a() %}{% endmacro -%}\n {% macro b() %}{% endmacro %}"]).manifest()
        #expect(manifest.macros["macro.shop.a"]?.text == "\n\n{%- macro a() %}{% endmacro -%}")
        #expect(manifest.macros["macro.shop.b"]?.text == "{% macro b() %}{% endmacro %}")
    }
}
