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

    private static let snapshot: JSON = [
        "strategy": .null, "target_schema": .null, "target_database": .null, "updated_at": .null, "check_cols": .null,
        "snapshot_meta_column_names": [
            "dbt_valid_to": .null, "dbt_valid_from": .null, "dbt_scd_id": .null, "dbt_updated_at": .null, "dbt_is_deleted": .null,
        ],
        "dbt_valid_to_current": .null,
    ]
    /// Maps that keep their other members where a project states some.
    private static let deep: Set<String> = ["docs", "contract", "snapshot_meta_column_names"]

    static func value(_ key: String, of type: ResourceType) -> JSON? {
        layers(of: type).reversed().lazy.compactMap { $0[key] }.first
    }

    private static func layers(of type: ResourceType) -> [JSON] {
        switch type {
        case .model: [common, stored, ["access": "protected", "freshness": .null]]
        case .seed: [common, stored, ["delimiter": ",", "quote_columns": .null]]
        case .test: [common, test]
        case .snapshot: [common, stored, snapshot]
        case .function: [common, stored, ["type": "scalar", "volatility": .null, "runtime_version": .null, "entry_point": .null]]
        case .unitTest: [["tags": [], "meta": [:], "enabled": true, "static_analysis": .null]]
        case .exposure: [["enabled": true, "tags": [], "meta": [:]]]
        case .metric, .semanticModel: [["enabled": true, "group": .null, "meta": [:]]]
        case .savedQuery: [["enabled": true, "group": .null, "meta": [:], "export_as": .null, "schema": .null, "cache": ["enabled": false]]]
        default: [common, stored]
        }
    }

    static func filled(_ node: Node) -> JSONObject {
        let layers = layers(of: node.resourceType)
        var values = JSONObject()
        for (index, layer) in layers.enumerated() {
            for (key, value) in layer.objectValue?.pairs ?? [] { values[key] = value }
            // These stand in dbt's order even though each kind of node states them itself.
            for key in ["materialized", "severity"] where index == 0 { if let stated = node.config[key] { values[key] = stated } }
        }
        for (key, value) in node.config.values.pairs {
            if deep.contains(key), case .object(let stated) = value, var whole = values[key] {
                for (name, value) in stated.pairs { whole[name] = value }
                values[key] = whole
            } else {
                values[key] = value
            }
        }
        return values
    }
}
