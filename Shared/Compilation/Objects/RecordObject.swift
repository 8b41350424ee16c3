internal import Jinja
internal import Kernel

/// One result of a run, or the node in it: fields that are read as attributes, and `to_dict()`.
final class RecordObject: JinjaObject {
    private let fields: DictValue
    /// Fields that are records themselves.
    private static let nested: Set<String> = ["node", "timing"]

    private init(_ fields: DictValue) {
        self.fields = fields
        for name in Self.nested { if let value = fields[name] { fields[name] = Self.record(value) } }
    }

    /// A list of records, for `results`.
    static func list(_ json: JSON) -> Value { record(Value(json)) }

    private static func record(_ value: Value) -> Value {
        if case .list(let items) = value { return .list(items.items.map(record)) }
        return value.asDict.map { .object(RecordObject($0)) } ?? value
    }

    var typeName: String { "RunResult" }
    func text(_ interpreter: Interpreter) throws -> String { try interpreter.text(plain()) }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { fields[name] }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { key.asString.flatMap { fields[$0] } }
    func jsonValue() throws -> Value? { plain() }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        if name == "to_dict" { return plain() }
        return ["get", "items", "keys", "values"].contains(name) ? try interpreter.callMethod(name, of: .dict(fields), arguments) : nil
    }

    private func plain() -> Value {
        let copy = DictValue(fields.pairs.map { ($0.key.asString ?? "", $0.value) })
        for name in Self.nested { if let value = copy[name] { copy[name] = Self.plain(value) } }
        return .dict(copy)
    }
    private static func plain(_ value: Value) -> Value {
        switch value {
        case .list(let items): .list(items.items.map(plain))
        case .object(let object as RecordObject): object.plain()
        default: value
        }
    }
}
