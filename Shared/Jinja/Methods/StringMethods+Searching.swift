/// Splitting and searching.
extension StringMethods {
    // MARK: Splitting

    @Sendable static func split(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let (separator, limit) = try splitArguments("split", a)
        guard let separator else { return .list(words(text, limit).map(Value.string)) }
        let bytes = Array(text.utf8)
        let ranges = PythonText.ranges(of: Array(separator.utf8), in: bytes, limit: limit)
        return .list(pieces(of: bytes, between: ranges))
    }

    @Sendable static func rsplit(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let (separator, limit) = try splitArguments("rsplit", a)
        guard let separator else {
            let backwards = words(PythonText.string(text.unicodeScalars.reversed()), limit)
            return .list(backwards.reversed().map { .string(PythonText.string($0.unicodeScalars.reversed())) })
        }
        // Searching the reversed text finds the matches that a search from the right finds.
        let bytes = Array(text.utf8)
        let count = bytes.count
        let found = PythonText.ranges(of: separator.utf8.reversed(), in: bytes.reversed(), limit: limit)
        return .list(pieces(of: bytes, between: found.reversed().map { count - $0.upperBound..<count - $0.lowerBound }))
    }

    private static func splitArguments(_ name: String, _ a: Arguments) throws(JinjaError) -> (String?, Int) {
        let places = try a.bound(name, "sep", "maxsplit")
        let limit = try (places[1] ?? .int(-1)).integer(name)
        guard let separator = places[0], !separator.isNone else { return (nil, limit < 0 ? .max : limit) }
        let text = try separator.string("sep")
        guard !text.isEmpty else { throw JinjaError(.value, "empty separator") }
        return (text, limit < 0 ? .max : limit)
    }

    private static func pieces(of bytes: [UInt8], between ranges: [Range<Int>]) -> [Value] {
        var result: [Value] = []
        var start = 0
        for range in ranges {
            result.append(.string(Array(bytes[start..<range.lowerBound]).text))
            start = range.upperBound
        }
        result.append(.string(Array(bytes[start...]).text))
        return result
    }

    /// Runs of white space separate; the rest after `limit` words stays as it is.
    private static func words(_ text: String, _ limit: Int) -> [String] {
        var result: [String] = []
        var rest = Substring(text).unicodeScalars
        while true {
            while let first = rest.first, Whitespace.isSpace(first) { rest.removeFirst() }
            guard !rest.isEmpty else { return result }
            if result.count == limit { return result + [String(rest)] }
            let end = rest.firstIndex(where: Whitespace.isSpace) ?? rest.endIndex
            result.append(String(rest[..<end]))
            rest = rest[end...]
        }
    }

    @Sendable static func splitlines(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let keepsEnds = try interpreter.isTrue(a.bound("splitlines", "keepends")[0] ?? false)
        return .list(PythonText.lines(text, keepingEnds: keepsEnds).map(Value.string))
    }

    @Sendable static func partition(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        try partition("partition", text, a, last: false)
    }

    @Sendable static func rpartition(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        try partition("rpartition", text, a, last: true)
    }

    private static func partition(_ name: String, _ text: String, _ a: Arguments, last: Bool) throws(JinjaError) -> Value {
        let separator = try (a.bound(name, required: 1, "sep")[0] ?? .none).string("sep")
        guard !separator.isEmpty else { throw JinjaError(.value, "empty separator") }
        let bytes = Array(text.utf8)
        let needle = Array(separator.utf8)
        guard let start = last ? lastIndex(of: needle, in: bytes) : PythonText.firstIndex(of: needle, in: bytes) else {
            return .tuple(last ? ["", "", .string(text)] : [.string(text), "", ""])
        }
        let before = Array(bytes[..<start]).text
        let after = Array(bytes[(start + needle.count)...]).text
        return .tuple([.string(before), .string(separator), .string(after)])
    }

    private static func lastIndex(of needle: [UInt8], in bytes: [UInt8]) -> Int? {
        PythonText.firstIndex(of: needle.reversed(), in: bytes.reversed()).map { bytes.count - $0 - needle.count }
    }

    // MARK: Searching

    /// The part of the text that optional `start` and `end` arguments select, and where it begins; nil when `start`
    /// lies behind the end, where even the empty text is not found.
    private static func selection(
        _ name: String, _ text: String, _ start: Value?, _ end: Value?
    ) throws(JinjaError) -> (part: String, offset: Int)? {
        guard start.map({ !$0.isNone }) == true || end.map({ !$0.isNone }) == true else { return (text, 0) }
        let scalars = Array(text.unicodeScalars)
        let lower = try place(start, name, scalars.count) ?? 0
        let upper = min(try place(end, name, scalars.count) ?? scalars.count, scalars.count)
        guard lower <= scalars.count, lower <= upper else { return nil }
        return (PythonText.string(scalars[lower..<upper]), lower)
    }

    private static func place(_ value: Value?, _ name: String, _ count: Int) throws(JinjaError) -> Int? {
        guard let value, !value.isNone else { return nil }
        let index = try value.integer(name)
        return index < 0 ? max(index + count, 0) : index
    }

    static func position(_ name: String, _ text: String, _ a: Arguments, last: Bool) throws(JinjaError) -> Int? {
        let places = try a.bound(name, required: 1, "sub", "start", "end")
        let needle = Array(try (places[0] ?? .none).string("\(name)() argument").utf8)
        guard let (part, offset) = try selection(name, text, places[1], places[2]) else { return nil }
        let bytes = Array(part.utf8)
        guard let found = last ? lastIndex(of: needle, in: bytes) : PythonText.firstIndex(of: needle, in: bytes) else {
            return nil
        }
        return offset + PythonText.count(Array(bytes[..<found]).text)
    }

    static func foundPosition(_ name: String, _ text: String, _ a: Arguments, last: Bool) throws(JinjaError) -> Int {
        guard let found = try position(name, text, a, last: last) else {
            throw JinjaError(.value, "substring not found")
        }
        return found
    }

    @Sendable static func count(_ text: String, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let places = try a.bound("count", required: 1, "sub", "start", "end")
        let needle = try (places[0] ?? .none).string("count() argument")
        guard let (part, _) = try selection("count", text, places[1], places[2]) else { return .int(0) }
        if needle.isEmpty { return .int(PythonText.count(part) + 1) }
        return .int(PythonText.ranges(of: Array(needle.utf8), in: Array(part.utf8)).count)
    }

    static func hasAffix(
        _ name: String, _ text: String, _ a: Arguments, _ interpreter: Interpreter, atEnd: Bool
    ) throws(JinjaError) -> Value {
        let places = try a.bound(name, required: 1, "affix", "start", "end")
        let wanted = places[0] ?? .none
        var affixes = [wanted]
        if case .tuple(let tuple) = wanted { affixes = tuple.items }
        guard let (part, _) = try selection(name, text, places[1], places[2]) else { return false }
        for affix in affixes {
            let bytes = try affix.string("\(name) first arg").utf8
            let matches = atEnd ? part.utf8.reversed().starts(with: bytes.reversed()) : part.utf8.starts(with: bytes)
            if matches { return true }
        }
        return false
    }
}
