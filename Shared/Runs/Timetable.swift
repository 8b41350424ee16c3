public import Contracts
public import Kernel
internal import Schedules

/// The schedules of a fleet's pipelines: which runs their times ask for, and when the next time comes.
///
/// It keeps only what it would otherwise work out again: equal fleets at equal times are asked for equal runs.
public struct Timetable: Sendable {
    private struct Next: Sendable {
        let schedule: Schedule
        let start: Timestamp
        let time: Timestamp?
    }
    private var triggers: [Schedule: any TimeTrigger] = [:]
    private var broken: Set<Schedule> = []
    /// By pipeline, the first time behind the one up to which its schedule has been seen to.
    private var next: [String: Next] = [:]
    /// When the schedules were last looked at.
    private var lookedAt: Timestamp?

    public init() {}

    /// Asks for the runs whose time has come. A request's id is made of the pipeline and the time that it stands for, so
    /// the same time is asked for once, whoever leads.
    /// - Parameter note: is told of a schedule that cannot be, once.
    public mutating func requests(for fleet: Fleet, now: Timestamp, note: (String) -> Void = { _ in }) -> [Event] {
        var events: [Event] = []
        defer { lookedAt = now }
        for (name, pipeline) in fleet.pipelines.sorted(by: { $0.key < $1.key }) where fleet.paused[name] == nil {
            guard let schedule = pipeline.schedule, let trigger = trigger(schedule, note) else { continue }
            let start = start(of: name, fleet, now)
            guard let first = first(of: name, schedule, trigger, after: start), first <= now else { continue }
            let due = trigger.due(schedule.catchUp, after: start, now: now)
            // Before the request: once that is in the log, these times lie behind us.
            for time in due.isEmpty ? [] : trigger.letGo(schedule.catchUp, after: max(start, fleet.unpausedAt[name] ?? start), now: now) {
                events += fleet.missedAlarms(name, dueAt: time, run: Self.run(of: name, at: time), now: now)
            }
            for time in due {
                events.append(Event(
                    source: "orchestrator", id: Self.run(of: name, at: time).description, time: now, pipeline: name,
                    payload: .runRequested(RunRequested(cause: schedule.everySeconds == nil ? .cron : .interval, logicalDate: time))))
            }
        }
        return events
    }

    /// When a schedule asks for a run next, behind `now`; nil where none does.
    public mutating func nextTime(for fleet: Fleet, after now: Timestamp) -> Timestamp? {
        var times: [Timestamp] = []
        for (name, pipeline) in fleet.pipelines where fleet.paused[name] == nil {
            guard let schedule = pipeline.schedule, let trigger = trigger(schedule, { _ in }) else { continue }
            guard let first = first(of: name, schedule, trigger, after: start(of: name, fleet, now)) else { continue }
            // A time that is let go without a run stays the first one.
            if let time = first > now ? first : trigger.next(after: now) { times.append(time) }
        }
        return times.min()
    }

    /// The run that a pipeline's schedule asks for at a time.
    public static func run(of pipeline: String, at time: Timestamp) -> RunID { RunID("\(pipeline)@\(time.compact)") }

    /// The time up to which a schedule has been seen to. One that lies ahead of us was set by a calendar that was ahead and has come
    /// back: the schedule goes on from our last look, for nobody waits until that year. What was asked for before has its name already.
    private func start(of name: String, _ fleet: Fleet, _ now: Timestamp) -> Timestamp {
        guard let upTo = fleet.scheduledUpTo[name] else { return now }
        return upTo <= now ? upTo : min(lookedAt ?? now, now)
    }

    private mutating func first(of name: String, _ schedule: Schedule, _ trigger: any TimeTrigger, after start: Timestamp) -> Timestamp? {
        if let known = next[name], known.schedule == schedule, known.start == start { return known.time }
        let made = Next(schedule: schedule, start: start, time: trigger.next(after: start))
        next[name] = made
        return made.time
    }

    private mutating func trigger(_ schedule: Schedule, _ note: (String) -> Void) -> (any TimeTrigger)? {
        if let known = triggers[schedule] { return known }
        do {
            let made = try schedule.trigger()
            triggers[schedule] = made
            return made
        } catch {
            if broken.insert(schedule).inserted { note("\(error)") }
            return nil
        }
    }
}
