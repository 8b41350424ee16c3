extension JSON {
    /// The text of this value, on one line, or indented by two spaces with `isPretty`.
    public func text(isPretty: Bool = false) -> String {
        var writer = JSONWriter(isPretty: isPretty)
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
    /// The text as Python's `json.dumps` writes it: a blank behind each comma and colon, and nothing but ASCII.
    public var pythonText: String {
        var writer = JSONWriter(isPretty: false)
        writer.isPython = true
        writer.write(self)
        var text = ""
        for scalar in String(decoding: writer.bytes, as: UTF8.self).unicodeScalars {
            if scalar.isASCII { text.unicodeScalars.append(scalar); continue }
            for unit in String(scalar).utf16 {
                let hex = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            }
        }
        return text
    }
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        write(to: &bytes)
        return bytes
    }
    /// Appends the value on one line: a large document can be written member by member and is never whole in memory as values.
    public func write(to bytes: inout [UInt8]) {
        var writer = JSONWriter(isPretty: false, after: bytes)
        bytes = []
        writer.write(self)
        bytes = writer.bytes
    }
}

/// Writes JSON as RFC 8259 has it. Infinities and NaN, which JSON lacks, become `null`.
struct JSONWriter {
    let isPretty: Bool
    var isPython = false
    private(set) var bytes: [UInt8]
    private var depth = 0

    init(isPretty: Bool, after bytes: consuming [UInt8] = []) {
        self.isPretty = isPretty
        self.bytes = bytes
    }

    mutating func write(_ value: JSON) {
        switch value {
        case .null: raw("null")
        case .bool(let flag): raw(flag ? "true" : "false")
        case .integer(let number): raw(String(number))
        case .large(let digits): raw(digits)
        case .double(let number): raw(number.isFinite ? String(number) : "null")
        case .string(let text): quote(text)
        case .array(let values):
            list("[", "]", values.count) { writer, index in writer.write(values[index]) }
        case .object(let object):
            let pairs = object.pairs
            list("{", "}", pairs.count) { writer, index in
                writer.quote(pairs[index].key)
                writer.raw(writer.isPretty || writer.isPython ? ": " : ":")
                writer.write(pairs[index].value)
            }
        }
    }

    private mutating func list(_ open: String, _ close: String, _ count: Int, _ element: (inout JSONWriter, Int) -> Void) {
        raw(open)
        depth += 1
        for index in 0..<count {
            if index > 0 { raw(isPython ? ", " : ",") }
            newLine()
            element(&self, index)
        }
        depth -= 1
        if count > 0 { newLine() }
        raw(close)
    }

    private mutating func newLine() {
        guard isPretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { raw("  ") }
    }

    private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { all in
            // Most texts need no escape: what lies between two is copied at once.
            var start = 0
            for place in all.indices where all[place] < 0x20 || all[place] == UInt8(ascii: "\"") || all[place] == UInt8(ascii: "\\") {
                bytes.append(contentsOf: all[start..<place])
                escape(all[place])
                start = place + 1
            }
            bytes.append(contentsOf: all[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case 0x0a: raw("\\n")
        case 0x0d: raw("\\r")
        case 0x09: raw("\\t")
        default:
            let digits = String(byte, radix: 16)
            raw("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
        }
    }
}
