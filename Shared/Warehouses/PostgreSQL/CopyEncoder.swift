internal import Glibc
internal import Kernel
internal import WarehouseKit

/// Rows in PostgreSQL's binary or text form of COPY, gathered in one buffer.
struct CopyEncoder {
    enum Kind: Equatable {
        case bool, int2, int4, int8, float4, float8, numeric, text, json, jsonb, date, timestamp, timestamptz
        /// A type whose binary form we do not write.
        case other

        init(type: UInt32) {
            self = switch type {
            case TypeID.bool: .bool
            case TypeID.int2: .int2
            case TypeID.int4: .int4
            case TypeID.int8: .int8
            case TypeID.float4: .float4
            case TypeID.float8: .float8
            case TypeID.numeric: .numeric
            case TypeID.text, TypeID.varchar: .text
            case TypeID.json: .json
            case TypeID.jsonb: .jsonb
            case TypeID.date: .date
            case TypeID.timestamp: .timestamp
            case TypeID.timestamptz: .timestamptz
            default: .other
            }
        }
    }

    /// The signature, no flags, no extension.
    static let header: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00] + [0, 0, 0, 0] + [0, 0, 0, 0]
    static let trailer: [UInt8] = [0xff, 0xff]
    private static let jsonbVersion: UInt8 = 1

    private let columns: [String]
    private let kinds: [Kind]
    let isBinary: Bool
    private let buffer: Buffer
    var count: Int { buffer.count }
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: buffer.start, count: buffer.count) }

    init(columns: [String], kinds: [Kind], isBinary: Bool, capacity: Int) {
        self.columns = columns
        self.kinds = kinds
        self.isBinary = isBinary
        buffer = Buffer(capacity: capacity * 2)
    }

    func removeAll() { buffer.count = 0 }

    /// - Throws: `RefusedCell` with nothing of the row in the buffer.
    func append(_ row: UnsafeBufferPointer<Cell>) throws {
        precondition(row.count == kinds.count, "a row has one cell for each column")
        let start = buffer.count
        do {
            isBinary ? try appendBinary(row) : try appendText(row)
        } catch {
            buffer.count = start
            throw error
        }
    }

    private func refused(_ column: Int, _ words: String) -> RefusedCell { RefusedCell("column '\(columns[column])' holds \(words)") }

    private static func holdsNUL(_ text: Bytes) -> Bool {
        guard let start = text.baseAddress else { return false }
        return memchr(start, 0, text.count) != nil
    }

    // MARK: Binary

    typealias Bytes = UnsafeBufferPointer<UInt8>

    private func appendBinary(_ row: UnsafeBufferPointer<Cell>) throws {
        // A length and at most eight bytes for each cell, but for texts, which ask for their own room.
        buffer.reserve(2 + row.count * 12)
        buffer.put(UInt16(truncatingIfNeeded: row.count))
        for index in 0..<row.count {
            switch row[index] {
            case .null: buffer.put(UInt32.max)
            case .integer(let number): try append(number, index)
            case .double(let number): try append(number, index)
            case .text(let text): try append(text, index, cellsBehind: row.count - index)
            }
        }
    }

    @inline(__always) private func append(_ number: Int64, _ index: Int) throws {
        switch kinds[index] {
        case .int8: buffer.put(UInt32(8)); buffer.put(UInt64(bitPattern: number))
        case .int4:
            guard let value = Int32(exactly: number) else { throw refused(index, "a number beyond 32 bits") }
            buffer.put(UInt32(4)); buffer.put(UInt32(bitPattern: value))
        case .int2:
            guard let value = Int16(exactly: number) else { throw refused(index, "a number beyond 16 bits") }
            buffer.put(UInt32(2)); buffer.put(UInt16(bitPattern: value))
        case .bool:
            guard number == 0 || number == 1 else { throw refused(index, "no truth value") }
            buffer.put(UInt32(1)); buffer.put(UInt8(number))
        case .float8, .float4: try append(Double(number), index)
        case .text: put("\(number)", index)
        case .numeric: try append(digits: "\(number)", index)
        case .json, .jsonb: try append(digits: "\(number)", index)
        case .date, .timestamp, .timestamptz, .other: throw refused(index, "a number in the place of a time")
        }
    }

    @inline(__always) private func append(_ number: Double, _ index: Int) throws {
        switch kinds[index] {
        case .float8: buffer.put(UInt32(8)); buffer.put(number.bitPattern)
        case .float4:
            let value = Float(number)
            guard value.isFinite || !number.isFinite else { throw refused(index, "a number beyond the type real") }
            buffer.put(UInt32(4)); buffer.put(value.bitPattern)
        case .text: put("\(number)", index)
        case .numeric: try append(digits: "\(number)", index)
        case .int8, .int4, .int2, .bool:
            guard let whole = Int64(exactly: number) else { throw refused(index, "no whole number") }
            try append(whole, index)
        case .json, .jsonb: try append(digits: "\(number)", index)
        case .date, .timestamp, .timestamptz, .other: throw refused(index, "a number in the place of a time")
        }
    }

    private func append(digits word: String, _ index: Int) throws {
        var word = word
        try word.withUTF8 { try append($0, index, cellsBehind: kinds.count - index) }
    }

    private func put(_ word: String, _ index: Int) {
        var word = word
        word.withUTF8 { text in
            buffer.reserve(text.count + 4 + (kinds.count - index) * 12)
            buffer.put(UInt32(text.count))
            buffer.put(text)
        }
    }

    @inline(__always) private func append(_ text: Bytes, _ index: Int, cellsBehind: Int) throws {
        switch kinds[index] {
        case .text, .json:
            try check(text, index)
            buffer.reserve(text.count + cellsBehind * 12)
            buffer.put(UInt32(text.count))
            buffer.put(text)
        case .jsonb:
            try check(text, index)
            buffer.reserve(text.count + 1 + cellsBehind * 12)
            buffer.put(UInt32(text.count + 1))
            buffer.put(Self.jsonbVersion)
            buffer.put(text)
        case .numeric:
            buffer.reserve(NumericForm.bytesMax(of: text.count) + cellsBehind * 12)
            guard let count = NumericForm.write(text, to: buffer.free) else { throw refused(index, "no number that PostgreSQL has") }
            buffer.count += count
        case .timestamptz, .timestamp:
            let isLocal = kinds[index] == .timestamp && text.last != UInt8(ascii: "Z")
            guard let moment = isLocal ? TimeText.local(text) : TimeText.moment(text) else { throw refused(index, "no time that PostgreSQL has") }
            buffer.put(UInt32(8)); buffer.put(UInt64(bitPattern: moment))
        case .date:
            guard text.count == 10, let day = TimeText.day(text) else { throw refused(index, "no date that PostgreSQL has") }
            buffer.put(UInt32(4)); buffer.put(UInt32(bitPattern: Int32(truncatingIfNeeded: day)))
        case .bool, .int2, .int4, .int8, .float4, .float8, .other: throw refused(index, "a text in the place of a number")
        }
    }

    @inline(__always) private func check(_ text: Bytes, _ index: Int) throws {
        guard !Self.holdsNUL(text) else { throw refused(index, "a NUL byte, which PostgreSQL has not in texts") }
        guard text.count < 1 << 30 else { throw refused(index, "more than a gigabyte") }
    }

    // MARK: Text

    private func appendText(_ row: UnsafeBufferPointer<Cell>) throws {
        for index in 0..<row.count {
            buffer.reserve(32)
            if index > 0 { buffer.put(UInt8(ascii: "\t")) }
            switch row[index] {
            case .null: buffer.put(UInt8(ascii: "\\")); buffer.put(UInt8(ascii: "N"))
            case .integer(let number): putPlain("\(number)")
            case .double(let number): putPlain("\(number)")
            case .text(let text):
                guard !Self.holdsNUL(text) else { throw refused(index, "a NUL byte, which PostgreSQL has not in texts") }
                if kinds[index] == .date || kinds[index] == .timestamp || kinds[index] == .timestamptz, TimeText.day(text) == nil {
                    throw refused(index, "no time that PostgreSQL has")
                }
                putEscaped(text)
            }
        }
        buffer.reserve(1)
        buffer.put(UInt8(ascii: "\n"))
    }

    private func putPlain(_ word: String) {
        var word = word
        word.withUTF8 { buffer.reserve($0.count); buffer.put($0) }
    }

    private func putEscaped(_ text: Bytes) {
        buffer.reserve(text.count * 2)
        for byte in text {
            switch byte {
            case UInt8(ascii: "\\"): buffer.put(byte); buffer.put(byte)
            case 0x0a: buffer.put(UInt8(ascii: "\\")); buffer.put(UInt8(ascii: "n"))
            case 0x0d: buffer.put(UInt8(ascii: "\\")); buffer.put(UInt8(ascii: "r"))
            case 0x09: buffer.put(UInt8(ascii: "\\")); buffer.put(UInt8(ascii: "t"))
            default: buffer.put(byte)
            }
        }
    }
}

/// Bytes that grow. `put` writes without a look at the room: `reserve` has made it.
private final class Buffer {
    private(set) var start: UnsafeMutablePointer<UInt8>
    var count = 0
    private var capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        start = .allocate(capacity: capacity)
    }
    deinit { start.deallocate() }

    /// Where the next byte goes.
    var free: UnsafeMutablePointer<UInt8> { start + count }

    @inline(__always) func reserve(_ more: Int) { if count + more > capacity { grow(more) } }

    private func grow(_ more: Int) {
        capacity = max(capacity * 2, count + more)
        let wider = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        wider.update(from: start, count: count)
        start.deallocate()
        start = wider
    }

    /// In network order.
    @inline(__always) func put<Number: FixedWidthInteger>(_ number: Number) {
        UnsafeMutableRawPointer(start + count).storeBytes(of: number.bigEndian, as: Number.self)
        count += MemoryLayout<Number>.size
    }

    @inline(__always) func put(_ text: UnsafeBufferPointer<UInt8>) {
        guard let from = text.baseAddress else { return }
        (start + count).update(from: from, count: text.count)
        count += text.count
    }
}
