public import Kernel

extension ManifestWriter {
    /// What templates see as `graph`: every part, by unique id.
    /// - Parameters:
    ///   - relations: how the relation of a node or source is written in SQL, by unique id.
    ///   - readAt: when the project was read, in seconds since 1970.
    public static func graph(of manifest: Manifest, relations: [String: String] = [:], readAt: Double = 0) -> JSON {
        func placed(_ json: JSON, _ id: String) -> JSON {
            var json = json
            if let relation = relations[id] { json["relation_name"] = .string(relation) }
            json["created_at"] = .double(readAt)
            return json
        }
        // Words that dbt's nodes have and its manifest.json has not.
        func node(_ node: Node) -> JSON {
            var json = placed(Self.json(node), node.uniqueID)
            json["config_call_dict"] = .object(node.configCall)
            json["unrendered_config_call_dict"] = [:]
            return json
        }
        func sorted<Value>(_ values: [String: Value], _ json: (Value) -> JSON) -> JSON {
            JSON(values.keys.sortedByBytes().map { ($0, values[$0].map(json) ?? .null) })
        }
        func others(_ type: ResourceType) -> JSON { sorted(manifest.others(of: type)) { placed(json(other: $0), $0.uniqueID) } }
        return JSON([
            ("nodes", sorted(manifest.nodes.filter { $0.value.resourceType != .function }) { node($0) }),
            ("sources", sorted(manifest.sources) { placed(json($0), $0.uniqueID) }), ("exposures", others(.exposure)),
            ("metrics", others(.metric)), ("groups", sorted(manifest.groups) { json($0) }), ("semantic_models", others(.semanticModel)),
            ("saved_queries", others(.savedQuery)), ("unit_tests", others(.unitTest)), ("functions", sorted(manifest.nodes.filter { $0.value.resourceType == .function }) { node($0) }),
        ])
    }

    /// The graph of a project that is still being read.
    public static var emptyGraph: JSON {
        let kinds = ["nodes", "sources", "exposures", "metrics", "groups", "semantic_models", "saved_queries", "unit_tests", "functions"]
        return JSON(kinds.map { ($0, [:]) })
    }
}
