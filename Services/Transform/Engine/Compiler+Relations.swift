internal import Compilation
internal import Project
internal import WarehouseKit

extension Compiler {
    /// How the relation of each node and source is written in SQL, for `manifest.json`.
    func relationNames(on session: any WarehouseSession) -> [String: ManifestWriter.Compiled] {
        var names: [String: ManifestWriter.Compiled] = [:]
        for (id, node) in manifest.nodes where !node.isEphemeral {
            guard [.model, .seed, .snapshot].contains(node.resourceType) || failuresRelation(of: node) != nil else { continue }
            names[id] = .init(relationName: session.render(relationName(of: node)))
        }
        for (id, source) in manifest.sources {
            let name = RelationName(database: source.database, schema: source.schema, identifier: source.identifier)
            names[id] = .init(relationName: session.render(name))
        }
        return names
    }
}
