/// An instant in UTC, in microseconds since 1970-01-01T00:00:00Z. Written as RFC 3339.
public struct Timestamp: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(seconds: Double) { microseconds = Int64(seconds * 1_000_000) }

    public var seconds: Double { Double(microseconds) / 1_000_000 }
    public func adding(seconds: Double) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(seconds * 1_000_000))
    }
    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
    /// Seconds from `b` to `a`.
    public static func - (a: Timestamp, b: Timestamp) -> Double { Double(a.microseconds - b.microseconds) / 1_000_000 }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Timestamp(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not an RFC 3339 time")
        }
        self = value
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    // MARK: Text

    /// `2026-01-02T03:04:05.678901Z`; the fraction is left out where it is zero.
    public var description: String {
        let clock = civil
        var text = "\(Self.padded(clock.year, 4))-\(Self.padded(clock.month, 2))-\(Self.padded(clock.day, 2))"
        text += "T\(Self.padded(clock.hour, 2)):\(Self.padded(clock.minute, 2)):\(Self.padded(clock.second, 2))"
        if clock.microsecond != 0 { text += "." + Self.padded(clock.microsecond, 6) }
        return text + "Z"
    }

    /// `20260102T030405Z`: fits in names of files and runs.
    public var compact: String {
        let clock = civil
        return Self.padded(clock.year, 4) + Self.padded(clock.month, 2) + Self.padded(clock.day, 2) + "T"
            + Self.padded(clock.hour, 2) + Self.padded(clock.minute, 2) + Self.padded(clock.second, 2) + "Z"
    }

    /// Reads a day, or a day and a time of it, as ISO 8601 writes them; without a zone it is UTC. Nil for anything else.
    public init?(isoDay text: String) {
        var (day, rest) = (String(text.prefix(10)), text.dropFirst(10))
        if text.utf8.count == 8, Int(text) != nil {
            (day, rest) = ("\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.suffix(2))", "")
        }
        guard let mark = rest.first else { self.init(rfc3339: "\(day)T00:00:00Z"); return }
        guard mark == "T" || mark == " " else { return nil }
        rest.removeFirst()
        let zone = rest.firstIndex { "Z+-".contains($0) } ?? rest.endIndex
        let time = rest[..<zone]
        let full = time.utf8.count == 2 ? "\(time):00:00" : time.utf8.count == 5 ? "\(time):00" : String(time)
        self.init(rfc3339: "\(day)T\(full)\(zone == rest.endIndex ? "Z" : rest[zone...])")
    }

    /// Reads `YYYY-MM-DD[T ]hh:mm:ss[.f…](Z|±hh:mm)`; nil for anything else, impossible dates included.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        func number(_ from: Int, _ count: Int) -> Int? {
            guard from + count <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[from..<from + count] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        func holds(_ place: Int, _ allowed: String) -> Bool { place < bytes.count && allowed.utf8.contains(bytes[place]) }
        guard bytes.count >= 20,
            let year = number(0, 4), holds(4, "-"), let month = number(5, 2), holds(7, "-"), let day = number(8, 2),
            holds(10, "Tt "), let hour = number(11, 2), holds(13, ":"), let minute = number(14, 2), holds(16, ":"),
            let second = number(17, 2), (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var place = 19
        var micro = 0
        if holds(place, ".") {
            place += 1
            var scale = 100_000
            let first = place
            while place < bytes.count, bytes[place] >= 0x30, bytes[place] <= 0x39 {
                micro += Int(bytes[place] - 0x30) * scale
                scale /= 10
                place += 1
            }
            guard place > first else { return nil }
        }
        var offset = 0
        if holds(place, "Zz") {
            place += 1
        } else if holds(place, "+-"), let hours = number(place + 1, 2), holds(place + 3, ":"),
            let minutes = number(place + 4, 2), hours < 24, minutes < 60 {
            offset = (hours * 3600 + minutes * 60) * (bytes[place] == UInt8(ascii: "-") ? -1 : 1)
            place += 6
        } else {
            return nil
        }
        guard place == bytes.count else { return nil }
        let whole = Self.daysSinceEpoch(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        microseconds = Int64(whole) * 1_000_000 + Int64(micro)
    }

    // MARK: Calendar (proleptic Gregorian)

    public struct Civil: Hashable, Sendable {
        public var year, month, day, hour, minute, second, microsecond: Int
    }

    public var civil: Civil {
        let micro = Int(microseconds - microseconds.floored(to: 1_000_000))
        let whole = Int(microseconds.floored(to: 1_000_000) / 1_000_000)
        let day = Int(Int64(whole).floored(to: 86_400) / 86_400)
        let clock = whole - day * 86_400
        let date = Self.date(daysSinceEpoch: day)
        return Civil(
            year: date.year, month: date.month, day: date.day, hour: clock / 3600, minute: clock / 60 % 60,
            second: clock % 60, microsecond: micro)
    }

    /// Days from 1970-01-01, after Howard Hinnant's "chrono-compatible low-level date algorithms".
    public static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    public static func date(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let m = (5 * dayOfYear + 2) / 153
        let month = m < 10 ? m + 3 : m - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * m + 2) / 5 + 1)
    }

    public static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension Int64 {
    /// The greatest multiple of `unit` that is not above this number.
    fileprivate func floored(to unit: Int64) -> Int64 {
        let rest = self % unit
        return rest < 0 ? self - rest - unit : self - rest
    }
}
