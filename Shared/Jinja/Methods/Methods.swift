/// The methods of Python's built-in types.
enum Methods {
    typealias Method<Receiver> = @Sendable (Receiver, Arguments, Interpreter) throws(JinjaError) -> Value

    /// Those whose arguments may be named; the others' stand by their places.
    static let namesArguments: Set<String> = [
        "split", "rsplit", "splitlines", "expandtabs", "encode", "decode", "format", "sort", "update", "to_bytes", "from_bytes", "hex",
    ]

    /// Those that take nothing.
    private static let takesNothing: Set<String> = [
        "upper", "lower", "casefold", "capitalize", "title", "swapcase", "isdigit", "isdecimal", "isnumeric", "isalpha", "isalnum", "isspace", "isascii",
        "isprintable", "isidentifier", "isupper", "islower", "istitle", "copy", "clear", "reverse", "keys", "items", "values", "popitem", "conjugate",
        "bit_length", "bit_count", "as_integer_ratio", "is_integer", "hex",
    ]

    static func has(_ name: String, _ owner: Value) -> Bool {
        switch owner {
        case .string: StringMethods.all[name] != nil
        case .list: ListMethods.all[name] != nil
        case .tuple: TupleMethods.all[name] != nil
        case .dict: DictMethods.all[name] != nil
        case .int, .big, .bool: NumberMethods.integers[name] != nil
        case .double: NumberMethods.doubles[name] != nil
        default: false
        }
    }

    /// Nil when the type has no such method.
    static func call(
        _ name: String, _ owner: Value, _ arguments: Arguments, _ interpreter: Interpreter
    ) throws(JinjaError) -> Value? {
        guard arguments.named.isEmpty || namesArguments.contains(name) || !has(name, owner) else {
            throw JinjaError(.type, "\(owner.typeName).\(name)() takes no keyword arguments")
        }
        guard arguments.positional.isEmpty || !takesNothing.contains(name) || !has(name, owner) else {
            throw JinjaError(.type, "\(owner.typeName).\(name)() takes no arguments (\(arguments.positional.count) given)")
        }
        switch owner {
        case .string(let text): return try StringMethods.all[name]?(text, arguments, interpreter)
        case .list(let list): return try ListMethods.all[name]?(list, arguments, interpreter)
        case .tuple(let tuple): return try TupleMethods.all[name]?(tuple.items, arguments, interpreter)
        case .dict(let dict): return try DictMethods.all[name]?(dict, arguments, interpreter)
        case .int, .big, .bool: return try NumberMethods.integers[name]?(owner.wholeNumber ?? 0, arguments, interpreter)
        case .double(let value): return try NumberMethods.doubles[name]?(value, arguments, interpreter)
        default: return nil
        }
    }
}

/// Conversions that method and filter arguments need.
extension Value {
    func integer(_ role: String) throws(JinjaError) -> Int {
        if let value = asInt { return value }
        if case .big = self { throw JinjaError(.arithmetic, "Python int too large to convert to C ssize_t") }
        if case .undefined(let undefined) = self { throw undefined.failure }
        throw JinjaError(.type, "\(role): '\(typeName)' object cannot be interpreted as an integer")
    }

    func string(_ role: String) throws(JinjaError) -> String {
        if case .string(let text) = self { return text }
        if case .undefined(let undefined) = self { throw undefined.failure }
        throw JinjaError(.type, "\(role) must be str, not \(typeName)")
    }
}
