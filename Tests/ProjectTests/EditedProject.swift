import FoundationEssentials
import ModellingSupport

/// A project of every kind of file, that can be edited at random.
struct EditedProject {
    let project: TestProject
    /// The text of each file, as it is on disk.
    private(set) var files: [String: String] = [:]
    /// Of schema files: one text for each entry below the section.
    private var entries: [String: (section: String, items: [String])] = [:]
    private var counter = 0

    static let models = (0..<24).map { "model_\($0)" }
    private static func folder(_ index: Int) -> String { ["staging", "middle", "marts"][index / 8] }

    init() throws {
        project = try TestProject([:])
        try put("dbt_project.yml", """
            name: shop
            profile: shop
            packages-install-path: installed
            models: {shop: {marts: {+materialized: table, +tags: [mart]}}}
            vars: {size: 3}
            on-run-end: ["select count(*) from {{ ref('model_0') }}"]
            """)
        try put("installed/tools/dbt_project.yml", "name: tools\n")
        try put("installed/tools/macros/tools.sql", "{% macro rounded(c) %}{{ adapter.dispatch('rounded', 'tools')(c) }}{% endmacro %}\n{% macro default__rounded(c) %}round({{ c }}){% endmacro %}\n")
        try put("installed/tools/models/calendar.sql", "select {{ rounded('1') }} as day")
        try put("installed/tools/models/metricflow_time_spine.sql", "select 1 as date_day")
        for (index, name) in Self.models.enumerated() {
            let parents = index < 4 ? "{{ source('raw', 'table_\(index % 2)') }}" : "{{ ref('model_\(index / 2)') }} join {{ ref('model_\(index - 4)') }}"
            let column = ["{{ cents('id') }}", "{{ shifted('id') }}", "id", "{{ tools.rounded('id') }}"][index % 4]
            try put("models/\(Self.folder(index))/\(name).sql", "select \(column) from \(parents)")
        }
        for part in 0..<6 {
            entries["models/\(Self.folder(part * 4))/part_\(part).yml"] = ("models", (0..<4).map { Self.entry(Self.models[part * 4 + $0], $0) })
        }
        entries["models/sources.yml"] = ("sources", ["{name: raw, tables: [{name: table_0, description: \"{{ doc('words') }}\"}, {name: table_1, columns: [{name: id, data_tests: [not_null]}]}]}"])
        entries["models/marts/board.yml"] = ("exposures", ["{name: board, type: dashboard, owner: {name: x}, depends_on: [ref('model_20'), ref('model_3')]}"])
        entries["models/groups.yml"] = ("groups", ["{name: people, owner: {name: x}}"])
        entries["models/units.yml"] = ("unit_tests", ["{name: counts, model: model_9, given: [{input: ref('model_4'), rows: [{id: 1}]}, {input: ref('model_5'), rows: []}], expect: {rows: [{id: 1}]}}"])
        entries["macros/macros.yml"] = ("macros", ["{name: cents, description: \"{{ doc('words') }}\"}", "{name: nobody}"])
        entries["seeds/seeds.yml"] = ("seeds", ["{name: codes, config: {tags: [s]}, columns: [{name: id, data_tests: [unique]}]}"])
        entries["snapshots/snapshots.yml"] = ("snapshots", ["{name: kept, relation: ref('model_1'), config: {strategy: check, unique_key: id, check_cols: all}}"])
        for path in entries.keys { try put(path) }
        try put("models/versioned_v1.sql", "select 1 as id")
        try put("models/versioned_v2.sql", "select 2 as id from {{ ref('model_2') }}")
        entries["models/versions.yml"] = ("models", ["{name: versioned, latest_version: 2, description: Both, columns: [{name: id, data_tests: [unique]}], versions: [{v: 1}, {v: 2, config: {alias: newest}}]}"])
        try put("models/versions.yml")
        try put("models/reader.sql", "select * from {{ ref('versioned') }} union all select * from {{ ref('versioned', v=1) }}")
        try put("macros/cents.sql", "{% macro cents(c) %}{{ scaled(c, 100) }}{% endmacro %}")
        try put("macros/scaled.sql", "{% macro scaled(c, by) %}{{ c }} / {{ by }}{% endmacro %}")
        try put("macros/shifted.sql", "{% macro shifted(c) %}{{ c }} + {{ var('size') }}{% endmacro %}{% macro alone(c) %}{{ c }}{% endmacro %}")
        try put("tests/generic/positive.sql", "{% test positive(model, column_name) %}select {{ scaled(column_name, 1) }} from {{ model }} where {{ column_name }} < 0{% endtest %}")
        try put("tests/none.sql", "select * from {{ ref('model_7') }} where {{ cents('id') }} < 0")
        try put("analyses/look.sql", "select * from {{ ref('model_8') }}")
        try put("seeds/codes.csv", "id\n1\n")
        try put("snapshots/taken.sql", "{% snapshot taken %}{{ config(strategy='check', unique_key='id', check_cols='all') }} select * from {{ ref('model_6') }}{% endsnapshot %}")
        try put("models/marts/semantic.yml", Self.semantic(0))
        try put("models/words.md", "{% docs words %}Many words{% enddocs %}\n{% docs more %}More words{% enddocs %}\n")
    }

