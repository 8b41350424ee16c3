public import Contracts
public import Kernel

/// What is to be told when time passes: promises that are not kept, runs that take too long. Each is told once, for it goes when its event is folded.
struct Alarms: Sendable {
    /// A run, or a step of it, that is to succeed by a deadline. It is kept by any run of its logical date, so doing it over helps.
    struct Promise: Sendable {
        let run: RunID
        let pipeline: String
        let step: String?
        let logicalDate: Timestamp
        let due: Timestamp
        let deadline: Timestamp

        var key: String { Alarms.key(run, step) }
    }
    struct Watch: Sendable {
        let at: Timestamp
        let expectedSeconds: Double
        let factor: Double
    }

    /// Without a rule of its own a pipeline is expected to take no less than this: small runs vary by more than they take.
    private static let expectedSecondsMin = 60.0

    private var promises: [String: Promise] = [:]
    private var watches: [RunID: Watch] = [:]

    private static func key(_ run: RunID, _ step: String?) -> String { "\(run)/\(step ?? "-")/sla_missed" }

    // MARK: Facts

    mutating func promise(_ request: Event, _ wish: RunRequested, _ policy: PipelinePolicy?) {
        guard let policy, wish.backfill == nil, wish.rerun == nil, wish.steps.isEmpty, wish.from == nil else { return }
        let due = wish.isScheduled ? wish.logicalDate ?? request.time : request.time
        func add(_ step: String?, _ seconds: Double) {
            let promise = Promise(
                run: Fleet.run(of: request), pipeline: request.pipeline, step: step, logicalDate: wish.logicalDate ?? request.time, due: due,
                deadline: due.adding(seconds: seconds))
            promises[promise.key] = promise
        }
        if let seconds = policy.slaSeconds { add(nil, seconds) }
        for (step, rule) in policy.steps ?? [:] { if let seconds = rule.slaSeconds { add(step, seconds) } }
    }

    mutating func watch(_ run: RunState, usually median: Double?) {
        let rule = run.started.policy?.slow
        let factor = rule?.factor ?? 2
        guard let expected = rule?.expectedSeconds ?? (rule == nil ? median.map { max($0, Self.expectedSecondsMin) } : median) else { return }
        watches[run.id] = Watch(at: run.startedAt.adding(seconds: expected * factor), expectedSeconds: expected, factor: factor)
    }

    mutating func keepSteps(_ run: RunState) { keep(run) { run.stepDoneAt[$0] } }

    mutating func end(_ run: RunState) {
        watches[run.id] = nil
        guard let end = run.end else { return }
        keep(run) { run.stepDoneAt[$0] }
        // Some steps are not the whole, unless they are what was left of it.
        guard end.isSuccess, !run.started.isPartial || run.started.rerun != nil else { return }
        promises = promises.filter { _, promise in
            promise.step != nil || promise.pipeline != run.pipeline || promise.logicalDate != run.started.logicalDate || end.at > promise.deadline
        }
    }

    private mutating func keep(_ run: RunState, _ doneAt: (String) -> Timestamp?) {
        guard !promises.isEmpty else { return }
        promises = promises.filter { _, promise in
            guard let step = promise.step, promise.pipeline == run.pipeline, promise.logicalDate == run.started.logicalDate, let time = doneAt(step) else { return true }
            return time > promise.deadline
        }
    }

    mutating func apply(_ event: Event) {
        guard let run = event.run else { return }
        if case .slaMissed(let missed) = event.payload { promises[Self.key(run, missed.step)] = nil } else { watches[run] = nil }
    }

    // MARK: Decisions

    func due(now: Timestamp, in fleet: Fleet) -> [Event] {
        var events: [Event] = []
        for promise in promises.values.filter({ $0.deadline <= now }).sorted(by: { $0.key < $1.key }) {
            events.append(Self.missed(promise, standing: fleet.standing(of: promise.run), fleet.pipelines[promise.pipeline]?.notify ?? [], now: now))
        }
        for (id, watch) in watches.filter({ $0.value.at <= now }).sorted(by: { $0.key < $1.key }) {
            guard let run = fleet.runs[id], run.end == nil else { continue }
            events.append(run.event("slow", nil, now, .runSlow(RunSlow(
                expectedSeconds: watch.expectedSeconds, factor: watch.factor, startedAt: run.startedAt, notify: run.started.notify))))
        }
        return events
    }

    private static func missed(_ promise: Promise, standing: String, _ notify: [NotifyRule], now: Timestamp) -> Event {
        Event(
            source: "orchestrator", id: promise.key, time: now, pipeline: promise.pipeline, run: promise.run,
            payload: .slaMissed(SLAMissed(due: promise.due, deadline: promise.deadline, step: promise.step, standing: standing, notify: notify)))
    }

    func nextDeadline(after now: Timestamp) -> Timestamp? { (promises.values.map(\.deadline) + watches.values.map(\.at)).filter { $0 > now }.min() }
}

extension Fleet {
    fileprivate func standing(of run: RunID) -> String {
        if let state = runs[run] {
            let ended = state.tasks.values.count { $0.phase.isEnded }
            return "it is running, \(ended) of \(state.tasks.count) tasks have ended"
        }
        return lines.contains(run.description) ? "it has not begun" : "it did not succeed"
    }

    /// The alarms of a scheduled run that nobody will ask for: its time was let go. Ids are those that its own alarms would have had.
    public func missedAlarms(_ pipeline: String, dueAt due: Timestamp, run: RunID, now: Timestamp) -> [Event] {
        guard let definition = pipelines[pipeline], let policy = definition.policy else { return [] }
        let rules = [(nil, policy.slaSeconds)] + (policy.steps ?? [:]).sorted { $0.key < $1.key }.map { (Optional($0.key), $0.value.slaSeconds) }
        return rules.compactMap { step, seconds in
            guard let seconds else { return nil }
            return Event(
                source: "orchestrator", id: "\(run)/\(step ?? "-")/sla_missed", time: now, pipeline: pipeline, run: run,
                payload: .slaMissed(SLAMissed(
                    due: due, deadline: due.adding(seconds: seconds), step: step, standing: "its time was let go while nothing ran", notify: definition.notify)))
        }
    }
}
