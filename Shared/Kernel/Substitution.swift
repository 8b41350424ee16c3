/// `${NAME}` and `${NAME:-default}` in settings, filled from the environment of the program that needs them.
///
/// Definitions travel with their references unfilled, so that no secret enters a message; each worker fills its own.
public enum Substitution {
    /// - Throws: `PlainProblem` naming the variable that is not set and has no default.
    public static func expand(_ text: String, environment: [String: String]) throws(PlainProblem) -> String {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var place = 0
        while place < bytes.count {
            guard bytes[place] == UInt8(ascii: "$"), place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "{"),
                let end = closingBrace(bytes, from: place + 2)
            else {
                out.append(bytes[place])
                place += 1
                continue
            }
            let inner = Array(bytes[(place + 2)..<end])
            let mark = inner.indices.dropLast().first { inner[$0] == UInt8(ascii: ":") && inner[$0 + 1] == UInt8(ascii: "-") }
            let name = String(decoding: inner[..<(mark ?? inner.count)], as: UTF8.self)
            if let value = environment[name], !value.isEmpty || mark == nil {
                out.append(contentsOf: value.utf8)
            } else if let mark {
                // A default may refer to other variables: ${A:-sqlite:///${B}/x.db}.
                out.append(contentsOf: try expand(String(decoding: inner[(mark + 2)...], as: UTF8.self), environment: environment).utf8)
            } else {
                throw PlainProblem(
                    "settings.variable_not_set", "the environment variable \(name) is not set", at: .named("${\(name)}"),
                    remedy: "set \(name) in the environment of the program that reports this, or write ${\(name):-default}")
            }
            place = end + 1
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Fills every string inside a JSON value.
    public static func expand(_ value: JSON, environment: [String: String]) throws(PlainProblem) -> JSON {
        switch value {
        case .string(let text): return .string(try expand(text, environment: environment))
        case .array(let values):
            var filled: [JSON] = []
            for value in values { filled.append(try expand(value, environment: environment)) }
            return .array(filled)
        case .object(let object):
            var filled = JSONObject()
            for (key, value) in object.pairs { filled[key] = try expand(value, environment: environment) }
            return .object(filled)
        default: return value
        }
    }

    private static func closingBrace(_ bytes: [UInt8], from start: Int) -> Int? {
        var depth = 1
        for place in start..<bytes.count {
            if bytes[place] == UInt8(ascii: "{") { depth += 1 }
            if bytes[place] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return place }
        }
        return nil
    }
}
