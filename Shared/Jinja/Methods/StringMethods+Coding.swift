/// `encode`, and replacing characters by a table.
extension StringMethods {
    @Sendable static func encode(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let places = try a.bound("encode", "encoding", "errors")
        let encoding = try TextEncoding(named: (places[0] ?? "utf-8").string("encode() argument 'encoding'"))
        guard text.utf8.count <= BytesObject.countMax else { throw BytesObject.tooLong }
        return .object(BytesObject(try encoding.encode(text, errors: (places[1] ?? "strict").string("encode() argument 'errors'"))))
    }

    @Sendable static func translate(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let table = try a.bound("translate", required: 1, "table")[0] ?? .none
        var result = ""
        for scalar in text.unicodeScalars {
            let replacement = try interpreter.item(.int(Int(scalar.value)), of: table)
            switch replacement {
            case .undefined:
                guard interpreter.hasItems(table) else { throw JinjaError(.type, "'\(table.typeName)' object is not subscriptable") }
                result.unicodeScalars.append(scalar)
            case .none: break
            case .string(let text): result += text
            case .int, .bool, .big:
                guard let code = replacement.asInt, let code = UInt32(exactly: code), let scalar = Unicode.Scalar(code) else {
                    throw JinjaError(.value, "character mapping must be in range(0x110000)")
                }
                result.unicodeScalars.append(scalar)
            default: throw JinjaError(.type, "character mapping must return integer, None or str")
            }
            guard result.utf8.count <= interpreter.environment.limits.textBytesMax else { throw interpreter.textTooLong }
        }
        return .string(result)
    }

    @Sendable static func maketrans(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let places = try a.bound("maketrans", required: 1, "x", "y", "z")
        let table = DictValue()
        guard let second = places[1] else {
            guard case .dict(let dict)? = places[0] else {
                throw JinjaError(.type, "if you give only one argument to maketrans it must be a dict")
            }
            for (key, value) in dict.pairs { table.store(value, for: try code(key)) }
            return .dict(table)
        }
        guard case .string(let first)? = places[0] else {
            throw JinjaError(.type, "first maketrans argument must be a string if there is a second argument")
        }
        let (from, to) = (first.unicodeScalars, try second.string("maketrans() argument 2").unicodeScalars)
        guard from.count == to.count else { throw JinjaError(.value, "the first two maketrans arguments must have equal length") }
        for (from, to) in zip(from, to) { table.store(.int(Int(to.value)), for: .int(Int(from.value))) }
        if let dropped = places[2] {
            for scalar in try dropped.string("maketrans() argument 3").unicodeScalars { table.store(.none, for: .int(Int(scalar.value))) }
        }
        return .dict(table)
    }

    private static func code(_ key: Value) throws(JinjaError) -> Value {
        switch key {
        case .string(let text):
            guard let scalar = text.unicodeScalars.first, PythonText.count(text) == 1 else {
                throw JinjaError(.value, "string keys in translate table must be of length 1")
            }
            return .int(Int(scalar.value))
        case .int, .big, .bool: return key
        default: throw JinjaError(.type, "keys in translate table must be strings or integers")
        }
    }
}

extension Interpreter {
    func hasItems(_ value: Value) -> Bool {
        switch value {
        case .string, .list, .tuple, .dict, .object: true
        default: false
        }
    }
}
