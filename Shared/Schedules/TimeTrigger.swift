public import Contracts
public import Kernel

/// The instants at which a schedule is due.
public protocol TimeTrigger: Sendable {
    /// The first instant behind `time`; nil where none comes in eight years (30 February).
    func next(after time: Timestamp) -> Timestamp?
    /// The last instant that is behind `start` and not behind `end`.
    func latest(after start: Timestamp, upTo end: Timestamp) -> Timestamp?
}

/// A time missed by more than this counts as missed, and the rule for catching up decides; less is a late wake-up.
private let lateSecondsMax = 60.0

extension TimeTrigger {
    /// At most so many missed times are made up for, or told of, at once.
    public static var missedMax: Int { 1000 }

    /// The times behind `start` that have come by `now`, as the rule for catching up has it.
    public func due(_ rule: Schedule.CatchUp, after start: Timestamp, now: Timestamp) -> [Timestamp] {
        switch rule {
        case .latest: latest(after: start, upTo: now).map { [$0] } ?? []
        case .none: latest(after: max(start, now.adding(seconds: -lateSecondsMax)), upTo: now).map { [$0] } ?? []
        case .all: times(after: start, upTo: now, max: Self.missedMax)
        }
    }

    /// The times that the rule lets go: those that have come and are not due.
    public func letGo(_ rule: Schedule.CatchUp, after start: Timestamp, now: Timestamp) -> [Timestamp] {
        guard rule != .all else { return [] }
        let due = due(rule, after: start, now: now).first
        return times(after: start, upTo: now, max: Self.missedMax).filter { $0 != due }
    }

    /// The times behind `start` and not behind `end`, in order, `max` at most.
    public func times(after start: Timestamp, upTo end: Timestamp, max: Int) -> [Timestamp] {
        var times: [Timestamp] = []
        var time = start
        while times.count < max, let next = next(after: time), next <= end {
            times.append(next)
            time = next
        }
        return times
    }
}

/// Every so many seconds, counted from 1970: the same instants for everybody, whatever the clocks on the wall do.
public struct IntervalTrigger: TimeTrigger {
    private let microseconds: Int64

    /// - Throws: `PlainProblem` where the interval is below a second or above a year.
    public init(seconds: Double) throws(PlainProblem) {
        guard (1...31_622_400).contains(seconds) else {
            throw PlainProblem("triggers.bad_interval", "an interval of \(seconds) s cannot be", at: .named("schedule"), remedy: "write 1s to 366d, for example 15m")
        }
        microseconds = Int64(seconds * 1_000_000)
    }

    public func next(after time: Timestamp) -> Timestamp? { Timestamp(microseconds: floored(time.microseconds) + microseconds) }

    public func latest(after start: Timestamp, upTo end: Timestamp) -> Timestamp? {
        let time = Timestamp(microseconds: floored(end.microseconds))
        return time > start ? time : nil
    }

    private func floored(_ time: Int64) -> Int64 {
        let rest = time % microseconds
        return rest < 0 ? time - rest - microseconds : time - rest
    }
}

extension Schedule {
    /// - Throws: `PlainProblem` naming the expression, the zone or the interval.
    public func trigger() throws(PlainProblem) -> any TimeTrigger {
        if let everySeconds { return try IntervalTrigger(seconds: everySeconds) }
        return try CronTrigger(self)
    }
}
