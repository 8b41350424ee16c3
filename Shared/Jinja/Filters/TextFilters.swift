/// Filters from text to text.
enum TextFilters {
    static let all: [String: Filter] = [
        "upper": { value, a, i in .string(PythonText.uppercased(try text("upper", value, a, i))) },
        "lower": { value, a, i in .string(PythonText.lowercased(try text("lower", value, a, i))) },
        "capitalize": { value, a, i in .string(PythonText.capitalized(try text("capitalize", value, a, i))) },
        "title": { value, a, i in .string(title(try text("title", value, a, i))) },
        "string": { value, a, i in .string(try text("string", value, a, i)) },
        "safe": { value, a, i in .string(try text("safe", value, a, i)) },
        "escape": escape, "e": escape, "forceescape": escape,
        "trim": trim, "replace": replace, "center": center, "indent": indent, "truncate": truncate,
        "wordwrap": wordwrap, "wordcount": wordcount, "format": format, "striptags": striptags,
        "urlencode": urlencode, "urlize": urlize, "xmlattr": xmlattr, "pprint": pprint, "tojson": tojson,
    ]

    private static func text(_ name: String, _ value: Value, _ a: Arguments, _ i: Interpreter) throws -> String {
        _ = try a.bound(name)
        return try i.text(of: value)
    }

    /// Unlike the method `title`, only what follows a space, hyphen or opening bracket begins a word.
    private static func title(_ text: String) -> String {
        var result = ""
        var word = String.UnicodeScalarView()
        func flush() {
            guard let first = word.first else { return }
            result += String(first).uppercased() + String(String.UnicodeScalarView(word.dropFirst())).lowercased()
            word = String.UnicodeScalarView()
        }
        for scalar in text.unicodeScalars {
            if Whitespace.isSpace(scalar) || "-({[<".unicodeScalars.contains(scalar) {
                flush()
                result.unicodeScalars.append(scalar)
            } else {
                word.append(scalar)
            }
        }
        flush()
        return result
    }

    @Sendable private static func trim(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let characters = try a.bound("trim", "chars")[0] ?? .none
        return .string(try StringMethods.trimmed(i.text(of: value), characters, true, true))
    }

    @Sendable private static func replace(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("replace", required: 2, "old", "new", "count")
        var limit = -1
        if let count = places[2], !count.isNone { limit = try count.integer("replace") }
        let old = try i.text(of: places[0] ?? .none)
        let new = try i.text(of: places[1] ?? .none)
        return .string(try i.replaced(i.text(of: value), old, new, limit: limit < 0 ? .max : limit))
    }

    @Sendable private static func center(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let width = try (a.bound("center", "width")[0] ?? .int(80)).integer("center")
        return .string(try StringMethods.padded(i.text(of: value), width, " ", StringMethods.centred))
    }

    @Sendable private static func indent(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("indent", "width", "first", "blank")
        let text = try value.string("indent: value")
        let indention: String
        if case .string(let given)? = places[0] {
            indention = given
        } else {
            let width = max(try (places[0] ?? .int(4)).integer("indent"), 0)
            try StringMethods.checkWidth(width)
            indention = String(repeating: " ", count: width)
        }
        let indentsBlank = try i.isTrue(places[2] ?? false)
        var result = try i.isTrue(places[1] ?? false) ? indention : ""
        for (index, line) in PythonText.lines(text + "\n").enumerated() {
            if index > 0 { result += line.isEmpty && !indentsBlank ? "\n" : "\n" + indention }
            result += line
            guard result.utf8.count <= i.environment.limits.textBytesMax else { throw i.textTooLong }
        }
        return .string(result)
    }

    @Sendable private static func truncate(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("truncate", "length", "killwords", "end", "leeway")
        let length = try (places[0] ?? .int(255)).integer("truncate")
        let end = try (places[2] ?? "...").string("end")
        var leeway = 5
        if let given = places[3], !given.isNone { leeway = try given.integer("leeway") }
        let endLength = PythonText.count(end)
        guard length >= endLength else { throw JinjaError(.value, "expected length >= \(endLength), got \(length)") }
        guard leeway >= 0 else { throw JinjaError(.value, "expected leeway >= 0, got \(leeway)") }
        let (most, overflow) = length.addingReportingOverflow(leeway)
        if try overflow || i.length(of: value) <= most { return value }
        let text = try value.string("truncate: value")
        let kept = Array(text.unicodeScalars.prefix(length - endLength))
        if try i.isTrue(places[1] ?? false) { return .string(PythonText.string(kept) + end) }
        let cut = kept.lastIndex(of: " ") ?? kept.count
        return .string(PythonText.string(kept[..<cut]) + end)
    }

    @Sendable private static func wordwrap(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("wordwrap", "width", "break_long_words", "wrapstring", "break_on_hyphens")
        let width = try (places[0] ?? .int(79)).integer("wordwrap")
        var separator = "\n"
        if let given = places[2], !given.isNone { separator = try given.string("wrapstring") }
        let wrapper = WordWrapper(
            width: width, breaksLongWords: try i.isTrue(places[1] ?? true), breaksOnHyphens: try i.isTrue(places[3] ?? true))
        let lines = PythonText.lines(try value.string("wordwrap: value"))
        guard width > 0 || lines.isEmpty else { throw JinjaError(.value, "invalid width \(width) (must be > 0)") }
        return .string(lines.map { wrapper.wrap($0).joined(separator: separator) }.joined(separator: separator))
    }

