internal import Jinja
import WarehouseKit

/// What a materialized view's indexes need to become those of its configuration: dbt's change collection.
enum IndexChanges {
    private struct Index: Hashable {
        var columns: Set<String>
        var isUnique = false
        var method = "btree"
    }

    /// - Parameter existing: `{'indexes': table}`, as `get_show_indexes_sql` lists them.
    /// - Parameter model: the node, whose configuration `indexes` is wanted.
    /// - Returns: none where nothing is to do.
    static func between(_ existing: Value, and model: Value) -> Value {
        var present: [(name: String, index: Index)] = []
        if case .object(let object)? = existing.asDict?["indexes"], let table = (object as? TableObject)?.table {
            func cell(_ row: [SQLValue], _ name: String) -> String { table.names.firstIndex(of: name).map { row[$0].shown } ?? "" }
            present = table.rows.map { row in
                let columns = Set(cell(row, "column_names").lowercased().split(separator: ",").map(String.init))
                return (cell(row, "name"), Index(columns: columns, isUnique: ["True", "true", "t", "1"].contains(cell(row, "unique")), method: cell(row, "method")))
            }
        }
        let wanted = model.asDict?["config"]?.asDict?["indexes"]?.asList?.compactMap(\.asDict).map { entry in
            Index(
                columns: Set(entry["columns"]?.asList?.compactMap { $0.asString?.lowercased() } ?? []), isUnique: entry["unique"]?.asInt == 1,
                method: entry["type"]?.asString ?? "btree")
        } ?? []
        var changes = present.filter { !wanted.contains($0.index) }.map { change("drop", $0.index, name: $0.name) }
        var seen = Set(present.map(\.index))
        for index in wanted where seen.insert(index).inserted { changes.append(change("create", index, name: nil)) }
        return changes.isEmpty ? .none : ["indexes": .list(changes), "requires_full_refresh": false, "has_changes": true]
    }

    private static func change(_ action: String, _ index: Index, name: String?) -> Value {
        let columns = Value.list(index.columns.sorted().map(Value.string))
        let asNode: Value = ["columns": columns, "unique": .bool(index.isUnique), "type": .string(index.method)]
        let context: Value = [
            "name": name.map(Value.string) ?? .none, "column_names": columns, "unique": .bool(index.isUnique), "method": .string(index.method), "as_node_config": asNode,
        ]
        return ["action": .string(action), "context": context, "requires_full_refresh": false]
    }
}
