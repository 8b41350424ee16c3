public import Contracts
public import Kernel

/// One run as a value: a graph of tasks that grows by reports. Facts go in by `apply`; `decisions` says what should be published.
///
/// Invariants:
/// - a task that has ended never changes again: the first accepted report stands;
/// - a task is announced only when all that it waits for allows it, and only once for each attempt;
/// - equal logs give equal decisions, with equal ids: there is no clock, no chance and no I/O in here.
public struct RunState: Sendable {
    /// The longest wait before another attempt, whatever a source or a definition asks for.
    static let retrySecondsMax = 86_400.0
    static let attemptsMax = 1_000_000

    public let id: RunID
    public let pipeline: String
    public let started: RunStarted
    public let startedAt: Timestamp
    public let traceparent: String?
    public private(set) var tasks: [TaskID: TaskState] = [:]
    public private(set) var order: [TaskID] = []
    public private(set) var end: (isSuccess: Bool, at: Timestamp, summary: RunEnded)?

    /// May be announced as soon as their pool has room.
    private(set) var satisfied: Set<TaskID> = []
    /// Will never be done, and because of what.
    private(set) var doomed: [TaskID: String] = [:]
    private(set) var retrying: Set<TaskID> = []
    private var dependents: [TaskID: [TaskID]] = [:]
    private var stepDependents: [String: [TaskID]] = [:]
    private var stepOpen: [String: Int] = [:]
    private var stepBroken: [String: TaskID] = [:]
    private var open = 0
    private var causes: [TaskID] = []

    public init?(_ event: Event) {
        guard case .runStarted(let started) = event.payload, let run = event.run else { return nil }
        id = run
        pipeline = event.pipeline
        startedAt = event.time
        traceparent = event.traceparent
        self.started = started
        add(started.tasks)
    }

    public var isEnded: Bool { end != nil }
    /// The tasks in the order in which they came into the run.
    public var inOrder: [TaskState] { order.compactMap { tasks[$0] } }

    // MARK: Facts

    public mutating func apply(_ event: Event) {
        switch event.payload {
        case .tasksAdded(let added):
            // The parent's success follows in the same transaction; a parent that has ended already has its tasks already.
            if let parent = event.task, tasks[parent]?.phase.isEnded == true { return }
            add(added.tasks)
        case .taskReady(let ready):
            // Attempts count from 1. One that goes back would decide again what is in the log already.
            guard let task = event.task, let state = tasks[task], !state.phase.isEnded, ready.attempt > state.attempt, ready.attempt <= Self.attemptsMax else { return }
            tasks[task]?.phase = .ready
            tasks[task]?.attempt = ready.attempt
            tasks[task]?.announcedAt = event.time
            satisfied.remove(task)
            retrying.remove(task)
        case .taskSucceeded(let report):
            guard let task = current(event, report) else { return }
            tasks[task]?.report = report
            finish(task, .succeeded, event.time, nil)
        case .taskFailed(let report):
            guard let task = current(event, report) else { return }
            fail(task, report, event.time)
        case .taskDeadLettered(let letter):
            guard let task = event.task, tasks[task]?.phase == .ready else { return }
            causes.append(task)
            finish(task, .failed, event.time, letter.reason)
        case .taskSkipped(let skipped):
            guard let task = event.task else { return }
            finish(task, .skipped, event.time, skipped.because)
        case .runSucceeded(let summary): end = end ?? (true, event.time, summary)
        case .runFailed(let summary): end = end ?? (false, event.time, summary)
        default: return
        }
    }

    /// The task that a report speaks of, where it speaks of the attempt that is going on.
    private func current(_ event: Event, _ report: TaskReport) -> TaskID? {
        guard let task = event.task, let state = tasks[task], state.phase == .ready, state.attempt == report.attempt else { return nil }
        return task
    }