    @Sendable private static func wordcount(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        var count = 0
        var isInside = false
        for scalar in try text("wordcount", value, a, i).unicodeScalars {
            let isWord = isWordCharacter(scalar)
            if isWord, !isInside { count += 1 }
            isInside = isWord
        }
        return .int(count)
    }

    static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || StringMethods.isLetter(scalar) || scalar.properties.numericType != nil
    }

    @Sendable private static func format(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        guard a.positional.isEmpty || a.named.isEmpty else {
            throw JinjaError(.type, "can't handle positional and keyword arguments at the same time")
        }
        let named = DictValue(a.named.map { ($0.name, $0.value) })
        let operand: Value = a.named.isEmpty ? .tuple(a.positional) : .dict(named)
        return .string(try PercentFormat.format(i.text(of: value), operand, i))
    }

    // MARK: HTML, URLs, data

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&#39;"
            case "\"": result += "&#34;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    @Sendable private static func escape(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        .string(escaped(try text("escape", value, a, i)))
    }

    @Sendable private static func striptags(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        .string(HTMLText.withoutTags(try text("striptags", value, a, i)))
    }

    static func quoted(_ text: String, safe: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            if byte.isLetter || byte.isDigit || "_.-~".utf8.contains(byte) || safe.utf8.contains(byte) {
                result.append(byte)
            } else {
                result += Array("%".utf8) + Array(PythonText.hex(UInt32(byte), 2).uppercased().utf8)
            }
        }
        return result.text
    }

    @Sendable private static func urlencode(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        _ = try a.bound("urlencode")
        if case .string(let text) = value { return .string(quoted(text, safe: "/")) }
        var pairs: [Value]
        if case .dict(let dict) = value {
            pairs = dict.pairs.map { .tuple([$0.key, $0.value]) }
        } else if let items = try? i.items(of: value) {
            pairs = items
        } else {
            return .string(quoted(try i.text(of: value), safe: "/"))
        }
        var parts: [String] = []
        for pair in pairs {
            let sides = try i.items(of: pair)
            guard sides.count == 2 else { throw JinjaError(.value, "not enough values to unpack (expected 2)") }
            let quotedSides = try sides.map { PythonText.replaced(quoted(try i.text(of: $0), safe: ""), "%20", "+") }
            parts.append(quotedSides.joined(separator: "="))
        }
        return .string(parts.joined(separator: "&"))
    }

    @Sendable private static func urlize(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let names = try a.bound("urlize", "trim_url_limit", "nofollow", "target", "rel", "extra_schemes")
        var linker = Linker()
        if let limit = names[0], !limit.isNone { linker.limit = try limit.integer("urlize") }
        var relations: Set<String> = ["noopener"]
        if try i.isTrue(names[1] ?? false) { relations.insert("nofollow") }
        if let given = names[3], !given.isNone {
            relations.formUnion(try given.string("rel").split(separator: " ").map(String.init))
        }
        linker.relation = relations.sorted().joined(separator: " ")
        if let target = names[2], !target.isNone { linker.target = try target.string("target") }
        if let schemes = names[4], !schemes.isNone { linker.schemes = try i.items(of: schemes).map { try $0.string("scheme") } }
        return .string(linker.link(try i.text(of: value)))
    }

    @Sendable private static func xmlattr(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let hasSpace = try i.isTrue(a.bound("xmlattr", "autospace")[0] ?? true)
        guard case .dict(let dict) = value else {
            if case .undefined(let undefined) = value { throw undefined.failure }
            throw JinjaError(.type, "'\(value.typeName)' object has no attribute 'items'")
        }
        var parts: [String] = []
        for (key, value) in dict.pairs where !value.isNone && !value.isUndefined {
            let name = try key.string("attribute name")
            guard !name.unicodeScalars.contains(where: { Whitespace.isSpace($0) || "/>=".unicodeScalars.contains($0) }) else {
                throw JinjaError(.value, "Invalid character in attribute name: \(PythonText.representation(of: name))")
            }
            parts.append("\(escaped(name))=\"\(escaped(try i.text(of: value)))\"")
        }
        let joined = parts.joined(separator: " ")
        return .string(hasSpace && !joined.isEmpty ? " " + joined : joined)
    }

    @Sendable private static func pprint(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        _ = try a.bound("pprint")
        return .string(try PrettyText.write(value, i))
    }

    @Sendable private static func tojson(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        var indent: String?
        switch try a.bound("tojson", "indent")[0] ?? .none {
        case .none: break
        case .string(let text): indent = text
        case let width:
            let count = max(try width.integer("indent"), 0)
            try StringMethods.checkWidth(count)
            indent = String(repeating: " ", count: count)
        }
        return .string(try JSONText.write(value, indent: indent, i))
    }
}
