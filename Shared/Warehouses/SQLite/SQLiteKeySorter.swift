internal import Glibc
internal import WarehouseKit

/// Holds rows back until it can hand them on in the order of their keys.
///
/// A merge then goes through the table and its index from their first page to their last, and needs no sort of its own: sorting 100,000 rows
/// inside the engine takes as long as writing them. As many as `bytesMax` are held until it is known where they go; more go into the staging
/// table in several parts, each in order.
final class SQLiteKeySorter: StagingWriter {
    /// Of encoded rows.
    private static let bytesMax = 16 << 20

    private let session: SQLiteSession
    private let table: RelationName
    private let columns: [String]
    /// Of the key's columns first, so that a row begins with its key.
    private let places: [Int]
    private let keyCount: Int
    private var bytes: UnsafeMutablePointer<UInt8>
    private var capacity = 1 << 20
    private var count = 0
    private var rows: [Row] = []
    private var taken = 0
    /// Nil while all rows are held.
    private var staging: SQLiteRowWriter?
    private var isInParts = false
    private var isKeyExact = true
    private var hasTwins = false

    private struct Row {
        /// What the key begins with, to be compared first.
        var prefix: UInt64
        var start: Int
    }

    init(_ session: SQLiteSession, into table: RelationName, columns: [String], key: [String]) {
        self.session = session
        self.table = table
        self.columns = columns
        let places = key.compactMap { columns.firstIndex(of: $0) }
        precondition(places.count == key.count, "the key is made of the table's columns")
        self.places = places + columns.indices.filter { !places.contains($0) }
        keyCount = key.count
        bytes = .allocate(capacity: capacity)
    }

    deinit { bytes.deallocate() }

    var holdsAll: Bool { staging == nil }
    var order: WrittenOrder { WrittenOrder(isByKey: !isInParts, hasUniqueKeys: !isInParts && isKeyExact && !hasTwins) }

    func write(_ row: UnsafeBufferPointer<Cell>) throws {
        var needed = 0
        for cell in row { needed += PackedCell.bytesMax(cell) }
        if count + needed > Self.bytesMax, !rows.isEmpty {
            isInParts = true
            try stagePart()
        }
        if count + needed > capacity { grow(to: count + needed) }
        let start = count
        for index in places { count += PackedCell.write(row[index], at: bytes + count) }
        // Doubles that are equal to the engine need not look alike.
        for index in places[..<keyCount] { if case .double = row[index] { isKeyExact = false } }
        rows.append(Row(prefix: PackedCell.prefix(row[places[0]]), start: start))
        taken += 1
    }

    func finish() throws -> Int {
        if let staging {
            try stagePart()
            return try staging.finish()
        }
        sort()
        return taken
    }

    func stage() throws {
        guard staging == nil else { return }
        try stagePart()
        guard try staging?.finish() ?? 0 == taken else { preconditionFailure("a staging table takes what it is given, or says why not") }
    }

    /// Gives all rows to `writer`, in their order, and what their column `number` holds to `see`.
    func handOn(to writer: SQLiteRowWriter, number: String, see: (Int64) -> Void) throws {
        let place = columns.firstIndex(of: number)
        try eachRow { row in
            if let place, case .integer(let number) = row[place] { see(number) }
            try writer.write(row)
        }
    }

    private func stagePart() throws {
        if staging == nil { staging = try SQLiteRowWriter(session, into: table, columns: columns) }
        sort()
        try eachRow { try staging?.write($0) }
        rows.removeAll(keepingCapacity: true)
        count = 0
    }

    private func sort() {
        rows.sort { $0.prefix == $1.prefix ? compare($0, $1) < 0 : $0.prefix < $1.prefix }
        hasTwins = zip(rows, rows.dropFirst()).contains { $0.prefix == $1.prefix && compare($0, $1) == 0 }
    }

    private func eachRow(_ body: (UnsafeBufferPointer<Cell>) throws -> Void) throws {
        let cells = UnsafeMutableBufferPointer<Cell>.allocate(capacity: places.count)
        cells.initialize(repeating: .null)
        defer { cells.deallocate() }
        for row in rows {
            var place = UnsafePointer(bytes + row.start)
            for column in places { place = PackedCell.read(place, into: &cells[column]) }
            try body(UnsafeBufferPointer(cells))
        }
    }

