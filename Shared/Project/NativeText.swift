internal import Jinja
internal import Kernel

/// The filters `as_native`, `as_bool` and `as_number`: a text as the value that it spells.
enum NativeText {
    static func value(_ value: Value) -> Value {
        guard let text = value.asString else { return value }
        switch text {
        case "True", "true": return true
        case "False", "false": return false
        case "None", "null": return .none
        default: break
        }
        if let number = number(text) { return number }
        guard let first = text.utf8.first, "[{(\"'".utf8.contains(first) else { return value }
        return (try? Environment().evaluate(text)) ?? value
    }

    static func bool(_ value: Value) throws -> Value {
        if case .bool = value { return value }
        switch value.asString?.lowercased() {
        case "true": return true
        case "false": return false
        default: throw JinjaError(.value, "Could not convert value '\(value.asString ?? value.json?.text() ?? "")' into type 'bool'")
        }
    }

    static func number(_ value: Value) throws -> Value {
        if value.asDouble != nil || value.typeName == "int" { return value }
        guard let number = value.asString.flatMap(number) else {
            throw JinjaError(.value, "Could not convert value '\(value.asString ?? value.json?.text() ?? "")' into type 'number'")
        }
        return number
    }

    private static func number(_ text: String) -> Value? {
        let text = ProjectReader.trimmed(text)
        return Value(digits: text) ?? (text.utf8.contains(where: { (0x30...0x39).contains($0) }) ? Double(text).map(Value.double) : nil)
    }
}
