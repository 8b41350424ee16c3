internal import Kernel
internal import WarehouseKit

/// How a batch's columns differ from those of the table as it was: facts of the load's report, `details.drift`, and so of its
/// `task.succeeded` event.
enum Drift: Hashable {
    case new(String, ColumnType)
    /// A contract keeps it out.
    case refused(String)
    case missing(String)
    /// One is missing, and another one stands in its place: between the same neighbours, with a type that fits.
    case renamed(String, to: String)
    case widened(String, from: ColumnType, to: ColumnType)

    static func between(_ table: TableShape, and pass: BatchPass) -> [Drift] {
        guard table.exists, !pass.columns.isEmpty else { return [] }
        let names = pass.columns.map(\.name)
        let types = Dictionary(uniqueKeysWithValues: pass.columns.map { ($0.name, $0.type) })
        let refused = pass.preparation?.refused.map(\.name) ?? []
        var missing = table.names.filter { types[$0] == nil }
        var drift: [Drift] = []
        for column in pass.columns {
            guard let old = table.types[column.name] else {
                let place = names.firstIndex(of: column.name)!
                if let old = missing.first(where: { name in stands(name, in: table.names, where: place, in: names) && fits(table.types[name], column.type) }) {
                    missing.removeAll { $0 == old }
                    drift.append(.renamed(old, to: column.name))
                } else {
                    drift.append(.new(column.name, column.type))
                }
                continue
            }
            let now = old.widened(with: column.type)
            if now != old, old != .unknown { drift.append(.widened(column.name, from: old, to: now)) }
        }
        return drift + refused.map(Drift.refused) + missing.map(Drift.missing)
    }

    private static func stands(_ old: String, in table: [String], where place: Int, in names: [String]) -> Bool {
        guard let there = table.firstIndex(of: old) else { return false }
        let before = there == 0 ? nil : table[there - 1], after = there + 1 < table.count ? table[there + 1] : nil
        return before == (place == 0 ? nil : names[place - 1]) && after == (place + 1 < names.count ? names[place + 1] : nil)
    }

    private static func fits(_ old: ColumnType?, _ new: ColumnType) -> Bool {
        guard let old else { return false }
        return new == .unknown || old == .unknown || old.widened(with: new) == old
    }

    var words: String {
        switch self {
        case .new(let name, let type): "column '\(name)' is new, \(type.rawValue)"
        case .refused(let name): "column '\(name)' is new, and its contract keeps it out"
        case .missing(let name): "column '\(name)' is not in the batch"
        case .renamed(let old, let new): "column '\(new)' is new where '\(old)' was: if it was renamed, say so with columns: {\(old): {from: \(new)}}"
        case .widened(let name, let old, let new): "column '\(name)' was \(old.rawValue) and is \(new.rawValue)"
        }
    }

    /// Members by name, as the ledger keeps them.
    var json: JSON {
        switch self {
        case .new(let name, let type): ["column": .string(name), "kind": "new", "type": .string(type.rawValue)]
        case .refused(let name): ["column": .string(name), "kind": "refused"]
        case .missing(let name): ["column": .string(name), "kind": "missing"]
        case .renamed(let old, let new): ["column": .string(old), "kind": "renamed", "to": .string(new)]
        case .widened(let name, let old, let new): ["column": .string(name), "from": .string(old.rawValue), "kind": "widened", "to": .string(new.rawValue)]
        }
    }
}