    private func grow(to needed: Int) {
        while capacity < needed { capacity *= 2 }
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: bytes, count: count)
        bytes.deallocate()
        bytes = larger
    }

    private func compare(_ a: Row, _ b: Row) -> Int {
        var left = UnsafePointer(bytes + a.start), right = UnsafePointer(bytes + b.start)
        var one = Cell.null, other = Cell.null
        for _ in 0..<keyCount {
            left = PackedCell.read(left, into: &one)
            right = PackedCell.read(right, into: &other)
            let order = PackedCell.compare(one, other)
            if order != 0 { return order }
        }
        return 0
    }
}

/// A cell as bytes: its kind, then as many as its value needs.
private enum PackedCell {
    /// A short text has its length in one byte.
    private static let null: UInt8 = 0, double: UInt8 = 1, text: UInt8 = 2, shortText: UInt8 = 3
    /// And for 1, 2, 4 and 8 bytes one, two and three more.
    private static let integer: UInt8 = 4

    static func bytesMax(_ cell: Cell) -> Int { if case .text(let bytes) = cell { 9 + bytes.count } else { 9 } }

    /// - Returns: the bytes written.
    static func write(_ cell: Cell, at place: UnsafeMutablePointer<UInt8>) -> Int {
        let raw = UnsafeMutableRawPointer(place + 1)
        func put<Value: BitwiseCopyable>(_ kind: UInt8, _ value: Value) -> Int {
            place.pointee = kind
            raw.storeBytes(of: value, as: Value.self)
            return 1 + MemoryLayout<Value>.size
        }
        switch cell {
        case .null:
            place.pointee = null
            return 1
        case .double(let number): return put(double, number)
        case .integer(let number):
            if let small = Int8(exactly: number) { return put(integer, small) }
            if let small = Int16(exactly: number) { return put(integer + 1, small) }
            if let small = Int32(exactly: number) { return put(integer + 2, small) }
            return put(integer + 3, number)
        case .text(let bytes):
            let head = if let short = UInt8(exactly: bytes.count) { put(shortText, short) } else { put(text, bytes.count) }
            if let start = bytes.baseAddress { (place + head).update(from: start, count: bytes.count) }
            return head + bytes.count
        }
    }

    /// - Returns: the place behind the cell, whose text stays where it is.
    @inline(__always) static func read(_ place: UnsafePointer<UInt8>, into cell: inout Cell) -> UnsafePointer<UInt8> {
        let raw = UnsafeRawPointer(place + 1)
        switch place.pointee {
        case null:
            cell = .null
            return place + 1
        case double:
            cell = .double(raw.loadUnaligned(as: Double.self))
            return place + 9
        case text:
            let count = raw.loadUnaligned(as: Int.self)
            cell = .text(UnsafeBufferPointer(start: place + 9, count: count))
            return place + 9 + count
        case shortText:
            let count = Int(place[1])
            cell = .text(UnsafeBufferPointer(start: place + 2, count: count))
            return place + 2 + count
        case integer:
            cell = .integer(Int64(raw.loadUnaligned(as: Int8.self)))
            return place + 2
        case integer + 1:
            cell = .integer(Int64(raw.loadUnaligned(as: Int16.self)))
            return place + 3
        case integer + 2:
            cell = .integer(Int64(raw.loadUnaligned(as: Int32.self)))
            return place + 5
        default:
            cell = .integer(raw.loadUnaligned(as: Int64.self))
            return place + 9
        }
    }

    /// Orders as the values do; equal ones may still differ.
    static func prefix(_ cell: Cell) -> UInt64 {
        switch cell {
        case .null: return 0
        case .integer(let number): return UInt64(bitPattern: number) ^ 1 << 63
        case .double(let number):
            let bits = number.bitPattern
            return bits >> 63 == 1 ? ~bits : bits | 1 << 63
        case .text(let bytes):
            var prefix: UInt64 = 0
            for index in 0..<8 { prefix = prefix << 8 | UInt64(index < bytes.count ? bytes[index] : 0) }
            return prefix
        }
    }

    static func compare(_ a: Cell, _ b: Cell) -> Int {
        switch (a, b) {
        case (.integer(let one), .integer(let other)): return one < other ? -1 : one > other ? 1 : 0
        case (.double(let one), .double(let other)): return one < other ? -1 : one > other ? 1 : 0
        case (.text(let one), .text(let other)):
            let count = min(one.count, other.count)
            let order = count == 0 ? 0 : Int(memcmp(one.baseAddress!, other.baseAddress!, count))
            return order == 0 ? one.count - other.count : order
        // A column's values are of one kind, or null, which no key is.
        default: return 0
        }
    }
}
