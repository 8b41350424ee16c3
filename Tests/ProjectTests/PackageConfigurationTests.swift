import Kernel
import ModellingSupport
import Project
import Testing

/// Who has the last word on what a package brings.
@Suite struct PackageConfigurationTests {
    private static let package = [
        "packages.yml": "packages: [{local: dbt_packages/tools}]", "models/own.sql": "select 1 as id",
        "dbt_packages/tools/dbt_project.yml": """
            name: tools
            version: "1.0"
            models: {+tags: [lent], +meta: {k: 1, m: 0}}
            sources: {+meta: {p: 1}, +tags: [lent]}
            exposures: {+tags: [lent]}
            """,
        "dbt_packages/tools/models/t.sql": "{{ config(materialized='view', tags=['file'], meta={'f': 1}) }} select 1 as id from {{ source('raw', 'events') }}",
        "dbt_packages/tools/models/s.yml": """
            sources:
              - name: raw
                schema: theirs
                description: theirs
                config: {meta: {a: 1}, tags: [c]}
                freshness: {warn_after: {count: 5, period: hour}}
                loaded_at_field: at
                tables:
                  - {name: events, description: their events, columns: [{name: id, data_tests: [not_null]}, {name: at}], config: {meta: {t: 1}}}
                  - {name: pages, columns: [{name: id, data_tests: [unique]}]}
            models: [{name: t, config: {meta: {y: 1}}}]
            exposures: [{name: shown, type: ml, owner: {name: x}, depends_on: [ref('t')], config: {tags: [yml], meta: {z: 1}}}]
            """,
    ]

    @Test func `the project goes above what a package says, in the files of its models too`() throws {
        var files = Self.package
        files["dbt_project.yml"] = """
            name: shop
            profile: shop
            models: {tools: {+materialized: table, +meta: {m: 1}, +tags: above}}
            sources: {tools: {raw: {+meta: {r: 1}, +freshness: {warn_after: {count: 9, period: day}}, +loaded_at_field: there, pages: {+enabled: false}}}}
            exposures: {tools: {+tags: [above], +meta: {e: 1}}}
            """
        let manifest = try TestProject(files).manifest()
        let node = try #require(manifest.nodes["model.tools.t"])
        #expect(node.config.materialized == "table" && node.tags == ["lent", "file", "above"])
        #expect(node.config["meta"] == ["k": 1, "m": 1, "y": 1, "f": 1])
        #expect(node.stated["meta"] == ["m": 1] && node.stated["materialized"] == "table")
        let source = try #require(manifest.sources["source.tools.raw.events"])
        #expect(source.config["meta"] == ["p": 1, "a": 1, "t": 1, "r": 1] && source.loadedAtField == "there")
        #expect(source.freshness["warn_after"] == ["count": 9, "period": "day"])
        #expect(manifest.sources["source.tools.raw.pages"] == nil)
        #expect(manifest.others["exposure.tools.shown"]?.config["meta"] == ["e": 1] && manifest.others["exposure.tools.shown"]?.tags == ["above"])
        #expect(manifest.warnings.map(\.event) == ["InvalidDisabledTargetInTestNode"])
    }

