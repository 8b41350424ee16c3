public import Kernel

extension ManifestWriter {
    /// What templates see as `graph`: every part, by unique id.
    /// - Parameter relations: how the relation of a node or source is written in SQL, by unique id.
    public static func graph(of manifest: Manifest, relations: [String: String] = [:]) -> JSON {
        func placed(_ json: JSON, _ id: String) -> JSON {
            guard let relation = relations[id] else { return json }
            var json = json
            json["relation_name"] = .string(relation)
            return json
        }
        func sorted<Value>(_ values: [String: Value], _ json: (Value) -> JSON) -> JSON {
            JSON(values.keys.sortedByBytes().map { ($0, values[$0].map(json) ?? .null) })
        }
        func others(_ type: ResourceType) -> JSON { sorted(manifest.others(of: type)) { json(other: $0) } }
        return JSON([
            ("exposures", others(.exposure)), ("functions", sorted(manifest.nodes.filter { $0.value.resourceType == .function }) { json($0) }),
            ("groups", sorted(manifest.groups) { json($0) }), ("metrics", others(.metric)),
            ("nodes", sorted(manifest.nodes.filter { $0.value.resourceType != .function }) { placed(json($0), $0.uniqueID) }),
            ("sources", sorted(manifest.sources) { placed(json($0), $0.uniqueID) }), ("semantic_models", others(.semanticModel)), ("saved_queries", others(.savedQuery)),
        ])
    }

    /// The graph of a project that is still being read.
    public static var emptyGraph: JSON {
        let kinds = ["exposures", "functions", "groups", "metrics", "nodes", "sources", "semantic_models", "saved_queries"]
        return JSON(kinds.map { ($0, [:]) })
    }
}
