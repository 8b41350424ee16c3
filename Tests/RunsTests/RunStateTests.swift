import Contracts
import Kernel
import Runs
import Testing

/// A log in memory: publishes what the fleet decides until nothing more is decided.
struct Desk {
    var fleet = Fleet()
    var log: [SequencedEvent] = []
    var now = Timestamp(rfc3339: "2026-01-01T00:00:00Z")!

    /// A pipeline `p`, and a run `p@1` of it.
    init(_ tasks: [TaskSpec], steps: [String] = ["s"], _ wish: RunRequested = RunRequested(cause: .manual), policy: PipelinePolicy? = nil) {
        register("p", tasks, steps: steps, policy: policy)
        request("p@1", wish)
    }
    /// No pipeline yet.
    init() {}

    mutating func register(
        _ pipeline: String, _ tasks: [TaskSpec], steps: [String] = ["s"], policy: PipelinePolicy? = nil, triggers: TriggerRule? = nil, schedule: Schedule? = nil
    ) {
        say(.pipelineRegistered(PipelineRegistered(hash: "h", tasks: tasks, steps: steps, notify: [], schedule: schedule, policy: policy, triggers: triggers)), pipeline)
    }
    mutating func request(_ id: String, _ wish: RunRequested = RunRequested(cause: .manual)) {
        publish(Event(source: "t", id: id, time: now, pipeline: String(id.prefix { $0 != "@" }), payload: .runRequested(wish)))
        settle()
    }
    /// A fact with an id of its own.
    mutating func say(_ payload: Payload, _ pipeline: String = "p", run: RunID? = nil) {
        publish(Event(source: "t", id: "\(log.count)", time: now, pipeline: pipeline, run: run, payload: payload))
        settle()
    }
    mutating func pass(seconds: Double) {
        now = now.adding(seconds: seconds)
        settle()
    }
    /// Says that a task of `run` succeeded.
    mutating func succeed(_ task: TaskID, of run: RunID, _ pipeline: String = "p", books: [BookEntry] = []) {
        publish(Event(source: "w", id: "\(run)/\(task)", time: now, pipeline: pipeline, run: run, task: task, payload: .taskSucceeded(TaskReport(books: books))))
        settle()
    }
    /// What happened, without the tasks: `p@1 started`.
    var story: [String] {
        log.compactMap { entry in
            let run = entry.event.run?.description ?? ""
            return switch entry.event.payload {
            case .runStarted: "\(run) started"
            case .runSucceeded: "\(run) succeeded"
            case .runFailed: "\(run) failed"
            case .runCancelled: "\(run) cancelled"
            case .runRejected(let no): "\(run) rejected: \(no.reason)"
            case .slaMissed(let missed): "\(run) missed\(missed.step.map { " \($0)" } ?? ""): \(missed.standing)"
            case .runSlow(let slow): "\(run) slow: \(slow.expectedSeconds)"
            default: nil
            }
        }
    }
    /// As the queue does when no worker holds a task of a run any more.
    mutating func letGo(_ run: RunID) {
        if let end = fleet.cancellation(of: run, now: now) { publish(end) }
        settle()
    }

    mutating func publish(_ event: Event) {
        guard !log.contains(where: { $0.event.source == event.source && $0.event.id == event.id }) else { return }
        log.append(SequencedEvent(sequence: UInt64(log.count + 1), event: event))
        fleet.apply(log[log.count - 1])
    }
    mutating func settle() { while case let events = fleet.decide(now: now), !events.isEmpty { for event in events { publish(event) } } }

    mutating func report(_ task: TaskID, attempt: Int = 1, problem: ProblemRecord? = nil, adds: [TaskSpec] = [], books: [BookEntry] = [], pools: [String: Int] = [:]) {
        let report = TaskReport(attempt: attempt, problem: problem, books: books, pools: pools)
        if !adds.isEmpty { publish(Event(source: "w", id: "\(task)/\(attempt)/adds", time: now, pipeline: "p", run: "p@1", task: task, payload: .tasksAdded(TasksAdded(tasks: adds)))) }
        publish(Event(source: "w", id: "\(task)/\(attempt)/\(log.count)", time: now, pipeline: "p", run: "p@1", task: task, payload: problem == nil ? .taskSucceeded(report) : .taskFailed(report)))
        settle()
    }

