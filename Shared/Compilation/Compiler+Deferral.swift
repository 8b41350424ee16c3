internal import Project
internal import WarehouseKit

extension Compiler {
    /// Where `--defer` reads a node: in the other environment, if it is not here, or if the state is favoured and this run does not
    /// build it. nil where it is read here.
    func deferred(_ node: Node) throws -> RelationObject? {
        guard !node.isEphemeral, replacements[node.uniqueID] == nil, let there = manifest.deferred[node.uniqueID] else { return nil }
        let isSelected = invocation.selected.contains(node.uniqueID)
        if isSelected || !invocation.favorsState {
            guard let session else { return nil }
            if try session.relation(relationName(of: node)) != nil { return nil }
        }
        return RelationObject(RelationName(database: there.database, schema: there.schema, identifier: there.identifier), dialect: dialect)
    }
}
