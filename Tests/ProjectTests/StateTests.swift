import Kernel
import ModellingSupport
import Project
import Support
import Testing

@Suite struct StateTests {
    private static let files = [
        "dbt_project.yml": "name: shop\nprofile: shop\nmodels: {+persist_docs: {relation: true}}",
        "models/a.sql": "select {{ one() }} as id", "models/b.sql": "{{ config(materialized='table', tags=['x']) }} select * from {{ ref('a') }}",
        "models/c.sql": "select * from {{ source('raw', 't') }}", "seeds/codes.csv": "id\n1\n", "macros/one.sql": "{% macro one() %}1{% endmacro %}",
        "models/schema.yml": """
            sources: [{name: raw, tables: [{name: t}]}]
            models: [{name: a, description: old}, {name: b, columns: [{name: id, data_type: int, tests: [unique]}], config: {contract: {enforced: true}}}]
            unit_tests: [{name: u, model: b, given: [], expect: {rows: [{id: 1}]}}]
            exposures: [{name: board, type: dashboard, owner: {name: x}, depends_on: [ref('b')]}]
            """,
    ]

    /// What a selection names after `changes`, compared with the manifest from before them.
    private func names(_ selection: String, from files: [String: String] = [:], after changes: [String: String]) throws -> String {
        let before = try TestProject(Self.files.merging(files) { _, new in new })
        let folder = try TemporaryFolder("state")
        let written = ManifestWriter(try before.manifest(), invocationID: "old", generatedAt: TestProject.startedAt).bytes
        try folder.write(written, to: "manifest.json")
        let now = try TestProject(Self.files.merging(changes) { _, new in new }).manifest()
        let state = PreviousState(folder: folder.path, targetFolder: folder.path)
        return try Selector(now, state: state, indirect: .empty).select([selection]).map { now[$0]?.name ?? $0 }.sorted().joined(separator: " ")
    }

    private static let schema = files["models/schema.yml"]!

    @Test func `a project that has not changed has nothing that is modified`() throws {
        #expect(try names("state:modified", after: [:]) == "")
        #expect(try names("state:new", after: [:]) == "")
        #expect(try names("state:unmodified", after: [:]) == "a b board c codes source.shop.raw.t u unique_b_id")
        #expect(try names("state:old", after: [:]) == "a b board c codes source.shop.raw.t u unique_b_id")
    }

    @Test func `a node is modified where a macro is that it calls, however deep`() throws {
        let macros = [
            "macros/one.sql": "{% macro one() %}{{ return(adapter.dispatch('deep')()) }}{% endmacro %}", "macros/deep.sql": "{% macro default__deep() %}{{ deeper() }}{% endmacro %}",
            "macros/deeper.sql": "{% macro deeper() %}1{% endmacro %}{% macro unused() %}2{% endmacro %}",
        ]
        func found(_ kind: String, _ deeper: String) throws -> String {
            try names("state:\(kind)", from: macros, after: macros.merging(["macros/deeper.sql": deeper]) { _, new in new })
        }
        #expect(try found("modified", "{% macro deeper() %}2{% endmacro %}{% macro unused() %}2{% endmacro %}") == "a")
        #expect(try found("modified.macros", "{% macro deeper() %}2{% endmacro %}{% macro unused() %}2{% endmacro %}") == "a")
        #expect(try found("modified", "{% macro deeper() %}1{% endmacro %}{% macro unused() %}3{% endmacro %}") == "")
        #expect(try found("modified", "\n{% macro deeper() %}1{% endmacro %}\n\n{% macro unused() %}2{% endmacro %}\n") == "")
    }

    @Test func `a manifest tells which macros a node and a macro call`() throws {
        let manifest = try TestProject(Self.files.merging([
            "models/a.sql": "select {{ one() }} as id {% if is_incremental() %}where 1 = 1{% endif %} {{ shop.two() }}",
            "macros/two.sql": "{% macro two() %}{{ one() }}{{ log('x') }}{% endmacro %}",
        ]) { _, new in new }).manifest()
        #expect(manifest.nodes["model.shop.a"]?.dependsOnMacros == ["macro.shop.one", "macro.dbt.is_incremental", "macro.shop.two"])
        #expect(manifest.nodes["model.shop.b"]?.dependsOnMacros == [])
        #expect(manifest.macros["macro.shop.two"]?.dependsOnMacros == ["macro.shop.one"])
    }