    /// The announcements so far, as `task#attempt`.
    var announced: [String] {
        log.compactMap { if case .taskReady(let ready) = $0.event.payload { "\(ready.spec.id)#\(ready.attempt)" } else { nil } }
    }
    var skipped: [TaskID] { log.compactMap { if case .taskSkipped = $0.event.payload { $0.event.task } else { nil } } }
    var end: (isSuccess: Bool, summary: RunEnded)? {
        for entry in log {
            if case .runSucceeded(let summary) = entry.event.payload { return (true, summary) }
            if case .runFailed(let summary) = entry.event.payload { return (false, summary) }
        }
        return nil
    }
}

func task(_ id: TaskID, step: String = "s", after: [Edge] = [], attempts: Int = 3, pool: String? = nil) -> TaskSpec {
    TaskSpec(id: id, step: step, role: .load, kind: "noop", title: id.description, after: after, attemptsMax: attempts, pool: pool)
}
let passing = ProblemRecord(code: "x", summary: "passing", location: "", remedy: "", isRetryable: true)
let lasting = ProblemRecord(code: "x", summary: "lasting", location: "", remedy: "", isRetryable: false)

@Suite struct RunStateTests {
    @Test func `a run that succeeds says which of its tests warn`() {
        var desk = Desk([task("a"), task("b")])
        desk.publish(Event(
            source: "w", id: "warned", time: desk.now, pipeline: "p", run: "p@1", task: "a",
            payload: .taskSucceeded(TaskReport(rows: 3, message: "warn: 3 failing rows", details: ["status": "warn"]))))
        desk.report("b")
        #expect(desk.end?.isSuccess == true)
        #expect(desk.end?.summary.warned == 1)
        #expect(desk.end?.summary.warnings == ["a: warn: 3 failing rows"])
    }

    @Test func `a task is announced when all that it waits for has succeeded`() {
        var desk = Desk([task("a"), task("b"), task("c", after: [.task("a"), .task("b")])])
        #expect(desk.announced == ["a#1", "b#1"])
        desk.report("a")
        #expect(desk.announced.count == 2)
        desk.report("b")
        #expect(desk.announced == ["a#1", "b#1", "c#1"])
        desk.report("c")
        #expect(desk.end?.isSuccess == true)
    }

    @Test func `a failure skips what is downstream of it and nothing else`() {
        var desk = Desk([task("a"), task("b"), task("c", after: [.task("a")]), task("d", after: [.task("c")]), task("e", after: [.task("b")])])
        desk.report("a", problem: lasting)
        #expect(desk.skipped == ["c", "d"])
        desk.report("b")
        desk.report("e")
        #expect(desk.end?.isSuccess == false)
        #expect(desk.end?.summary.causes == ["a"])
        #expect(desk.end?.summary.summary == "a failed: lasting")
    }

    @Test func `closing work on an ended edge runs after failures too`() {
        var desk = Desk([task("a"), task("close", after: [.task("a", on: .ended)])])
        desk.report("a", problem: lasting)
        #expect(desk.announced == ["a#1", "close#1"])
    }

    @Test func `a step waits for the tasks that the step before it has grown`() {
        var desk = Desk([task("a"), task("z", step: "t", after: [.step("s")])], steps: ["s", "t"])
        desk.report("a", adds: [task("b"), task("c", after: [.task("b")])])
        #expect(desk.announced == ["a#1", "b#1"])
        desk.report("b")
        desk.report("c")
        #expect(desk.announced.last == "z#1")
    }

