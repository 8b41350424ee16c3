internal import CPostgres
internal import Kernel
internal import WarehouseKit

/// The types of PostgreSQL that values are read by; all others are texts as the server writes them.
enum TypeID {
    static let bool: UInt32 = 16, bytea: UInt32 = 17, int8: UInt32 = 20, int2: UInt32 = 21, int4: UInt32 = 23, text: UInt32 = 25, oid: UInt32 = 26
    static let float4: UInt32 = 700, float8: UInt32 = 701, varchar: UInt32 = 1043, date: UInt32 = 1082
    static let timestamp: UInt32 = 1114, timestamptz: UInt32 = 1184, numeric: UInt32 = 1700
    static let json: UInt32 = 114, jsonb: UInt32 = 3802
}

extension Result {
    var columns: [String] { (0..<libpq.PQnfields(pointer)).map { String(cString: libpq.PQfname(pointer, $0)!) } }
    /// Type and modifier of each column.
    var columnTypes: [(id: UInt32, modifier: Int32)] { (0..<libpq.PQnfields(pointer)).map { (libpq.PQftype(pointer, $0), libpq.PQfmod(pointer, $0)) } }
    var rowCount: Int { Int(libpq.PQntuples(pointer)) }

    func appendRows(to rows: inout [[SQLValue]], max: Int) {
        let types = columnTypes.map(\.id)
        let count = min(rowCount, max - rows.count)
        guard count > 0 else { return }
        rows.reserveCapacity(rows.count + count)
        for row in 0..<Int32(count) {
            rows.append(types.indices.map { value(row, Int32($0), types[$0]) })
        }
    }

    func text(_ row: Int, _ column: Int) -> String? {
        libpq.PQgetisnull(pointer, Int32(row), Int32(column)) == 1 ? nil : String(cString: libpq.PQgetvalue(pointer, Int32(row), Int32(column))!)
    }

    /// - Whole numbers are integers, floating ones doubles; `numeric` stays text, because a double would not hold it.
    /// - Truth values are 1 and 0, as in other engines; the column's type tells them from numbers.
    /// - A moment (`timestamptz`) is RFC 3339 in UTC, whatever the session's time zone; dates and times without zone are as written.
    private func value(_ row: Int32, _ column: Int32, _ type: UInt32) -> SQLValue {
        guard libpq.PQgetisnull(pointer, row, column) == 0, let start = libpq.PQgetvalue(pointer, row, column) else { return .null }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(libpq.PQgetlength(pointer, row, column)))
        switch type {
        case TypeID.bool: return .integer(bytes.first == UInt8(ascii: "t") ? 1 : 0)
        case TypeID.int2, TypeID.int4, TypeID.int8, TypeID.oid: return Self.integer(bytes).map(SQLValue.integer) ?? .null
        case TypeID.float4, TypeID.float8: return Double(String(decoding: bytes, as: UTF8.self)).map(SQLValue.double) ?? .null
        case TypeID.bytea: return .blob(Self.bytes(hex: bytes))
        case TypeID.timestamptz:
            let text = String(decoding: bytes, as: UTF8.self)
            return .text(Self.utc(text) ?? text)
        default: return .text(String(decoding: bytes, as: UTF8.self))
        }
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        var value: UInt64 = 0
        for byte in bytes.dropFirst(isNegative ? 1 : 0) { value = value &* 10 &+ UInt64(byte &- 0x30) }
        return isNegative ? Int64(truncatingIfNeeded: 0 &- value) : Int64(truncatingIfNeeded: value)
    }

    /// `\x00ff`
    private static func bytes(hex: UnsafeRawBufferPointer) -> [UInt8] {
        func digit(_ byte: UInt8) -> UInt8 { byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57 }
        return stride(from: 2, to: hex.count - 1, by: 2).map { digit(hex[$0]) << 4 | digit(hex[$0 + 1]) }
    }

    /// `2013-01-01 01:00:00.5+01` as `2013-01-01T00:00:00.500000Z`; nil for what RFC 3339 cannot say, such as `infinity`.
    static func utc(_ text: String) -> String? {
        var written = text
        // The server leaves out the minutes of a zone where they are 0.
        let tail = Array(written.utf8.suffix(3))
        if tail.count == 3, tail[0] == UInt8(ascii: "+") || tail[0] == UInt8(ascii: "-") { written += ":00" }
        return Timestamp(rfc3339: written)?.description
    }
}

extension Parameters {
    init(_ values: some Sequence<SQLValue>) throws {
        self.init()
        for value in values {
            switch value {
            case .null: append(text: nil)
            case .integer(let number): append(text: String(number))
            case .double(let number): append(text: "\(number)")
            case .text(let text):
                guard !text.utf8.contains(0) else {
                    throw PlainProblem("warehouse.sql", "PostgreSQL has no NUL byte in texts, and value \(places.count + 1) of the statement holds one", remedy: "leave it out")
                }
                append(text: text)
            case .blob(let bytes): append(binary: bytes, type: TypeID.bytea)
            }
        }
    }
}