    @Test func `a contract that a version breaks refuses the comparison, and one that grows does not`() throws {
        func model(_ columns: String, _ version: String) -> [String: String] {
            ["models/d\(version).sql": "select 1 as id", "models/d.yml": "models: [{name: d, config: {contract: {enforced: true}}, columns: [\(columns)]\(version.isEmpty ? "" : ", versions: [{v: 1}]")}]"]
        }
        let before = "{name: id, data_type: varchar(3)}"
        func found(_ columns: String, _ version: String = "_v1") throws -> String {
            try names("state:modified.contract", from: model(before, version), after: model(columns, version))
        }
        #expect(try found(before) == "")
        #expect(try found("\(before), {name: more, data_type: int}") == "d")
        #expect(try found("{name: id, data_type: varchar(9)}") == "d")
        #expect(throws: ProjectProblem.self) { try found("{name: id, data_type: int}") }
        #expect(throws: ProjectProblem.self) { try found("{name: other, data_type: varchar(3)}") }
        #expect(try found("{name: id, data_type: int}", "") == "d")
        #expect(throws: ProjectProblem.self) { try names("state:modified", from: model(before, "_v1"), after: [:]) }
    }

    @Test func `each kind of change is found, and by its own name alone`() throws {
        let kinds = ["modified.body", "modified.configs", "modified.relation", "modified.persisted_descriptions", "modified.contract"]
        func found(_ changes: [String: String]) throws -> [String: String] {
            var found: [String: String] = [:]
            for kind in ["modified"] + kinds {
                let names = try names("state:\(kind)", after: changes)
                if !names.isEmpty { found[kind] = names }
            }
            return found
        }
        #expect(try found(["models/a.sql": "select 2 as id"]) == ["modified": "a", "modified.body": "a"])
        #expect(try found(["seeds/codes.csv": "id\n2\n"]) == ["modified": "codes", "modified.body": "codes"])
        #expect(try found(["models/c.sql": "{{ config(materialized='table') }} select * from {{ source('raw', 't') }}"])
            == ["modified": "c", "modified.body": "c", "modified.configs": "c"])
        #expect(try found(["dbt_project.yml": "name: shop\nprofile: shop\nmodels: {+persist_docs: {relation: true}, +schema: far}"])
            == ["modified": "a b c", "modified.relation": "a b c"])
        #expect(try found(["models/schema.yml": Self.schema.replacing("description: old", with: "description: new")])
            == ["modified": "a", "modified.persisted_descriptions": "a"])
        #expect(try found(["models/schema.yml": Self.schema.replacing("data_type: int", with: "data_type: text")]) == ["modified": "b", "modified.contract": "b"])
        #expect(try found(["models/schema.yml": Self.schema.replacing("{id: 1}", with: "{id: 2}")]) == ["modified": "u"])
        #expect(try found(["models/schema.yml": Self.schema.replacing("type: dashboard", with: "type: notebook")]) == ["modified": "board"])
        #expect(try found(["models/schema.yml": Self.schema.replacing("{name: t}", with: "{name: t, identifier: far}")]) == ["modified": "source.shop.raw.t", "modified.relation": "source.shop.raw.t"])
        // Tags and groups say who asks for a model, not what it is.
        #expect(try found(["models/schema.yml": Self.schema.replacing("description: old", with: "description: old, config: {tags: [y]}")]).isEmpty)
    }

    @Test func `what is new is new, and modified too`() throws {
        #expect(try names("state:new", after: ["models/d.sql": "select 1"]) == "d")
        #expect(try names("state:modified", after: ["models/d.sql": "select 1"]) == "d")
    }

    @Test func `results and freshness of the earlier run can be selected by`() throws {
        let folder = try TemporaryFolder("state")
        let now = try TemporaryFolder("now")
        try folder.write(#"{"results": [{"unique_id": "model.shop.a", "status": "error"}, {"unique_id": "model.shop.b", "status": "success"}]}"#, to: "run_results.json")
        try folder.write(#"{"results": [{"unique_id": "source.shop.raw.t", "max_loaded_at": "2026-01-01T00:00:00Z"}]}"#, to: "sources.json")
        try now.write(#"{"results": [{"unique_id": "source.shop.raw.t", "max_loaded_at": "2026-01-02T00:00:00Z"}]}"#, to: "sources.json")
        let manifest = try TestProject(Self.files).manifest()
        let selector = Selector(manifest, state: PreviousState(folder: folder.path, targetFolder: now.path), indirect: .empty)
        #expect(try selector.select(["result:error+"]) == ["model.shop.a", "model.shop.b", "test.shop.unique_b_id.\(try #require(manifest.nodes.keys.first { $0.contains("unique_b_id") }).suffix(10))", "unit_test.shop.b.u", "exposure.shop.board"])
        #expect(try selector.select(["result:success"]) == ["model.shop.b"])
        #expect(try selector.select(["source_status:fresher+"]) == ["source.shop.raw.t", "model.shop.c"])
        #expect(throws: ProjectProblem.self) { try selector.select(["state:modified"]) }
        #expect(throws: ProjectProblem.self) { try selector.select(["result:fine"]) }
    }
}
