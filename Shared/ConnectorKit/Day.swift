public import Kernel

/// A day of the calendar, in whatever zone its source counts days.
public struct Day: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Days from 1970-01-01.
    public var number: Int

    public init(number: Int) { self.number = number }
    /// The day of an instant in UTC.
    public init(_ time: Timestamp) { number = Int((Double(time.microseconds) / 86_400_000_000).rounded(.down)) }

    /// Reads `2026-11-01` or `20261101`; nil for anything else, impossible dates included.
    public init?(_ text: String) {
        var digits = Array(text.utf8)
        if digits.count == 10, digits[4] == UInt8(ascii: "-"), digits[7] == UInt8(ascii: "-") { digits.remove(at: 7); digits.remove(at: 4) }
        guard digits.count == 8, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        func value(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        let year = value(0..<4), month = value(4..<6), day = value(6..<8)
        guard (1...12).contains(month), day >= 1, day <= Timestamp.days(in: month, of: year) else { return nil }
        number = Timestamp.daysSinceEpoch(year: year, month: month, day: day)
    }

    /// `2026-11-01`.
    public var description: String { String(Timestamp(microseconds: Int64(number) * 86_400_000_000).description.prefix(10)) }

    public static func < (a: Day, b: Day) -> Bool { a.number < b.number }
    public static func + (day: Day, count: Int) -> Day { Day(number: day.number + count) }
    public static func - (day: Day, count: Int) -> Day { Day(number: day.number - count) }
}

/// Some days in a row, both ends included.
public struct DayRange: Hashable, Sendable, CustomStringConvertible {
    public var first: Day
    public var last: Day

    public init(_ first: Day, _ last: Day) {
        self.first = first
        self.last = last
    }

    /// `2026-11-01`, or `2026-11-01..2026-11-07`.
    public var description: String { first == last ? "\(first)" : "\(first)..\(last)" }

    /// This range in pieces of at most `days`; none where it ends before it starts.
    public func slices(days: Int) -> [DayRange] {
        var slices: [DayRange] = []
        let days = min(max(1, days), 36_525)
        var start = first
        while start <= last {
            slices.append(DayRange(start, min(last, start + (days - 1))))
            start = start + days
        }
        return slices
    }
}

/// Which days to ask for.
public struct DayPlan: Hashable, Sendable {
    /// The last day that has been read, by the cursor.
    public var through: Day?
    /// Where a first reading starts.
    public var start: Day
    /// The newest day that may be there.
    public var newest: Day
    /// Days that sources still restate are read again.
    public var lookBackDays: Int

    public init(through: Day?, start: Day, newest: Day, lookBackDays: Int) {
        self.through = through
        self.start = start
        self.newest = newest
        self.lookBackDays = min(max(0, lookBackDays), 36_525)
    }

    /// From the first day that may have changed to the newest; nil where there is none.
    public var range: DayRange? {
        let first = through.map { max(start, $0 + 1 - lookBackDays) } ?? start
        return first <= newest ? DayRange(first, newest) : nil
    }
}
