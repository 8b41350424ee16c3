/// `str` and `repr`.
extension Interpreter {
    public func text(of value: Value) throws(JinjaError) -> String {
        switch value {
        case .string(let text): return text
        case .undefined(let undefined):
            try undefined.checkUse(strictOnly: true)
            return ""
        case .object(let object): return try hosted { try object.text(self) }
        default: return try representation(of: value)
        }
    }

    public func representation(of value: Value) throws(JinjaError) -> String {
        var writer = RepresentationWriter(interpreter: self)
        try writer.write(value)
        return writer.text
    }
}

/// Writes a value as Python would in source code.
private struct RepresentationWriter {
    let interpreter: Interpreter
    var text = ""
    /// The containers being written: one that holds itself shows as `[...]`.
    var open: [ObjectIdentifier] = []

    mutating func write(_ value: Value) throws(JinjaError) {
        switch value {
        case .undefined: text += "Undefined"
        case .none: text += "None"
        case .bool(let value): text += value ? "True" : "False"
        case .int(let value): text += String(value)
        case .big(let value): text += try value.text()
        case .double(let value): text += Numbers.text(value)
        case .string(let value): text += PythonText.representation(of: value)
        case .list(let list): try write(list.items, of: list, "[", "]")
        case .tuple(let tuple) where tuple.type != nil:
            text += (tuple.type ?? "") + "("
            for (index, item) in tuple.items.enumerated() {
                text += (index > 0 ? ", " : "") + (tuple.names.indices.contains(index) ? tuple.names[index] + "=" : "")
                try write(item)
            }
            text += ")"
        case .tuple(let tuple): try write(tuple.items, of: tuple, "(", tuple.items.count == 1 ? ",)" : ")")
        case .dict(let dict): try write(dict)
        case .object(let object): text += try hosted { try object.representation(interpreter) }
        case .function(let function): text += "<function \(function.name)>"
        }
        guard text.utf8.count <= interpreter.environment.limits.textBytesMax else { throw interpreter.textTooLong }
    }

    private mutating func write(
        _ items: [Value], of owner: AnyObject, _ opening: String, _ closing: String
    ) throws(JinjaError) {
        guard try enter(owner) else {
            text += opening + "..." + String(closing.suffix(1))
            return
        }
        text += opening
        for (index, item) in items.enumerated() {
            if index > 0 { text += ", " }
            try write(item)
        }
        text += closing
        open.removeLast()
    }

    private mutating func write(_ dict: DictValue) throws(JinjaError) {
        guard try enter(dict) else {
            text += "{...}"
            return
        }
        text += "{"
        for (index, (key, value)) in dict.pairs.enumerated() {
            if index > 0 { text += ", " }
            try write(key)
            text += ": "
            try write(value)
        }
        text += "}"
        open.removeLast()
    }

    private mutating func enter(_ owner: AnyObject) throws(JinjaError) -> Bool {
        let identifier = ObjectIdentifier(owner)
        if open.contains(identifier) { return false }
        guard open.count < ValueDepth.max else { throw ValueDepth.exceeded }
        open.append(identifier)
        return true
    }
}
