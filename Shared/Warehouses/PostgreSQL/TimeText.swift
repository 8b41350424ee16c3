internal import Kernel

/// Dates and times as the loader writes them, in PostgreSQL's numbers: days and microseconds since the year 2000.
enum TimeText {
    private static let epochDays = Timestamp.daysSinceEpoch(year: 2000, month: 1, day: 1)
    private static let dayMicroseconds: Int64 = 86_400_000_000

    /// The day of a text that begins with `YYYY-MM-DD`; nil for what no calendar has, and for the year 0, which PostgreSQL's
    /// has not.
    @inline(__always) static func day(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        guard text.count >= 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), let year = number(text, 0, 4), let month = number(text, 5, 2),
            let day = number(text, 8, 2), year > 0, month >= 1, month <= 12, day >= 1, day <= 28 || day <= Timestamp.days(in: month, of: year)
        else { return nil }
        return Timestamp.daysSinceEpoch(year: year, month: month, day: day) - epochDays
    }

    /// `YYYY-MM-DDThh:mm:ss[.ffffff]Z`, or a date for its midnight; other forms of RFC 3339 too.
    @inline(__always) static func moment(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let day = day(text) else { return nil }
        let count = text.count
        if count == 10 { return Int64(day) * dayMicroseconds }
        guard count >= 20, text[count - 1] == UInt8(ascii: "Z"), text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            let hour = number(text, 11, 2), let minute = number(text, 14, 2), let second = number(text, 17, 2), hour < 24, minute < 60, second < 60,
            let fraction = fraction(text, count)
        else { return slowMoment(text) }
        return Int64(day) * dayMicroseconds + Int64(hour * 3600 + minute * 60 + second) * 1_000_000 + fraction
    }

    /// `YYYY-MM-DDThh:mm:ss[.ffffff]`, or a date for its midnight: the type without a zone counts as if it were in UTC.
    static func local(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count > 10 else { return moment(text) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count + 1) { zoned in
            _ = zoned.initialize(from: text)
            zoned[text.count] = UInt8(ascii: "Z")
            return moment(UnsafeBufferPointer(zoned))
        }
    }

    /// The microseconds between the second and the `Z`.
    @inline(__always) private static func fraction(_ text: UnsafeBufferPointer<UInt8>, _ count: Int) -> Int64? {
        if count == 20 { return 0 }
        guard text[19] == UInt8(ascii: "."), count >= 22, count <= 27, var value = number(text, 20, count - 21) else { return nil }
        for _ in (count - 21)..<6 { value *= 10 }
        return Int64(value)
    }

    private static func slowMoment(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        Timestamp(rfc3339: String(decoding: text, as: UTF8.self)).map { $0.microseconds - Int64(epochDays) * dayMicroseconds }
    }

    @inline(__always) private static func number(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
        var value = 0
        for place in start..<start + count {
            let digit = text[place] &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }
}
