public import Kernel

/// Five fields, minute to day of the week, as crontab(5) has them: `*`, lists, ranges, steps, names, `@daily` and its like.
///
/// Where both day fields are restricted, a day that matches either is meant, as in cron.
public struct CronExpression: Hashable, Sendable {
    public let text: String
    private let minutes: [Int]
    private let hours: [Int]
    private let days: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>
    private let isDayRestricted: Bool
    private let isWeekdayRestricted: Bool
    /// Every hour is meant, so the clock's changes are followed hour by hour instead of once.
    let isHourly: Bool

    private static let aliases = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
    private static let monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// - Throws: `PlainProblem` naming the field that is wrong.
    public init(_ text: String) throws(PlainProblem) {
        self.text = text
        let fields = (Self.aliases[text.lowercased()] ?? text).split(separator: " ").map(String.init)
        guard fields.count == 5 else {
            throw Self.problem(text, "it has \(fields.count) fields", "write five: minute hour day month weekday, for example 0 6 * * *")
        }
        minutes = try Self.field(fields[0], 0...59, "minute", text).sorted()
        hours = try Self.field(fields[1], 0...23, "hour", text).sorted()
        days = try Self.field(fields[2], 1...31, "day of the month", text)
        months = try Self.field(fields[3], 1...12, "month", text, names: Self.monthNames, firstName: 1)
        weekdays = Set(try Self.field(fields[4], 0...7, "day of the week", text, names: Self.dayNames, firstName: 0).map { $0 % 7 })
        isDayRestricted = fields[2] != "*"
        isWeekdayRestricted = fields[4] != "*"
        isHourly = hours.count == 24
    }

    private static func field(
        _ field: String, _ range: ClosedRange<Int>, _ name: String, _ text: String, names: [String] = [], firstName: Int = 0
    ) throws(PlainProblem) -> Set<Int> {
        func number(_ word: Substring) throws(PlainProblem) -> Int {
            if let place = names.firstIndex(of: word.lowercased()) { return place + firstName }
            guard let value = Int(word), range.contains(value) else {
                throw problem(text, "'\(word)' is no \(name)", "write \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        var values: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let step = halves.count > 1 ? Int(halves[1]) : 1, step > 0 else { throw problem(text, "'\(part)' has no step", "write */15 or 0-30/10") }
            var bounds = range
            if halves[0] != "*" {
                let ends = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
                let low = try number(ends[0])
                let high = ends.count > 1 ? try number(ends[1]) : halves.count > 1 ? range.upperBound : low
                guard low <= high else { throw problem(text, "'\(part)' runs backwards", "write the smaller number first") }
                bounds = low...high
            }
            values.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
        }
        return values
    }

    private static func problem(_ text: String, _ what: String, _ remedy: String) -> PlainProblem {
        PlainProblem("triggers.bad_cron", "the cron expression '\(text)' is not valid: \(what)", at: .named("schedule"), remedy: remedy)
    }

    /// The local times of a day that are meant, in seconds from its midnight.
    func secondsOfDay(year: Int, month: Int, day: Int) -> [Int] {
        guard months.contains(month) else { return [] }
        // 1970-01-01 was a Thursday.
        let weekday = ((Timestamp.daysSinceEpoch(year: year, month: month, day: day) + 4) % 7 + 7) % 7
        let isMeant = isDayRestricted && isWeekdayRestricted
            ? days.contains(day) || weekdays.contains(weekday) : days.contains(day) && weekdays.contains(weekday)
        guard isMeant else { return [] }
        return hours.flatMap { hour in minutes.map { hour * 3600 + $0 * 60 } }
    }
}