    private mutating func add(_ specs: [TaskSpec]) {
        var fresh: [TaskID] = []
        for spec in specs where tasks[spec.id] == nil {
            tasks[spec.id] = TaskState(spec: spec, place: order.count)
            order.append(spec.id)
            fresh.append(spec.id)
            open += 1
            stepOpen[spec.step, default: 0] += 1
            for edge in spec.after {
                switch edge.target {
                case .task(let task): dependents[task, default: []].append(spec.id)
                case .step(let step): stepDependents[step, default: []].append(spec.id)
                }
            }
        }
        for id in fresh { judge(id) }
    }

    private mutating func fail(_ task: TaskID, _ report: TaskReport, _ time: Timestamp) {
        guard let spec = tasks[task]?.spec, let problem = report.problem else { return }
        tasks[task]?.report = report
        guard problem.isRetryable, report.attempt < spec.attemptsMax else {
            causes.append(task)
            return finish(task, .failed, time, problem.summary)
        }
        let doubling = Double(1 << min(report.attempt - 1, 16))
        let wait = min(max(problem.retryAfterSeconds ?? 0, spec.backoffSeconds * doubling, 0), Self.retrySecondsMax)
        tasks[task]?.phase = .retrying(at: time.adding(seconds: wait))
        retrying.insert(task)
    }

    private mutating func finish(_ task: TaskID, _ phase: TaskState.Phase, _ time: Timestamp, _ reason: String?) {
        guard let state = tasks[task], !state.phase.isEnded else { return }
        tasks[task]?.phase = phase
        tasks[task]?.endedAt = time
        tasks[task]?.reason = reason
        satisfied.remove(task)
        doomed[task] = nil
        retrying.remove(task)
        open -= 1
        let step = state.spec.step
        stepOpen[step, default: 0] -= 1
        if phase != .succeeded, stepBroken[step] == nil { stepBroken[step] = task }
        for dependent in dependents[task] ?? [] { judge(dependent) }
        if phase != .succeeded || stepOpen[step] == 0 { for dependent in stepDependents[step] ?? [] { judge(dependent) } }
    }

    /// Finds out whether a waiting task may go, must be skipped, or waits on.
    private mutating func judge(_ id: TaskID) {
        guard let state = tasks[id], state.phase == .waiting else { return }
        var isFree = true
        for edge in state.spec.after {
            switch edge.target {
            case .task(let task):
                guard let phase = tasks[task]?.phase, phase.isEnded else { isFree = false; continue }
                if edge.on == .succeeded, phase != .succeeded { doomed[id] = cause(of: task) }
            case .step(let step):
                if edge.on == .succeeded, let broken = stepBroken[step] { doomed[id] = cause(of: broken) }
                if stepOpen[step, default: 0] > 0 { isFree = false }
            }
        }
        if doomed[id] == nil, isFree { satisfied.insert(id) } else { satisfied.remove(id) }
    }

    /// The task at the root of a chain of skipped ones.
    private func cause(of task: TaskID) -> String {
        guard let state = tasks[task], state.phase == .skipped, let reason = state.reason else { return task.description }
        return reason
    }

    // MARK: Decisions

    /// What to publish now, pools apart.
    /// - Parameter hasRoom: takes a place in the named pool; false where it is full.
    func decisions(now: Timestamp, hasRoom: (String) -> Bool) -> [Event] {
        guard end == nil else { return [] }
        if open == 0 { return [ending(now)] }
        var events = doomed.keys.sorted(by: inPlace).map { task in
            event("skipped", task, now, .taskSkipped(TaskSkipped(because: doomed[task] ?? "")))
        }
        for task in (satisfied.union(retrying.filter { isDue($0, now) })).sorted(by: inPlace) {
            guard let state = tasks[task] else { continue }
            if let pool = state.spec.pool, !hasRoom(pool) { continue }
            events.append(announcement(state, now))
        }
        if events.isEmpty { events = stuck(now) }
        return events
    }

