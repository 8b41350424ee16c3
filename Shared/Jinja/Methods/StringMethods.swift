/// Methods of strings.
enum StringMethods {
    static let all: [String: Methods.Method<String>] = [
        "upper": { text, a, _ throws(JinjaError) in try plain("upper", a, PythonText.uppercased(text)) },
        "lower": { text, a, _ throws(JinjaError) in try plain("lower", a, PythonText.lowercased(text)) },
        "casefold": { text, a, _ throws(JinjaError) in try plain("casefold", a, caseFolded(text)) },
        "capitalize": { text, a, _ throws(JinjaError) in try plain("capitalize", a, PythonText.capitalized(text)) },
        "title": { text, a, _ throws(JinjaError) in try plain("title", a, titlecased(text)) },
        "swapcase": { text, a, _ throws(JinjaError) in try plain("swapcase", a, swapcased(text)) },
        "strip": { text, a, _ throws(JinjaError) in try trim("strip", text, a, true, true) },
        "lstrip": { text, a, _ throws(JinjaError) in try trim("lstrip", text, a, true, false) },
        "rstrip": { text, a, _ throws(JinjaError) in try trim("rstrip", text, a, false, true) },
        "split": split, "rsplit": rsplit, "splitlines": splitlines, "partition": partition, "rpartition": rpartition,
        "join": join, "replace": replace, "format": format, "format_map": formatMap,
        "encode": encode, "translate": translate, "maketrans": maketrans,
        "removeprefix": removeprefix, "removesuffix": removesuffix, "expandtabs": expandtabs,
        "startswith": { text, a, i throws(JinjaError) in try hasAffix("startswith", text, a, i, atEnd: false) },
        "endswith": { text, a, i throws(JinjaError) in try hasAffix("endswith", text, a, i, atEnd: true) },
        "find": { text, a, _ throws(JinjaError) in .int(try position("find", text, a, last: false) ?? -1) },
        "rfind": { text, a, _ throws(JinjaError) in .int(try position("rfind", text, a, last: true) ?? -1) },
        "index": { text, a, _ throws(JinjaError) in .int(try foundPosition("index", text, a, last: false)) },
        "rindex": { text, a, _ throws(JinjaError) in .int(try foundPosition("rindex", text, a, last: true)) },
        "count": count, "zfill": zfill,
        "ljust": { text, a, _ throws(JinjaError) in try pad("ljust", text, a) { missing, _ in (0, missing) } },
        "rjust": { text, a, _ throws(JinjaError) in try pad("rjust", text, a) { missing, _ in (missing, 0) } },
        "center": { text, a, _ throws(JinjaError) in try pad("center", text, a, centred) },
        "isdigit": { text, a, _ throws(JinjaError) in try every(a, text, isDigit) },
        "isdecimal": { text, a, _ throws(JinjaError) in try every(a, text) { $0.properties.numericType == .decimal } },
        "isnumeric": { text, a, _ throws(JinjaError) in try every(a, text) { $0.properties.numericType != nil } },
        "isalpha": { text, a, _ throws(JinjaError) in try every(a, text, isLetter) },
        "isalnum": { text, a, _ throws(JinjaError) in
            try every(a, text) { isLetter($0) || $0.properties.numericType != nil }
        },
        "isspace": { text, a, _ throws(JinjaError) in try every(a, text, Whitespace.isSpace) },
        "isascii": { text, a, _ throws(JinjaError) in try flag(a, PythonText.isASCII(text)) },
        "isprintable": { text, a, _ throws(JinjaError) in try flag(a, text.unicodeScalars.allSatisfy(PythonText.isPrintable)) },
        "isidentifier": { text, a, _ throws(JinjaError) in try flag(a, PythonText.isIdentifier(text)) },
        "isupper": { text, a, _ throws(JinjaError) in try flag(a, isUpper(text)) },
        "islower": { text, a, _ throws(JinjaError) in try flag(a, isLower(text)) },
        "istitle": { text, a, _ throws(JinjaError) in try flag(a, isTitle(text)) },
    ]

    private static func plain(_ name: String, _ a: Arguments, _ result: String) throws(JinjaError) -> Value {
        _ = try a.bound(name)
        return .string(result)
    }

