package import Contracts
import Glibc
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

extension EventHeader {
    /// Where its texts lie among the names that a scan has gathered.
    package struct Places {
        package var specversion = 0..<0, id = 0..<0, source = 0..<0, type = 0..<0, pipeline = 0..<0
        package var run: Range<Int>?, task: Range<Int>?
        package var role: Role?
        package var priority = 0
    }

    package init(_ places: Places, in names: [UInt8]) {
        func text(_ place: Range<Int>) -> String { String(decoding: names[place], as: UTF8.self) }
        specversion = text(places.specversion)
        id = text(places.id)
        source = text(places.source)
        type = text(places.type)
        pipeline = text(places.pipeline)
        role = places.role
        run = places.run.map { RunID(text($0)) }
        task = places.task.map { TaskID(text($0)) }
        priority = places.priority
    }
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
    private var names: [UInt8] = []

    package static func header(of envelope: [UInt8]) throws(Failure) -> EventHeader {
        var names: [UInt8] = []
        let places = try envelope.withUnsafeBufferPointer { bytes throws(Failure) in try scan(bytes, names: &names) }
        return EventHeader(places, in: names)
    }

    /// - Parameter names: the header's texts are appended to it, so that an event costs no allocation.
    static func scan(_ envelope: UnsafeBufferPointer<UInt8>, names: inout [UInt8]) throws(Failure) -> EventHeader.Places {
        do { _ = try UTF8Span(validating: envelope.span) } catch { throw Failure(reason: "it is not UTF-8") }
        var scanner = EnvelopeScanner(bytes: envelope)
        swap(&scanner.names, &names)
        defer { swap(&scanner.names, &names) }
        return try scanner.header()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func header() throws(Failure) -> EventHeader.Places {
        var header = EventHeader.Places()
        skipSpace()
        try expect("{")
        skipSpace()
        if !take("}") {
            repeat {
                skipSpace()
                let key = try key()
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
        for key in Key.required where seen & 1 << key.rawValue == 0 { throw Failure(reason: "'\(key)' is missing") }
        return header
    }

    private enum Key: UInt16 {
        case specversion, id, source, type, pipeline, role, run, task, priority, other
        static let required: [Key] = [.specversion, .id, .source, .type, .pipeline]
        /// Only an optional member may be null.
        var isOptional: Bool { rawValue > Key.pipeline.rawValue }
    }

    private mutating func key() throws(Failure) -> Key {
        let start = place
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw Failure(reason: "a key is no text, at byte \(place)") }
        // Nearly always it stands there as it is.
        guard try skipString() else { return Self.key(UnsafeBufferPointer(rebasing: bytes[(start + 1)..<(place - 1)])) }
        place = start
        let range = try text("a key")
        defer { names.removeLast(range.count) }
        return names.withUnsafeBufferPointer { Self.key(UnsafeBufferPointer(rebasing: $0[range])) }
    }

    private static func key(_ key: UnsafeBufferPointer<UInt8>) -> Key {
        func reads(_ word: StaticString) -> Bool { memcmp(key.baseAddress!, word.utf8Start, word.utf8CodeUnitCount) == 0 }
        switch key.count {
        case 2: return reads("id") ? .id : .other
        case 3: return reads("run") ? .run : .other
        case 4: return reads("type") ? .type : reads("role") ? .role : reads("task") ? .task : .other
        case 6: return reads("source") ? .source : .other
        case 8: return reads("pipeline") ? .pipeline : reads("priority") ? .priority : .other
        case 11: return reads("specversion") ? .specversion : .other
        default: return .other
        }
    }

    private mutating func member(_ key: Key, _ header: inout EventHeader.Places) throws(Failure) {
        guard key != .other else { return try skipValue() }
        guard seen & 1 << key.rawValue == 0 else { throw Failure(reason: "'\(key)' comes twice") }
        seen |= 1 << key.rawValue
        if key.isOptional, place < bytes.count, bytes[place] == UInt8(ascii: "n") { return try word("null") }
        switch key {
        case .specversion: header.specversion = try text("'\(key)'")
        case .id: header.id = try text("'\(key)'")
        case .source: header.source = try text("'\(key)'")
        case .type: header.type = try text("'\(key)'")
        case .pipeline: header.pipeline = try text("'\(key)'")
        case .role:
            let word = String(decoding: names[try text("'\(key)'")], as: UTF8.self)
            guard let role = Role(rawValue: word) else { throw Failure(reason: "role '\(word.prefix(40))' is none") }
            header.role = role
        case .run: header.run = try text("'\(key)'")
        case .task: header.task = try text("'\(key)'")
        case .priority: header.priority = try integer()
        case .other: break
        }
    }

    private mutating func integer() throws(Failure) -> Int {
        let start = place
        try skipNumber()
        let digits = String(decoding: bytes[start..<place], as: UTF8.self)
        if let number = Int(digits) { return number }
        guard let number = Double(digits).flatMap({ Int(exactly: $0) }) else { throw Failure(reason: "'priority' is no whole number") }
        return number
    }

    /// Appends a string's value to the names, and tells where it stands. Most hold no escape and are one copy.
    private mutating func text(_ what: @autoclosure () -> String) throws(Failure) -> Range<Int> {
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw Failure(reason: "\(what()) is no text, at byte \(place)") }
        let start = place, first = names.count
        if try skipString() {
            guard let value = try? JSON(parsing: Array(bytes[start..<place])).stringValue else { throw Failure(reason: "\(what()) holds a broken escape") }
            names.append(contentsOf: value.utf8)
        } else {
            names.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[(start + 1)..<(place - 1)]))
        }
        return first..<names.count
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

    /// Goes on by whole words while no byte of them is a quote, a backslash or a control character. Most of an envelope is that.
    private mutating func skipPlain() {
        guard let start = bytes.baseAddress else { return }
        let raw = UnsafeRawPointer(start)
        // Four at once where there are so many: an envelope's data is mostly long texts.
        while place + 32 <= bytes.count {
            let found = Self.special(raw + place) | Self.special(raw + place + 8) | Self.special(raw + place + 16) | Self.special(raw + place + 24)
            guard found == 0 else { break }
            place += 32
        }
        while place + 8 <= bytes.count, Self.special(raw + place) == 0 { place += 8 }
    }

    /// The top bit of a byte is set where that byte is a quote, a backslash or (below a space) a control character; a borrow may set
    /// one too many, never too few.
    @inline(__always) private static func special(_ place: UnsafeRawPointer) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101, tops: UInt64 = 0x8080_8080_8080_8080
        let word = place.loadUnaligned(as: UInt64.self)
        let quote = word ^ ones &* 0x22, backslash = word ^ ones &* 0x5c
        return ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word) & tops
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
