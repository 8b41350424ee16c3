/// What `tojson` writes: Python's `json.dumps` with sorted keys, safe inside HTML.
struct JSONText {
    private let interpreter: Interpreter
    private let indent: String?
    private var text = ""

    static func write(_ value: Value, indent: String?, _ interpreter: Interpreter) throws(JinjaError) -> String {
        var writer = JSONText(interpreter: interpreter, indent: indent)
        try writer.write(value, depth: 0)
        return writer.text
    }

    private init(interpreter: Interpreter, indent: String?) {
        self.interpreter = interpreter
        self.indent = indent
    }

    private mutating func write(_ value: Value, depth: Int) throws(JinjaError) {
        guard depth < ValueDepth.max else { throw ValueDepth.exceeded }
        switch value {
        case .none: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .big(let value): text += try value.text()
        case .double(let value): text += number(value)
        case .string(let value): write(string: value)
        case .list(let list): try write(list.items, depth)
        case .tuple(let tuple): try write(tuple.items, depth)
        case .dict(let dict): try write(dict, depth)
        case .object(let object):
            guard let value = try hosted({ try object.jsonValue() }) else { throw refusal(value) }
            try write(value, depth: depth + 1)
        case .undefined, .function: throw refusal(value)
        }
        guard text.utf8.count <= interpreter.environment.limits.textBytesMax else { throw interpreter.textTooLong }
    }

    private func refusal(_ value: Value) -> JinjaError {
        JinjaError(.type, "Object of type \(value.typeName) is not JSON serializable")
    }

    private func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return Numbers.text(value)
    }

    private mutating func write(_ items: [Value], _ depth: Int) throws(JinjaError) {
        guard !items.isEmpty else {
            text += "[]"
            return
        }
        text += "["
        for (index, item) in items.enumerated() {
            separate(isFirst: index == 0, depth + 1)
            try write(item, depth: depth + 1)
        }
        close("]", depth)
    }

    private mutating func write(_ dict: DictValue, _ depth: Int) throws(JinjaError) {
        guard dict.count > 0 else {
            text += "{}"
            return
        }
        text += "{"
        let keys = try interpreter.sorted(dict.keys) { (key) throws(JinjaError) in key }
        for (index, key) in keys.enumerated() {
            separate(isFirst: index == 0, depth + 1)
            try write(key: key)
            text += ": "
            try write(dict.value(for: key) ?? .none, depth: depth + 1)
        }
        close("}", depth)
    }

    private mutating func separate(isFirst: Bool, _ depth: Int) {
        if let indent {
            text += (isFirst ? "\n" : ",\n") + String(repeating: indent, count: depth)
        } else if !isFirst {
            text += ", "
        }
    }

    private mutating func close(_ bracket: String, _ depth: Int) {
        if let indent { text += "\n" + String(repeating: indent, count: depth) }
        text += bracket
    }

    private mutating func write(key: Value) throws(JinjaError) {
        switch key {
        case .string(let name): write(string: name)
        case .none: text += "\"null\""
        case .bool(let value): text += value ? "\"true\"" : "\"false\""
        case .int(let value): text += "\"\(value)\""
        case .big(let value): text += "\"\(try value.text())\""
        case .double(let value): text += "\"" + number(value) + "\""
        default: throw JinjaError(.type, "keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    private mutating func write(string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{8}": text += "\\b"
            case "\u{c}": text += "\\f"
            case "<", ">", "&", "'": text += "\\u" + PythonText.hex(scalar.value, 4)
            default:
                if scalar.value >= 0x20, scalar.value < 0x7f || scalar.value == 0x7f {
                    text.unicodeScalars.append(scalar)
                } else {
                    for unit in String(scalar).utf16 { text += "\\u" + PythonText.hex(UInt32(unit), 4) }
                }
            }
        }
        text += "\""
    }
}
