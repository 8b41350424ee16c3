import Contracts
import Kernel
import Leases
import Runs
import Schedules

/// Watches that the promises are kept, by rules of its own: it knows the log, the leases and the effects, and asks no fleet.
///
/// - Every run ends, and once.
/// - Each effect happens once, and whatever succeeded had one.
/// - Nothing is announced before its parents have ended, and no attempt is announced or reported twice.
/// - No acknowledged report is missing from the log.
/// - A task is with one worker, and only its holder's report counts.
/// - No pool holds more than it has places, no pipeline has more runs at once than it may.
/// - A deadline is told exactly where it is missed, and once. Each event that was to start a run started one.
struct Witness {
    private struct Task {
        let spec: TaskSpec
        var attempt = 0
        var isAnnounced = false
        var reported: Set<Int> = []
        var end: TaskState.Phase?
    }
    private struct Promise {
        let pipeline: String
        let date: Timestamp
        let deadline: Timestamp
    }
    /// More are counted.
    static let violationsMax = 50

    private let plan: SimulationPlan
    private(set) var violations: [String] = []
    private(set) var count = 0
    private var open: [RunID: [TaskID: Task]] = [:]
    private var active: [String: Set<RunID>] = [:]
    private var ended: Set<RunID> = []
    private var succeeded: [String] = []
    private var acknowledged: [String] = []
    private var places: [String: Int] = [:]
    private var learnt: [String: Int] = [:]
    private let declared: [String: Int]
    private var promises: [RunID: Promise] = [:]
    private var told: Set<String> = []
    private var audit = EventAudit()

    init(_ plan: SimulationPlan) {
        self.plan = plan
        var declared: [String: Int] = [:]
        for pipeline in plan.pipelines.values { declared.merge(pipeline.policy?.pools ?? [:], uniquingKeysWith: min) }
        self.declared = declared
    }

    private mutating func blame(_ words: String) {
        count += 1
        if violations.count < Self.violationsMax { violations.append(words) }
    }

    /// What still goes on, or waits for what goes on, is late and no more; anything else would never have ended.
    mutating func leave(_ fleet: Fleet) {
        let queueing = Set(fleet.queueing.map(\.run))
        for run in fleet.runs.values.sorted(by: { $0.id < $1.id }) where !queueing.contains(run.id) {
            let goesOn = run.inOrder.contains { if case .retrying = $0.phase { true } else { $0.phase == .ready } }
            if !goesOn { blame("\(run.id) has not ended, and nothing of it goes on") }
        }
        let active = Set(fleet.runs.values.map(\.pipeline))
        for request in fleet.requests where !active.contains(request.pipeline) { blame("\(request.id) was asked for and has not begun") }
    }

    // MARK: The log

    mutating func see(_ sequenced: SequencedEvent) {
        audit.apply(sequenced)
        let event = sequenced.event
        if case .runRequested(let wish) = event.payload { return promise(event, wish) }
        guard let run = event.run else { return }
        switch event.payload {
        case .runStarted(let started): start(run, event.pipeline, started)
        case .tasksAdded(let added):
            if let parent = event.task, open[run]?[parent]?.end != nil { return }
            for spec in added.tasks where open[run]?[spec.id] == nil { open[run]?[spec.id] = Task(spec: spec) }
        case .taskReady(let ready): announce(run, ready)
        case .taskSucceeded(let report):
            learnt.merge(report.pools) { _, new in new }
            self.report(run, event.task, report, isFinal: true, .succeeded)
        case .taskFailed(let report):
            let spec = event.task.flatMap { open[run]?[$0]?.spec }
            self.report(run, event.task, report, isFinal: report.problem?.isRetryable != true || report.attempt >= spec?.attemptsMax ?? 1, .failed)
        case .taskSkipped: end(run, event.task, .skipped)
        case .taskDeadLettered: end(run, event.task, .failed)
        case .runSucceeded: conclude(run, event, isSuccess: true)
        case .runFailed, .runCancelled: conclude(run, event, isSuccess: false)
        case .slaMissed(let missed):
            if !told.insert("\(run)/\(missed.step ?? "")").inserted { blame("the missed deadline of \(run) was told twice") }
        default: return
        }
    }

    private mutating func start(_ run: RunID, _ pipeline: String, _ started: RunStarted) {
        guard open[run] == nil, !ended.contains(run) else { return blame("\(run) started twice") }
        open[run] = Dictionary(uniqueKeysWithValues: started.tasks.map { ($0.id, Task(spec: $0)) })
        active[pipeline, default: []].insert(run)
        let most = max(plan.pipelines[pipeline]?.policy?.activeMax ?? 1, 1)
        if active[pipeline]?.count ?? 0 > most { blame("\(pipeline) has \(active[pipeline]?.count ?? 0) runs at once and may have \(most)") }
    }

    private mutating func announce(_ run: RunID, _ ready: TaskReady) {
        guard var task = open[run]?[ready.spec.id] else { return }
        // Its step's policy may have changed it on its way: what was announced holds.
        task = Task(spec: ready.spec, attempt: task.attempt, isAnnounced: task.isAnnounced, reported: task.reported, end: task.end)
        if ready.attempt <= task.attempt { blame("\(ready.spec.id) of \(run) was announced twice for attempt \(ready.attempt)") }
        for edge in ready.spec.after where !isMet(edge, run) { blame("\(ready.spec.id) of \(run) was announced before what it waits for had ended") }
        task.attempt = ready.attempt
        if !task.isAnnounced { occupy(ready.spec, 1) }
        task.isAnnounced = true
        open[run]?[ready.spec.id] = task
    }

