package import Contracts
package import Kernel

/// What the broker reads of an event: who it is, where it goes, and what kind of work it announces.
package struct EventHeader {
    package var specversion = ""
    package var id = ""
    package var source = ""
    package var type = ""
    package var pipeline = ""
    package var role: Role?
    package var run: RunID?
    package var task: TaskID?
    package var priority = 0
}

/// Reads the header of an envelope and sees that the rest is JSON (RFC 8259), without building any of it: every publish
/// passes through here.
///
/// Stricter than a parser: a member of the header that comes twice is refused, for two readers might each see another one.
package struct EnvelopeScanner {
    package struct Failure: Error { package let reason: String }
    /// Deeper nesting is refused, so that no envelope can exhaust a stack.
    static let depthMax = 200

    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0
    private var depth = 0
    private var seen: UInt16 = 0

    package static func header(of envelope: [UInt8]) throws(Failure) -> EventHeader {
        do { _ = try UTF8Span(validating: envelope.span) } catch { throw Failure(reason: "it is not UTF-8") }
        return try envelope.withUnsafeBufferPointer { bytes throws(Failure) in
            var scanner = EnvelopeScanner(bytes: bytes)
            return try scanner.header()
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func header() throws(Failure) -> EventHeader {
        var header = EventHeader()
        skipSpace()
        try expect("{")
        skipSpace()
        if !take("}") {
            repeat {
                skipSpace()
                let key = try text("a key")
                skipSpace()
                try expect(":")
                skipSpace()
                try member(key, &header)
                skipSpace()
            } while take(",")
            try expect("}")
        }
        skipSpace()
        guard place == bytes.count else { throw Failure(reason: "something follows its end, at byte \(place)") }
        for (bit, name) in ["specversion", "id", "source", "type", "pipeline"].enumerated() where seen & 1 << UInt16(bit) == 0 {
            throw Failure(reason: "'\(name)' is missing")
        }
        return header
    }

    private mutating func member(_ key: String, _ header: inout EventHeader) throws(Failure) {
        switch key {
        case "specversion": header.specversion = try once(0, key) ?? ""
        case "id": header.id = try once(1, key) ?? ""
        case "source": header.source = try once(2, key) ?? ""
        case "type": header.type = try once(3, key) ?? ""
        case "pipeline": header.pipeline = try once(4, key) ?? ""
        case "role":
            guard let word = try once(5, key) else { return }
            guard let role = Role(rawValue: word) else { throw Failure(reason: "role '\(word.prefix(40))' is none") }
            header.role = role
        case "run": header.run = try once(6, key).map { RunID($0) }
        case "task": header.task = try once(7, key).map { TaskID($0) }
        case "priority":
            try mark(8, key)
            header.priority = try integer()
        default: try skipValue()
        }
    }

    private mutating func mark(_ bit: UInt16, _ key: String) throws(Failure) {
        guard seen & 1 << bit == 0 else { throw Failure(reason: "'\(key)' comes twice") }
        seen |= 1 << bit
    }

    /// A text, or nil for null, which only an optional member may be.
    private mutating func once(_ bit: UInt16, _ key: String) throws(Failure) -> String? {
        try mark(bit, key)
        if bit > 4, place < bytes.count, bytes[place] == UInt8(ascii: "n") {
            try word("null")
            return nil
        }
        return try text("'\(key)'")
    }

    private mutating func integer() throws(Failure) -> Int {
        if place < bytes.count, bytes[place] == UInt8(ascii: "n") {
            try word("null")
            return 0
        }
        let start = place
        try skipNumber()
        let digits = String(decoding: bytes[start..<place], as: UTF8.self)
        if let number = Int(digits) { return number }
        guard let number = Double(digits).flatMap({ Int(exactly: $0) }) else { throw Failure(reason: "'priority' is no whole number") }
        return number
    }

    /// A string's value. Most hold no escape and are one copy.
    private mutating func text(_ what: @autoclosure () -> String) throws(Failure) -> String {
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw Failure(reason: "\(what()) is no text, at byte \(place)") }
        let start = place
        let hasEscape = try skipString()
        guard hasEscape else { return String(decoding: bytes[(start + 1)..<(place - 1)], as: UTF8.self) }
        guard let value = try? JSON(parsing: Array(bytes[start..<place])).stringValue else { throw Failure(reason: "\(what()) holds a broken escape") }
        return value
    }

    // MARK: What is only looked over

    private mutating func skipSpace() {
        while place < bytes.count, bytes[place] == 0x20 || bytes[place] == 0x0a || bytes[place] == 0x0d || bytes[place] == 0x09 { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
        guard take(character) else { throw Failure(reason: "expected '\(character)' at byte \(place)") }
    }

    private mutating func word(_ word: StaticString) throws(Failure) {
        for index in 0..<word.utf8CodeUnitCount {
            guard place < bytes.count, bytes[place] == word.utf8Start[index] else { throw Failure(reason: "no JSON value at byte \(place)") }
            place += 1
        }
    }

    private mutating func skipValue() throws(Failure) {
        guard place < bytes.count else { throw Failure(reason: "it ends early") }
        switch bytes[place] {
        case UInt8(ascii: "{"): try skipObject()
        case UInt8(ascii: "["): try skipArray()
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try skipNumber()
        }
    }

    private mutating func enter() throws(Failure) {
        depth += 1
        guard depth < Self.depthMax else { throw Failure(reason: "it is nested deeper than \(Self.depthMax)") }
        place += 1
        skipSpace()
    }

    private mutating func skipObject() throws(Failure) {
        try enter()
        if !take("}") {
            repeat {
                skipSpace()
                try skipString()
                skipSpace()
                try expect(":")
                skipSpace()
                try skipValue()
                skipSpace()
            } while take(",")
            try expect("}")
        }
        depth -= 1
    }

    private mutating func skipArray() throws(Failure) {
        try enter()
        if !take("]") {
            repeat {
                skipSpace()
                try skipValue()
                skipSpace()
            } while take(",")
            try expect("]")
        }
        depth -= 1
    }

    /// Returns whether it holds an escape. Control characters must be escaped, and escapes be those of JSON.
    @discardableResult private mutating func skipString() throws(Failure) -> Bool {
        try expect("\"")
        var hasEscape = false
        while place < bytes.count {
            skipPlain()
            guard place < bytes.count else { break }
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return hasEscape }
            guard byte >= 0x20 else { throw Failure(reason: "a control character at byte \(place - 1)") }
            guard byte == UInt8(ascii: "\\") else { continue }
            hasEscape = true
            guard place < bytes.count else { break }
            let escape = bytes[place]
            place += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
                UInt8(ascii: "r"), UInt8(ascii: "t"): continue
            case UInt8(ascii: "u"):
                for _ in 0..<4 {
                    guard place < bytes.count, Self.isHexadecimal(bytes[place]) else { throw Failure(reason: "a broken escape at byte \(place)") }
                    place += 1
                }
            default: throw Failure(reason: "a broken escape at byte \(place - 1)")
            }
        }
        throw Failure(reason: "a text has no end")
    }

    /// Goes on by eight bytes at a time while none of them is a quote, a backslash or a control character. Most of an envelope is that.
    private mutating func skipPlain() {
        let ones: UInt64 = 0x0101_0101_0101_0101, tops: UInt64 = 0x8080_8080_8080_8080
        while place + 8 <= bytes.count {
            let word = UnsafeRawPointer(bytes.baseAddress! + place).loadUnaligned(as: UInt64.self)
            let quote = word ^ ones &* 0x22, backslash = word ^ ones &* 0x5c
            // The top bit of a byte is set where that byte is zero, or (for the last) below a space; a borrow may set one too many, never too few.
            let found = ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word) & tops
            guard found == 0 else { return }
            place += 8
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66)
    }

    private mutating func skipNumber() throws(Failure) {
        let start = place
        _ = take("-")
        if !take("0") { try skipDigits() }
        if take(".") { try skipDigits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try skipDigits()
        }
        guard place > start else { throw Failure(reason: "no JSON value at byte \(start)") }
    }

    private mutating func skipDigits() throws(Failure) {
        let start = place
        while place < bytes.count, bytes[place] >= 0x30, bytes[place] <= 0x39 { place += 1 }
        guard place > start else { throw Failure(reason: "no JSON value at byte \(start)") }
    }
}