    @Test func `a passing failure is tried again after its back-off and at most so often`() {
        var desk = Desk([task("a", attempts: 2)])
        desk.report("a", problem: passing)
        #expect(desk.announced == ["a#1"])
        let wait = (desk.fleet.nextDeadline(after: desk.now) ?? desk.now) - desk.now
        #expect((1...1.25).contains(wait))
        desk.pass(seconds: 0.999)
        #expect(desk.announced == ["a#1"])
        desk.pass(seconds: 0.251)
        #expect(desk.announced == ["a#1", "a#2"])
        desk.report("a", attempt: 2, problem: passing)
        #expect(desk.end?.isSuccess == false)
    }

    @Test func `a source that asks for a wait beyond all bounds gets a day`() {
        var desk = Desk([task("a")])
        desk.report("a", problem: ProblemRecord(code: "x", summary: "later", location: "", remedy: "", isRetryable: true, retryAfterSeconds: 1e300))
        #expect(desk.fleet.nextDeadline(after: desk.now) == desk.now.adding(seconds: 86_400))
    }

    @Test func `a failure told by a clock that is years ahead is tried again now`() {
        var desk = Desk([task("a")])
        desk.publish(Event(
            source: "w", id: "ahead", time: desk.now.adding(seconds: 1e8), pipeline: "p", run: "p@1", task: "a", payload: .taskFailed(TaskReport(attempt: 1, problem: passing))))
        desk.settle()
        #expect(desk.announced == ["a#1", "a#2"])
    }

    @Test(arguments: [Int.min, -1, 0, Int.max])
    func `numbers that no run has do not stop the fold`(number: Int) {
        var desk = Desk([task("a"), task("b")])
        desk.publish(Event(source: "x", id: "x", time: desk.now, pipeline: "p", run: "p@1", task: "a", payload: .taskReady(TaskReady(
            spec: task("a"), attempt: number, logicalDate: desk.now, isFullRefresh: false))))
        let tally = Tally(count: number, sum: .max)
        let books = [BookEntry(stream: "s", batch: number, point: .landed, tally: tally), BookEntry(stream: "s", batch: number, point: .inserted, tally: tally)]
        desk.report("a", attempt: number, problem: passing)
        desk.now = desk.now.adding(seconds: 86_400)
        desk.settle()
        desk.report("a")
        desk.report("b", books: books + books, pools: ["p": number])
        #expect(desk.fleet.runs["p@1"]?.balance.allSatisfy { !$0.verdict.isEmpty } != false)
        #expect(desk.end?.isSuccess != nil)
    }

    @Test func `the first accepted report stands`() {
        var desk = Desk([task("a"), task("b", after: [.task("a")])])
        desk.report("a")
        desk.report("a", problem: lasting)
        desk.report("b")
        #expect(desk.end?.isSuccess == true)
    }

    @Test func `a task id that is in the run already is not added again`() {
        var desk = Desk([task("a"), task("b")])
        desk.report("a", adds: [task("b", attempts: 9), task("c")])
        #expect(desk.announced == ["a#1", "b#1", "c#1"])
    }

    @Test func `a task that waits for an unknown one is skipped in words`() {
        var desk = Desk([task("a"), task("b", after: [.task("ghost")])])
        desk.report("a")
        #expect(desk.end?.summary.summary == "b was skipped: it waits for ghost, which is not part of the run")
    }

    @Test func `a pool bounds what is announced at once`() {
        var desk = Desk([task("a", pool: "w"), task("b", pool: "w"), task("c", pool: "w"), task("x")])
        #expect(desk.announced == ["a#1", "x#1"])
        desk.report("x", pools: ["w": 2])
        #expect(desk.announced == ["a#1", "x#1", "b#1"])
        desk.report("a")
        #expect(desk.announced.last == "c#1")
    }

    @Test func `a retry that is due and has no room in its pool waits for an event and wakes nobody`() {
        var desk = Desk([task("a", attempts: 2, pool: "w"), task("b", pool: "w")])
        desk.report("a", problem: passing)
        #expect(desk.announced == ["a#1", "b#1"])
        desk.pass(seconds: 2)
        #expect(desk.announced == ["a#1", "b#1"] && desk.fleet.nextDeadline(after: desk.now) == nil)
        desk.report("b")
        #expect(desk.announced.last == "a#2")
    }

