import ModellingSupport
import Project
import Testing

@Suite struct SelectorTests {
    private static let files = [
        "models/staging/a.sql": "{{ config(tags=['nightly']) }} select 1 as id", "models/staging/b.sql": "select * from {{ ref('a') }}",
        "models/marts/c.sql": "select * from {{ ref('b') }}", "models/marts/d.sql": "{{ config(tags=['nightly']) }} select * from {{ source('raw', 't') }}",
        "models/schema.yml": "sources: [{name: raw, tables: [{name: t}]}]\nmodels: [{name: b, columns: [{name: id, tests: [unique]}]}]",
        "tests/single.sql": "select * from {{ ref('c') }}",
    ]

    @Test(arguments: [
        ("a", "a"), ("a+", "a b c single unique_b_id"), ("a+1", "a b unique_b_id"), ("+c", "a b c single unique_b_id"), ("1+c", "b c single unique_b_id"),
        ("@a", "a b c single unique_b_id"), ("tag:nightly", "a d"), ("tag:nightly,path:models/marts", "d"), ("models/staging", "a b unique_b_id"),
        ("shop.marts", "c d single"), ("marts.c", "c single"), ("source:raw+", "d source.shop.raw.t"), ("test_type:singular", "single"),
        ("resource_type:test", "single unique_b_id"), ("*", "a b c d single source.shop.raw.t unique_b_id"), ("config.materialized:view", "a b c d single unique_b_id"),
        ("a d", "a d"), ("c.sql", "c single"), ("test_name:unique", "unique_b_id"),
    ])
    func `a selection names what dbt would`(_ selection: String, _ expected: String) throws {
        let project = try TestProject(Self.files)
        let manifest = try project.manifest()
        let found = try Selector(manifest).select([selection]).map { manifest.nodes[$0]?.name ?? $0 }
        #expect(found.sorted().joined(separator: " ") == expected)
    }

    @Test func `what is excluded is left out, with its tests`() throws {
        let project = try TestProject(Self.files)
        let manifest = try project.manifest()
        let found = try Selector(manifest).select(["a+"], exclude: ["b"]).map { manifest.nodes[$0]?.name ?? $0 }
        #expect(found.sorted() == ["a", "c", "single"])
    }

    @Test func `a method that is not supported says so`() throws {
        let project = try TestProject(Self.files)
        let manifest = try project.manifest()
        #expect(throws: ProjectProblem.self) { try Selector(manifest).select(["state:modified"]) }
        #expect(throws: ProjectProblem.self) { try Selector(manifest).select(["tagg:x"]) }
    }
}
