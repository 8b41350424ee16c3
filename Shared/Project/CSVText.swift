/// CSV by RFC 4180, read one record at a time. What that does not speak of is as in Python's `csv`, and so in dbt: text behind a
/// closing quote belongs to the value, a quote that nobody closes takes all that is left, and a line end of any kind is `\n`.
public struct CSVText {
    public struct Field {
        public var text: String
        public var isQuoted: Bool
        public init(text: String, isQuoted: Bool) { (self.text, self.isQuoted) = (text, isQuoted) }
    }
    private let bytes: [UInt8]
    private let delimiter: UInt8
    private var place = 0
    /// The line that the last record began on.
    public private(set) var line = 0
    private var nextLine = 1

    public init(_ bytes: [UInt8], delimiter: UInt8) {
        let text = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
        self.bytes = text.contains(0x0d) ? Self.withPlainLineEnds(text) : Array(text)
        self.delimiter = delimiter
    }

    private static func withPlainLineEnds(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count)
        var last: UInt8 = 0
        for byte in text {
            if byte == 0x0d { plain.append(0x0a) } else if byte != 0x0a || last != 0x0d { plain.append(byte) }
            last = byte
        }
        return plain
    }

    public mutating func next() -> [Field]? {
        guard place < bytes.count else { return nil }
        line = nextLine
        var fields: [Field] = []
        while true {
            fields.append(field())
            guard place < bytes.count else { return fields }
            let byte = bytes[place]
            place += 1
            if byte == delimiter { continue }
            nextLine += 1
            return fields
        }
    }

    private mutating func field() -> Field {
        var text: [UInt8] = []
        let isQuoted = place < bytes.count && bytes[place] == Self.quote
        if isQuoted { text = quoted() }
        while place < bytes.count, bytes[place] != delimiter, bytes[place] != 0x0a {
            text.append(bytes[place])
            place += 1
        }
        return Field(text: String(decoding: text, as: UTF8.self), isQuoted: isQuoted)
    }

    /// What stands between quotes, up to and with the closing one.
    private mutating func quoted() -> [UInt8] {
        var text: [UInt8] = []
        place += 1
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == Self.quote {
                guard place < bytes.count, bytes[place] == byte else { break }
                place += 1
            }
            if byte == 0x0a { nextLine += 1 }
            text.append(byte)
        }
        return text
    }

    private static let quote = UInt8(ascii: "\"")
}
