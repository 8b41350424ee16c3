internal import Jinja

/// What is known of a country, by its two letters in any case; called, it is asked the same.
final class ZoneCountries: JinjaObject {
    private let members: [String: Value]
    init(_ members: [String: Value]) { self.members = members }
    var typeName: String { "dict" }
    var isMapping: Bool { true }
    var isCallable: Bool { true }
    var count: Int? { members.count }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { key.asString.flatMap { members[$0.uppercased()] } }
    func contains(_ value: Value) throws -> Bool? { value.asString.map { members[$0.uppercased()] != nil } }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(members.keys.sorted().map(Value.string)) }
    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        let name = arguments.positional.first?.asString ?? ""
        guard let value = members[name.uppercased()] else { throw JinjaError(.value, "'\(name)'") }
        return value
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard ["get", "keys", "values", "items"].contains(name) else { return nil }
        if name == "get" { return try item(arguments.positional.first ?? .none, interpreter) ?? (arguments.positional.count > 1 ? arguments.positional[1] : Value.none) }
        return try interpreter.callMethod(name, of: .dict(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }), arguments)
    }
}
