import Compilation
import Kernel
import ModellingSupport
import Project
import Testing

/// What else packages ask of columns and of who asks.
@Suite struct ColumnFactsTests {
    @Test func `a column shows itself as dbt's does`() throws {
        let project = try TestProject(["models/a.sql": "select 1 as id"])
        var settings = ReaderSettings(projectFolder: project.projectFolder, environment: [:])
        settings.target = Target(profileName: "shop", name: "dev", type: "postgres", schema: "main", database: "db")
        let compiler = try Compiler(ProjectReader(settings).read(), session: nil, environment: [:], invocation: TestProject.invocation())
        #expect(
            try compiler.render("{{ api.Column('it', 'character varying', 20) }} {{ [api.Column('n', 'numeric', none, 10, 2)] }}", for: nil)
                == "PostgresColumn(column='it', dtype='character varying', char_size=20, numeric_precision=None, numeric_scale=None) [PostgresColumn(column='n', dtype='numeric', char_size=None, numeric_precision=10, numeric_scale=2)]")
    }

    @Test func `what says nothing is no member of model, and what the project wrote itself stays`() throws {
        let project = try TestProject([
            "models/a.sql": "{{ config(meta={'empty': none}) }} select 1 as id", "models/s.yml": "models: [{name: a, columns: [{name: id}]}]",
        ])
        let node = try #require(try project.manifest().nodes["model.shop.a"])
        #expect(
            try project.compiler(nil).render(
                "[{{ model.version }}|{{ model.get('group', 'x') }}|{{ model.config.get('unique_key', 'y') }}|{{ 'data_type' in model.columns.id }}|{{ 'batch' in model }}|{{ model.meta }}|{{ model.relation_name is defined }}]", for: node)
                == "[|x|y|False|False|{'empty': None}|True]")
    }

    @Test func `the project says how what it builds is quoted, a source says it for itself`() throws {
        let project = try TestProject([
            "dbt_project.yml": "name: shop\nprofile: shop\nquoting: {identifier: false}\nmodels: {+quoting: {identifier: true}}",
            "models/a.sql": "select 1 as id", "models/b.sql": "select * from {{ ref('a') }} {{ source('r', 't') }} {{ source('q', 't') }}",
            "models/s.yml": "sources: [{name: r, schema: main, tables: [{name: t}]}, {name: q, schema: main, quoting: {identifier: false}, tables: [{name: t}]}]",
        ])
        let node = try #require(try project.manifest().nodes["model.shop.b"])
        let texts = try project.compiler(nil).render(node.rawCode, for: node).split(separator: " ")
        #expect(texts.suffix(3).map { $0.hasSuffix("\"") } == [false, true, false], "\(texts)")
    }

    @Test func `a hook of a run is at no relation`() throws {
        let project = try TestProject(["dbt_project.yml": "name: shop\nprofile: shop\non-run-start: [\"{{ this }} {{ model.name }}\"]\n", "models/a.sql": "select 1 as id"])
        let compiler = try project.compiler(nil)
        let hook = try #require(try project.manifest().hooks.first)
        #expect(try compiler.render(hook.node.rawCode, for: hook.node) == "None shop-on-run-start-0")
    }
}
