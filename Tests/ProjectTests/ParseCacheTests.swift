import Compilation
import FoundationEssentials
import Kernel
import ModellingSupport
@testable import Project
import Support
import Testing

/// A project that is read again gives the manifest that a first reading gives, whatever was changed in between.
@Suite struct ParseCacheTests {
    private static let files = [
        "dbt_project.yml": "name: shop\nprofile: shop\nvars: {size: 3}\nmodels: {shop: {marts: {+materialized: table, +tags: [mart]}}}\non-run-end: [\"select 1\"]\n",
        "models/a.sql": "select 1 as id, '{{ var('size') }}' as size", "models/b.sql": "select * from {{ ref('a') }}",
        "models/marts/c.sql": "{{ config(tags=['c']) }} select {{ cents('id') }} from {{ ref('b') }} join {{ source('raw', 'events') }}",
        "models/marts/d.sql": "{% for n in [1, 2] %} select {{ n }} from {{ ref('c') }} {% endfor %}",
        "models/schema.yml": """
            sources: [{name: raw, tables: [{name: events}]}]
            models:
              - {name: a, description: "{{ doc('words') }}", columns: [{name: id, data_tests: [unique, {accepted_values: {arguments: {values: [1]}}}]}]}
              - {name: c, config: {meta: {owner: x}}, columns: [{name: id, description: The key}]}
            unit_tests: [{name: counts, model: b, given: [{input: ref('a'), rows: [{id: 1}]}], expect: {rows: [{id: 1}]}}]
            exposures: [{name: board, type: dashboard, owner: {name: x}, depends_on: [ref('d')]}]
            """,
        "models/words.md": "{% docs words %}Many words{% enddocs %}", "seeds/codes.csv": "id\n1\n", "tests/none.sql": "select * from {{ ref('d') }} where id < 0",
        "macros/m.sql": "{% macro cents(c) %}{{ c }} / 100{% endmacro %}", "snapshots/s.sql": "{% snapshot s %}{{ config(strategy='check', unique_key='id', check_cols='all') }} select * from {{ ref('a') }}{% endsnapshot %}",
        "analyses/look.sql": "select * from {{ ref('c') }}",
    ]

    /// The manifest as it is written, or what is wrong, and how the cache was used.
    private func read(_ project: TestProject, usesCache: Bool, keeps: Bool = true) -> (result: String, note: String) {
        var settings = ReaderSettings(projectFolder: project.projectFolder, environment: project.environment)
        settings.target = TestProject.target
        settings.vars = project.vars
        (settings.keepsCache, settings.usesCache) = (keeps, usesCache)
        let reader = ProjectReader(settings, host: Compiler(parsing: project.environment, invocation: TestProject.invocation()))
        do {
            let manifest = try reader.read()
            return (String(decoding: ManifestWriter(manifest, invocationID: "", generatedAt: TestProject.startedAt).bytes, as: UTF8.self) + "\(manifest.warnings)", reader.cacheNote ?? "")
        } catch {
            return ("\(error)", reader.cacheNote ?? "")
        }
    }
    private func expectSame(_ project: TestProject, _ comment: String = "") -> String {
        let warm = read(project, usesCache: true)
        let cold = read(project, usesCache: false, keeps: false)
        #expect(warm.result == cold.result, "\(comment): \(warm.note)")
        return warm.note
    }

    @Test func `what has not changed is not read again, and a changed text of a model changes that model alone`() throws {
        let project = try TestProject(Self.files)
        #expect(expectSame(project).contains("saved manifest not found"))
        #expect(expectSame(project) == "Partial parsing enabled, no changes found, skipping parsing")
        for (path, text) in [
            ("models/b.sql", "select *, 2 as two from {{ ref('a') }}"), ("models/marts/c.sql", "select * from {{ ref('a') }}"),
            ("models/marts/c.sql", "{{ config(materialized='view', pre_hook=\"select 1\") }} select {{ cents('id') }} from {{ ref('b') }}"),
            ("tests/none.sql", "select * from {{ ref('b') }}"), ("analyses/look.sql", "select 1"),
        ] {
            try project.write(path, text)
            #expect(expectSame(project, path) == "Partial parsing enabled: 0 files deleted, 0 files added, 1 files changed.")
            #expect(expectSame(project, path) == "Partial parsing enabled, no changes found, skipping parsing")
        }
    }

