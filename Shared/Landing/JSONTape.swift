public import Kernel

/// One JSON document as a flat list of nodes over its bytes: read once, copied never.
///
/// A node is a value or an object's key. `next` is the node behind all that lies in it, so walking past a value is one step.
/// The text is checked by RFC 8259, nesting is bounded, and a key that comes twice counts by its last value.
public struct JSONTape {
    static let depthMax = 200
    static let bytesMax = Int(UInt32.max)

    public enum Kind: UInt8, Sendable { case object, array, key, string, number, boolean, null }

    public struct Node: Sendable {
        public var start: UInt32
        public var end: UInt32
        public var next: UInt32
        public var kind: Kind
        public var hasEscapes = false
    }

    public private(set) var nodes: [Node] = []
    private var bytes = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var place = 0
    private var depth = 0

    public init() {}

    /// Reads a document; the nodes are those of this one until the next call.
    public mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
        self.bytes = bytes
        nodes.removeAll(keepingCapacity: true)
        // A tape for one small value would otherwise grow in more steps than it has levels.
        if nodes.capacity == 0 { nodes.reserveCapacity(min(bytes.count / 4 + 4, 1 << 12)) }
        place = 0
        depth = 0
        guard bytes.count < Self.bytesMax else { throw failure("a document of 4 GiB or more") }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { place = 3 }
        skipSpace()
        try value()
        skipSpace()
        guard place == bytes.count else { throw failure("unexpected text after the value") }
    }

    private mutating func value() throws(JSONError) {
        guard place < bytes.count else { throw failure("unexpected end") }
        switch bytes[place] {
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): try array()
        case UInt8(ascii: "\""): try string(.string)
        case UInt8(ascii: "t"): try word("true", .boolean)
        case UInt8(ascii: "f"): try word("false", .boolean)
        case UInt8(ascii: "n"): try word("null", .null)
        default: try number()
        }
    }

    private mutating func open(_ kind: Kind) throws(JSONError) -> Int {
        depth += 1
        guard depth <= Self.depthMax else { throw failure("nested deeper than \(Self.depthMax)") }
        nodes.append(Node(start: UInt32(place), end: 0, next: 0, kind: kind))
        place += 1
        skipSpace()
        return nodes.count - 1
    }

    private mutating func close(_ index: Int) {
        depth -= 1
        nodes[index].end = UInt32(place)
        nodes[index].next = UInt32(nodes.count)
    }

    private mutating func object() throws(JSONError) {
        let index = try open(.object)
        if take(UInt8(ascii: "}")) { return close(index) }
        while true {
            skipSpace()
            guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw failure("expected a key") }
            try string(.key)
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("expected ':'") }
            skipSpace()
            try value()
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw failure("expected ',' or '}'") }
            return close(index)
        }
    }

    private mutating func array() throws(JSONError) {
        let index = try open(.array)
        if take(UInt8(ascii: "]")) { return close(index) }
        while true {
            skipSpace()
            try value()
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw failure("expected ',' or ']'") }
            return close(index)
        }
    }

    private mutating func string(_ kind: Kind) throws(JSONError) {
        let start = place
        var hasEscapes = false
        place += 1
        while true {
            guard place < bytes.count else { throw failure("unterminated string") }
            let byte = bytes[place]
            if byte == UInt8(ascii: "\"") { break }
            guard byte >= 0x20 else { throw failure("control character in a string") }
            place += 1
            guard byte == UInt8(ascii: "\\") else { continue }
            hasEscapes = true
            guard place < bytes.count else { throw failure("unterminated string") }
            let escape = bytes[place]
            place += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
                UInt8(ascii: "t"): break
            case UInt8(ascii: "u"):
                guard JSONText.unit(bytes, place) != nil else { throw failure("expected four hexadecimal digits") }
                place += 4
            default: throw failure("unknown escape")
            }
        }
        place += 1
        leaf(start, kind, hasEscapes)
    }

    private mutating func number() throws(JSONError) {
        let start = place
        _ = take(UInt8(ascii: "-"))
        let whole = digits()
        guard whole > 0 else { place = start; throw failure("expected a value") }
        guard whole == 1 || bytes[place - whole] != UInt8(ascii: "0") else { throw failure("a number starts with 0") }
        if take(UInt8(ascii: ".")) { guard digits() > 0 else { throw failure("expected digits") } }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() > 0 else { throw failure("expected digits") }
        }
        leaf(start, .number, false)
    }

    private mutating func digits() -> Int {
        let start = place
        while place < bytes.count, bytes[place] &- 0x30 <= 9 { place += 1 }
        return place - start
    }

    private mutating func word(_ text: StaticString, _ kind: Kind) throws(JSONError) {
        let count = text.utf8CodeUnitCount
        guard place + count <= bytes.count else { throw failure("expected a value") }
        for index in 0..<count where bytes[place + index] != text.utf8Start[index] { throw failure("expected a value") }
        place += count
        leaf(place - count, kind, false)
    }

    private mutating func leaf(_ start: Int, _ kind: Kind, _ hasEscapes: Bool) {
        nodes.append(Node(start: UInt32(start), end: UInt32(place), next: UInt32(nodes.count + 1), kind: kind, hasEscapes: hasEscapes))
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard place < bytes.count, bytes[place] == byte else { return false }
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

/// The text of JSON strings.
public enum JSONText {
    /// The value of four hexadecimal digits.
    public static func unit(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> UInt32? {
        guard place + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[place..<place + 4] {
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
            case 0x41...0x46: value = value << 4 | UInt32(byte - 0x41 + 10)
            case 0x61...0x66: value = value << 4 | UInt32(byte - 0x61 + 10)
            default: return nil
            }
        }
        return value
    }

    /// Writes the text that the escaped, checked bytes between the quotes mean; it is never longer than they are.
    public static func unescape(_ bytes: UnsafeBufferPointer<UInt8>, into out: UnsafeMutablePointer<UInt8>) -> Int {
        var place = 0
        var filled = 0
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            guard byte == UInt8(ascii: "\\") else {
                out[filled] = byte
                filled += 1
                continue
            }
            let escape = bytes[place]
            place += 1
            guard escape == UInt8(ascii: "u") else {
                out[filled] = switch escape {
                case UInt8(ascii: "n"): 0x0a
                case UInt8(ascii: "t"): 0x09
                case UInt8(ascii: "r"): 0x0d
                case UInt8(ascii: "b"): 0x08
                case UInt8(ascii: "f"): 0x0c
                default: escape
                }
                filled += 1
                continue
            }
            var value = unit(bytes, place) ?? 0xfffd
            place += 4
            if (0xd800..<0xdc00).contains(value), place + 5 < bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u"),
                let low = unit(bytes, place + 2), (0xdc00..<0xe000).contains(low) {
                value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
                place += 6
            }
            // A lone surrogate has no UTF-8 form; U+FFFD keeps the rest of the text readable.
            for unit in String(Unicode.Scalar(value) ?? "\u{fffd}").utf8 {
                out[filled] = unit
                filled += 1
            }
        }
        return filled
    }
}
