public import Compilation
public import Kernel
internal import Project

extension NodeResult {
    /// As a hook of the end of a run sees it: the result, and its node as the manifest has it, with what was made of it.
    public func record(of compiler: Compiler, relations: [String: String]) -> JSON {
        var record = json
        guard let node = compiler.manifest[uniqueID] ?? compiler.manifest.hooks.first(where: { $0.node.uniqueID == uniqueID })?.node else { return record }
        var written = node.unitTest == nil ? ManifestWriter.json(node) : ManifestWriter.json(other: node)
        written["relation_name"] = JSON(relationName ?? relations[uniqueID])
        if node.resourceType != .seed {
            written["compiled"] = .bool(compiledSQL != nil)
            written["compiled_code"] = JSON(compiledSQL)
        }
        record["node"] = written
        // In dbt these are the node's alone.
        for name in ["unique_id", "compiled", "compiled_code", "relation_name"] { record[name] = nil }
        record["agate_table"] = .null
        return record
    }
}
