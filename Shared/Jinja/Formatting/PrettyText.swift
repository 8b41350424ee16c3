/// What `pprint` writes: one line if it fits into 80 columns, else one item per line. Dictionaries are sorted by key.
struct PrettyText {
    private let interpreter: Interpreter
    private var text = ""
    private let width = 80

    static func write(_ value: Value, _ interpreter: Interpreter) throws(JinjaError) -> String {
        var writer = PrettyText(interpreter: interpreter)
        try writer.write(value, indent: 0, allowance: 0, depth: 0)
        return writer.text
    }

    private init(interpreter: Interpreter) { self.interpreter = interpreter }

    private mutating func write(_ value: Value, indent: Int, allowance: Int, depth: Int) throws(JinjaError) {
        guard depth < ValueDepth.max else { throw ValueDepth.exceeded }
        let flat = try interpreter.representation(of: keysSorted(value, depth: depth))
        guard PythonText.count(flat) > width - indent - allowance else {
            text += flat
            return
        }
        switch value {
        case .dict(let dict): try write(dict, indent, allowance + 1, depth)
        case .list(let list): try write(list.items, "[", "]", indent, allowance + 1, depth)
        case .tuple(let tuple):
            let closing = tuple.items.count == 1 ? ",)" : ")"
            try write(tuple.items, "(", closing, indent, allowance + closing.utf8.count, depth)
        default: text += flat
        }
    }

    private mutating func write(_ dict: DictValue, _ indent: Int, _ allowance: Int, _ depth: Int) throws(JinjaError) {
        text += "{"
        let keys = try sorted(dict)
        for (index, key) in keys.enumerated() {
            let shown = try interpreter.representation(of: key)
            text += shown + ": "
            let isLast = index == keys.count - 1
            try write(
                dict.value(for: key) ?? .none, indent: indent + 1 + PythonText.count(shown) + 2,
                allowance: isLast ? allowance : 1, depth: depth + 1)
            if !isLast { text += ",\n" + String(repeating: " ", count: indent + 1) }
        }
        text += "}"
    }

    private mutating func write(
        _ items: [Value], _ opening: String, _ closing: String, _ indent: Int, _ allowance: Int, _ depth: Int
    ) throws(JinjaError) {
        text += opening
        for (index, item) in items.enumerated() {
            if index > 0 { text += ",\n" + String(repeating: " ", count: indent + 1) }
            try write(item, indent: indent + 1, allowance: index == items.count - 1 ? allowance : 1, depth: depth + 1)
        }
        text += closing
    }

    /// Keys that do not compare keep their order.
    private func sorted(_ dict: DictValue) throws(JinjaError) -> [Value] {
        (try? interpreter.sorted(dict.keys) { (key) throws(JinjaError) in key }) ?? dict.keys
    }

    private func keysSorted(_ value: Value, depth: Int) throws(JinjaError) -> Value {
        guard depth < ValueDepth.max else { throw ValueDepth.exceeded }
        switch value {
        case .dict(let dict):
            let result = DictValue()
            for key in try sorted(dict) {
                result.store(try keysSorted(dict.value(for: key) ?? .none, depth: depth + 1), for: key)
            }
            return .dict(result)
        case .list(let list): return .list(try keysSorted(list.items, depth))
        case .tuple(let tuple): return .tuple(try keysSorted(tuple.items, depth))
        default: return value
        }
    }

    private func keysSorted(_ items: [Value], _ depth: Int) throws(JinjaError) -> [Value] {
        var result: [Value] = []
        for item in items { result.append(try keysSorted(item, depth: depth + 1)) }
        return result
    }
}
