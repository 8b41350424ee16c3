internal import Jinja
internal import Kernel
public import Project
public import WarehouseKit

extension Compiler {
    /// What a project's or a package's own `collect_freshness` says of a source: its newest row, and the moment of asking.
    /// - Returns: nil where there is no such macro.
    public func freshness(of source: SourceTable) throws -> (newest: SQLValue, at: SQLValue)? {
        guard let owner = manifest.packages.first(where: { macros.has("collect_freshness", in: $0.name) })?.name,
            let macro = try macros.macro("collect_freshness", in: owner, interpreter)
        else { return nil }
        do {
            let relation = RelationObject(RelationName(database: source.database, schema: source.schema, identifier: source.identifier), dialect: dialect)
            let answer = try inside(Frame(nil, package: owner, mode: .execute)) {
                try interpreter.call(macro, Arguments([.object(relation), source.loadedAtField.map(Value.string) ?? .none, source.freshness["filter"].map { Value($0) } ?? .none]))
            }
            guard case .object(let object) = answer.asDict?["table"] ?? answer, let table = (object as? TableObject)?.table, table.rows.count == 1, table.rows[0].count == 2 else {
                throw CompilationError(
                    "compile.bad_freshness", "Got an invalid result from \"collect_freshness\" macro", remedy: "return the table of one row with max_loaded_at and snapshotted_at")
            }
            return (table.rows[0][0], table.rows[0][1])
        } catch {
            throw CompilationError.of(error, node: nil)
        }
    }
}
