public import Kernel

extension ManifestWriter {
    /// What templates see as `model`: as in dbt, members that say nothing are not there, so that `get` may name another value.
    /// What a project writes itself, `meta` say, stays whole.
    public static func model(of node: Node) -> JSON {
        var json = node.unitTest == nil ? json(node) : json(other: node)
        json["config_call_dict"] = .object(node.configCall)
        json["unrendered_config_call_dict"] = [:]
        return spoken(json)
    }
    /// The same of a macro, as the operation that calls it sees itself.
    public static func model(of macro: Macro) -> JSON { spoken(json(macro)) }
    /// The same of a source, as the question for its newest row sees itself.
    public static func model(of source: SourceTable) -> JSON { spoken(json(source)) }

    /// Members that are parts of dbt's own making, or maps or lists of such.
    private static let parts: Set<String> = [
        "arguments", "build_after", "checksum", "config", "constraints", "contract", "custom_granularities", "docs", "freshness", "refs", "returns",
        "snapshot_meta_column_names", "test_metadata", "time_spine",
    ]

    private static func spoken(_ json: JSON) -> JSON {
        switch json {
        case .array(let items): return .array(items.map(spoken))
        case .object(let members):
            var kept = JSONObject()
            for (key, value) in members.pairs where !value.isNull {
                if key == "columns", case .object(let columns) = value {
                    kept[key] = JSON(columns.pairs.map { ($0.key, spoken($0.value)) })
                } else {
                    kept[key] = parts.contains(key) ? spoken(value) : value
                }
            }
            return .object(kept)
        default: return json
        }
    }
}
