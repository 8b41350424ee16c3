internal import Jinja
public import Project
internal import WarehouseKit

extension Compiler {
    /// The relation as the project quotes it.
    public func relationText(of node: Node) -> String { dialect.render(relation(of: node)) }

    /// How the relation of each node and source is written in SQL, by unique id; what leaves no relation is not there.
    public func relationNames() -> [String: String] {
        var names: [String: String] = [:]
        for (id, node) in manifest.nodes where !node.isEphemeral {
            guard [.model, .seed, .snapshot].contains(node.resourceType) || failuresRelation(of: node) != nil else { continue }
            names[id] = relationText(of: node)
        }
        for (id, source) in manifest.sources {
            let relation = RelationObject(RelationName(database: source.database, schema: source.schema, identifier: source.identifier), dialect: dialect)
            quote(relation, by: source.quoting)
            names[id] = dialect.render(relation)
        }
        return names
    }

    /// `model`: with the moment of its reading, and while a node runs, with its relation as it is written in SQL.
    var model: Value {
        let model = frame.model
        if let members = model.asDict, members["created_at"] == nil {
            members["created_at"] = .double(Double(invocation.startedAt.microseconds) / 1_000_000)
            if frame.node?.resourceType == .operation, let hook = manifest.hooks.first(where: { $0.node.uniqueID == frame.node?.uniqueID }) { members["index"] = .int(hook.index) }
        }
        guard frame.mode == .execute, let node = frame.node, !node.isEphemeral, [.model, .seed, .snapshot].contains(node.resourceType) || failuresRelation(of: node) != nil else { return model }
        model.asDict?["relation_name"] = .string(relationText(of: node))
        return model
    }

    /// Whether a macro has this name, the project's or one that comes with dbt; `package.name` looks in the package alone.
    public func hasMacro(named name: String) throws -> Bool {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return try macro(parts[parts.count - 1], package: parts.count == 2 ? parts[0] : manifest.project.name) != nil
    }
}
