internal import Jinja
public import Project

extension Compiler {
    /// The query that `dbt show` sends: behind the node's header, and with no more rows than are asked for, both as the project's macros have them.
    public func showing(_ sql: String, of node: Node, header: String?, limit: Int?) throws -> String {
        try inside(Frame(node, package: node.packageName, mode: .execute)) {
            guard let text = try call("get_show_sql", [.string(sql), header.map(Value.string) ?? .none, limit.map(Value.int) ?? .none], interpreter) else { return sql }
            return try interpreter.text(text)
        }
    }
}