    // MARK: Case and kinds of characters

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
    }

    private static func flag(_ a: Arguments, _ holds: Bool) throws(JinjaError) -> Value {
        _ = try a.bound("is")
        return .bool(holds)
    }

    private static func every(_ a: Arguments, _ text: String, _ accepts: (Unicode.Scalar) -> Bool) throws(JinjaError) -> Value {
        try flag(a, !text.isEmpty && text.unicodeScalars.allSatisfy(accepts))
    }

    private static func isCased(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isUppercase || scalar.properties.isLowercase
            || scalar.properties.generalCategory == .titlecaseLetter
    }

    static func isUpper(_ text: String) -> Bool {
        let cased = text.unicodeScalars.filter(isCased)
        return !cased.isEmpty && cased.allSatisfy(\.properties.isUppercase)
    }

    static func isLower(_ text: String) -> Bool {
        let cased = text.unicodeScalars.filter(isCased)
        return !cased.isEmpty && cased.allSatisfy(\.properties.isLowercase)
    }

    private static func isTitle(_ text: String) -> Bool {
        var isInside = false
        var found = false
        for scalar in text.unicodeScalars {
            if scalar.properties.isUppercase || scalar.properties.generalCategory == .titlecaseLetter {
                if isInside { return false }
                isInside = true
                found = true
            } else if scalar.properties.isLowercase {
                if !isInside { return false }
                found = true
            } else {
                isInside = false
            }
        }
        return found
    }

    /// Letters whose capitals are several (`ß`, ligatures) fold to those; all others to their lower case.
    private static func caseFolded(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            let capital = scalar.properties.uppercaseMapping
            let isSeveral = capital.unicodeScalars.count > 1
            result += isSeveral ? capital.lowercased() : scalar == "ς" ? "σ" : scalar.properties.lowercaseMapping
        }
        return result
    }

    static func titlecased(_ text: String) -> String {
        var result = ""
        var isInside = false
        for scalar in text.unicodeScalars {
            result += isInside ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            isInside = isCased(scalar)
        }
        return result
    }

    private static func swapcased(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            let properties = scalar.properties
            result += properties.isUppercase ? properties.lowercaseMapping : properties.uppercaseMapping
        }
        return result
    }

    // MARK: Trimming and padding

    private static func trim(
        _ name: String, _ text: String, _ a: Arguments, _ left: Bool, _ right: Bool
    ) throws(JinjaError) -> Value {
        let characters = try a.bound(name, "chars")[0] ?? .none
        return .string(try trimmed(text, characters, left, right))
    }

    static func trimmed(_ text: String, _ characters: Value, _ left: Bool, _ right: Bool) throws(JinjaError) -> String {
        if characters.isNone { return PythonText.trimmed(text, left: left, right: right, where: Whitespace.isSpace) }
        let set = Set(try characters.string("strip arg").unicodeScalars)
        return PythonText.trimmed(text, left: left, right: right) { set.contains($0) }
    }

    static func centred(_ missing: Int, _ width: Int) -> (left: Int, right: Int) {
        // Where the odd space goes is CPython's choice.
        let left = missing / 2 + (missing & width & 1)
        return (left, missing - left)
    }

    private static func pad(
        _ name: String, _ text: String, _ a: Arguments, _ shares: (_ missing: Int, _ width: Int) -> (left: Int, right: Int)
    ) throws(JinjaError) -> Value {
        let places = try a.bound(name, required: 1, "width", "fillchar")
        let fill = try (places[1] ?? " ").string("fill character")
        guard PythonText.count(fill) == 1 else {
            throw JinjaError(.type, "the fill character must be exactly one character long")
        }
        let width = try (places[0] ?? .none).integer(name)
        return .string(try padded(text, width, fill, shares))
    }

    static func padded(
        _ text: String, _ width: Int, _ fill: String, _ shares: (_ missing: Int, _ width: Int) -> (left: Int, right: Int)
    ) throws(JinjaError) -> String {
        guard width > PythonText.count(text) else { return text }
        try checkWidth(width)
        let missing = width - PythonText.count(text)
        let (left, right) = shares(missing, width)
        return String(repeating: fill, count: left) + text + String(repeating: fill, count: right)
    }

    static func checkWidth(_ width: Int) throws(JinjaError) {
        guard width <= 1 << 24 else { throw JinjaError(.limit, "text wider than \(1 << 24) characters") }
    }

    @Sendable static func zfill(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let width = try (a.bound("zfill", required: 1, "width")[0] ?? .none).integer("zfill")
        guard width > PythonText.count(text) else { return .string(text) }
        try checkWidth(width)
        let missing = width - PythonText.count(text)
        let zeros = String(repeating: "0", count: missing)
        guard let first = text.utf8.first, first == .minus || first == .plus else { return .string(zeros + text) }
        return .string(text.prefix(1) + zeros + text.dropFirst())
    }

    @Sendable static func expandtabs(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let size = try (a.bound("expandtabs", "tabsize")[0] ?? .int(8)).integer("expandtabs")
        try checkWidth(size)
        var result = ""
        var column = 0
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t":
                let spaces = size > 0 ? size - column % size : 0
                result += String(repeating: " ", count: spaces)
                column += spaces
                guard result.utf8.count <= interpreter.environment.limits.textBytesMax else { throw interpreter.textTooLong }
            case "\n", "\r":
                result.unicodeScalars.append(scalar)
                column = 0
            default:
                result.unicodeScalars.append(scalar)
                column += 1
            }
        }
        return .string(result)
    }

    @Sendable static func removeprefix(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let prefix = try (a.bound("removeprefix", required: 1, "prefix")[0] ?? .none).string("removeprefix arg")
        let matches = text.utf8.starts(with: prefix.utf8)
        return .string(matches ? String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : text)
    }

    @Sendable static func removesuffix(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let suffix = try (a.bound("removesuffix", required: 1, "suffix")[0] ?? .none).string("removesuffix arg")
        let matches = text.utf8.reversed().starts(with: suffix.utf8.reversed())
        return .string(matches ? String(decoding: text.utf8.dropLast(suffix.utf8.count), as: UTF8.self) : text)
    }

    // MARK: Joining and formatting

    @Sendable static func join(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        var result = ""
        var isFirst = true
        for item in try interpreter.items(of: a.bound("join", required: 1, "iterable")[0] ?? .none) {
            if !isFirst { result += text }
            isFirst = false
            result += try item.string("sequence item")
            guard result.utf8.count <= interpreter.environment.limits.textBytesMax else { throw interpreter.textTooLong }
        }
        return .string(result)
    }

    @Sendable static func replace(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let places = try a.bound("replace", required: 2, "old", "new", "count")
        let limit = try (places[2] ?? .int(-1)).integer("replace")
        let old = try (places[0] ?? .none).string("replace() argument 1")
        let new = try (places[1] ?? .none).string("replace() argument 2")
        return .string(try interpreter.replaced(text, old, new, limit: limit < 0 ? .max : limit))
    }

    @Sendable static func format(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        .string(try BraceFormat.format(text, a, interpreter))
    }

    @Sendable static func formatMap(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        guard case .dict(let dict)? = try a.bound("format_map", required: 1, "mapping")[0] else {
            throw JinjaError(.type, "format_map() argument must be a mapping")
        }
        let named = dict.pairs.compactMap { pair in pair.key.asString.map { (name: $0, value: pair.value) } }
        return .string(try BraceFormat.format(text, Arguments(named: named), isMapped: true, interpreter))
    }
}

extension Interpreter {
    /// Checks the size before making the text: ten replacements of one letter by a thousand would not fit anywhere.
    func replaced(_ text: String, _ old: String, _ new: String, limit: Int) throws(JinjaError) -> String {
        let count = old.isEmpty
            ? min(PythonText.count(text) + 1, limit)
            : PythonText.ranges(of: Array(old.utf8), in: Array(text.utf8), limit: limit).count
        let (growth, overflow) = count.multipliedReportingOverflow(by: new.utf8.count)
        guard !overflow, growth <= environment.limits.textBytesMax else { throw textTooLong }
        return PythonText.replaced(text, old, new, limit: limit)
    }
}
