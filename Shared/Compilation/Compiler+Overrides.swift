internal import Jinja
internal import Project
internal import WarehouseKit

/// What the project and its packages do in their own way.
///
/// - Where nobody has a macro of that name, the engine takes its own short way; where somebody has, the steps are dbt's.
extension Compiler {
    /// Whether one of these macros, by its name or an adapter's, comes before the library's.
    public func isOverridden(_ names: [String]) -> Bool {
        let dispatched = dispatchOrder(of: "dbt").compactMap { $0 }.filter { $0 != "dbt" }
        return names.contains { name in
            manifest.packages.contains { macros.has(name, in: $0.name) }
                || dispatched.contains { package in dialect.prefixes.contains { macros.has("\($0)__\(name)", in: package) } }
        }
    }

    /// Makes the schemas that are missing by the macros for it: `list_schemas`, then `create_schema` for each, then a look at the
    /// relations of every schema, with which dbt fills its cache.
    public func openSchemas(_ schemas: [String], all: [String]) throws {
        let frame = Frame(nil, package: manifest.project.name, mode: .execute)
        try inside(frame) {
            let database = manifest.target.database
            func relation(_ schema: String) -> RelationObject {
                let relation = RelationObject(RelationName(database: database, schema: schema, identifier: ""), dialect: dialect)
                relation.includes.identifier = false
                return relation
            }
            var present: Set<String> = []
            if case .object(let object)? = try call("list_schemas", [.string(dialect.quote(database))], interpreter), let table = (object as? TableObject)?.table {
                present = Set(table.rows.compactMap { $0.first?.shown.lowercased() })
            }
            for schema in schemas where present.insert(schema.lowercased()).inserted { _ = try call("create_schema", [.object(relation(schema))], interpreter) }
            for schema in all { _ = try call("list_relations_without_caching", [.object(relation(schema))], interpreter) }
        }
    }
}