    private static func entry(_ name: String, _ kind: Int, _ more: String = "") -> String {
        let tests = ["unique, not_null", "positive", "{accepted_values: {arguments: {values: [1, 2]}}}", "{relationships: {arguments: {to: ref('model_0'), field: id}}}"][kind % 4]
        let description = kind == 1 ? "\"{{ doc('words') }}\"" : "Of kind \(kind)"
        return "{name: \(name), description: \(description)\(more), columns: [{name: id, description: \"{{ doc('more') }}\", data_tests: [\(tests)]}]}"
    }

    private static func semantic(_ number: Int) -> String {
        """
        semantic_models:
          - {name: sold, model: ref('model_16'), defaults: {agg_time_dimension: sold_at}, entities: [{name: id, type: primary}], dimensions: [{name: sold_at, type: time, type_params: {time_granularity: day}}], measures: [{name: amount, agg: sum, create_metric: true}]}
        metrics:
          - {name: total, label: Total \(number), type: simple, type_params: {measure: amount}}
          - {name: share, label: Share, type: ratio, type_params: {numerator: total, denominator: {name: amount}}}
        """
    }

    // MARK: Files

    private mutating func put(_ path: String, _ text: String) throws {
        files[path] = text
        try project.write(path, text)
    }
    private mutating func put(_ path: String) throws {
        guard let (section, items) = entries[path] else { return }
        try put(path, "\(section):\n" + items.map { "  - \($0)\n" }.joined())
    }
    private mutating func remove(_ path: String) throws {
        files[path] = nil
        entries[path] = nil
        try FileManager.default.removeItem(atPath: "\(project.projectFolder)/\(path)")
    }

    // MARK: Edits

    enum Kind: String, CaseIterable {
        case model, property, tests, sources, exposure, macro, newMacro = "new macro", seed, added, deleted, moved, docs, comment, enabled, version, semantic
    }

