internal import Jinja
public import Kernel
public import Project
public import WarehouseKit

/// What a source's newest row is by the macro that looks: its time, the moment of asking, the engine's answer.
public struct FreshnessAnswer: Sendable {
    public let newest: SQLValue
    public let at: SQLValue
    /// What the newest one is to Python, where that is no time: `int`, `date`; nil where it may be one.
    public let kind: String?
    public let response: JSON
    /// Whether the macro gave the rows alone, as macros did before dbt 1.5.
    public let isBare: Bool
}

extension Compiler {
    /// Asks by `loaded_at_query`, else by `loaded_at_field`: with a project's or a package's own macro where there is one.
    public func freshness(of source: SourceTable) throws -> FreshnessAnswer {
        let relation = RelationObject(RelationName(database: source.database, schema: source.schema, identifier: source.identifier), dialect: dialect)
        quote(relation, by: source.quoting)
        let node = Self.node(of: source, in: manifest)
        let name = source.loadedAtQuery == nil ? "collect_freshness" : "collect_freshness_custom_sql"
        do {
            let query = try source.loadedAtQuery.map { text in
                let frame = Frame(node, package: source.packageName, mode: .execute)
                frame.variables = ["model": Value(ManifestWriter.model(of: source)), "this": .object(relation)]
                return try inside(frame) { try render(text, name: source.originalFilePath) }
            }
            let words = query.map { [Value.string($0)] } ?? [source.loadedAtField.map(Value.string) ?? .none, source.freshness["filter"].map { Value($0) } ?? .none]
            let answer = try inside(Frame(node, package: manifest.project.name, mode: .execute)) { try call(name, [.object(relation)] + words, interpreter) } ?? .none
            guard case .object(let object) = answer.asDict?["table"] ?? answer, let table = (object as? TableObject)?.table, table.rows.count == 1, table.rows[0].count == 2 else {
                throw CompilationError("compile.bad_freshness", "Got an invalid result from \"\(name)\" macro", remedy: "return what the statement gave, of one row with max_loaded_at and snapshotted_at")
            }
            var response: JSON = [:]
            if case .object(let object)? = answer.asDict?["response"], let told = try (object as? ResponseObject)?.jsonValue()?.json {
                response = JSON((told.objectValue?.pairs ?? []).map { ($0.key, $0.value) }.filter { !$0.1.isNull })
            }
            return FreshnessAnswer(newest: table.rows[0][0], at: table.rows[0][1], kind: kind(of: table.rows[0][0], table.kinds[0]), response: response, isBare: answer.asDict == nil)
        } catch {
            throw CompilationError.of(error, node: node)
        }
    }

    /// As its own query and the comment of its statement see it.
    private static func node(of source: SourceTable, in manifest: Manifest) -> Node {
        var node = Node(
            uniqueID: source.uniqueID, resourceType: .source, name: source.name, packageName: source.packageName, path: source.originalFilePath, originalFilePath: source.originalFilePath,
            rootFolder: manifest.project.folder, fqn: source.fqn, rawCode: "")
        (node.database, node.schema, node.alias) = (source.database, source.schema, source.identifier)
        return node
    }

    /// An engine without times has them as texts.
    private func kind(of value: SQLValue, _ kind: TableKind) -> String? {
        switch (value, kind) {
        case (.null, _), (_, .timestamp): nil
        case (.text, .text): manifest.target.type == "postgres" ? "str" : nil
        case (.text, .date): manifest.target.type == "postgres" ? "date" : nil
        case (_, .boolean): "bool"
        case (_, .integer): "int"
        default: "Decimal"
        }
    }
}
