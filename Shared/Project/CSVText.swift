/// CSV by RFC 4180, line ends of either kind, read one record at a time.
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
        self.bytes = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
        self.delimiter = delimiter
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
            if byte == 0x0d, place < bytes.count, bytes[place] == 0x0a { place += 1 }
            nextLine += 1
            return fields
        }
    }

    private mutating func field() -> Field {
        var text: [UInt8] = []
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
            while place < bytes.count, bytes[place] != delimiter, bytes[place] != 0x0a, bytes[place] != 0x0d {
                text.append(bytes[place])
                place += 1
            }
            return Field(text: String(decoding: text, as: UTF8.self), isQuoted: false)
        }
        place += 1
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") {
                guard place < bytes.count, bytes[place] == byte else { break }
                place += 1
            }
            if byte == 0x0a { nextLine += 1 }
            text.append(byte)
        }
        return Field(text: String(decoding: text, as: UTF8.self), isQuoted: true)
    }
}
