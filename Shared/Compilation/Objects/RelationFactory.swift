internal import Jinja
internal import Kernel
internal import WarehouseKit

/// `api.Relation`, also as `adapter.Relation`.
final class RelationFactory: JinjaObject {
    private let dialect: Dialect
    private weak var compiler: Compiler?
    init(_ compiler: Compiler) { (dialect, self.compiler) = (compiler.dialect, compiler) }
    /// As a relation's own class makes others.
    init(_ dialect: Dialect) { self.dialect = dialect }
    static let methodNames: Set<String> = [
        "create", "create_from", "create_from_node", "create_from_source", "scd_args", "add_ephemeral_prefix", "get_default_quote_policy", "get_default_include_policy",
    ]
    var methods: Set<String> { Self.methodNames }
    var typeName: String { "RelationProxy" }

    static func kind(_ name: String) -> Value? {
        switch name {
        case "Table": "table"
        case "View": "view"
        case "CTE": "cte"
        case "MaterializedView": "materialized_view"
        case "External": "external"
        case "PointerTable": "pointer"
        case "Function": "function"
        case "get_relation_type": .dict(["Table", "View", "CTE", "MaterializedView", "External", "PointerTable", "Function"].map { ($0, kind($0) ?? .none) })
        default: nil
        }
    }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { Self.kind(name) }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "create": return .object(try create(arguments))
        case "create_from", "create_from_node", "create_from_source": return .object(try create(from: arguments))
        case "scd_args":
            let bound = try arguments.bound("scd_args", required: 2, "primary_key", "updated_at")
            return .list((bound[0]?.asList ?? [bound[0] ?? .none]) + [bound[1] ?? .none])
        case "add_ephemeral_prefix": return .string("__dbt__cte__\(arguments.positional.first?.asString ?? "")")
        case "get_default_quote_policy", "get_default_include_policy":
            return .object(RelationPartsObject("Policy", true, true, true))
        default: return nil
        }
    }

    private func create(_ arguments: Arguments) throws -> RelationObject {
        let places = ["database", "schema", "identifier", "type"]
        let bound = try Arguments(arguments.positional, named: arguments.named.filter { places.contains($0.name) })
            .bound("create", "database", "schema", "identifier", "type")
        let name = RelationName(database: bound[0]?.asString ?? "", schema: bound[1]?.asString ?? "", identifier: bound[2]?.asString ?? "")
        let relation = RelationObject(name, kind: bound[3]?.asString, dialect: dialect)
        let policy = arguments["quote_policy"]?.json?.objectValue
        if let compiler { compiler.quote(relation, by: policy) } else { relation.quotes.set(policy) }
        return relation
    }

    /// From what `graph` lists: a source or a node.
    private func create(from arguments: Arguments) throws -> RelationObject {
        guard let node = (arguments.positional.last ?? arguments["source"] ?? arguments["node"])?.asDict else {
            throw CompilationError("compile.bad_relation", "create_from() takes a node or a source of the graph", remedy: "pass an entry of graph.nodes or graph.sources")
        }
        let name = RelationName(
            database: node["database"]?.asString ?? "", schema: node["schema"]?.asString ?? "",
            identifier: (node["identifier"] ?? node["alias"] ?? node["name"])?.asString ?? "")
        return RelationObject(name, dialect: dialect)
    }
}
