internal import Kernel

/// The words of dbt's configuration that a project does not state, as `manifest.json` lists them.
enum ConfigDefaults {
    private static let common: JSON = [
        "enabled": true, "alias": .null, "schema": .null, "database": .null, "tags": [], "meta": [:], "group": .null, "static_analysis": .null,
    ]
    private static let stored: JSON = [
        "incremental_strategy": .null, "batch_size": .null, "lookback": 1, "begin": .null, "persist_docs": [:], "post-hook": [], "pre-hook": [],
        "quoting": [:], "column_types": [:], "full_refresh": .null, "unique_key": .null, "on_schema_change": "ignore",
        "on_configuration_change": "apply", "grants": [:], "packages": [], "docs": ["show": true, "node_color": .null],
        "contract": ["enforced": false, "alias_types": true], "event_time": .null, "concurrent_batches": .null,
    ]
    private static let test: JSON = ["store_failures": .null, "store_failures_as": .null, "where": .null, "limit": .null]

    static func value(_ key: String, of type: ResourceType) -> JSON? {
        layers(of: type).reversed().lazy.compactMap { $0[key] }.first
    }

    private static func layers(of type: ResourceType) -> [JSON] {
        switch type {
        case .model: [common, stored, ["access": "protected", "freshness": .null]]
        case .seed: [common, stored, ["delimiter": ",", "quote_columns": .null]]
        case .test: [common, test]
        default: [common, stored]
        }
    }

    static func filled(_ node: Node) -> JSONObject {
        let layers = layers(of: node.resourceType)
        var values = JSONObject()
        for layer in layers { for (key, value) in layer.objectValue?.pairs ?? [] { values[key] = value } }
        for (key, value) in node.config.values.pairs { values[key] = value }
        return values
    }
}
