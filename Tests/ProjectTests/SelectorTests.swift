import ModellingSupport
import Project
import Synchronization
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
        ("shop.marts", "c d single"), ("marts.c", "c single"), ("source:raw+", "d source.shop.raw.t"), ("test_type:singular", "single"), ("test_type:schema", "unique_b_id"), ("config.docs.show:true,resource_type:model", "a b c d single unique_b_id"),
        ("resource_type:test", "single unique_b_id"), ("* source:*", "a b c d single source.shop.raw.t unique_b_id"), ("config.materialized:view", "a b c d single unique_b_id"),
        ("a d", "a d"), ("c.sql", "c single"), ("test_name:unique", "unique_b_id"), ("[ab]", "a b unique_b_id"), ("sing??", "single"),
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

    // MARK: Every method

    private static let rich = [
        "dbt_project.yml": "name: shop\nprofile: shop\nmodels: {shop: {+meta: {tier: [gold, 1]}}}",
        "models/staging/a.sql": "{{ config(group='finance', access='public', materialized='table') }} select 1 as id", "models/b.sql": "select * from {{ ref('a') }} join {{ ref('dim') }}",
        "models/dim.sql": "select 1 as id", "models/dim_v1.sql": "select 1 as id", "models/dim_v3.sql": "select 1 as id",
        "seeds/codes.csv": "id\n1\n",
        "snapshots/s.sql": "{% snapshot kept %}{{ config(strategy='check', unique_key='id', check_cols='all') }} select * from {{ ref('a') }}{% endsnapshot %}",
        "models/schema.yml": """
            groups: [{name: finance, owner: {name: x}}]
            sources: [{name: raw, tables: [{name: t, tags: [landed]}]}]
            models:
              - {name: a, columns: [{name: id, tests: [{relationships: {to: ref('codes'), field: id, config: {severity: warn}}}]}]}
              - {name: dim, latest_version: 2, versions: [{v: 1}, {v: 2}, {v: 3}]}
            unit_tests: [{name: u, model: a, given: [], expect: {rows: []}}]
            exposures: [{name: board, type: dashboard, owner: {name: x}, depends_on: [ref('b')], tags: [nightly]}]
            """,
        "selectors.yml": """
            selectors:
              - {name: staged, description: what is staged, definition: {method: path, value: models/staging, children: true, children_depth: 1}}
              - name: left
                definition: {union: [{method: selector, value: staged}, {tag: nightly}, {exclude: [{method: fqn, value: b}, "test_type:data"]}]}
              - {name: both, default: true, definition: {intersection: ["a+", {resource_type: model}]}}
            """,
    ]

    @Test(arguments: [
        ("group:finance", "a relationships_a_id__id__ref_codes_ u"), ("access:public", "a relationships_a_id__id__ref_codes_ u"), ("version:latest", "dim"),
        ("version:old", "dim"), ("version:prerelease", "dim"), ("version:none", "a b relationships_a_id__id__ref_codes_ u"), ("dim.v1", "dim"), ("dim_v3", "dim"),
        ("dim", "dim dim dim"), ("exposure:board", "board"), ("+exposure:*", "a b board dim relationships_a_id__id__ref_codes_ u"), ("tag:nightly", "board"),
        ("unit_test:u", "u"), ("test_type:unit", "u"), ("test_type:data", "relationships_a_id__id__ref_codes_"), ("resource_type:snapshot", "kept"),
        ("resource_type:unit_test", "u"), ("config.meta.tier:gold", "a b dim dim dim relationships_a_id__id__ref_codes_ u"),
        ("config.severity:WARN", "relationships_a_id__id__ref_codes_"), ("config.materialized:table", "a relationships_a_id__id__ref_codes_ u"), ("package:this", "a b board codes dim dim dim kept relationships_a_id__id__ref_codes_ source.shop.raw.t u"),
        ("source:*", "source.shop.raw.t"), ("source:shop.raw.t", "source.shop.raw.t"), ("tag:land*", "source.shop.raw.t"), ("file:dim*.sql", "dim dim dim"),
        ("path:models/*/a.sql", "a relationships_a_id__id__ref_codes_ u"), ("models/**/a.sql", "a relationships_a_id__id__ref_codes_ u"), ("path:models/*.yml", "a board dim dim dim relationships_a_id__id__ref_codes_ source.shop.raw.t u"),
        ("[ab]", "a b relationships_a_id__id__ref_codes_ u"), ("1+b", "a b dim relationships_a_id__id__ref_codes_ u"), ("test_name:relation*", "relationships_a_id__id__ref_codes_"),
        ("a,resource_type:model", "a relationships_a_id__id__ref_codes_ u"), ("shop.staging", "a relationships_a_id__id__ref_codes_ u"), ("@codes", "a codes relationships_a_id__id__ref_codes_ u"),
    ])
    func `every method of dbt's is known`(_ selection: String, _ expected: String) throws {
        let manifest = try TestProject(Self.rich).manifest()
        let found = try Selector(manifest).select([selection]).map { manifest[$0]?.name ?? $0 }
        #expect(found.sorted().joined(separator: " ") == expected)
    }

    @Test(arguments: [
        (IndirectSelection.eager, "a", "a relationships_a_id__id__ref_codes_ u"), (.cautious, "a", "a u"), (.cautious, "a codes", "a codes relationships_a_id__id__ref_codes_ u"),
        (.buildable, "a", "a u"), (.buildable, "codes a", "a codes relationships_a_id__id__ref_codes_ u"), (.empty, "dim b codes", "b codes dim dim dim"),
    ])
    func `tests join by the rule that is asked for`(_ indirect: IndirectSelection, _ selection: String, _ expected: String) throws {
        let manifest = try TestProject(Self.rich).manifest()
        let found = try Selector(manifest, indirect: indirect).select([selection]).map { manifest[$0]?.name ?? $0 }
        #expect(found.sorted().joined(separator: " ") == expected)
    }

    @Test(arguments: [
        ("staged", "a b kept relationships_a_id__id__ref_codes_ u"), ("left", "a board kept u"), ("both", "a b relationships_a_id__id__ref_codes_ u"),
    ])
    func `selections with names are read from selectors yml`(_ name: String, _ expected: String) throws {
        let manifest = try TestProject(Self.rich).manifest()
        let found = try Selector(manifest).ids(of: manifest.selectors.selection(named: name)).map { manifest[$0]?.name ?? $0 }
        #expect(found.sorted().joined(separator: " ") == expected)
        #expect(manifest.selectors.byDefault == "both")
        let problem = #expect(throws: ProjectProblem.self) { try manifest.selectors.selection(named: "stagd") }
        #expect(problem?.remedy == "did you mean 'staged'?")
    }

    @Test func `what names nothing is told, and what is no selection is refused`() throws {
        let manifest = try TestProject(Self.files).manifest()
        var selector = Selector(manifest)
        let told = Mutex<[String]>([])
        selector.onNothing = { text in told.withLock { $0.append(text) } }
        #expect(try selector.select(["a nobody+", "tag:none,b"]).isEmpty == false)
        #expect(told.withLock { $0 } == ["nobody+", "tag:none"])
        for nothing in ["+", "@", "a,", "config:x", "config.meta:tier", "config.meta.tier:1", "resource_type:fixture"] {
            #expect(try selector.select([nothing]).isEmpty, "\(nothing) names nothing, as in dbt")
        }
        for wrong in ["tagg:x", "@a+", "state:modified", "test_type:odd", "resource_type:odd", "source:a.b.c.d", "version:odd"] {
            #expect(throws: ProjectProblem.self) { try selector.select([wrong]) }
        }
    }
}
