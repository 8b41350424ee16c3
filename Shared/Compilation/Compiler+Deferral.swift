internal import Project
internal import WarehouseKit

extension Compiler {
    /// Where `--defer` reads a node: in the other environment, if it is not built by this run and is not here, or if the state
    /// is favoured. nil where it is read here.
    func deferred(_ node: Node) throws -> RelationObject? {
        guard !node.isEphemeral, replacements[node.uniqueID] == nil, let there = manifest.deferred[node.uniqueID], !invocation.selected.contains(node.uniqueID) else { return nil }
        if !invocation.favorsState, let session, try session.relation(relationName(of: node)) != nil { return nil }
        return RelationObject(RelationName(database: there.database, schema: there.schema, identifier: there.identifier), dialect: dialect)
    }
}
