internal import Jinja
internal import Kernel
public import Project
public import WarehouseKit

extension Compiler {
    /// What the project's or a package's own way says of a source: its newest row, and the moment of asking.
    /// - Returns: nil where there is no such macro.
    public func freshness(of source: SourceTable) throws -> (newest: SQLValue, at: SQLValue)? {
        let name = source.loadedAtQuery == nil ? "collect_freshness" : "collect_freshness_custom_sql"
        guard source.loadedAtQuery != nil || source.loadedAtField != nil, isOverridden([name, "current_timestamp"]) else { return nil }
        do {
            let relation = relation(of: source)
            let answer: Value = try inside(Frame(nil, package: manifest.project.name, mode: .execute)) {
                let filter = source.freshness["filter"].map { Value($0) } ?? .none
                let arguments: [Value] = try loadedAtQuery(of: source).map { [.object(relation), .string($0)] } ?? [.object(relation), source.loadedAtField.map(Value.string) ?? .none, filter]
                return try call(name, arguments, interpreter) ?? .none
            }
            guard case .object(let object) = answer.asDict?["table"] ?? answer, let table = (object as? TableObject)?.table, table.rows.count == 1, table.rows[0].count == 2 else {
                throw CompilationError(
                    "compile.bad_freshness", "Got an invalid result from \"\(name)\" macro", remedy: "return the table of one row with max_loaded_at and snapshotted_at")
            }
            return (table.rows[0][0], table.rows[0][1])
        } catch {
            throw CompilationError.of(error, node: nil)
        }
    }

    /// The source's own query for its newest row, in which `this` is the source.
    public func loadedAtQuery(of source: SourceTable) throws -> String? {
        try source.loadedAtQuery.map { text in
            let frame = Frame(nil, package: manifest.project.name, mode: .execute)
            frame.variables["this"] = .object(relation(of: source))
            do { return try inside(frame) { try render(text, name: source.originalFilePath) } } catch { throw CompilationError.of(error, node: nil) }
        }
    }

    private func relation(of source: SourceTable) -> RelationObject {
        RelationObject(RelationName(database: source.database, schema: source.schema, identifier: source.identifier), dialect: dialect)
    }
}
