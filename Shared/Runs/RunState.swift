public import Contracts
public import Kernel

/// One run as a value: a graph of tasks that grows by reports. Facts go in by `apply`; `decisions` says what should be published.
///
/// Invariants:
/// - a task that has ended never changes again: the first accepted report stands;
/// - a task is announced only when all that it waits for allows it, and only once for each attempt;
/// - equal logs give equal decisions, with equal ids: there is no clock, no chance and no I/O in here.
public struct RunState: Sendable {
    static let attemptsMax = 1_000_000

    public let id: RunID
    public let pipeline: String
    public let started: RunStarted
    public let startedAt: Timestamp
    public let traceparent: String?
    public private(set) var tasks: [TaskID: TaskState] = [:]
    public private(set) var order: [TaskID] = []
    public private(set) var end: RunEnd?
    /// Somebody asked for its end: nothing more is announced, and once no worker holds a task of it, it ends.
    public private(set) var cancel: RunCancelRequested?

    /// May be announced as soon as their pool has room.
    private(set) var satisfied: Set<TaskID> = []
    /// Will never be done, and because of what.
    private(set) var doomed: [TaskID: String] = [:]
    private(set) var retrying: Set<TaskID> = []
    /// How many tasks are announced, and how many places of each pool they occupy.
    private(set) var announced = 0
    private(set) var occupied: [String: Int] = [:]
    /// When the last task of a step succeeded, for steps whose tasks all did.
    private(set) var stepDoneAt: [String: Timestamp] = [:]
    private var dependents: [TaskID: [TaskID]] = [:]
    private var stepDependents: [String: [TaskID]] = [:]
    private var stepOpen: [String: Int] = [:]
    private var stepBroken: [String: TaskID] = [:]
    private(set) var open = 0
    private(set) var causes: [TaskID] = []

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
            if state.phase != .ready { occupy(state, 1) }
            tasks[task]?.phase = .ready
            tasks[task]?.attempt = ready.attempt
            tasks[task]?.announcedAt = event.time
            satisfied.remove(task)
            retrying.remove(task)
        case .taskSucceeded(let report):
            guard let task = current(event, report) else { return }
            if let before = tasks[task]?.report { tasks[task]?.earlier.append(before) }
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
        case .runCancelRequested(let wish): if end == nil { cancel = cancel ?? wish }
        case .runSucceeded(let summary): conclude(.succeeded, event.time, summary)
        case .runFailed(let summary): conclude(.failed, event.time, summary)
        case .runCancelled(let summary): conclude(.cancelled, event.time, summary)
        default: return
        }
    }

    /// The task that a report speaks of, where it speaks of the attempt that is going on.
    private func current(_ event: Event, _ report: TaskReport) -> TaskID? {
        guard let task = event.task, let state = tasks[task], state.phase == .ready, state.attempt == report.attempt else { return nil }
        return task
    }

    private mutating func conclude(_ outcome: RunEnd.Outcome, _ time: Timestamp, _ summary: RunEnded) {
        guard end == nil else { return }
        end = RunEnd(outcome: outcome, at: time, summary: summary)
        for id in order where tasks[id]?.phase.isEnded == false {
            tasks[id]?.phase = .cancelled
            tasks[id]?.endedAt = time
        }
        (satisfied, retrying, doomed, announced, occupied, open) = ([], [], [:], 0, [:], 0)
    }

    private mutating func occupy(_ task: TaskState, _ change: Int) {
        announced += change
        for pool in task.pools { occupied[pool, default: 0] += change }
    }

    /// A task with what the policy of its step says of it.
    private func ruled(_ spec: TaskSpec) -> TaskSpec {
        guard let policy = started.policy?.steps?[spec.step] else { return spec }
        var spec = spec
        if let attempts = policy.attemptsMax { spec.attemptsMax = attempts }
        if let seconds = policy.backoffSeconds { spec.backoffSeconds = seconds }
        if let seconds = policy.backoffSecondsMax { spec.backoffSecondsMax = seconds }
        if let seconds = policy.timeoutSeconds { spec.timeoutSeconds = seconds }
        if let priority = policy.priority { spec.priority = priority }
        if let pool = policy.pool, pool != spec.pool { spec.stepPool = pool }
        return spec
    }

    private mutating func add(_ specs: [TaskSpec]) {
        var fresh: [TaskID] = []
        for given in specs where tasks[given.id] == nil {
            let spec = ruled(given)
            stepDoneAt[spec.step] = nil
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
        if let before = tasks[task]?.report {
            tasks[task]?.earlier.append(before)
            if (tasks[task]?.earlier.count ?? 0) > TaskState.earlierMax { tasks[task]?.earlier.removeFirst() }
        }
        tasks[task]?.report = report
        guard problem.isRetryable, report.attempt < spec.attemptsMax else {
            causes.append(task)
            return finish(task, .failed, time, problem.summary)
        }
        if let state = tasks[task], state.phase == .ready { occupy(state, -1) }
        tasks[task]?.phase = .retrying(at: time.adding(seconds: Retry.seconds(id, spec, report.attempt, problem)))
        retrying.insert(task)
    }

    private mutating func finish(_ task: TaskID, _ phase: TaskState.Phase, _ time: Timestamp, _ reason: String?) {
        guard let state = tasks[task], !state.phase.isEnded else { return }
        if state.phase == .ready { occupy(state, -1) }
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
        if stepOpen[step] == 0, stepBroken[step] == nil { stepDoneAt[step] = time }
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
}