    /// - Returns: what was done, for people.
    mutating func edit<Random: RandomNumberGenerator>(_ kind: Kind, _ random: inout Random) throws -> String {
        counter += 1
        func any<Item>(_ items: some Collection<Item>) -> Item { items.randomElement(using: &random)! }
        let sql = files.keys.filter { $0.hasPrefix("models/") && $0.hasSuffix(".sql") }.sorted()
        let parts = entries.keys.filter { $0.contains("/part_") }.sorted()
        let name = "model_\(Int.random(in: 0..<24, using: &random))"
        let config = ["", "tags=['t\(counter)']", "meta={'n': \(counter)}", "schema='other'", "alias='a\(counter)'", "group='people'", "materialized='ephemeral'", "pre_hook=\"select {{ cents('1') }}\""]
        switch kind {
        case .model:
            let path = any(sql)
            try put(path, "{{ config(\(any(config))) }} select {{ \(any(["cents", "shifted", "alone"]))('id') }} from {{ ref('\(name)') }} -- \(counter)")
            return path
        case .property, .tests:
            let path = any(parts)
            let place = entries[path]!.items.indices.randomElement(using: &random)!
            let model = String(entries[path]!.items[place].dropFirst(7).prefix { $0 != "," })
            let more = kind == .tests ? "" : any([", config: {tags: [p\(counter)]}", ", config: {meta: {n: \(counter)}}", ", config: {group: people}", ", config: {schema: z}", ", config: {contract: {enforced: false}}"])
            entries[path]!.items[place] = Self.entry(model, kind == .tests ? counter : 0, more)
            try put(path)
            return "\(path), \(model)"
        case .sources:
            entries["models/sources.yml"]?.items[0] = "{name: raw, config: {meta: {n: \(counter)}}, tables: [{name: table_0, description: Table \(counter)}, {name: table_1}, {name: extra_\(counter % 3)}]}"
            try put("models/sources.yml")
            return "sources"
        case .exposure:
            entries["models/marts/board.yml"]?.items[0] = "{name: board, type: dashboard, owner: {name: o\(counter)}, depends_on: [ref('\(name)')]}"
            try put("models/marts/board.yml")
            return "exposure of \(name)"
        case .macro:
            let (path, text) = any([
                ("macros/cents.sql", "{% macro cents(c) %}{{ scaled(c, \(counter)) }}{% endmacro %}"), ("macros/scaled.sql", "{% macro scaled(c, by) %}{{ c }} / {{ by }} + \(counter){% endmacro %}"),
                ("macros/shifted.sql", "{% macro shifted(c) %}{{ c }} + \(counter) {{ config(tags=['shifted\(counter)']) }}{% endmacro %}{% macro alone(c) %}{{ c }}{% endmacro %}"),
                ("tests/generic/positive.sql", "{% test positive(model, column_name) %}select \(counter) from {{ model }}{% endtest %}"),
                ("installed/tools/macros/tools.sql", "{% macro rounded(c) %}{{ adapter.dispatch('rounded', 'tools')(c) }}{% endmacro %}{% macro default__rounded(c) %}round({{ c }}, \(counter)){% endmacro %}"),
            ])
            try put(path, text)
            return path
        case .newMacro:
            let (path, text) = any([
                ("macros/fresh_\(counter).sql", "{% macro fresh_\(counter)(c) %}{{ cents(c) }}{% endmacro %}"), ("macros/default_round.sql", "{% macro sqlite__rounded(c) %}{{ alone(c) }}{% endmacro %}"),
                ("installed/tools/macros/positive.sql", "{% test positive(model, column_name) %}select 1{% endtest %}"),
            ])
            try put(path, text)
            return path
        case .seed:
            try put("seeds/codes.csv", "id\n\(counter)\n")
            return "codes.csv"
        case .added:
            let path = any(["models/fresh_\(counter).sql", "models/marts/\(name).sql", "seeds/\(name).csv", "analyses/a\(counter).sql", "tests/t\(counter).sql", "installed/tools/models/\(name).sql"])
            try put(path, path.hasSuffix(".csv") ? "id\n" : "select * from {{ ref('calendar') }}")
            return path
        case .deleted:
            let path = any(files.keys.filter { $0 != "dbt_project.yml" && $0 != "installed/tools/dbt_project.yml" }.sorted())
            try remove(path)
            return path
        case .moved:
            let path = any(sql)
            let text = files[path] ?? ""
            try remove(path)
            let target = "models/\(any(["staging", "middle", "marts", "elsewhere"]))/\(path.split(separator: "/").last!)"
            try put(target, text)
            return "\(path) to \(target)"
        case .docs:
            try put("models/words.md", "{% docs words %}Many words \(counter){% enddocs %}\n{% docs more %}More words{% enddocs %}\n")
            return "words.md"
        case .comment:
            let path = any(entries.keys.sorted())
            try put(path, "# \(counter)\n" + (files[path] ?? ""))
            return path
        case .enabled:
            let path = any(sql)
            try put(path, "{{ config(enabled=\(Bool.random(using: &random) ? "false" : "true")) }} select \(counter)")
            return path
        case .semantic:
            try put("models/marts/semantic.yml", Self.semantic(counter))
            return "metrics"
        case .version:
            let latest = Int.random(in: 1...2, using: &random)
            entries["models/versions.yml"]?.items = ["{name: versioned, latest_version: \(latest), description: Both \(counter), columns: [{name: id, data_tests: [unique]}], versions: [{v: 1}, {v: 2}]}"]
            try put("models/versions.yml")
            return "latest version \(latest)"
        }
    }

    /// Puts every file back as it was in another state of the project.
    mutating func restore(_ state: EditedProject) throws {
        for path in files.keys where state.files[path] == nil { try FileManager.default.removeItem(atPath: "\(project.projectFolder)/\(path)") }
        for (path, text) in state.files where files[path] != text { try project.write(path, text) }
        (files, entries) = (state.files, state.entries)
    }
}
