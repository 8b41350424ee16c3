internal import Jinja

/// One thing that a filter, a grouping or an order names: `Dimension('fact__kind').grain('day')`.
struct QueryItem: Hashable {
    enum Kind: String {
        case dimension = "Dimension", timeDimension = "TimeDimension", entity = "Entity", metric = "Metric"
    }
    var kind: Kind
    var name: String
    var entityPath: [String] = []
    /// Of a metric.
    var groupBy: [String] = []
    var granularity: String?
    var datePart: String?
    var isDescending: Bool?

    /// The item as it is found whichever way it is sorted.
    var unsorted: QueryItem {
        var item = self
        item.isDescending = nil
        return item
    }

    private static let dateParts = ["year", "quarter", "month", "day", "dow", "doy"]

    fileprivate func checked() throws(JinjaError) -> QueryItem {
        if kind == .metric {
            if !entityPath.isEmpty { throw JinjaError(.host, "The entity path should not be specified for a metric.") }
            if !DunderedName(name).entityLinks.isEmpty { throw JinjaError(.host, "The name of the metric should not have entity links.") }
        }
        if let datePart, kind == .dimension || kind == .timeDimension, !Self.dateParts.contains(datePart.lowercased()) {
            throw JinjaError(.host, "'\(datePart)' is not a valid date part. Valid values are {\(Self.dateParts.map { "'\($0)'" }.joined(separator: ", "))}")
        }
        return self
    }

    // MARK: Finding

    /// The items that a template prints, each once.
    /// - Parameter sorts: whether `.descending(…)` may be asked for of all kinds.
    static func items(in template: String, sorts: Bool = false) throws(JinjaError) -> [QueryItem] {
        var environment = Environment()
        environment.undefined = .strict
        let found = Found(sorts: sorts)
        func constructor(_ kind: Kind, _ names: [String], _ make: @escaping ([Value?]) -> QueryItem) -> Value {
            .function(kind.rawValue) { arguments, _ in
                let bound = try names.count == 2 ? arguments.bound(kind.rawValue, required: 1, names[0], names[1]) : arguments.bound(kind.rawValue, required: 1, names[0], names[1], names[2], names[3], names[4])
                guard bound[0]?.asString != nil else { throw JinjaError(.type, "'\(bound[0]?.typeName ?? "")' object has no attribute 'split'") }
                return .object(try QueryItemObject(make(bound).checked(), found))
            }
        }
        func texts(_ value: Value?) -> [String] { value?.asList?.compactMap(\.asString) ?? value?.asString.map { [$0] } ?? [] }
        let variables: [String: Value] = [
            "Dimension": constructor(.dimension, ["name", "entity_path"]) { QueryItem(kind: .dimension, name: $0[0]?.asString ?? "", entityPath: texts($0[1])) },
            "TimeDimension": constructor(.timeDimension, ["time_dimension_name", "time_granularity_name", "entity_path", "descending", "date_part_name"]) {
                QueryItem(
                    kind: .timeDimension, name: $0[0]?.asString ?? "", entityPath: texts($0[2]), granularity: $0[1]?.asString, datePart: $0[4]?.asString, isDescending: $0[3]?.asInt.map { $0 != 0 })
            },
            "Entity": constructor(.entity, ["entity_name", "entity_path"]) { QueryItem(kind: .entity, name: $0[0]?.asString ?? "", entityPath: texts($0[1])) },
            "Metric": constructor(.metric, ["metric_name", "group_by"]) { QueryItem(kind: .metric, name: $0[0]?.asString ?? "", groupBy: texts($0[1])) },
        ]
        do {
            _ = try Interpreter(environment).render(environment.parse(template), Context(variables))
        } catch {
            // What is wrong with the template itself is told by showing it, as in dbt.
            guard [.syntax, .undefined].contains(error.kind) else { throw error }
            throw JinjaError(error.kind, "Error while processing Jinja template:\n    \(template)")
        }
        return found.items
    }

    fileprivate final class Found {
        let sorts: Bool
        var items: [QueryItem] = []
        init(sorts: Bool) { self.sorts = sorts }
    }
}

/// An item inside a template, where methods change it until it is printed.
private final class QueryItemObject: JinjaObject {
    private var item: QueryItem
    private let found: QueryItem.Found

    init(_ item: QueryItem, _ found: QueryItem.Found) {
        self.item = item
        self.found = found
    }

    func text(_ interpreter: Interpreter) throws -> String {
        if !found.items.contains(item) { found.items.append(item) }
        return ""
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        var changed = item
        switch name {
        case "grain": changed.granularity = try arguments.bound("grain", required: 1, "time_granularity")[0]?.asString ?? item.granularity
        case "date_part": changed.datePart = try arguments.bound("date_part", required: 1, "date_part_name")[0]?.asString ?? item.datePart
        case "descending":
            // `False` changes nothing.
            if try arguments.bound("descending", required: 1, "_is_descending")[0]?.asInt ?? 0 != 0 { changed.isDescending = true }
        default: return nil
        }
        changed = try changed.checked()
        let isAllowed = item.kind == .dimension || name == "descending" && found.sorts
        guard isAllowed else { throw JinjaError(.host, "`\(name)` can't be used with `\(item.kind.rawValue)` in this context.") }
        item = changed
        return .object(self)
    }
}

/// `fact__happened__month`: entities, an element, perhaps a granularity.
struct DunderedName {
    var entityLinks: [String]
    var element: String
    var granularity: String?

    init(_ name: String, customs: [String] = []) {
        var parts = Self.parts(of: name)
        if parts.count > 1, let last = parts.last, (SemanticManifest.granularities + customs).contains(last) { granularity = parts.removeLast() }
        element = parts.removeLast()
        entityLinks = parts
    }

    private static func parts(of name: String) -> [String] {
        var parts: [[UInt8]] = [[]]
        let bytes = Array(name.utf8)
        var place = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "_"), place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "_") {
                parts.append([])
                place += 2
            } else {
                parts[parts.count - 1].append(bytes[place])
                place += 1
            }
        }
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }
}
