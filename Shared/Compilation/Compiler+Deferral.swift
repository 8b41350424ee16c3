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
            if try session.relation(catalogueName(of: relationName(of: node))) != nil { return nil }
        }
        return Self.relation(there, dialect)
    }

    /// What the state says of the node at work; nil where nothing is deferred.
    func deferralTarget(of node: Node) -> RelationObject? { manifest.deferred[node.uniqueID].map { Self.relation($0, dialect) } }

    /// Of a function: whether it is here already is not asked, as dbt's adapters do not tell functions. nil where this run makes it.
    func deferred(function node: Node) -> RelationObject? {
        guard let there = manifest.deferred[node.uniqueID], !invocation.selected.contains(node.uniqueID) else { return nil }
        return Self.relation(there, dialect)
    }

    private static func relation(_ there: Manifest.DeferredRelation, _ dialect: Dialect) -> RelationObject {
        RelationObject(RelationName(database: there.database, schema: there.schema, identifier: there.identifier), dialect: dialect)
    }
}
