internal import Compilation
public import Project
public import WarehouseKit

extension NodeRunner {
    /// Stands in for another environment's relation by the materialization `clone`; hooks, grants and comments are the node's own.
    public func clone(_ node: Node, of other: RelationName) throws -> NodeResult {
        let startedAt = clock()
        let relation = compiler.relationText(of: node)
        let sql = "select * from \(session.render(other))"
        return try outsideAndIn(node) {
            let result = try compiler.materialize(CompiledNode(node: node, sql: sql, relationName: relation, ephemerals: []), as: "clone", of: other)
            var done = NodeResult(uniqueID: node.uniqueID, status: .success, message: result.message, startedAt: startedAt, finishedAt: clock(), relationName: relation)
            done.response = Self.response(result, rows: nil)
            done.builtBy = result.sql
            return done
        }
    }

    private func outsideAndIn(_ node: Node, _ body: () throws -> NodeResult) throws -> NodeResult {
        try runOutside(.before, of: node)
        let done = try session.transaction { do { return try body() } catch { throw ExecutionError.of(error, running: node) } }
        try runOutside(.after, of: node)
        return done
    }
}
