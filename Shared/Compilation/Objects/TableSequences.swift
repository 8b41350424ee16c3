internal import Jinja
internal import Kernel
internal import WarehouseKit

final class TableColumnObject: JinjaObject {
    private let name: String
    private let kind: TableKind
    private let index: Int
    private let values: [Value]
    init(_ name: String, _ kind: TableKind, _ index: Int, _ values: [Value]) {
        self.name = name
        self.kind = kind
        self.index = index
        self.values = values
    }
    var typeName: String { "Column" }
    func text(_ interpreter: Interpreter) throws -> String { try RowObject.shown("Column", values, interpreter) }
    var count: Int? { values.count }
    var isSequence: Bool { true }
    func attribute(_ attribute: String, _ interpreter: Interpreter) throws -> Value? {
        switch attribute {
        case "name": .string(name)
        case "index": .int(index)
        case "data_type": .object(TableTypeObject(kind))
        default: nil
        }
    }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(values) }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        key.asInt.flatMap { values.indices.contains($0 < 0 ? values.count + $0 : $0) ? values[$0 < 0 ? values.count + $0 : $0] : nil }
    }
    func callMethod(_ method: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch method {
        case "values": return .tuple(values)
        case "values_distinct": return .tuple(Self.distinct(values))
        case "values_without_nulls": return .tuple(values.filter { !$0.isNone })
        // What is null sorts last.
        case "values_sorted", "values_without_nulls_sorted":
            let nulls = method == "values_sorted" ? values.filter(\.isNone) : []
            let known = Value.list(values.filter { !$0.isNone })
            return .list((try interpreter.environment.filters["sort"]?(known, Arguments([]), interpreter).asList ?? []) + nulls)
        default: return nil
        }
    }
    func isEqual(to other: Value) -> Bool {
        let items: [Value]? = if case .object(let object) = other, let column = object as? TableColumnObject { column.values } else { other.asList }
        guard let items, items.count == values.count else { return false }
        return zip(items, values).allSatisfy { $0.json == $1.json }
    }
    static func distinct(_ values: [Value]) -> [Value] {
        var seen: Set<JSON> = []
        return values.filter { seen.insert($0.json ?? .null).inserted }
    }
}

final class TableColumnsObject: JinjaObject {
    private let columns: [(String, Value)]
    init(_ columns: [(String, Value)]) { self.columns = columns }
    var typeName: String { "MappedSequence" }
    func text(_ interpreter: Interpreter) throws -> String { try RowObject.shown("MappedSequence", columns.map(\.1), interpreter) }
    var count: Int? { columns.count }
    var isSequence: Bool { true }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(columns.map(\.1)) }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        if let index = key.asInt { return columns.indices.contains(index < 0 ? columns.count + index : index) ? columns[index < 0 ? columns.count + index : index].1 : nil }
        guard let name = key.asString else { return nil }
        return columns.first { $0.0 == name }?.1 ?? columns.first { $0.0.lowercased() == name.lowercased() }?.1
    }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { try item(.string(name), interpreter) }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "values": .tuple(columns.map(\.1))
        case "keys": .tuple(columns.map { .string($0.0) })
        case "items": .list(columns.map { .tuple([.string($0.0), $0.1]) })
        case "dict": .dict(columns)
        case "get": try item(arguments.positional.first ?? .none, interpreter) ?? (arguments.positional.count > 1 ? arguments.positional[1] : Value.none)
        default: nil
        }
    }
}

/// The rows of a table: by number, and by `values()`.
final class TableRowsObject: JinjaObject {
    private let rows: [Value]
    init(_ rows: [Value]) { self.rows = rows }
    var typeName: String { "MappedSequence" }
    func text(_ interpreter: Interpreter) throws -> String { try RowObject.shown("MappedSequence", rows, interpreter) }
    var count: Int? { rows.count }
    var isSequence: Bool { true }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(rows) }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        key.asInt.flatMap { rows.indices.contains($0 < 0 ? rows.count + $0 : $0) ? rows[$0 < 0 ? rows.count + $0 : $0] : nil }
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "values": .tuple(rows)
        case "keys": Value.none
        default: nil
        }
    }
    func isEqual(to other: Value) -> Bool {
        let items: [Value]? = if case .object(let object) = other, let others = object as? TableRowsObject { others.rows } else { other.asList }
        return items?.map(\.json) == rows.map(\.json)
    }
    func jsonValue() throws -> Value? { .list(rows) }
}

/// What `group_by` makes of a table: one table for each value of a column, in the order in which they come first.
final class TableGroupsObject: JinjaObject {
    private let name: String
    private let groups: [(key: Value, table: Value)]
    init(_ name: String, _ groups: [(key: Value, table: Value)]) { (self.name, self.groups) = (name, groups) }
    var typeName: String { "TableSet" }
    var count: Int? { groups.count }
    var isSequence: Bool { true }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(groups.map(\.table)) }
    func attribute(_ attribute: String, _ interpreter: Interpreter) throws -> Value? { attribute == "key_name" ? .string(name) : nil }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        if let index = key.asInt { return groups.indices.contains(index < 0 ? groups.count + index : index) ? groups[index < 0 ? groups.count + index : index].table : nil }
        return groups.first { $0.key.json == key.json }?.table
    }
    func callMethod(_ method: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch method {
        case "keys": .tuple(groups.map(\.key))
        case "values": .tuple(groups.map(\.table))
        case "items": .list(groups.map { .tuple([$0.key, $0.table]) })
        case "get": try item(arguments.positional.first ?? .none, interpreter) ?? (arguments.positional.count > 1 ? arguments.positional[1] : Value.none)
        default: nil
        }
    }
}

/// The type of a column, which writes values as JSON has them.
final class TableTypeObject: JinjaObject {
    private let kind: TableKind
    init(_ kind: TableKind) { self.kind = kind }
    var typeName: String { Self.word(kind) }
    func isEqual(to other: Value) -> Bool { if case .object(let object) = other { (object as? TableTypeObject)?.kind == kind } else { false } }
    func hash(into hasher: inout Hasher) { hasher.combine(Self.word(kind)) }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard name == "jsonify", let value = arguments.positional.first else { return nil }
        return value.json.map { Value($0) } ?? Value.none
    }

    static func word(_ kind: TableKind) -> String {
        switch kind {
        case .integer: "Integer"
        case .number: "Number"
        case .boolean: "Boolean"
        case .date: "Date"
        case .timestamp: "DateTime"
        case .text: "Text"
        }
    }
}
