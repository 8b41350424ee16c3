public import Contracts
public import Foundation
public import Kernel

/// A cron expression in a time zone: which instants it means.
///
/// When the clock goes forward, a time that is left out is meant as much later (02:30 becomes 03:30). When it goes back, a
/// time that comes twice is meant the first time; an expression that means every hour is meant both times.
public struct CronTrigger: TimeTrigger {
    /// No expression waits longer than this for a day that exists: 29 February comes within eight years.
    static let daysMax = 366 * 8 + 1

    private let expression: CronExpression
    /// Seconds east of Greenwich at an instant.
    private let offset: @Sendable (Timestamp) -> Int

    public init(_ expression: CronExpression, zone: TimeZone) {
        self.expression = expression
        offset = { zone.secondsFromGMT(for: Date(timeIntervalSince1970: $0.seconds)) }
    }

    /// - Throws: `PlainProblem` naming the expression or the zone.
    public init(_ schedule: Schedule) throws(PlainProblem) {
        guard let zone = TimeZone(identifier: schedule.timezone) else {
            throw PlainProblem(
                "triggers.bad_timezone", "no time zone is named '\(schedule.timezone)'", at: .named("schedule"),
                remedy: "write a name of the tz database, for example UTC or Europe/Berlin")
        }
        self.init(try CronExpression(schedule.cron), zone: zone)
    }

    /// The first instant behind `time`; nil where none comes in eight years (30 February).
    public func next(after time: Timestamp) -> Timestamp? {
        let first = localDay(of: time) - 1
        for day in first...(first + Self.daysMax) {
            if let instant = self.instants(of: day).first(where: { $0 > time }) { return instant }
        }
        return nil
    }

    /// The last instant that is behind `start` and not behind `end`.
    public func latest(after start: Timestamp, upTo end: Timestamp) -> Timestamp? {
        let last = localDay(of: end) + 1
        let first = max(localDay(of: start) - 1, last - Self.daysMax)
        guard first <= last else { return nil }
        for day in stride(from: last, through: first, by: -1) {
            if let instant = instants(of: day).last(where: { $0 > start && $0 <= end }) { return instant }
        }
        return nil
    }

    private func localDay(of time: Timestamp) -> Int {
        let seconds = Int(time.seconds.rounded(.down)) + offset(time)
        return Int((Double(seconds) / 86_400).rounded(.down))
    }

    private func instants(of day: Int) -> [Timestamp] {
        let date = Timestamp.date(daysSinceEpoch: day)
        let seconds = expression.secondsOfDay(year: date.year, month: date.month, day: date.day)
        let instants = seconds.flatMap { self.instants(local: day * 86_400 + $0) }
        return Array(Set(instants)).sorted()
    }

    /// The instants at which the local clock shows `local` (seconds since the epoch, as if it were UTC).
    private func instants(local: Int) -> [Timestamp] {
        let before = offset(Timestamp(microseconds: Int64(local - 86_400) * 1_000_000))
        let after = offset(Timestamp(microseconds: Int64(local + 86_400) * 1_000_000))
        let candidates = before == after ? [before] : [before, after]
        let valid = candidates.filter { offset(Timestamp(microseconds: Int64(local - $0) * 1_000_000)) == $0 }
            .map { Timestamp(microseconds: Int64(local - $0) * 1_000_000) }.sorted()
        guard let first = valid.first else { return [Timestamp(microseconds: Int64(local - before) * 1_000_000)] }
        return expression.isHourly ? valid : [first]
    }
}
