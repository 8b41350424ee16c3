internal import Kernel
internal import WarehouseKit

/// The keys that a marker has taken away from a merged table, each with the newest record that said so, so that an older one which comes late
/// does not bring its row back.
///
/// They lie in a table beside the ledger, `_sluice_gone__<schema>__<table>`: a row of key, `order_by` and the record's place for each key that is
/// deleted now. A newer record of a key takes its tombstone away. Without `delete_when` there is no such table.
struct Tombstones {
    let session: any WarehouseSession
    let target: RelationName
    let key: [String]
    let order: String?

    private var table: RelationName { RelationName(schema: session.defaultSchema, identifier: ScratchName.of("gone", target)) }
    private var columns: [String] { key + (order.map { key.contains($0) ? [] : [$0] } ?? []) }
    private var keys: String { key.map(session.quote).joined(separator: ", ") }

    /// Makes the table, or gives its columns the types that the target's have now. By another key or order the old ones say nothing.
    func prepare() throws {
        try TableShape.hold(table, on: session)
        var shape = try TableShape(session, table)
        if shape.exists, shape.names != columns {
            try shape.holdAlone()
            try session.drop(RelationInfo(name: table, kind: .table))
            shape = try TableShape(session, table)
        }
        let types = try TableShape(session, target).types
        let isNew = !shape.exists
        try shape.evolve(to: columns.map { ($0, types[$0] ?? .text) })
        if isNew { try session.execute("create unique index \(session.quote(ScratchName.of("gone_key", target))) on \(session.render(table)) (\(keys))") }
    }

    /// The rows of `staging` that a tombstone is newer than.
    ///
    /// - Parameter isLate: they come behind what was loaded since, and only the order could say otherwise.
    func older(in staging: String, isLate: Bool) -> String? {
        let newer = order.map { "(g.\(session.quote($0)) is not null and (s.\(session.quote($0)) is null or g.\(session.quote($0)) > s.\(session.quote($0))))" }
        let later = "(g.\(ColumnNames.batch) > s.\(ColumnNames.batch) or (g.\(ColumnNames.batch) = s.\(ColumnNames.batch) and g.\(ColumnNames.row) > s.\(ColumnNames.row)))"
        let late = order.map { "(coalesce(s.\(session.quote($0)) <= g.\(session.quote($0)), true) and \(later))" } ?? later
        let conditions = [newer, isLate ? late : nil].compactMap(\.self)
        guard !conditions.isEmpty else { return nil }
        let isSameKey = key.map { "s.\(session.quote($0)) = g.\(session.quote($0))" }.joined(separator: " and ")
        return "select s.\(ColumnNames.row) from \(staging) s join \(session.render(table)) g on \(isSameKey) where \(conditions.joined(separator: " or "))"
    }

    /// All that `staging` still holds is newer than any tombstone of its key: what is marked gets a new one, and what is not lives again.
    func renew(from staging: String, where isMarked: String) throws {
        try session.execute("delete from \(session.render(table)) where (\(keys)) in (select \(keys) from \(staging))")
        let list = (columns.map(session.quote) + [ColumnNames.batch, ColumnNames.row]).joined(separator: ", ")
        try session.execute("insert into \(session.render(table)) (\(list)) select \(list) from \(staging) where \(isMarked)")
    }
}
