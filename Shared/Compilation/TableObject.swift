internal import Jinja
internal import WarehouseKit

/// The rows of a query as templates see them: rows by number or name, columns with their values.
final class TableObject: JinjaObject {
    let result: ResultSet
    init(_ result: ResultSet) { self.result = result }

    var typeName: String { "Table" }
    var count: Int? { result.rows.count }
    // An empty answer is still an answer: `{% if results %}` is true of it.
    func isTrue() throws -> Bool { true }
    func text(_ interpreter: Interpreter) throws -> String { "<Table of \(result.rows.count) rows>" }

    var rows: [Value] { result.rows.map { .object(RowObject(result.columns, $0.map(Value.init))) } }
    private var columns: [(String, Value)] {
        result.columns.indices.map { index in
            (result.columns[index], .object(TableColumnObject(result.columns[index], result.rows.map { Value($0[index]) })))
        }
    }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "rows": .list(rows)
        case "columns": .object(TableColumnsObject(columns))
        case "column_names": .tuple(result.columns.map(Value.string))
        default: nil
        }
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard name == "print_table" else { return nil }
        print(result.columns.joined(separator: " | "))
        for row in result.rows { print(row.map(\.shown).joined(separator: " | ")) }
        return Value.none
    }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(rows) }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        guard let index = key.asInt, rows.indices.contains(index < 0 ? rows.count + index : index) else { return nil }
        return rows[index < 0 ? rows.count + index : index]
    }
}

/// One row: a sequence of values that also answers to column names.
final class RowObject: JinjaObject {
    private let names: [String]
    private let values: [Value]
    init(_ names: [String], _ values: [Value]) {
        self.names = names
        self.values = values
    }
    var typeName: String { "Row" }
    var count: Int? { values.count }
    var isSequence: Bool { true }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(values) }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        if let index = key.asInt { return values.indices.contains(index < 0 ? values.count + index : index) ? values[index < 0 ? values.count + index : index] : nil }
        return key.asString.flatMap { value(of: $0) }
    }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { value(of: name) }
    private func value(of name: String) -> Value? {
        names.firstIndex { $0.lowercased() == name.lowercased() }.map { values[$0] }
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "values": .tuple(values)
        case "keys": .tuple(names.map(Value.string))
        case "dict": .dict(Array(zip(names, values)))
        case "get": arguments.positional.first?.asString.flatMap(value(of:)) ?? (arguments.positional.count > 1 ? arguments.positional[1] : Value.none)
        default: nil
        }
    }
}

final class TableColumnObject: JinjaObject {
    private let name: String
    private let values: [Value]
    init(_ name: String, _ values: [Value]) {
        self.name = name
        self.values = values
    }
    var typeName: String { "Column" }
    var count: Int? { values.count }
    var isSequence: Bool { true }
    func attribute(_ attribute: String, _ interpreter: Interpreter) throws -> Value? { attribute == "name" ? .string(name) : nil }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(values) }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        key.asInt.flatMap { values.indices.contains($0 < 0 ? values.count + $0 : $0) ? values[$0 < 0 ? values.count + $0 : $0] : nil }
    }
    func callMethod(_ method: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch method {
        case "values": return .tuple(values)
        case "values_distinct":
            var kept: [Value] = []
            for value in values where !kept.contains(where: { "\($0)" == "\(value)" }) { kept.append(value) }
            return .tuple(kept)
        default: return nil
        }
    }
}

final class TableColumnsObject: JinjaObject {
    private let columns: [(String, Value)]
    init(_ columns: [(String, Value)]) { self.columns = columns }
    var typeName: String { "MappedSequence" }
    var count: Int? { columns.count }
    var isSequence: Bool { true }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(columns.map(\.1)) }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        if let index = key.asInt { return columns.indices.contains(index) ? columns[index].1 : nil }
        return key.asString.flatMap { name in columns.first { $0.0.lowercased() == name.lowercased() }?.1 }
    }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { try item(.string(name), interpreter) }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        name == "values" ? .tuple(columns.map(\.1)) : name == "keys" ? .tuple(columns.map { .string($0.0) }) : nil
    }
}

extension Value {
    init(_ value: SQLValue) {
        switch value {
        case .null: self = .none
        case .integer(let number): self = .int(Int(number))
        case .double(let number): self = .double(number)
        case .text(let text): self = .string(text)
        case .blob(let bytes): self = .string(String(decoding: bytes, as: UTF8.self))
        }
    }
}

extension SQLValue {
    var shown: String {
        switch self {
        case .null: ""
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .text(let text): text
        case .blob(let bytes): "(\(bytes.count) bytes)"
        }
    }
}
