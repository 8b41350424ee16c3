internal import Jinja
public import WarehouseKit

extension Compiler {
    /// What the adapter's own macro `get_catalog_relations` says of relations: a row for each column, in dbt's columns; nil where
    /// the adapter has no such macro, or no relation is asked for.
    public func catalog(of relations: [RelationName]) throws -> Table? {
        guard !relations.isEmpty else { return nil }
        let package = manifest.project.name
        return try inside(Frame(nil, package: package, mode: .execute)) {
            for prefix in dialect.prefixes where prefix != "default" {
                guard let macro = try macro("\(prefix)__get_catalog_relations", package: package) else { continue }
                let objects = relations.map { RelationObject($0, dialect: dialect) }
                let schema = RelationObject(RelationName(database: relations[0].database, schema: "INFORMATION_SCHEMA", identifier: ""), dialect: dialect)
                let answer = try interpreter.call(macro, Arguments([.object(schema), .list(objects.map { .object($0) })]))
                guard case .object(let object) = answer else { return nil }
                return (object as? TableObject)?.table
            }
            return nil
        }
    }
}