    private func inPlace(_ a: TaskID, _ b: TaskID) -> Bool { (tasks[a]?.place ?? 0) < (tasks[b]?.place ?? 0) }

    private func isDue(_ task: TaskID, _ now: Timestamp) -> Bool {
        if case .retrying(let time) = tasks[task]?.phase { time <= now } else { false }
    }

    private func announcement(_ state: TaskState, _ now: Timestamp) -> Event {
        let ready = TaskReady(
            spec: state.spec, attempt: state.attempt + 1, logicalDate: started.logicalDate, isFullRefresh: started.isFullRefresh)
        var event = event("ready/\(ready.attempt)", state.spec.id, now, .taskReady(ready))
        event.role = state.spec.role
        event.priority = state.spec.priority
        return event
    }

    /// Nothing goes on and nothing will: the waiting tasks wait for something that is not part of the run.
    private func stuck(_ now: Timestamp) -> [Event] {
        guard satisfied.isEmpty, retrying.isEmpty, !tasks.values.contains(where: { $0.phase == .ready }) else { return [] }
        return inOrder.filter { $0.phase == .waiting }.map { state in
            let missing = state.spec.after.compactMap { edge -> String? in
                if case .task(let task) = edge.target, tasks[task] == nil { task.description } else { nil }
            }
            let because = missing.isEmpty ? "it waits for itself" : "it waits for \(missing.joined(separator: ", ")), which is not part of the run"
            return event("skipped", state.spec.id, now, .taskSkipped(TaskSkipped(because: because)))
        }
    }

    private func ending(_ now: Timestamp) -> Event {
        var counts = (succeeded: 0, failed: 0, skipped: 0)
        for task in tasks.values {
            switch task.phase {
            case .succeeded: counts.succeeded += 1
            case .failed: counts.failed += 1
            default: counts.skipped += 1
            }
        }
        let unbalanced = balance.filter { !$0.isBalanced }
        let isSuccess = counts.failed == 0 && counts.skipped == 0 && unbalanced.isEmpty
        var summary = "\(counts.succeeded) tasks succeeded"
        if let cause = causes.first {
            summary = "\(tasks[cause]?.spec.title ?? cause.description) failed: \(tasks[cause]?.report?.problem?.summary ?? tasks[cause]?.reason ?? "")"
            if causes.count > 1 { summary += " (and \(causes.count - 1) more)" }
        } else if let line = unbalanced.first {
            summary = line.verdict
        } else if let skipped = inOrder.first(where: { $0.phase == .skipped }) {
            summary = "\(skipped.spec.title) was skipped: \(skipped.reason ?? "")"
        }
        let warned = inOrder.filter { $0.phase == .succeeded && $0.report?.details["status"]?.stringValue == "warn" }
        let ended = RunEnded(
            succeeded: counts.succeeded, failed: counts.failed, skipped: counts.skipped, summary: summary, causes: causes, warned: warned.count,
            warnings: warned.prefix(RunEnded.warningsMax).map { "\($0.spec.title): \($0.report?.message ?? "")" })
        return event("ended", nil, now, isSuccess ? .runSucceeded(ended) : .runFailed(ended))
    }

    private func event(_ kind: String, _ task: TaskID?, _ now: Timestamp, _ payload: Payload) -> Event {
        Event(
            source: "orchestrator", id: "\(id)/\(task?.description ?? "-")/\(kind)", time: now, pipeline: pipeline, run: id,
            task: task, traceparent: traceparent, payload: payload)
    }

    /// When time alone will change the decisions.
    var nextDeadline: Timestamp? {
        retrying.compactMap { task -> Timestamp? in
            if case .retrying(let time) = tasks[task]?.phase { time } else { nil }
        }.min()
    }

    /// How many announced tasks occupy each pool.
    var occupied: [String: Int] {
        var result: [String: Int] = [:]
        for task in tasks.values where task.phase == .ready {
            if let pool = task.spec.pool { result[pool, default: 0] += 1 }
        }
        return result
    }
}
