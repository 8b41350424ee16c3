public import Kernel

/// The configuration of one node: dbt's words, and any word of the project's own.
public struct NodeConfig: Hashable, Sendable {
    public var values: JSONObject

    public init(_ values: JSONObject = JSONObject()) { self.values = values }

    public subscript(key: String) -> JSON? { values[key] }

    public var materialized: String { values["materialized"]?.stringValue ?? "view" }
    public var isEnabled: Bool { values["enabled"]?.boolValue ?? true }
    public var tags: [String] {
        var seen: Set<String> = []
        return Self.strings(values["tags"]).filter { seen.insert($0).inserted }
    }
    public var fullRefresh: Bool? { values["full_refresh"]?.boolValue }
    public var schema: String? { values["schema"]?.stringValue }
    public var database: String? { values["database"]?.stringValue }
    public var alias: String? { values["alias"]?.stringValue }
    public var preHooks: [String] { Self.hooks(values["pre-hook"]) }
    public var postHooks: [String] { Self.hooks(values["post-hook"]) }

    static func strings(_ value: JSON?) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let items): items.compactMap(\.stringValue)
        default: []
        }
    }
    private static func hooks(_ value: JSON?) -> [String] {
        switch value {
        case .string(let text): [text]
        case .object: value?["sql"]?.stringValue.map { [$0] } ?? []
        case .array(let items): items.flatMap { hooks($0) }
        default: []
        }
    }
}

/// Lays one layer of configuration over another, by dbt's rules: lists of tags and hooks grow, maps of meta are merged,
/// everything else is replaced.
enum ConfigMerge {
    private static let appended: Set<String> = ["tags", "pre-hook", "post-hook", "packages"]
    private static let merged: Set<String> = ["meta", "docs", "quoting", "column_types", "contract"]
    private static let spellings = ["pre_hook": "pre-hook", "post_hook": "post-hook"]

    /// One spelling for the words that have two.
    static func spelling(of word: String) -> String { spellings[word] ?? word }

    /// What was written, for `unrendered_config`: of each word the last layer's.
    static func note(_ layer: JSONObject, in stated: inout JSONObject) {
        for (written, value) in layer.pairs { stated[spelling(of: written)] = value }
    }

    /// Lays down as `lay` does, and leaves what is said once as it was written: `unrendered_config` has it so.
    static func join(_ layer: JSONObject, into base: inout JSONObject) {
        for (written, value) in layer.pairs {
            let key = spelling(of: written)
            if base[key] == nil { base[key] = value } else { lay(JSON([(key, value)]).objectValue ?? JSONObject(), over: &base) }
        }
    }

    /// Lays a version's words over the model's, as dbt does before it knows what they are: maps are merged, of lists the version's items come
    /// first, all else takes its place. A text in a list's place is its letters.
    static func deepen(_ layer: JSONObject, into base: inout JSONObject) {
        for (written, value) in layer.pairs {
            let key = spelling(of: written)
            switch (value, base[key]) {
            case (.object(let addition), .object(var whole)?):
                deepen(addition, into: &whole)
                base[key] = .object(whole)
            case (.array(let items), .array(let below)?): base[key] = .array(items + below)
            case (.array(let items), .string(let text)?): base[key] = .array(items + text.map { .string(String($0)) })
            default: base[key] = value
            }
        }
    }

    static func lay(_ layer: JSONObject, over base: inout JSONObject) {
        for (written, value) in layer.pairs {
            let key = spelling(of: written)
            if appended.contains(key) {
                let items = list(base[key])
                // What is said twice stands twice, as in dbt; `tags` of a node are each once.
                base[key] = .array(items + (value.isNull ? [.null] : list(value)))
            } else if key == "grants", case .object(let addition) = value {
                base[key] = .object(grants(addition, over: base[key]?.objectValue ?? JSONObject()))
            } else if merged.contains(key), case .object(let addition) = value, case .object(var whole)? = base[key] {
                for (name, value) in addition.pairs { whole[name] = value }
                base[key] = .object(whole)
            } else {
                base[key] = value
            }
        }
    }

    /// Of a privilege the new grantees replace the old ones, unless it is written with a `+`, which waits for those below it.
    private static func grants(_ addition: JSONObject, over base: JSONObject) -> JSONObject {
        var whole = base
        for (written, grantees) in addition.pairs {
            let privilege = written.hasPrefix("+") ? String(written.dropFirst()) : written
            if written.hasPrefix("+") {
                let key = whole[privilege] == nil ? written : privilege
                whole[key] = .array(list(whole[key]) + listed(grantees))
            } else {
                whole["+\(privilege)"] = nil
                whole[privilege] = .array(listed(grantees))
            }
        }
        return whole
    }

    /// Null is one grantee, as in dbt, so that the engine refuses it and nobody takes it for a grant to none.
    private static func listed(_ grantees: JSON) -> [JSON] { grantees.isNull ? [.null] : list(grantees) }

    /// Grants without the marks of layers that came before any other.
    static func settledGrants(_ grants: JSON) -> JSON {
        JSON((grants.objectValue?.pairs ?? []).map { ($0.key.hasPrefix("+") ? String($0.key.dropFirst()) : $0.key, $0.value) })
    }

    private static func list(_ value: JSON?) -> [JSON] {
        switch value {
        case nil, .null?: []
        case .array(let items)?: items
        case let single?: [single]
        }
    }

    /// The layers that a section of `dbt_project.yml` holds for a node, outermost folder first.
    ///
    /// A key with `+` is configuration; without it, a map is a folder and anything else is configuration.
    /// - Returns: them, and how many names of `fqn` the section has maps for: nodes that share those share the layers.
    static func layers(in section: YAMLValue?, fqn: [String]) -> (layers: [JSONObject], depth: Int) {
        guard var level = section, level.isMap else { return ([], 0) }
        var layers = [configuration(at: level)]
        for name in fqn {
            guard let next = level[name], next.isMap else { break }
            layers.append(configuration(at: next))
            level = next
        }
        return (layers.filter { !$0.isEmpty }, layers.count - 1)
    }

    private static func configuration(at level: YAMLValue) -> JSONObject {
        var found = JSONObject()
        for member in level.members {
            if member.key.hasPrefix("+") { found[String(member.key.dropFirst())] = member.value.json }
            else if !member.value.isMap { found[member.key] = member.value.json }
        }
        return found
    }
}
