internal import Compilation
internal import Kernel
internal import Project
internal import WarehouseKit

/// Turns a model's SQL into a relation, by its materialization.
struct Materializer {
    let runner: NodeRunner
    let node: Node
    let sql: String

    private var session: any WarehouseSession { runner.session }
    private var target: RelationName { runner.compiler.relationName(of: node) }
    private var staged: RelationName {
        RelationName(database: target.database, schema: target.schema, identifier: "\(target.identifier)__dbt_tmp")
    }

    func materialize() throws -> (message: String, rows: Int?) {
        switch node.config.materialized {
        case "view": return try view()
        case "table": return try table()
        case "incremental": return try incremental()
        case "ephemeral": return ("", nil)
        case let other:
            throw ExecutionError.unsupported(
                "the materialization '\(other)'", in: node, remedy: "choose view, table, incremental or ephemeral")
        }
    }

    private func view() throws -> (String, Int?) {
        if let old = try session.relation(target) { try session.drop(old) }
        try session.execute("create view \(session.render(target)) as\n\(sql)")
        return ("OK", nil)
    }

    /// Built beside the old one, then put in its place: a view on the table never sees it missing.
    private func table() throws -> (String, Int?) {
        // Where there is no old one it is created in its place: SQLite reads the whole schema for every rename.
        guard try session.relation(target) != nil else { return ("OK", try create(target)) }
        let rows = try stage()
        try session.publish(staged: staged, as: target)
        return ("OK", rows)
    }

    @discardableResult
    private func stage() throws -> Int {
        if let leftover = try session.relation(staged) { try session.drop(leftover) }
        return try create(staged)
    }

    /// Fills a new table and counts its rows: `create table as` does not tell how many they are.
    private func create(_ table: RelationName) throws -> Int {
        try session.execute("create table \(session.render(table)) as\n\(sql)")
        guard case .integer(let rows)? = try session.query("select count(*) from \(session.render(table))").rows.first?.first else { return 0 }
        return Int(rows)
    }

    // MARK: Incremental

    private func incremental() throws -> (String, Int?) {
        // The strategy is checked before anything is written, also on the first run, when it is not needed yet.
        let keys = uniqueKey
        let strategy = try strategy(keys)
        guard try session.relation(target)?.kind == .table, !runner.compiler.isFullRefresh(node) else { return try table() }
        if node.config["incremental_predicates"]?.isNull == false {
            throw ExecutionError.unsupported("incremental_predicates", in: node, remedy: "filter inside the model")
        }
        try stage()
        let columns = try reconcile()
        if !keys.isEmpty, strategy != .append {
            // The rows of the target look for their match in here; without an index each would read all of it.
            let index = session.quote("\(staged.identifier)__keys")
            try session.execute("create index \(index) on \(session.render(staged)) (\(keys.map(quoted).joined(separator: ", ")))")
        }
        let rows = try apply(strategy, keys, columns)
        try session.drop(RelationInfo(name: staged, kind: .table))
        return ("OK", rows)
    }

    private enum Strategy { case append, deleteInsert, merge }

    private var uniqueKey: [String] {
        switch node.config["unique_key"] {
        case .string(let key)?: [key]
        case .array(let keys)?: keys.compactMap(\.stringValue)
        default: []
        }
    }

    private func strategy(_ keys: [String]) throws -> Strategy {
        let written = node.config["incremental_strategy"]?.stringValue
        switch written {
        case nil, "default": return keys.isEmpty ? .append : .deleteInsert
        case "append": return .append
        case "delete+insert": return keys.isEmpty ? .append : .deleteInsert
        case "merge": return keys.isEmpty ? .append : .merge
        case let other?:
            throw ExecutionError.unsupported("the incremental strategy '\(other)'", in: node, remedy: "choose append, delete+insert or merge")
        }
    }

    /// The columns to write, after `on_schema_change` has had its say.
    private func reconcile() throws -> [String] {
        let new = try session.columns(of: staged)
        let old = try session.columns(of: target)
        let known = Set(old.map { $0.name.lowercased() })
        let present = Set(new.map { $0.name.lowercased() })
        let added = new.filter { !known.contains($0.name.lowercased()) }
        let gone = old.filter { !present.contains($0.name.lowercased()) }
        switch node.config["on_schema_change"]?.stringValue ?? "ignore" {
        case "ignore":
            if let missing = gone.first {
                throw ExecutionError(
                    "execute.column_missing", "model '\(node.name)' no longer selects the column '\(missing.name)', which its table has", at: node.location,
                    remedy: "select it again, set on_schema_change to append_new_columns, or run with --full-refresh")
            }
            return old.map(\.name)
        case "fail":
            guard added.isEmpty, gone.isEmpty else {
                throw ExecutionError(
                    "execute.schema_changed",
                    "model '\(node.name)' changed its columns: new \(Self.list(added)), gone \(Self.list(gone))", at: node.location,
                    remedy: "run it once with --full-refresh, or set on_schema_change to append_new_columns")
            }
            return old.map(\.name)
        case "append_new_columns":
            for column in added {
                try session.execute("alter table \(session.render(target)) add column \(session.quote(column.name)) \(column.type)")
            }
            return (old.filter { present.contains($0.name.lowercased()) } + added).map(\.name)
        case let other:
            throw ExecutionError.unsupported("on_schema_change '\(other)'", in: node, remedy: "choose ignore, fail or append_new_columns")
        }
    }

    private static func list(_ columns: [ColumnInfo]) -> String {
        columns.isEmpty ? "none" : columns.map { "'\($0.name)'" }.joined(separator: ", ")
    }

    private func apply(_ strategy: Strategy, _ keys: [String], _ columns: [String]) throws -> Int {
        let from = session.render(staged)
        let into = session.render(target)
        let list = columns.map(session.quote).joined(separator: ", ")
        let match = keys.map { "new_rows.\(quoted($0)) = \(into).\(quoted($0))" }.joined(separator: " and ")
        switch strategy {
        case .append:
            return try session.execute("insert into \(into) (\(list)) select \(list) from \(from)")
        case .deleteInsert:
            try session.execute("delete from \(into) where exists (select 1 from \(from) as new_rows where \(match))")
            return try session.execute("insert into \(into) (\(list)) select \(list) from \(from)")
        case .merge:
            let changed = columns.filter { column in !keys.contains { $0.lowercased() == column.lowercased() } }
            var rows = 0
            if !changed.isEmpty {
                let left = changed.map(session.quote).joined(separator: ", ")
                rows += try session.execute(
                    """
                    update \(into) set (\(left)) = (select \(left) from \(from) as new_rows where \(match))
                    where exists (select 1 from \(from) as new_rows where \(match))
                    """)
            }
            let names = keys.map(quoted)
            let wanted = columns.map { "new_rows.\(session.quote($0))" }.joined(separator: ", ")
            // A join, because engines index it by themselves; a correlated `not exists` reads the target for each new row.
            rows += try session.execute(
                """
                insert into \(into) (\(list)) select \(wanted) from \(from) as new_rows
                left join (select \(names.joined(separator: ", ")), 1 as is_there from \(into)) as old_rows
                on \(names.map { "old_rows.\($0) = new_rows.\($0)" }.joined(separator: " and ")) where old_rows.is_there is null
                """)
            return rows
        }
    }

    /// A key as written may be quoted already.
    private func quoted(_ key: String) -> String { key.hasPrefix("\"") ? key : session.quote(key) }
}