    @Test func `a run whose books differ fails and says which hop lost how many`() {
        let landed = BookEntry(stream: "flights", batch: 0, point: .landed, tally: Tally(count: 10, sum: 50))
        let loaded = BookEntry(stream: "flights", batch: 0, point: .inserted, tally: Tally(count: 9, sum: 45))
        var desk = Desk([task("a"), task("b", after: [.task("a")])])
        desk.report("a", books: [landed])
        desk.report("b", books: [loaded])
        #expect(desk.end?.isSuccess == false)
        #expect(desk.end?.summary.summary == "stream flights, batch 0: the hop landing → warehouse lost 1 of 10 records")
    }

    @Test func `an unknown pipeline is rejected by name and a second request waits for the first run`() {
        var desk = Desk([task("a")])
        desk.publish(Event(source: "t", id: "q@1", time: desk.now, pipeline: "q", payload: .runRequested(RunRequested(cause: .manual))))
        desk.publish(Event(source: "t", id: "p@2", time: desk.now, pipeline: "p", payload: .runRequested(RunRequested(cause: .manual))))
        desk.settle()
        #expect(desk.log.contains { if case .runRejected(let no) = $0.event.payload { no.reason.contains("'q'") && no.code == RunRejected.unknownPipeline } else { false } })
        #expect(desk.fleet.runs.count == 1)
        desk.report("a")
        #expect(desk.fleet.runs.keys.map(\.description) == ["p@2"])
    }

    @Test func `a dead letter is a failure of its task and a late report changes nothing`() {
        var desk = Desk([task("a"), task("b", after: [.task("a")])])
        desk.publish(Event(source: "broker", id: "dead/1", time: desk.now, pipeline: "p", run: "p@1", task: "a", payload: .taskDeadLettered(TaskDeadLettered(deliveries: 5, reason: "nobody reported", entry: 3))))
        desk.settle()
        desk.report("a")
        #expect(desk.skipped == ["b"])
        #expect(desk.end?.summary.summary == "a failed: nobody reported")
    }

    @Test func `a schedule begins when it is registered and goes on from the last time asked for`() {
        var fleet = Fleet()
        let start = Timestamp(rfc3339: "2026-01-01T00:30:00Z")!, date = Timestamp(rfc3339: "2026-01-01T06:00:00Z")!
        let daily = PipelineRegistered(hash: "h", tasks: [task("a")], steps: ["s"], notify: [], schedule: Schedule(cron: "0 6 * * *"))
        fleet.apply(SequencedEvent(sequence: 1, event: Event(source: "o", id: "1", time: start, pipeline: "p", payload: .pipelineRegistered(daily))))
        #expect(fleet.scheduledUpTo["p"] == start)
        fleet.apply(SequencedEvent(sequence: 2, event: Event(source: "o", id: "p@1", time: date, pipeline: "p", payload: .runRequested(RunRequested(cause: .cron, logicalDate: date)))))
        #expect(fleet.scheduledUpTo["p"] == date)
        var renamed = daily
        renamed.hash = "other"
        fleet.apply(SequencedEvent(sequence: 3, event: Event(source: "o", id: "2", time: date.adding(seconds: 60), pipeline: "p", payload: .pipelineRegistered(renamed))))
        #expect(fleet.scheduledUpTo["p"] == date)
    }

    @Test func `any prefix of a log, folded anew, decides as before`() {
        var desk = Desk([task("a"), task("b", after: [.task("a")])])
        desk.report("a", adds: [task("c")])
        desk.report("c", problem: passing)
        for count in 0...desk.log.count {
            var one = Fleet(), two = Fleet()
            for entry in desk.log.prefix(count) { one.apply(entry) }
            for entry in desk.log.prefix(count) {
                two.apply(entry)
                two.apply(entry)
            }
            #expect(one.decide(now: desk.now) == two.decide(now: desk.now))
        }
    }
}
