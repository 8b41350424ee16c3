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
    }
    /// Counting stops where it would take long.
    struct RowCount {
        static let max = 1_000_000
        var counted: Int
        var isWhole: Bool { counted <= Self.max }
    }

    private(set) var nodes: [String: Entry] = [:]
    private(set) var sources: [String: Entry] = [:]

    init(_ manifest: Manifest, selected: Set<String>, session: any WarehouseSession) throws {
        for id in selected.sorted() {
            if let node = manifest.nodes[id], [.model, .seed, .snapshot].contains(node.resourceType), !node.isEphemeral {
                nodes[id] = try Self.entry(RelationName(database: node.database, schema: node.schema, identifier: node.alias), session)
            } else if let source = manifest.sources[id] {
                sources[id] = try Self.entry(RelationName(database: source.database, schema: source.schema, identifier: source.identifier), session)
            }
        }
    }

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
            ("type", .string(entry.relation.kind.rawValue)), ("schema", .string(name.schema)), ("name", .string(name.identifier)),
            ("database", .string(name.database)), ("comment", .null), ("owner", .null),
        ]
        let columns = entry.columns.enumerated().map { index, column -> (String, JSON) in
            let type = column.type.isEmpty ? "UNKNOWN" : column.type
            return (column.name, JSON([("type", .string(type)), ("index", JSON(index)), ("name", .string(column.name)), ("comment", .null)]))
        }
        return JSON([("metadata", JSON(metadata)), ("columns", JSON(columns)), ("stats", stats(entry)), ("unique_id", .string(id))])
    }

    private static func stats(_ entry: Entry) -> JSON {
        func stat(_ id: String, _ label: String, _ value: JSON, isShown: Bool, _ description: String) -> (String, JSON) {
            (id, JSON([
                ("id", .string(id)), ("label", .string(label)), ("value", value), ("include", .bool(isShown)), ("description", .string(description)),
            ]))
        }
        let has = stat("has_stats", "Has Stats?", .bool(entry.rows != nil), isShown: false, "Indicates whether there are statistics for this table")
        // A count that was broken off is no count.
        guard let rows = entry.rows, rows.isWhole else { return JSON([has]) }
        return JSON([has, stat("row_count", "Row Count", JSON(rows.counted), isShown: true, "The rows of this table when the catalog was made")])
    }
}
