public import Kernel

extension ManifestWriter {
    /// A node as a running template sees it as `model`: its whole configuration, defaults included.
    public static func model(_ node: Node) -> JSON {
        var json = Self.json(node)
        json["config"] = .object(ConfigDefaults.filled(node))
        for (key, value): (String, JSON) in [("constraints", []), ("version", .null), ("access", "protected")] where json[key] == nil { json[key] = value }
        return json
    }

    /// One word of a node's whole configuration, defaults included; nil where neither the project nor dbt has it.
    public static func configuration(_ key: String, of node: Node) -> JSON? {
        node.config[key] ?? ConfigDefaults.value(key, of: node.resourceType)
    }
}
