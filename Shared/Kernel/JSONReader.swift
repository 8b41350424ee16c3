/// Why bytes are not JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public let reason: String
    /// Bytes from the start.
    public let offset: Int
    public init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
    public var description: String { "\(reason) at byte \(offset)" }
}

extension JSON {
    /// Reads one JSON value; white space around it is allowed, anything else is an error.
    public init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }

    public init(parsing bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes: bytes)
        self = try reader.whole()
    }
}

/// Reads JSON by RFC 8259. Nesting is bounded, so that no input can exhaust the stack.
struct JSONReader {
    static let depthMax = 200

    let bytes: [UInt8]
    private var place = 0
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func whole() throws(JSONError) -> JSON {
        let value = try self.value()
        skipSpace()
        guard place == bytes.count else { throw failure("unexpected text after the value") }
        return value
    }

    private mutating func value() throws(JSONError) -> JSON {
        skipSpace()
        guard place < bytes.count else { throw failure("unexpected end") }
        switch bytes[place] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object() throws(JSONError) -> JSON {
        try enter()
        var object = JSONObject()
        skipSpace()
        if take("}") { depth -= 1; return .object(object) }
        while true {
            skipSpace()
            guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw failure("expected a key") }
            let key = try string()
            skipSpace()
            guard take(":") else { throw failure("expected ':'") }
            object[key] = try value()
            skipSpace()
            if take(",") { continue }
            guard take("}") else { throw failure("expected ',' or '}'") }
            depth -= 1
            return .object(object)
        }
    }

    private mutating func array() throws(JSONError) -> JSON {
        try enter()
        var values: [JSON] = []
        skipSpace()
        if take("]") { depth -= 1; return .array(values) }
        while true {
            values.append(try value())
            skipSpace()
            if take(",") { continue }
            guard take("]") else { throw failure("expected ',' or ']'") }
            depth -= 1
            return .array(values)
        }
    }

    private mutating func enter() throws(JSONError) {
        place += 1
        depth += 1
        guard depth <= Self.depthMax else { throw failure("nested deeper than \(Self.depthMax)") }
    }

    private mutating func string() throws(JSONError) -> String {
        place += 1
        var text: [UInt8] = []
        var start = place
        while true {
            guard place < bytes.count else { throw failure("unterminated string") }
            let byte = bytes[place]
            if byte == UInt8(ascii: "\"") {
                text.append(contentsOf: bytes[start..<place])
                place += 1
                guard let value = String(validating: text, as: UTF8.self) else { throw failure("invalid UTF-8 in a string") }
                return value
            }
            guard byte >= 0x20 else { throw failure("control character in a string") }
            guard byte == UInt8(ascii: "\\") else { place += 1; continue }
            text.append(contentsOf: bytes[start..<place])
            try escape(into: &text)
            start = place
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        place += 1
        guard place < bytes.count else { throw failure("unterminated string") }
        let kind = bytes[place]
        place += 1
        switch kind {
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
        case UInt8(ascii: "u"):
            var unit = try hexUnit()
            if (0xD800..<0xDC00).contains(unit), place + 1 < bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u") {
                place += 2
                let low = try hexUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("broken surrogate pair") }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            // A lone surrogate has no UTF-8 form; U+FFFD keeps the rest of the text readable.
            let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
            text.append(contentsOf: String(scalar).utf8)
        default: throw failure("unknown escape")
        }
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        // The reader of integers would take a sign too.
        guard place + 4 <= bytes.count, bytes[place] != UInt8(ascii: "+"), bytes[place] != UInt8(ascii: "-"),
            let unit = UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
        else { throw failure("expected four hexadecimal digits") }
        place += 4
        return unit
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = place
        if place < bytes.count, bytes[place] == UInt8(ascii: "-") { place += 1 }
        let whole = digits()
        guard whole > 0 else { place = start; throw failure("expected a value") }
        guard whole == 1 || bytes[place - whole] != UInt8(ascii: "0") else { throw failure("a number starts with 0") }
        var isWhole = true
        if take(".") {
            isWhole = false
            guard digits() > 0 else { throw failure("expected digits") }
        }
        if take("e") || take("E") {
            isWhole = false
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { throw failure("expected digits") }
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if isWhole {
            if let value = Int64(text) { return .integer(value) }
            // Python reads no longer ones either.
            guard whole <= 4_300 else { place = start; throw failure("an integer of more than 4300 digits") }
            return .large(text)
        }
        guard let value = Double(text) else { throw failure("not a number") }
        return .double(value)
    }

    private mutating func digits() -> Int {
        let start = place
        while place < bytes.count, bytes[place] >= 0x30, bytes[place] <= 0x39 { place += 1 }
        return place - start
    }

    private mutating func word(_ text: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[place...].starts(with: text.utf8) else { throw failure("expected a value") }
        place += text.utf8.count
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while place < bytes.count {
            let byte = bytes[place]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            place += 1
        }
    }

    private func failure(_ reason: String) -> JSONError { JSONError(reason: reason, offset: place) }
}
