/// The methods of Python's built-in types.
enum Methods {
    typealias Method<Receiver> = @Sendable (Receiver, Arguments, Interpreter) throws(JinjaError) -> Value

    static func has(_ name: String, _ owner: Value) -> Bool {
        switch owner {
        case .string: StringMethods.all[name] != nil
        case .list: ListMethods.all[name] != nil
        case .tuple: TupleMethods.all[name] != nil
        case .dict: DictMethods.all[name] != nil
        case .int, .bool: name == "bit_length" || name == "bit_count" || name == "conjugate"
        case .double: name == "is_integer" || name == "conjugate"
        default: false
        }
    }

    /// Nil when the type has no such method.
    static func call(
        _ name: String, _ owner: Value, _ arguments: Arguments, _ interpreter: Interpreter
    ) throws(JinjaError) -> Value? {
        switch owner {
        case .string(let text): return try StringMethods.all[name]?(text, arguments, interpreter)
        case .list(let list): return try ListMethods.all[name]?(list, arguments, interpreter)
        case .tuple(let tuple): return try TupleMethods.all[name]?(tuple.items, arguments, interpreter)
        case .dict(let dict): return try DictMethods.all[name]?(dict, arguments, interpreter)
        case .int, .bool:
            let value = owner.asInt ?? 0
            switch name {
            case "bit_length": return .int(Int.bitWidth - value.magnitude.leadingZeroBitCount)
            case "bit_count": return .int(value.magnitude.nonzeroBitCount)
            case "conjugate": return .int(value)
            default: return nil
            }
        case .double(let value):
            switch name {
            case "is_integer": return .bool(value.isFinite && value == value.rounded())
            case "conjugate": return owner
            default: return nil
            }
        default: return nil
        }
    }
}

/// Conversions that method and filter arguments need.
extension Value {
    func integer(_ role: String) throws(JinjaError) -> Int {
        if let value = asInt { return value }
        if case .undefined(let undefined) = self { throw undefined.failure }
        throw JinjaError(.type, "\(role): '\(typeName)' object cannot be interpreted as an integer")
    }

    func string(_ role: String) throws(JinjaError) -> String {
        if case .string(let text) = self { return text }
        if case .undefined(let undefined) = self { throw undefined.failure }
        throw JinjaError(.type, "\(role) must be str, not \(typeName)")
    }
}
