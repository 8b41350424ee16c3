public import Compilation
import Kernel
public import Project
public import WarehouseKit

/// The relations that a project's `grants` open to readers, where the engine cannot grant: each reader of `select` gets what is its own
/// from the whole project, not from the nodes of one command alone.
public struct Sharing {
    /// Relations by reader, both in the order of names.
    public let relations: [(reader: String, relations: [RelationName])]

    public init(_ manifest: Manifest, compiler: Compiler) {
        var byReader: [String: Set<RelationName>] = [:]
        for node in manifest.nodes.values where [.model, .seed, .snapshot].contains(node.resourceType) && !node.isEphemeral {
            for reader in Self.readers(of: node) { byReader[reader, default: []].insert(compiler.relationName(of: node)) }
        }
        relations = byReader.sorted { $0.key < $1.key }.map { reader, names in
            (reader, names.sorted { ($0.schema, $0.identifier) < ($1.schema, $1.identifier) })
        }
    }

    /// As in dbt, one name stands for a list of one.
    private static func readers(of node: Node) -> [String] {
        let named = node.config["grants"]?["select"]
        return named?.arrayValue?.compactMap(\.stringValue) ?? named?.stringValue.map { [$0] } ?? []
    }

    /// Shares what has been built by now, outside of any transaction.
    public func publish(on session: any WarehouseSession) throws {
        for (reader, names) in relations { try session.share(names.filter { try session.relation($0) != nil }, with: reader) }
    }

    /// Whether these results changed anything that a reader could see.
    public static func isDue(after results: [NodeResult], of manifest: Manifest) -> Bool {
        results.contains { result in
            result.status == .success && [.model, .seed, .snapshot].contains(manifest.nodes[result.uniqueID]?.resourceType)
        }
    }
}
