public import Compilation
public import Kernel
internal import Project

extension NodeResult {
    /// As a hook of the end of a run sees it: the result, and its node as the manifest has it, with what was made of it.
    public func record(of compiler: Compiler, relations: [String: String]) -> JSON {
        var record = json
        guard let node = compiler.manifest[uniqueID] else { return record }
        var written = compiler.manifest.nodes[uniqueID].map { ManifestWriter.json($0) } ?? ManifestWriter.json(other: node)
        written["relation_name"] = JSON(relationName ?? relations[uniqueID])
        written["compiled"] = .bool(compiledSQL != nil)
        written["compiled_code"] = JSON(compiledSQL)
        record["node"] = written
        return record
    }
}
