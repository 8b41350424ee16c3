import Kernel

/// A calendar day, without a time zone.
public struct Day: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Days since 1970-01-01.
    public let number: Int

    public init(number: Int) { self.number = number }
    public init(_ year: Int, _ month: Int, _ day: Int) { number = Timestamp.daysSinceEpoch(year: year, month: month, day: day) }

    /// Reads `YYYY-MM-DD`; nil for anything else, impossible dates included.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 10, let midnight = Timestamp(rfc3339: "\(text)T00:00:00Z") else { return nil }
        number = Int(midnight.microseconds / 86_400_000_000)
    }

    public var civil: (year: Int, month: Int, day: Int) { Timestamp.date(daysSinceEpoch: number) }
    public var description: String {
        let date = civil
        return "\(date.year.padded(4))-\(date.month.padded(2))-\(date.day.padded(2))"
    }
    /// `YYYYMMDD`, as web analytics writes dates.
    public var compact: String {
        let date = civil
        return date.year.padded(4) + date.month.padded(2) + date.day.padded(2)
    }
    /// 0 for Monday … 6 for Sunday; 1970-01-01 was a Thursday.
    public var weekday: Int { ((number % 7) + 10) % 7 }
    public var midnightUTC: Int { number * 86_400 }

    public static func < (a: Day, b: Day) -> Bool { a.number < b.number }
    public static func + (day: Day, count: Int) -> Day { Day(number: day.number + count) }
    public static func - (day: Day, count: Int) -> Day { Day(number: day.number - count) }
    public static func - (a: Day, b: Day) -> Int { a.number - b.number }

    /// When this day begins in Los Angeles, as the Graph API writes `end_time`: midnight there is 07:00 UTC in summer, 08:00 in winter.
    public var pacificMidnight: String { "\(self)T0\(beginsInPacificSummer ? 7 : 8):00:00+0000" }

    /// Summer time there runs from 02:00 on the second Sunday of March to 02:00 on the first Sunday of November (law since 2007).
    private var beginsInPacificSummer: Bool {
        let year = civil.year
        return self > Day(year, 3, 8).sundayFromHere && self <= Day(year, 11, 1).sundayFromHere
    }
    private var sundayFromHere: Day { self + (6 - weekday) }
}

extension Int {
    func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.utf8.count)) + digits
    }
}
