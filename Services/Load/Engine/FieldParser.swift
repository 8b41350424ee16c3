internal import Glibc
internal import Kernel
internal import WarehouseKit

typealias Bytes = UnsafeBufferPointer<UInt8>

/// Reads values from the bytes of a field, and finds the narrowest type that holds them.
///
/// What a type accepts, so that the value says as much as its text did:
/// - integer: `-?` digits without leading zeros, within 64 bits. `007` is text.
/// - real: a decimal number without leading zeros, with a point or an exponent, that a double gives back digit by digit (any of up
///   to 15 digits, and the longer ones that a program printed from a double); or an integer up to 2⁵³.
/// - decimal: a decimal number without leading zeros, of up to 1,000 digits, a whole one beyond 64 bits too; with an exponent only where a double holds it. An engine that reckons
///   with decimals has no reals but declared ones: a number's type must not hang on which of its neighbours came first.
/// - boolean: `true` or `false` in any case. 0 and 1 are integers.
/// - date: `YYYY-MM-DD`. timestamp: a date, `T` or a space, `hh:mm:ss`, a fraction of up to six digits, `Z` or an offset. Both must exist in the
///   calendar. A time that is in UTC already keeps its fraction as written.
/// - timestamp_without_zone: the same without `Z` or an offset. Where `timestamp` is declared, it is taken as UTC.
/// - json: an object or a list by RFC 8259, without what PostgreSQL's `jsonb` cannot hold or would keep less of (`JSONCheck`). Where it is declared,
///   any JSON text.
enum FieldParser {
    static let exactIntegerMax: Int64 = 1 << 53

    /// - Parameter hasDecimals: whether the engine reckons with decimals, so that a number with a point is best kept as one.
    static func classify(_ bytes: Bytes, hasDecimals: Bool) -> ColumnType {
        guard let first = bytes.first else { return .text }
        if (first >= 0x30 && first <= 0x39) || first == 0x2d {
            if integer(bytes) != nil { return .integer }
            if real(bytes) != nil { return hasDecimals ? .decimal : .real }
            if isDecimal(bytes) { return .decimal }
            if isDate(bytes) { return .date }
            return timestampType(of: bytes) ?? .text
        }
        if boolean(bytes) != nil { return .boolean }
        return JSONCheck.isNested(bytes) ? .json : .text
    }

    /// The narrowest type that holds what a column of `type` holds and this value too.
    static func widened(_ type: ColumnType, by bytes: Bytes, hasDecimals: Bool) -> ColumnType {
        if accepts(type, bytes) { return type }
        let wider = type.widened(with: classify(bytes, hasDecimals: hasDecimals))
        // Whole numbers of the column may be beyond what a double holds, and so may this one.
        return wider == .real && type == .real ? .decimal : wider
    }

    /// `isText`: the source says that it is a text or a nested value, so it may be a date, a time or JSON and is no number.
    static func widened(_ type: ColumnType, by bytes: Bytes, isText: Bool, hasDecimals: Bool) -> ColumnType {
        guard isText else { return widened(type, by: bytes, hasDecimals: hasDecimals) }
        switch type {
        case .text: return .text
        case .date, .localTimestamp, .timestamp, .json: if accepts(type, bytes) { return type }
        case .unknown, .boolean, .integer, .real, .decimal: break
        }
        return type.widened(with: isDate(bytes) ? .date : timestampType(of: bytes) ?? (JSONCheck.isNested(bytes) ? .json : .text))
    }

    static func accepts(_ type: ColumnType, _ bytes: Bytes) -> Bool {
        switch type {
        case .unknown: false
        case .boolean: boolean(bytes) != nil
        case .integer: integer(bytes) != nil
        case .real: real(bytes) != nil
        case .decimal: isDecimal(bytes) || real(bytes) != nil
        case .date: isDate(bytes)
        case .localTimestamp: shape(of: bytes) == .local || isDate(bytes)
        case .timestamp: timestampType(of: bytes) == .timestamp || isDate(bytes)
        case .json: JSONCheck.isNested(bytes)
        case .text: true
        }
    }

