internal import Kernel

/// Values as bytes, for a cache that only this program reads. A text that comes again is a number, and so is a map: most nodes of a
/// project have the same few configurations, which they share again when they are read.
struct ArchiveWriter {
    private(set) var bytes: [UInt8] = []
    private var texts: [String: Int] = [:]
    private var objects: [JSONObject: Int] = [:]

    mutating func write(_ number: Int) {
        var rest = UInt(bitPattern: number)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func write(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    mutating func write(_ text: String) {
        if let known = texts[text] { return write(known + 1) }
        texts[text] = texts.count
        write(0)
        write(text.utf8.count)
        bytes += text.utf8
    }

    mutating func write(bytes more: [UInt8]) {
        write(more.count)
        bytes += more
    }

    mutating func write(_ object: JSONObject) {
        if let known = objects[object] { return write(known + 1) }
        write(0)
        write(object.count)
        for (key, value) in object.pairs {
            write(key)
            write(value)
        }
        // Behind what is in it, as the reader knows it only then.
        objects[object] = objects.count
    }

    mutating func write(_ value: JSON) {
        switch value {
        case .null: bytes.append(0)
        case .bool(let flag): bytes.append(flag ? 2 : 1)
        case .integer(let number): bytes.append(3); write(Int(number))
        case .double(let number): bytes.append(4); write(Int(bitPattern: UInt(number.bitPattern)))
        case .string(let text): bytes.append(5); write(text)
        case .array(let items): bytes.append(6); write(items) { $0.write($1) }
        case .object(let object): bytes.append(7); write(object)
        case .large(let digits): bytes.append(8); write(digits)
        }
    }

    mutating func write<Item>(_ items: [Item], _ each: (inout ArchiveWriter, Item) -> Void) {
        write(items.count)
        for item in items { each(&self, item) }
    }
    mutating func write(_ texts: [String]) { write(texts) { $0.write($1) } }
    mutating func write<Item>(_ item: Item?, _ each: (inout ArchiveWriter, Item) -> Void) {
        write(item != nil)
        if let item { each(&self, item) }
    }
    mutating func write(_ text: String?) { write(text) { $0.write($1) } }
    mutating func write(_ value: JSON?) { write(value) { $0.write($1) } }
    mutating func write<Item>(_ items: [String: Item], _ each: (inout ArchiveWriter, Item) -> Void) {
        write(items.count)
        for (key, item) in items {
            write(key)
            each(&self, item)
        }
    }
}

/// Reads what `ArchiveWriter` wrote. Whatever the bytes are, it ends with a value or with `Broken`.
struct ArchiveReader {
    struct Broken: Error {}
    private let bytes: UnsafeRawBufferPointer
    private var place = 0
    private var texts: [String] = []
    private var objects: [JSONObject] = []
    private var depth = 0

    /// - Parameter bytes: must outlive the reader.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    mutating func int() throws -> Int {
        var number: UInt = 0
        var shift: UInt = 0
        while true {
            guard place < bytes.count, shift < 64 else { throw Broken() }
            let byte = bytes[place]
            place += 1
            number |= UInt(byte & 0x7f) << shift
            if byte < 0x80 { return Int(bitPattern: number) }
            shift += 7
        }
    }

    mutating func bool() throws -> Bool {
        guard place < bytes.count, bytes[place] < 2 else { throw Broken() }
        place += 1
        return bytes[place - 1] == 1
    }

    mutating func text() throws -> String {
        let known = try int()
        if known > 0 {
            guard known <= texts.count else { throw Broken() }
            return texts[known - 1]
        }
        let count = try int()
        guard count >= 0, count <= bytes.count - place, let text = String(validating: bytes[place..<place + count], as: UTF8.self) else { throw Broken() }
        place += count
        texts.append(text)
        return text
    }

    mutating func rawBytes() throws -> [UInt8] {
        let count = try count()
        defer { place += count }
        return Array(bytes[place..<place + count])
    }

    mutating func object() throws -> JSONObject {
        let known = try int()
        if known > 0 {
            guard known <= objects.count else { throw Broken() }
            return objects[known - 1]
        }
        depth += 1
        defer { depth -= 1 }
        let count = try count()
        guard depth < 200 else { throw Broken() }
        var pairs: [(key: String, value: JSON)] = []
        pairs.reserveCapacity(count)
        for _ in 0..<count { pairs.append((try text(), try json())) }
        let object = JSONObject(distinct: pairs)
        objects.append(object)
        return object
    }

    mutating func json() throws -> JSON {
        guard place < bytes.count else { throw Broken() }
        place += 1
        switch bytes[place - 1] {
        case 0: return .null
        case 1: return .bool(false)
        case 2: return .bool(true)
        case 3: return .integer(Int64(try int()))
        case 4: return .double(Double(bitPattern: UInt64(UInt(bitPattern: try int()))))
        case 5: return .string(try text())
        case 6:
            depth += 1
            defer { depth -= 1 }
            guard depth < 200 else { throw Broken() }
            return .array(try list { try $0.json() })
        case 7: return .object(try object())
        case 8: return .large(try text())
        default: throw Broken()
        }
    }

    /// No more than there are bytes left: nothing takes less than one.
    private mutating func count() throws -> Int {
        let count = try int()
        guard count >= 0, count <= bytes.count - place else { throw Broken() }
        return count
    }

    mutating func list<Item>(_ each: (inout ArchiveReader) throws -> Item) throws -> [Item] {
        let count = try count()
        var items: [Item] = []
        items.reserveCapacity(count)
        for _ in 0..<count { items.append(try each(&self)) }
        return items
    }
    mutating func strings() throws -> [String] { try list { try $0.text() } }
    mutating func optional<Item>(_ each: (inout ArchiveReader) throws -> Item) throws -> Item? { try bool() ? try each(&self) : nil }
    mutating func optionalText() throws -> String? { try optional { try $0.text() } }
    mutating func map<Item>(_ each: (inout ArchiveReader) throws -> Item) throws -> [String: Item] {
        let count = try count()
        var items: [String: Item] = [:]
        items.reserveCapacity(count)
        for _ in 0..<count { items[try text()] = try each(&self) }
        return items
    }
}
