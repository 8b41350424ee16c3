internal import Kernel

/// Values as Python prints them: dbt's names and hashes of tests are made of such texts.
enum PythonText {
    /// `str(value)`
    static func text(_ value: JSON) -> String {
        if case .string(let text) = value { return text }
        return representation(value)
    }

    /// `repr(value)`
    static func representation(_ value: JSON) -> String {
        switch value {
        case .null: return "None"
        case .bool(let flag): return flag ? "True" : "False"
        case .integer(let number): return String(number)
        case .double(let number): return String(number)
        case .string(let text): return quoted(text)
        case .array(let items): return "[" + items.map(representation).joined(separator: ", ") + "]"
        case .object(let object):
            return "{" + object.pairs.map { "\(quoted($0.key)): \(representation($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        let mark = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var out = mark
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "'" where mark == "'": out += "\\'"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + mark
    }

    /// What dbt hashes of a test's metadata: keys in order, every scalar as text.
    static func hashable(_ value: JSON) -> JSON {
        switch value {
        case .object(let object):
            var sorted = JSONObject()
            for key in object.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) { sorted[key] = hashable(object[key] ?? .null) }
            return .object(sorted)
        case .array(let items): return .array(items.map(hashable))
        default: return .string(text(value))
        }
    }
}