    @Test func `a source of a package is overridden word by word, and what has no source is told`() throws {
        var files = Self.package
        files["models/over.yml"] = """
            sources:
              - name: raw
                overrides: tools
                schema: elsewhere
                description: mine
                meta: {own: 1}
                tables:
                  - {name: events, identifier: events_v2, columns: [{name: id, description: key, data_tests: [unique]}], freshness: {warn_after: {count: 1, period: day}}}
                  - {name: gone}
              - {name: nowhere, overrides: tools}
            """
        let project = try TestProject(files)
        let manifest = try project.manifest()
        let events = try #require(manifest.sources["source.tools.raw.events"])
        #expect(events.schema == "elsewhere" && events.identifier == "events_v2" && events.sourceDescription == "mine" && events.description == "their events")
        #expect(events.config["meta"] == ["p": 1, "own": 1, "t": 1] && events.freshness["warn_after"] == ["count": 1, "period": "day"] && events.loadedAtField == "at")
        #expect(events.columns.map(\.name) == ["id"])
        let pages = try #require(manifest.sources["source.tools.raw.pages"])
        #expect(pages.schema == "elsewhere" && pages.freshness["warn_after"] == ["count": .null, "period": .null], "what is overridden has the freshness that is said there, or none")
        let tests = manifest.nodes.values.filter { $0.resourceType == .test }
        #expect(Set(tests.map(\.name)) == ["source_unique_raw_events_id", "source_unique_raw_pages_id"] && tests.allSatisfy { $0.originalFilePath == "models/s.yml" && $0.packageName == "tools" })
        #expect(manifest.warnings.map(\.text) == [
            "During parsing, dbt encountered source overrides that had no target:\n  - Source table tools.raw.gone (in models/over.yml)\n  - Source tools.nowhere (in models/over.yml)\n",
        ])
    }

    @Test func `a package names its own by its own macro, and what the project has for dispatch names the rest`() throws {
        var files = Self.package
        files["models/own.sql"] = "{{ config(schema='mine') }} select 1 as id"
        files["dbt_packages/tools/macros/names.sql"] = "{% macro generate_schema_name(custom, node) %}lent_{{ custom }}{% endmacro %}"
        files["macros/names.sql"] = """
            {% macro default__generate_schema_name(custom, node) %}root_{{ custom }}{% endmacro %}
            {% macro sqlite__generate_alias_name(custom, node) %}{{ node.name }}_here{% endmacro %}
            """
        let project = try TestProject(files)
        let manifest = try project.manifest()
        #expect(manifest.nodes["model.shop.own"]?.schema == "root_mine" && manifest.nodes["model.shop.own"]?.alias == "own_here")
        #expect(manifest.nodes["model.tools.t"]?.schema == "lent_None" && manifest.nodes["model.tools.t"]?.alias == "t_here")
    }

    private static func twoPackages(_ flags: String = "", _ files: [String: String]) throws -> TestProject {
        let base = [
            "packages.yml": "packages: [{local: dbt_packages/tools}]", "dbt_project.yml": "name: shop\nprofile: shop\nflags: {\(flags)}\nmodels: {tools: {off: {+enabled: false}}}\n", "models/own.sql": "select 1 as id",
            "dbt_packages/tools/dbt_project.yml": "name: tools\nversion: '1.0'\nmodels: {+schema: lent, +materialized: table}\n",
        ]
        return try TestProject(base.merging(files) { _, new in new })
    }

    @Test func `what a package says of a model that the project replaced is said of the replacement`() throws {
        let manifest = try Self.twoPackages("", [
            "models/t.sql": "select 1 as id", "dbt_packages/tools/models/off/t.sql": "select 2 as id", "dbt_packages/tools/models/u.sql": "select * from {{ ref('t') }} join {{ ref('shop', 'own') }} using (id)",
            "dbt_packages/tools/models/s.yml": "models: [{name: t, description: theirs, config: {tags: [x]}, columns: [{name: id, data_tests: [unique]}]}]",
        ]).manifest()
        let node = try #require(manifest.nodes["model.shop.t"])
        #expect(node.description == "theirs" && node.tags == ["x"] && node.columns.map(\.name) == ["id"] && node.patchPath == "tools://models/s.yml")
        let off = try #require(manifest.disabled.first { $0.uniqueID == "model.tools.t" })
        #expect(off.description.isEmpty && off.tags.isEmpty && off.patchPath == nil)
        #expect(manifest.nodes.values.first { $0.test != nil }?.attachedNode == "model.tools.t")
        #expect(manifest.warnings.map(\.event) == ["PackageNodeDependsOnRootProjectNode", "PackageNodeDependsOnRootProjectNode"])
        #expect(manifest.warnings.first?.text.hasPrefix("The node 'u'in package 'tools' depends on the root project node 'model.shop.t'.This may lead") == true)
    }

    @Test func `a project may describe a package's model, unless the package does`() throws {
        let files = ["dbt_packages/tools/models/t.sql": "{{ config(tags=['file']) }} select 2 as id", "models/s.yml": "models: [{name: t, description: mine, config: {meta: {a: 1}}, columns: [{name: id, data_tests: [unique]}]}]"]
        let manifest = try Self.twoPackages("", files).manifest()
        let node = try #require(manifest.nodes["model.tools.t"])
        #expect(node.description == "mine" && node.config["meta"] == ["a": 1] && node.tags == ["file"] && node.patchPath == "shop://models/s.yml")
        // The package's project is not asked again: its words stay where there is no other.
        #expect(node.config.materialized == "view" && node.config.schema == "lent" && node.schema == manifest.target.schema)
        #expect(manifest.nodes.values.first { $0.test != nil }.map { $0.attachedNode == nil && $0.dependsOn == ["model.tools.t"] } == true)
        let refused = try Self.twoPackages("", files.merging(["dbt_packages/tools/models/s.yml": "models: [{name: t, description: theirs}]"]) { _, new in new })
        do { _ = try refused.manifest(); Issue.record("two describe it") } catch let problems as ProjectProblems {
            #expect(problems.problems.map(\.summary) == ["dbt found two schema.yml entries for the same resource named t. Resources and their associated columns may only be described a single time."])
        }
    }

    @Test(arguments: [("", "model.shop.q"), ("require_ref_searches_node_package_before_root: true", "model.tools.q")])
    func `a package's reference means the project's model first, or its own where a flag says so`(_ flag: String, _ id: String) throws {
        let manifest = try Self.twoPackages(flag, [
            "models/q.sql": "{{ config(alias='other') }} select 1 as id", "dbt_packages/tools/models/q.sql": "select 2 as id", "dbt_packages/tools/models/u.sql": "select * from {{ ref('q') }}",
        ]).manifest()
        #expect(manifest.nodes["model.tools.u"]?.dependsOn == [id] && manifest.warnings.count == (flag.isEmpty ? 1 : 0))
    }

    @Test func `a name that several packages have means none of them`() throws {
        let project = try Self.twoPackages("", [
            "packages.yml": "packages: [{local: dbt_packages/tools}, {local: dbt_packages/more}]", "dbt_packages/more/dbt_project.yml": "name: more\nversion: '1.0'\n", "dbt_packages/more/models/q.sql": "{{ config(alias='r') }} select 1",
            "dbt_packages/tools/models/q.sql": "select 1", "models/u.sql": "select * from {{ ref('q') }}",
        ])
        do { _ = try project.manifest(); Issue.record("it means one") } catch let problems as ProjectProblems {
            #expect(problems.problems.map(\.summary) == ["When referencing 'q', dbt found nodes in multiple packages: 'model.more.q', 'model.tools.q'"])
        }
    }

    @Test func `a test of a model that is nowhere is told of`() throws {
        let manifest = try Self.twoPackages("", ["models/s.yml": "models: [{name: nosuch, columns: [{name: id, data_tests: [unique]}]}]"]).manifest()
        #expect(manifest.warnings.map(\.event) == ["NoNodeForYamlKey", "NodeNotFoundOrDisabled"] && manifest.disabled.map(\.name) == ["unique_nosuch_id"])
    }

    @Test func `a source is quoted as it says itself, a model as the project says`() throws {
        let project = try TestProject([
            "dbt_project.yml": "name: shop\nprofile: shop\nquoting: {identifier: false}\n", "models/a.sql": "{{ config(quoting={'identifier': true}) }} select 1 as id",
            "models/b.sql": "select * from {{ ref('a') }}, {{ source('raw', 't') }}, {{ source('raw', 'u') }}", "models/s.yml": "sources: [{name: raw, schema: main, tables: [{name: t}, {name: u, quoting: {identifier: false}}]}]",
        ])
        let compiler = try project.compiler(nil)
        #expect(try compiler.compile(try #require(compiler.manifest.nodes["model.shop.b"])).sql == "select * from a, \"t\", u")
    }
}
