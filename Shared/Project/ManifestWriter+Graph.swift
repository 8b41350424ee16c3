public import Kernel

extension ManifestWriter {
    /// What templates see as `graph`: every part, by unique id.
    public static func graph(of manifest: Manifest) -> JSON {
        func sorted<Value>(_ values: [String: Value], _ json: (Value) -> JSON) -> JSON {
            JSON(values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { ($0, values[$0].map(json) ?? .null) })
        }
        func others(_ type: ResourceType) -> JSON { sorted(manifest.others(of: type)) { json(other: $0) } }
        return JSON([
            ("nodes", sorted(manifest.nodes.filter { $0.value.resourceType != .function }) { json($0) }), ("sources", sorted(manifest.sources) { json($0) }), ("exposures", others(.exposure)),
            ("metrics", others(.metric)), ("groups", sorted(manifest.groups) { json($0) }), ("semantic_models", others(.semanticModel)),
            ("saved_queries", others(.savedQuery)), ("unit_tests", others(.unitTest)), ("functions", sorted(manifest.nodes.filter { $0.value.resourceType == .function }) { json($0) }),
        ])
    }
}
