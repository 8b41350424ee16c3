internal import Jinja

/// The path of a relation, or which of its parts are written or quoted: read as attributes and as a mapping, printed as dbt prints it.
final class RelationPartsObject: JinjaObject {
    let typeName: String
    let fields: DictValue

    /// - Parameter typeName: `Path` or `Policy`.
    init(_ typeName: String, _ database: Value, _ schema: Value, _ identifier: Value) {
        self.typeName = typeName
        fields = DictValue([("database", database), ("schema", schema), ("identifier", identifier)])
    }

    /// The parts of such an object, or of a dictionary in its place.
    static func pairs(of value: Value) -> [(String, Value)] {
        let fields = if case .object(let parts as RelationPartsObject) = value { parts.fields } else { value.asDict ?? DictValue() }
        return fields.pairs.map { ($0.key.asString ?? "", $0.value) }
    }

    var isMapping: Bool { true }
    var count: Int? { fields.count }
    func text(_ interpreter: Interpreter) throws -> String {
        "\(typeName)(\(try fields.pairs.map { "\($0.key.asString ?? "")=\(try interpreter.representation(of: $0.value))" }.joined(separator: ", ")))"
    }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { fields[name] }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { key.asString.flatMap { fields[$0] } }
    var methods: Set<String> { ["get", "items", "keys", "values", "to_dict", "get_part", "get_lowered_part"] }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "get", "items", "keys", "values": return try interpreter.callMethod(name, of: .dict(fields), arguments)
        case "to_dict": return .dict(fields)
        case "get_part", "get_lowered_part":
            let part: Value = arguments.positional.first?.asString.flatMap { fields[$0] } ?? Value.none
            return name == "get_part" ? part : part.asString.map { .string($0.lowercased()) } ?? part
        default: return nil
        }
    }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(fields.keys) }
    func contains(_ value: Value) throws -> Bool? { value.asString.map { fields[$0] != nil } ?? false }
    func isEqual(to other: Value) -> Bool {
        guard case .object(let object as RelationPartsObject) = other else { return false }
        return object.typeName == typeName && Value.dict(object.fields).json == Value.dict(fields).json
    }
    func jsonValue() throws -> Value? { .dict(fields) }
}