    static func integer(_ bytes: Bytes) -> Int64? {
        let count = bytes.count
        guard count > 0, count <= 20 else { return nil }
        let isNegative = bytes[0] == 0x2d
        var place = isNegative ? 1 : 0
        let digits = count - place
        guard digits > 0, digits <= 19, bytes[place] != 0x30 || (digits == 1 && !isNegative) else { return nil }
        var value: UInt64 = 0
        while place < count {
            let digit = bytes[place] &- 0x30
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ UInt64(digit)
            place += 1
        }
        if isNegative { return value <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- value) : nil }
        return value < 1 << 63 ? Int64(value) : nil
    }

    static func boolean(_ bytes: Bytes) -> Bool? {
        func spells(_ word: StaticString) -> Bool {
            guard bytes.count == word.utf8CodeUnitCount else { return false }
            for index in 0..<bytes.count where bytes[index] | 0x20 != word.utf8Start[index] { return false }
            return true
        }
        if spells("true") { return true }
        return spells("false") ? false : nil
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    static func real(_ bytes: Bytes) -> Double? {
        let count = bytes.count
        guard count > 0, count < 64 else { return nil }
        let isNegative = bytes[0] == 0x2d
        var place = isNegative ? 1 : 0
        let start = place
        var mantissa: UInt64 = 0
        var digits = 0
        while place < count, case let digit = bytes[place] &- 0x30, digit <= 9 {
            mantissa = mantissa &* 10 &+ UInt64(digit)
            digits += 1
            place += 1
        }
        guard digits > 0, digits == 1 || bytes[start] != 0x30 else { return nil }
        if place == count {
            guard digits <= 16, mantissa <= UInt64(exactIntegerMax) else { return nil }
            return isNegative ? -Double(mantissa) : Double(mantissa)
        }
        var scale = 0
        if bytes[place] == 0x2e {
            place += 1
            let point = place
            while place < count, case let digit = bytes[place] &- 0x30, digit <= 9 {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                digits += 1
                place += 1
            }
            scale = point - place
            guard scale < 0 else { return nil }
        }
        if place < count {
            guard bytes[place] | 0x20 == 0x65 else { return nil }
            place += 1
            var isDown = false
            if place < count, bytes[place] == 0x2b || bytes[place] == 0x2d { isDown = bytes[place] == 0x2d; place += 1 }
            let first = place
            var exponent = 0
            while place < count, case let digit = bytes[place] &- 0x30, digit <= 9 {
                exponent = min(exponent * 10 + Int(digit), 10_000)
                place += 1
            }
            guard place > first, place == count else { return nil }
            scale += isDown ? -exponent : exponent
        }
        // Exact where both the digits and the power of ten are exact doubles (Clinger); the C library does the rest.
        if digits <= 15, scale >= -22, scale <= 22 {
            let value = scale < 0 ? Double(mantissa) / powersOfTen[-scale] : Double(mantissa) * powersOfTen[scale]
            return isNegative ? -value : value
        }
        return slowReal(bytes)
    }

    private static func slowReal(_ bytes: Bytes) -> Double? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text in
            for index in 0..<bytes.count { text[index] = CChar(bitPattern: bytes[index]) }
            text[bytes.count] = 0
            let value = strtod(text.baseAddress!, nil)
            return value.isFinite && isSameNumber(bytes, "\(value)") ? value : nil
        }
    }

    /// Whether two decimal numbers have the same digits at the same places.
    private static func isSameNumber(_ bytes: Bytes, _ other: String) -> Bool {
        var other = other
        let theirs = other.withUTF8 { significant($0) }
        return significant(bytes) == theirs
    }

    /// The digits between the zeros, and the power of ten of the first one.
    private static func significant(_ bytes: Bytes) -> (digits: [UInt8], power: Int) {
        var digits: [UInt8] = []
        var power = 0
        var hasPoint = false
        for (place, byte) in bytes.enumerated() {
            switch byte {
            case 0x2d: continue
            case 0x2e: hasPoint = true
            case 0x45, 0x65:
                power += Int(String(decoding: bytes[(place + 1)...], as: UTF8.self)) ?? 0
                while digits.last == 0x30 { digits.removeLast() }
                return (digits, digits.isEmpty ? 0 : power)
            default:
                if !hasPoint, byte != 0x30 || !digits.isEmpty { power += 1 }
                if hasPoint, digits.isEmpty, byte == 0x30 { power -= 1 }
                if byte != 0x30 || !digits.isEmpty { digits.append(byte) }
            }
        }
        while digits.last == 0x30 { digits.removeLast() }
        return (digits, digits.isEmpty ? 0 : power)
    }

    static let decimalDigitsMax = 1_000

    static func isDecimal(_ bytes: Bytes) -> Bool {
        let count = bytes.count
        guard count > 0, count <= decimalDigitsMax else { return false }
        var place = bytes[0] == 0x2d ? 1 : 0
        let start = place
        while place < count, bytes[place] &- 0x30 <= 9 { place += 1 }
        guard place > start, place - start == 1 || bytes[start] != 0x30 else { return false }
        if place == count { return true }
        guard bytes[place] == 0x2e, place + 1 < count else { return false }
        place += 1
        while place < count, bytes[place] &- 0x30 <= 9 { place += 1 }
        return place == count
    }

    // MARK: Time

    static func isDate(_ bytes: Bytes) -> Bool { bytes.count == 10 && date(bytes) }

    private static func date(_ bytes: Bytes) -> Bool {
        guard let year = number(bytes, 0, 4), bytes[4] == 0x2d, let month = number(bytes, 5, 2), bytes[7] == 0x2d,
            let day = number(bytes, 8, 2), month >= 1, month <= 12, day >= 1
        else { return false }
        return day <= 28 || day <= Timestamp.days(in: month, of: year)
    }

    @inline(__always) private static func number(_ bytes: Bytes, _ start: Int, _ count: Int) -> Int? {
        var value = 0
        for place in start..<start + count {
            let digit = bytes[place] &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    private static func timestampType(of bytes: Bytes) -> ColumnType? { shape(of: bytes).map { $0 == .local ? .localTimestamp : .timestamp } }

    /// A date, or a time with a zone or without.
    static func isMoment(_ bytes: Bytes) -> Bool { isDate(bytes) || shape(of: bytes) != nil }

    enum TimeShape { case canonical, other, local }

    /// How a timestamp is written: as we keep it, `YYYY-MM-DDThh:mm:ss[.f]Z`, another way, or without a zone; nil where it is none.
    static func shape(of bytes: Bytes) -> TimeShape? {
        let count = bytes.count
        guard count >= 19, count <= 32, date(bytes), bytes[10] == 0x54 || bytes[10] == 0x20 || bytes[10] == 0x74,
            let hour = number(bytes, 11, 2), bytes[13] == 0x3a, let minute = number(bytes, 14, 2), bytes[16] == 0x3a,
            let second = number(bytes, 17, 2), hour < 24, minute < 60, second < 60
        else { return nil }
        let isOurs = bytes[count - 1] == 0x5a && bytes[10] == 0x54
        if count == 20, isOurs { return .canonical }
        if count == 19 { return .local }
        var place = 19
        if bytes[place] == 0x2e {
            place += 1
            let first = place
            while place < count, bytes[place] &- 0x30 <= 9 { place += 1 }
            guard place > first, place - first <= 6 else { return nil }
        }
        if place == count { return .local }
        if bytes[place] | 0x20 == 0x7a { return place + 1 == count ? isOurs ? .canonical : .other : nil }
        guard bytes[place] == 0x2b || bytes[place] == 0x2d, place + 6 == count, let hours = number(bytes, place + 1, 2),
            bytes[place + 3] == 0x3a, let minutes = number(bytes, place + 4, 2), hours < 24, minutes < 60
        else { return nil }
        return .other
    }

    /// A timestamp or a date as RFC 3339 in UTC.
    static func utc(_ bytes: Bytes) -> String? {
        var text = String(decoding: bytes, as: UTF8.self)
        if bytes.count == 10 { text += "T00:00:00Z" } else if !hasZone(bytes) { text += "Z" }
        return Timestamp(rfc3339: text)?.description
    }

    /// A date or a time without a zone as `YYYY-MM-DDThh:mm:ss[.f]`, into at least 32 bytes; the number of bytes.
    static func writeLocal(_ bytes: Bytes, to place: UnsafeMutablePointer<UInt8>) -> Int {
        place.update(from: bytes.baseAddress!, count: bytes.count)
        place[10] = UInt8(ascii: "T")
        guard bytes.count == 10 else { return bytes.count }
        for (index, byte) in "00:00:00".utf8.enumerated() { place[11 + index] = byte }
        return 19
    }

    private static func hasZone(_ bytes: Bytes) -> Bool {
        bytes[19...].contains { $0 | 0x20 == 0x7a || $0 == 0x2b || $0 == 0x2d }
    }

    // MARK: Text

    static func isASCII(_ bytes: Bytes) -> Bool {
        guard let start = UnsafeRawPointer(bytes.baseAddress) else { return true }
        var high: UInt64 = 0
        var place = 0
        while place + 8 <= bytes.count {
            high |= start.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            place += 8
        }
        while place < bytes.count {
            high |= UInt64(bytes[place])
            place += 1
        }
        return high & 0x8080_8080_8080_8080 == 0
    }

    static func isUTF8(_ bytes: Bytes) -> Bool { isASCII(bytes) || isMixedUTF8(bytes) }

    /// By the table of well-formed sequences of the Unicode standard (3-7): no overlong forms, no surrogates, no end behind U+10FFFF.
    private static func isMixedUTF8(_ bytes: Bytes) -> Bool {
        let count = bytes.count
        var place = 0
        while place < count {
            let lead = bytes[place]
            if lead < 0x80 { place += 1; continue }
            let length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
            guard lead >= 0xc2, lead <= 0xf4, place + length <= count else { return false }
            let second = bytes[place + 1]
            let low: UInt8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80
            let high: UInt8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf
            guard second >= low, second <= high else { return false }
            if length > 2, bytes[place + 2] & 0xc0 != 0x80 { return false }
            if length > 3, bytes[place + 3] & 0xc0 != 0x80 { return false }
            place += length
        }
        return true
    }
}
