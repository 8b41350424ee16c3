internal import Jinja
internal import Kernel

/// One result of a run, or the node in it: fields that are read as attributes, and `to_dict()`.
final class RecordObject: JinjaObject {
    private let fields: DictValue
    /// Fields that are records themselves.
    private static let nested: Set<String> = ["node", "timing", "config"]

    /// Whether what it has not is none, as it is of a node's configuration.
    private let isComplete: Bool

    private init(_ fields: DictValue, isComplete: Bool = false) {
        self.fields = fields
        self.isComplete = isComplete
        for name in Self.nested { if let value = fields[name] { fields[name] = Self.record(value, isComplete: name == "config") } }
    }

    /// A list of records, for `results`.
    static func list(_ json: JSON) -> Value { record(Value(json)) }

    private static func record(_ value: Value, isComplete: Bool = false) -> Value {
        if case .list(let items) = value { return .list(items.items.map { record($0) }) }
        return value.asDict.map { .object(RecordObject($0, isComplete: isComplete)) } ?? value
    }

    var typeName: String { "RunResult" }
    func text(_ interpreter: Interpreter) throws -> String { try interpreter.text(plain()) }
    /// Moments, which are texts in `to_dict()` and in what is written.
    private static let moments: Set<String> = ["started_at", "completed_at"]

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        guard Self.moments.contains(name), let text = fields[name]?.asString, var time = PythonTime.read(text) else { return fields[name] ?? (isComplete ? Value.none : nil) }
        time.zone = nil
        return .object(DateTimeObject(time))
    }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { try key.asString.flatMap { try attribute($0, interpreter) } }
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