    private func isMet(_ edge: Edge, _ run: RunID) -> Bool {
        func isDone(_ task: Task?) -> Bool { task.map { $0.end != nil && (edge.on == .ended || $0.end == .succeeded) } ?? false }
        switch edge.target {
        case .task(let id): return isDone(open[run]?[id])
        case .step(let step): return open[run]?.values.allSatisfy { $0.spec.step != step || isDone($0) } ?? false
        }
    }

    private mutating func occupy(_ spec: TaskSpec, _ change: Int) {
        for pool in [spec.pool, spec.stepPool].compactMap(\.self) {
            places[pool, default: 0] += change
            let size = declared[pool] ?? learnt[pool] ?? 1
            if change > 0, places[pool, default: 0] > size { blame("pool \(pool) holds \(places[pool, default: 0]) of \(size)") }
        }
    }

    private mutating func report(_ run: RunID, _ id: TaskID?, _ report: TaskReport, isFinal: Bool, _ phase: TaskState.Phase) {
        guard let id, var task = open[run]?[id] else { return }
        if !task.reported.insert(report.attempt).inserted { blame("attempt \(report.attempt) of \(id) of \(run) was reported twice") }
        if task.isAnnounced { occupy(task.spec, -1) }
        task.isAnnounced = false
        open[run]?[id] = task
        if phase == .succeeded, task.end == nil { succeeded.append("\(run)/\(id)") }
        if isFinal { end(run, id, phase) }
    }

    private mutating func end(_ run: RunID, _ id: TaskID?, _ phase: TaskState.Phase) {
        guard let id, var task = open[run]?[id], task.end == nil else { return }
        if task.isAnnounced { occupy(task.spec, -1) }
        task.isAnnounced = false
        task.end = phase
        open[run]?[id] = task
    }

    private mutating func conclude(_ run: RunID, _ event: Event, isSuccess: Bool) {
        guard let tasks = open.removeValue(forKey: run) else {
            return blame("\(run) ended \(ended.contains(run) ? "twice" : "and had not begun")")
        }
        ended.insert(run)
        active[event.pipeline]?.remove(run)
        for task in tasks.values where task.isAnnounced { occupy(task.spec, -1) }
        if isSuccess, let task = tasks.values.filter({ $0.end != .succeeded }).map(\.spec.id).min() { blame("\(run) succeeded without \(task)") }
        guard isSuccess, let promise = promises[run], event.time <= promise.deadline else { return }
        promises = promises.filter { $0.value.pipeline != promise.pipeline || $0.value.date != promise.date }
        if told.contains("\(run)/") { blame("the deadline of \(run) was told as missed and was kept") }
    }

    private mutating func promise(_ event: Event, _ wish: RunRequested) {
        let run = RunID(event.id)
        guard let seconds = plan.pipelines[event.pipeline]?.policy?.slaSeconds, promises[run] == nil, !ended.contains(run) else { return }
        let due = wish.isScheduled ? wish.logicalDate ?? event.time : event.time
        promises[run] = Promise(pipeline: event.pipeline, date: wish.logicalDate ?? event.time, deadline: due.adding(seconds: seconds))
    }

    // MARK: Leases and effects

    mutating func offer(_ entry: WorkEntry, _ workers: [SimulatedWorker], _ queue: WorkQueue) {
        // One that cannot be heard may still work on it: that is what the ledger is for.
        if let other = workers.first(where: { $0.attempt?.sequence == entry.sequence && !$0.isCut }) {
            blame("\(entry.task) of \(entry.run) is with \(other.name) and with \(entry.worker)")
        }
    }

    mutating func acknowledge(_ events: [Event]) { acknowledged += events.map { "\($0.source) \($0.id)" } }

    /// What can be said only at the end.
    mutating func finish(_ world: World) {
        for key in succeeded.sorted() where world.effects[key] != 1 { blame("\(key) succeeded and took effect \(world.effects[key] ?? 0) times") }
        for (key, times) in world.effects.sorted(by: { $0.key < $1.key }) where times > 1 { blame("\(key) took effect \(times) times") }
        for id in acknowledged where !world.ids.contains(id) { blame("\(id) was acknowledged and is not in the log") }
        for (run, promise) in promises.sorted(by: { $0.key < $1.key }) where promise.deadline < world.now && !told.contains("\(run)/") {
            blame("\(run) missed its deadline at \(promise.deadline) and nobody was told")
        }
        for fault in audit.finish(world.fleet) { blame("\(fault)") }
        for (name, pipeline) in plan.pipelines.sorted(by: { $0.key < $1.key }) {
            guard let schedule = pipeline.schedule, schedule.catchUp == .all, let trigger = try? schedule.trigger() else { continue }
            let due = trigger.times(after: plan.from, upTo: plan.end, max: .max).count, asked = world.chronicle.lines[name]?.scheduled ?? 0
            if due != asked { blame("\(name) was due \(due) times and was asked for \(asked) times, though it makes up for all") }
        }
    }
}
