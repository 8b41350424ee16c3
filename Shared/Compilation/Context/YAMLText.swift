internal import Kernel

/// JSON as YAML in block form, as PyYAML writes it.
enum YAMLText {
    static func block(_ json: JSON) -> String {
        switch json {
        case .object(let object) where !object.isEmpty: lines(json, 0).joined(separator: "\n") + "\n"
        case .array(let items) where !items.isEmpty: lines(json, 0).joined(separator: "\n") + "\n"
        case .object, .array: scalar(json) + "\n"
        default: scalar(json) + "\n...\n"
        }
    }

    private static func lines(_ json: JSON, _ indent: Int) -> [String] {
        let space = String(repeating: " ", count: indent)
        switch json {
        case .object(let object):
            return object.pairs.flatMap { key, value -> [String] in
                let name = scalar(.string(key))
                switch value {
                case .object(let inner) where !inner.isEmpty: return ["\(space)\(name):"] + lines(value, indent + 2)
                case .array(let inner) where !inner.isEmpty: return ["\(space)\(name):"] + lines(value, indent)
                default: return ["\(space)\(name): \(scalar(value))"]
                }
            }
        case .array(let items):
            return items.flatMap { item -> [String] in
                var inner: [String]
                switch item {
                case .object(let object) where !object.isEmpty: inner = lines(item, indent + 2)
                case .array(let list) where !list.isEmpty: inner = lines(item, indent + 2)
                default: return ["\(space)- \(scalar(item))"]
                }
                inner[0] = "\(space)- " + inner[0].dropFirst(indent + 2)
                return inner
            }
        default: return [space + scalar(json)]
        }
    }

    private static func scalar(_ json: JSON) -> String {
        switch json {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .string(let text): quoted(text)
        case .object: "{}"
        case .array: "[]"
        default: json.text()
        }
    }

    /// In single quotes where plain text would be read as something else.
    private static func quoted(_ text: String) -> String {
        let words: Set<String> = ["", "null", "~", "true", "false", "yes", "no", "on", "off"]
        let first = text.unicodeScalars.first ?? " "
        let isPlain = !words.contains(text.lowercased()) && Double(text) == nil && !"-?:,[]{}#&*!|>'\"%@` ".unicodeScalars.contains(first)
            && !text.contains(": ") && !text.contains(" #") && !text.hasSuffix(":") && !text.hasSuffix(" ") && !text.utf8.contains { $0 < 0x20 }
            && PythonTime.read(text) == nil
        if isPlain { return text }
        if text.utf8.contains(where: { $0 < 0x20 }) { return JSON.string(text).text() }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