    @Test func `whatever else a manifest is made of has it read anew`() throws {
        let project = try TestProject(Self.files.merging(["models/e.sql": "select '{{ env_var('COLOUR', 'none') }}' as colour"]) { $1 })
        _ = read(project, usesCache: true)
        func note(_ change: () throws -> Void) rethrows -> String {
            try change()
            return expectSame(project)
        }
        #expect(note { project.environment["COLOUR"] = "red" }.contains("the environment variable COLOUR has changed"))
        #expect(note { project.environment["OTHER"] = "red" }.contains("no changes found"))
        #expect(note { project.vars["size"] = 4 }.contains("the variables"))
        #expect(try note { try project.write("dbt_project.yml", "name: shop\nprofile: shop\nvars: {size: 5}\n") }.contains("because the program, the target"))
        #expect(try note { try project.write("macros/m.sql", "{% macro generate_alias_name(n, node) %}x_{{ node.name }}{% endmacro %}{% macro cents(c) %}1{% endmacro %}") }.contains("1 file changed: "))
        #expect(try note { try project.write("models/b.sql", "select * from {{ ref('none') }}") }.contains("b.sql. Starting full parse"))
        #expect(try note { try project.write("models/b.sql", "select * from {{ ref('d') }}") }.contains("b.sql"), "a circle")
    }

    @Test func `a manifest that depends on the command is not kept, and a cache that is broken is none`() throws {
        let project = try TestProject(Self.files)
        _ = read(project, usesCache: true)
        let path = "\(project.projectFolder)/target/partial_parse.sluice"
        let whole = try #require(FileManager.default.contents(atPath: path))
        for count in stride(from: 0, to: whole.count, by: max(1, whole.count / 40)) {
            try whole.prefix(count).write(to: URL(filePath: path))
            #expect(read(project, usesCache: true).note.contains("the saved manifest is broken"))
            var torn = whole
            torn[count] ^= 0x20
            try torn.write(to: URL(filePath: path))
            #expect(read(project, usesCache: true).note.contains("the saved manifest is broken"))
        }
        for text in ["select '{{ invocation_id }}'", "select '{{ modules.datetime.datetime.now() }}'", "select {% if flags.FULL_REFRESH %} 1 {% endif %}"] {
            try project.write("models/b.sql", text)
            _ = read(project, usesCache: true)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `any edits of a project are read as they are`() throws {
        var random = Seed("edits of a project")
        for _ in 0..<12 {
            let project = try TestProject(Self.files)
            var paths = Self.files.keys.sorted()
            for step in 0..<12 {
                let path = paths[Int.random(in: 0..<paths.count, using: &random)]
                let full = "\(project.projectFolder)/\(path)"
                switch Int.random(in: 0..<8, using: &random) {
                case 0: try? FileManager.default.removeItem(atPath: full)
                case 1:
                    let name = "models/\(["x", "y", "c"].randomElement(using: &random)!).sql"
                    paths.append(name)
                    try project.write(name, "select * from {{ ref('\(["a", "b", "c", "x"].randomElement(using: &random)!)') }}")
                case 2: try project.write(path, Self.files[path] ?? "select 1")
                case 3: break
                default:
                    guard path.hasSuffix(".sql"), !path.hasPrefix("macros"), !path.hasPrefix("snapshots") else {
                        try project.write(path, (Self.files[path] ?? "") + "\n")
                        continue
                    }
                    let bodies = [
                        "select {{ cents('id') }} from {{ ref('a') }}", "{{ config(tags=['t\(step)']) }} select * from {{ ref('b') }}", "select * from {{ ref('nowhere') }}",
                        "{{ config(enabled=false) }} select 1", "{{ config(alias='other', schema='s') }} select 1", "select {{ var('size') }} {# \(step) #}", "select {% if %}",
                        "{{ config(group='people') }} select 1", "{{ config(post_hook=\"select * from {{ ref('a') }}\") }} select 1",
                    ]
                    try project.write(path, bodies.randomElement(using: &random)!)
                }
                _ = expectSame(project, "step \(step), \(path)")
            }
        }
    }

    /// A property that `Archive+Manifest.swift` does not know would be lost in the cache.
    @Test func `each property of what is kept is known to the archive`() {
        func count(_ value: Any) -> Int { Mirror(reflecting: value).children.count }
        let node = Node(uniqueID: "", resourceType: .model, name: "", packageName: "", path: "", originalFilePath: "", rootFolder: "", fqn: [], rawCode: "")
        #expect(count(node.box.properties) == 45)
        #expect(count(Column(name: "")) == 10)
        #expect(count(Manifest(packages: [], target: TestProject.target, commandVars: JSONObject())) == 24)
        #expect(count(SourceTable(uniqueID: "", packageName: "", sourceName: "", name: "", identifier: "", database: "", schema: "", originalFilePath: "", line: 1, fqn: [])) == 28)
        #expect(count(Macro(uniqueID: "", name: "", packageName: "", originalFilePath: "", rootFolder: "", line: 1)) == 13)
        let fixture = UnitTest.Fixture(rows: .sql(""), format: "")
        #expect(count(UnitTest(model: "", given: [], expect: fixture)) == 8)
        #expect(count(UnitTest.Given(input: "", fixture: fixture)) == 3 && count(fixture) == 3)
    }
}
