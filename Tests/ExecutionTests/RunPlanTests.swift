import Execution
import ModellingSupport
import Project
import Testing

@Suite struct RunPlanTests {
    @Test func `in a build, what lies behind a tested model waits for its tests`() throws {
        let project = try TestProject([
            "models/a.sql": "select 1 as id", "models/b.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('a') }}",
            "models/c.sql": "select * from {{ ref('b') }}", "models/d.sql": "select * from {{ ref('c') }}", "models/other.sql": "select 1 as id",
            "models/schema.yml": """
                models:
                  - {name: a, columns: [{name: id, data_tests: [not_null]}]}
                  - {name: c, columns: [{name: id, data_tests: [{relationships: {arguments: {to: ref('other'), field: id}}}]}]}
                """,
        ])
        let manifest = try project.manifest()
        func edges(_ command: RunPlan.Command) -> [String: [String]] {
            let plan = RunPlan(command, manifest: manifest, selected: Set(manifest.nodes.keys))
            func name(_ id: String) -> String { manifest.nodes[id]?.name ?? id }
            return Dictionary(uniqueKeysWithValues: plan.waitsFor.map { (name($0.key), $0.value.map(name).sorted()) })
        }
        let relationship = "relationships_c_id__id__ref_other_"
        #expect(edges(.build) == [
            "a": [], "not_null_a_id": ["a"], "c": ["a", "not_null_a_id"], "d": ["c"], "other": [], relationship: ["c", "other"],
        ])
        #expect(edges(.run) == ["a": [], "c": ["a"], "d": ["c"], "other": []])
        #expect(edges(.test) == ["not_null_a_id": [], relationship: []])
    }

    @Test func `unit tests gate their model side by side, in a command one behind another, and in a retry not at all`() throws {
        let project = try TestProject([
            "models/a.sql": "select 1 as id", "models/b.sql": "select * from {{ ref('a') }}",
            "models/u.yml": "unit_tests: [{name: x, model: b, given: [{input: ref('a'), rows: []}], expect: {rows: []}}, {name: y, model: b, given: [{input: ref('a'), rows: []}], expect: {rows: []}}]",
        ])
        let manifest = try project.manifest()
        func edges(keepsIdle: Bool, repeatsEarlier: Bool = false) -> [String: [String]] {
            let plan = RunPlan(.build, manifest: manifest, selected: Set(manifest.nodes.keys).union(manifest.others.keys), keepsIdle: keepsIdle, repeatsEarlier: repeatsEarlier)
            func name(_ id: String) -> String { manifest[id]?.name ?? id }
            return Dictionary(uniqueKeysWithValues: plan.waitsFor.map { (name($0.key), $0.value.map(name).sorted()) })
        }
        #expect(edges(keepsIdle: false) == ["a": [], "x": ["a"], "y": ["a"], "b": ["a", "x", "y"]])
        #expect(edges(keepsIdle: true) == ["a": [], "x": ["a"], "y": ["a", "x"], "b": ["a", "y"]])
        #expect(edges(keepsIdle: true, repeatsEarlier: true) == ["a": [], "b": ["a"], "x": ["b"], "y": ["b"]])
    }

    @Test func `a test of an ephemeral model gates what reads that model, and nothing beside it`() throws {
        let project = try TestProject([
            "models/a.sql": "select 1 as id", "models/e.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('a') }}",
            "models/reader.sql": "select * from {{ ref('e') }}", "models/beside.sql": "select * from {{ ref('a') }}", "tests/t.sql": "select * from {{ ref('e') }} where id is null",
        ])
        let manifest = try project.manifest()
        func edges(keepsIdle: Bool, _ command: RunPlan.Command = .build) -> [String: [String]] {
            let plan = RunPlan(command, manifest: manifest, selected: Set(manifest.nodes.keys), keepsIdle: keepsIdle)
            func name(_ id: String) -> String { manifest.nodes[id]?.name ?? id }
            return Dictionary(uniqueKeysWithValues: plan.waitsFor.map { (name($0.key), $0.value.map(name).sorted()) })
        }
        #expect(edges(keepsIdle: false) == ["a": [], "t": ["a"], "reader": ["a", "t"], "beside": ["a"]])
        #expect(edges(keepsIdle: true) == ["a": [], "e": ["a"], "t": ["e"], "reader": ["e", "t"], "beside": ["a"]])
        #expect(edges(keepsIdle: true, .run) == ["a": [], "e": ["a"], "reader": ["e"], "beside": ["a"]])
    }
}
