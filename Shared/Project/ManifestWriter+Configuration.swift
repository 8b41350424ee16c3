public import Kernel

extension ManifestWriter {
    /// One word of a node's whole configuration, defaults included; nil where neither the project nor dbt has it.
    public static func configuration(_ key: String, of node: Node) -> JSON? {
        node.config[key] ?? ConfigDefaults.value(key, of: node.resourceType)
    }
}
