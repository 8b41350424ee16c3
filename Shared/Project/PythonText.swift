public import Kernel

/// Values as Python prints them: dbt's names and hashes of tests are made of such texts.
public enum PythonText {
    /// `str(value)`
    public static func text(_ value: JSON) -> String {
        if case .string(let text) = value { return text }
        return representation(value)
    }

    /// `repr(value)`
    static func representation(_ value: JSON) -> String {
        var out: [UInt8] = []
        write(value, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// `json.dumps(value, indent=4, sort_keys=True)`
    static func indented(_ value: JSON, depth: Int = 0) -> String {
        func lines(_ items: [String], _ open: String, _ close: String) -> String {
            let margin = String(repeating: "    ", count: depth + 1)
            return items.isEmpty ? open + close : "\(open)\n" + items.map { margin + $0 }.joined(separator: ",\n") + "\n\(margin.dropLast(4))\(close)"
        }
        switch value {
        case .array(let items): return lines(items.map { indented($0, depth: depth + 1) }, "[", "]")
        case .object(let object):
            let pairs = object.pairs.sorted { $0.key < $1.key }
            return lines(pairs.map { "\(JSON.string($0.key).pythonText): \(indented($0.value, depth: depth + 1))" }, "{", "}")
        default: return value.pythonText
        }
    }

    /// `type(value).__name__`
    static func typeName(_ value: JSON) -> String {
        switch value {
        case .null: "NoneType"
        case .bool: "bool"
        case .integer, .large: "int"
        case .double: "float"
        case .string: "str"
        case .array: "list"
        case .object: "dict"
        }
    }

    private static func write(_ value: JSON, to out: inout [UInt8]) {
        switch value {
        case .null: out += "None".utf8
        case .bool(let flag): out += (flag ? "True" : "False").utf8
        case .integer(let number): out += String(number).utf8
        case .large(let digits): out += digits.utf8
        case .double(let number): out += String(number).utf8
        case .string(let text): quote(text, to: &out)
        case .array(let items):
            out.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { out += ", ".utf8 }
                write(item, to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let object):
            out.append(UInt8(ascii: "{"))
            for (index, (key, value)) in object.pairs.enumerated() {
                if index > 0 { out += ", ".utf8 }
                quote(key, to: &out)
                out += ": ".utf8
                write(value, to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private static func quote(_ text: String, to out: inout [UInt8]) {
        let (single, double) = (UInt8(ascii: "'"), UInt8(ascii: "\""))
        let mark = text.utf8.contains(single) && !text.utf8.contains(double) ? double : single
        out.append(mark)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): out += "\\\\".utf8
            case 0x0a: out += "\\n".utf8
            case 0x0d: out += "\\r".utf8
            case 0x09: out += "\\t".utf8
            case single where mark == single: out += "\\'".utf8
            default: out.append(byte)
            }
        }
        out.append(mark)
    }

    /// What dbt hashes of a test's metadata: keys in order, every scalar as text.
    static func hashable(_ value: JSON) -> JSON {
        switch value {
        case .object(let object):
            var sorted = JSONObject()
            for key in object.keys.sortedByBytes() { sorted[key] = hashable(object[key] ?? .null) }
            return .object(sorted)
        case .array(let items): return .array(items.map(hashable))
        default: return .string(text(value))
        }
    }
}
