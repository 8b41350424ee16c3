internal import Compilation
internal import Kernel
internal import Project
internal import WarehouseKit

/// What the warehouse holds of a project: the columns and rows of each relation that is there.
struct Catalog {
    struct Entry {
        var relation: RelationInfo
        var columns: [ColumnInfo]
        /// Of tables only: a view would have to be run.
        var rows: RowCount?
        /// By the adapter's own catalog, where it has one.
        var description: Description?
    }
    /// What an adapter's catalog adds: its word for the kind of relation, its owner, the comments in the warehouse.
    struct Description {
        var kind: String?
        var owner: String?
        var comment: String?
        var columnComments: [String: String] = [:]
        var columnIndexes: [String: Int] = [:]
    }
    /// Counting stops where it would take long.
    struct RowCount {
        static let max = 1_000_000
        var counted: Int
        var isWhole: Bool { counted <= Self.max }
    }

    private(set) var nodes: [String: Entry] = [:]
    private(set) var sources: [String: Entry] = [:]

    init(_ compiler: Compiler, selected: Set<String>, session: any WarehouseSession) throws {
        let manifest: Manifest = compiler.manifest
        func entry(_ database: String, _ schema: String, _ identifier: String) throws -> Entry? {
            try Self.entry(compiler.catalogueName(of: RelationName(database: database, schema: schema, identifier: identifier)), session)
        }
        for id in selected.sorted() {
            if let node = manifest.nodes[id], (node.resourceType.isReferable && !node.isEphemeral) || node.failuresRelation() != nil {
                nodes[id] = try entry(node.database, node.schema, node.alias)
            } else if let source = manifest.sources[id] {
                sources[id] = try entry(source.database, source.schema, source.identifier)
            }
        }
    }

    /// Takes over what the adapter's own catalog says: a row for each column, in dbt's columns.
    mutating func describe(by table: Table) {
        var found: [String: Description] = [:]
        let places = Dictionary(table.names.enumerated().map { ($1, $0) }) { first, _ in first }
        for row in table.rows {
            func text(_ name: String) -> String? { places[name].flatMap { Self.text(row[$0]) } }
            guard let schema = text("table_schema"), let name = text("table_name"), let column = text("column_name") else { continue }
            var description = found["\(schema).\(name)"] ?? Description(kind: text("table_type"), owner: text("table_owner"), comment: text("table_comment"))
            description.columnComments[column] = text("column_comment")
            description.columnIndexes[column] = text("column_index").flatMap { Int($0) }
            found["\(schema).\(name)"] = description
        }
        func described(_ entry: Entry) -> Entry {
            var entry = entry
            entry.description = found["\(entry.relation.name.schema).\(entry.relation.name.identifier)"]
            return entry
        }
        nodes = nodes.mapValues(described)
        sources = sources.mapValues(described)
    }

    private static func text(_ value: SQLValue) -> String? {
        switch value {
        case .text(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }

    /// Of all that is there.
    var relations: [RelationName] { (Array(nodes.values) + sources.values).map(\.relation.name) }

    private static func entry(_ name: RelationName, _ session: any WarehouseSession) throws -> Entry? {
        guard let relation = try session.relation(name) else { return nil }
        return Entry(relation: relation, columns: try session.columns(of: name), rows: relation.kind == .table ? try count(name, session) : nil)
    }

    private static func count(_ name: RelationName, _ session: any WarehouseSession) throws -> RowCount? {
        let sql = "select count(*) from (select 1 from \(session.render(name)) limit \(RowCount.max + 1)) counted"
        guard case .integer(let rows)? = try session.query(sql).rows.first?.first else { return nil }
        return RowCount(counted: Int(rows))
    }

    func entry(_ id: String) -> Entry? { nodes[id] ?? sources[id] }

    // MARK: catalog.json

    /// dbt's catalog, version 1. Columns are numbered from 0 and an unknown type is `UNKNOWN`, as its sqlite adapter has it.
    func json(invocationID: String, generatedAt: Timestamp, startedAt: Timestamp, environment: JSONObject) -> JSON {
        let metadata: [(String, JSON)] = [
            ("dbt_schema_version", "https://schemas.getdbt.com/dbt/catalog/v1.json"), ("dbt_version", .string(ManifestWriter.dbtVersion)),
            ("generated_at", .string(generatedAt.description)), ("invocation_id", .string(invocationID)),
            ("invocation_started_at", .string(startedAt.description)), ("env", .object(environment)),
        ]
        return JSON([("metadata", JSON(metadata)), ("nodes", Self.json(nodes)), ("sources", Self.json(sources)), ("errors", .null)])
    }

    private static func json(_ entries: [String: Entry]) -> JSON {
        JSON(entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { id, entry in (id, json(id, entry)) })
    }

    private static func json(_ id: String, _ entry: Entry) -> JSON {
        let name = entry.relation.name
        let metadata: [(String, JSON)] = [
            ("type", .string(entry.description?.kind ?? entry.relation.kind.rawValue)), ("schema", .string(name.schema)), ("name", .string(name.identifier)),
            ("database", .string(name.database)), ("comment", JSON(entry.description?.comment)), ("owner", JSON(entry.description?.owner)),
        ]
        let columns = entry.columns.enumerated().map { index, column -> (String, JSON) in
            let type = column.type.isEmpty ? "UNKNOWN" : column.type
            return (column.name, JSON([
                ("type", .string(type)), ("index", JSON(entry.description?.columnIndexes[column.name] ?? index)), ("name", .string(column.name)),
                ("comment", JSON(entry.description?.columnComments[column.name])),
            ]))
        }
        return JSON([("metadata", JSON(metadata)), ("columns", JSON(columns)), ("stats", stats(entry)), ("unique_id", .string(id))])
    }

    private static func stats(_ entry: Entry) -> JSON {
        func stat(_ id: String, _ label: String, _ value: JSON, isShown: Bool, _ description: String) -> (String, JSON) {
            (id, JSON([
                ("id", .string(id)), ("label", .string(label)), ("value", value), ("include", .bool(isShown)), ("description", .string(description)),
            ]))
        }
        // An adapter with a catalog of its own says there which statistics it has; none of ours says any.
        let rows = entry.description == nil ? entry.rows : nil
        let has = stat("has_stats", "Has Stats?", .bool(rows != nil), isShown: false, "Indicates whether there are statistics for this table")
        // A count that was broken off is no count.
        guard let rows, rows.isWhole else { return JSON([has]) }
        return JSON([has, stat("row_count", "Row Count", JSON(rows.counted), isShown: true, "The rows of this table when the catalog was made")])
    }
}
