public import Kernel

extension ManifestWriter {
    /// One word of a node's whole configuration, defaults included; nil where neither the project nor dbt has it.
    public static func configuration(_ key: String, of node: Node) -> JSON? {
        node.config[key] ?? ConfigDefaults.value(key, of: node.resourceType)
    }

    /// The same as the manifest has it: where the project states a part of such a word alone, the rest is filled in.
    static func configuration(whole key: String, of node: Node) -> JSON? {
        if let stated = node.config[key], stated.objectValue == nil { return stated }
        return ConfigDefaults.filled(node)[key]
    }
}
