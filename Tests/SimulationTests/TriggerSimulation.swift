import Contracts
import Kernel
import Runs
import Support

extension Seed {
    fileprivate mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// Pipelines that start one another, under faults: two orchestrators that die, lag and go on deciding after they have lost the lead;
/// workers that report late; people who cancel, pause and ask for backfills. The log refuses what it has, and a leader that is over.
struct TriggerSimulation {
    /// Mistakes that the invariants must find: a simulator that never finds a bug proves nothing.
    enum Bug: String, CaseIterable {
        /// A request's id is made of the clock, so two leaders ask for two runs.
        case idsOfTheClock
        /// The log takes what a leader that is over decides, under other ids.
        case noEpoch
        /// A new leader skips an event that came while nobody led.
        case lostEvent
        /// A run is called ended while a worker still holds a task of it.
        case endsWhileHeld
        /// What was asked for because of events does not say which.
        case forgetsWhatItConsumed
    }

    private struct Orchestrator {
        var fleet = Fleet()
        var epoch = 0
        /// Does not see what is newer: it is frozen, and may wake up still believing that it leads.
        var isFrozen = false
    }

    let seed: UInt64
    let bug: Bug?
    private var random: Seed
    private(set) var log: [SequencedEvent] = []
    private var ids: Set<String> = []
    /// Everything that is in the log, seen by one who misses nothing.
    private var observed = Fleet()
    /// Announced, and with no worker yet.
    private var offered: [Event] = []
    private var epoch = 0
    private var now = Timestamp(rfc3339: "2026-01-01T00:00:00Z")!
    private var orchestrators = [Orchestrator(), Orchestrator()]
    /// Tasks that a worker has, by run; a withdrawn run's are let go later.
    private var held: [(ready: Event, until: Timestamp)] = []
    private var withdrawn: Set<RunID> = []
    private(set) var violations: [String] = []
    private var said = 0

    init(seed: UInt64, bug: Bug? = nil) {
        self.seed = seed
        self.bug = bug
        random = Seed(state: seed)
    }

    // MARK: The world

    mutating func run() {
        define()
        for _ in 0..<60 { turn(isQuiet: false) }
        for name in ["a", "b", "c", "d"] { say(.pipelineUnpaused(PipelineUnpaused()), name) }
        // Nothing new comes: what has come must come to its end.
        for _ in 0..<400 where !isSettled { turn(isQuiet: true) }
        if !isSettled { violations.append("runs or requests are left: \(observed.runs.keys) \(observed.requests.map(\.id))") }
        check()
    }

    private mutating func define() {
        let task = TaskSpec(id: "one", step: "s", role: .load, kind: "noop", title: "one", attemptsMax: 2, backoffSeconds: 1, pool: random.chance(50) ? "w" : nil)
        let second = TaskSpec(id: "two", step: "s", role: .load, kind: "noop", title: "two", after: [.task("one")])
        func rule(_ mode: TriggerRule.Mode, _ triggers: [Trigger], _ random: inout Seed) -> TriggerRule {
            TriggerRule(
                mode: mode, triggers, debounceSeconds: random.chance(30) ? 5 : nil, intervalSeconds: random.chance(30) ? 20 : nil,
                ignoresBackfills: random.chance(30) ? true : nil)
        }
        let rules: [String: TriggerRule?] = [
            "a": nil, "b": rule(.any, [.message(type: "tick"), .upstream(pipeline: "a", on: .succeeded)], &random),
            "c": rule(.any, [.upstream(pipeline: "b", on: random.chance(50) ? .succeeded : .ended)], &random),
            "d": rule(.all, [.upstream(pipeline: "a", on: .ended), .message(type: "tick")], &random),
        ]
        for (name, rule) in rules.sorted(by: { $0.key < $1.key }) {
            let policy = PipelinePolicy(
                overlap: PipelinePolicy.Overlap.allCases.randomElement(using: &random), activeMax: random.chance(30) ? 2 : nil,
                timeoutSeconds: random.chance(20) ? 30 : nil, slaSeconds: random.chance(50) ? 15 : nil)
            say(.pipelineRegistered(PipelineRegistered(hash: "h", tasks: [task, second], steps: ["s"], notify: [], policy: policy, triggers: rule)), name)
        }
    }

    private mutating func turn(isQuiet: Bool) {
        now = now.adding(seconds: Double(Int.random(in: 0...3, using: &random)))
        if !isQuiet { disturb() }
        for index in orchestrators.indices.shuffled(using: &random) { step(index, isQuiet: isQuiet) }
        work(isQuiet: isQuiet)
    }

    private mutating func disturb() {
        let name = ["a", "b", "c", "d"].randomElement(using: &random)!
        switch Int.random(in: 0..<100, using: &random) {
        case ..<25: say(.other(type: "tick", data: [:]), name)
        case ..<40: say(.runRequested(RunRequested(cause: .manual)), "a")
        case ..<45: say(.runRequested(RunRequested(cause: .backfill, backfill: BackfillReference(id: "b\(said)", activeMax: 2))), "a")
        case ..<50: say(.pipelinePaused(PipelinePaused()), name)
        case ..<56: say(.pipelineUnpaused(PipelineUnpaused()), name)
        case ..<62: if let run = observed.runs.keys.sorted().randomElement(using: &random) { say(.runCancelRequested(RunCancelRequested()), observed.runs[run]!.pipeline, run) }
        case ..<65: if let run = observed.requests.randomElement(using: &random) { say(.runCancelRequested(RunCancelRequested()), run.pipeline, RunID(run.id)) }
        default: break
        }
    }

    // MARK: The log

    /// What a client says; each with an id of its own.
    private mutating func say(_ payload: Payload, _ pipeline: String, _ run: RunID? = nil) {
        said += 1
        append(Event(source: "client", id: "\(pipeline)@\(said)", time: now, pipeline: pipeline, run: run, payload: payload))
    }

    private mutating func append(_ event: Event) {
        guard ids.insert("\(event.source) \(event.id)").inserted else { return }
        log.append(SequencedEvent(sequence: UInt64(log.count + 1), event: event))
        observed.apply(log[log.count - 1])
        if case .taskReady = event.payload { offered.append(event) }
    }

    private var isSettled: Bool { observed.runs.isEmpty && observed.requests.isEmpty && ["b", "c"].allSatisfy { observed.waitingEvents(of: $0).isEmpty } }

    // MARK: Orchestrators

    private mutating func step(_ index: Int, isQuiet: Bool) {
        if !isQuiet {
            if random.chance(5) { orchestrators[index] = Orchestrator() }
            if random.chance(8) { orchestrators[index].isFrozen.toggle() }
        } else { orchestrators[index].isFrozen = false }
        let isLeader = orchestrators[index].epoch == epoch && epoch > 0
        if orchestrators[index].isFrozen {
            // It decides on by what it knew. The log must not take it, or take it for what it has already.
            guard orchestrators[index].epoch > 0, random.chance(50) else { return }
            return publish(orchestrators[index].fleet.decide(now: now), from: index)
        }
        fold(index)
        if !isLeader {
            guard random.chance(isQuiet ? 50 : 10) || epoch == 0 else { return }
            epoch += 1
            orchestrators[index].epoch = epoch
        }
        for _ in 0..<4 {
            let events = orchestrators[index].fleet.decide(now: now)
            guard !events.isEmpty else { break }
            // Killed between two publishes, or the answer is lost: the log may have some of them.
            let count = random.chance(10) ? Int.random(in: 0...events.count, using: &random) : events.count
            publish(Array(events.prefix(count)), from: index)
            fold(index)
        }
        for run in orchestrators[index].fleet.cancelling {
            withdrawn.insert(run)
            let isHeld = held.contains { $0.ready.run == run }
            if !isHeld || bug == .endsWhileHeld, let end = orchestrators[index].fleet.cancellation(of: run, now: now) {
                if isHeld { violations.append("\(run) was ended while a worker held a task of it") }
                publish([end], from: index)
            }
        }
    }

    private mutating func publish(_ events: [Event], from index: Int) {
        let isStale = orchestrators[index].epoch != epoch
        guard !isStale || bug == .noEpoch || bug == .idsOfTheClock else { return }
        for var event in events {
            if case .runRequested(var wish) = event.payload {
                if bug == .idsOfTheClock { event.id += "-\(now.compact)-\(index)" }
                if bug == .forgetsWhatItConsumed, random.chance(20) {
                    wish.consumes?.removeLast()
                    event.id += "-less"
                    event.payload = .runRequested(wish)
                }
            }
            if bug == .noEpoch, isStale { event.id += "-\(orchestrators[index].epoch)" }
            append(event)
        }
    }

    private mutating func fold(_ index: Int) {
        // The sequences are the places in the log, from 1.
        for entry in log[Int(orchestrators[index].fleet.position)...] {
            if bug == .lostEvent, case .other = entry.event.payload, random.chance(5) {
                orchestrators[index].fleet.advance(to: entry.sequence)
                continue
            }
            orchestrators[index].fleet.apply(entry)
        }
    }

    // MARK: Workers

    private mutating func work(isQuiet: Bool) {
        for place in offered.indices.reversed() where random.chance(isQuiet ? 100 : 40) {
            let event = offered.remove(at: place)
            guard let run = event.run, !withdrawn.contains(run) else { continue }
            held.append((event, now.adding(seconds: Double(Int.random(in: 0...8, using: &random)))))
        }
        for place in held.indices.reversed() where held[place].until <= now {
            let (event, _) = held.remove(at: place)
            guard case .taskReady(let ready) = event.payload, let run = event.run, !withdrawn.contains(run) else { continue }
            var report = TaskReport(attempt: ready.attempt)
            if random.chance(20) { report.problem = ProblemRecord(code: "x", summary: "it failed", location: "", remedy: "", isRetryable: random.chance(50)) }
            append(Event(
                source: "worker", id: "\(event.id)/report", time: now, pipeline: event.pipeline, run: run, task: event.task,
                payload: report.problem == nil ? .taskSucceeded(report) : .taskFailed(report)))
        }
    }

    // MARK: Invariants

    private mutating func check() {
        var audit = EventAudit()
        for entry in log { audit.apply(entry) }
        violations += audit.finish(observed).map(\.description)
        var started: [RunID: RunStarted] = [:], ended: Set<RunID> = [], open: [String: Set<RunID>] = [:], missed: Set<String> = []
        var places: [String: Int] = [:]
        for entry in log {
            let event = entry.event
            switch event.payload {
            case .pipelineRegistered(let definition): places[event.pipeline] = max(definition.policy?.activeMax ?? 1, 2)
            case .runStarted(let start):
                guard let run = event.run else { continue }
                if started[run] != nil { violations.append("\(run) started twice") }
                started[run] = start
                open[event.pipeline, default: []].insert(run)
                if open[event.pipeline, default: []].count > places[event.pipeline] ?? 2 { violations.append("\(event.pipeline) has \(open[event.pipeline]!.count) runs at once") }
                if event.pipeline != "a", start.consumed?.isEmpty != false { violations.append("\(run) began and nothing had come for it") }
            case .runSucceeded, .runFailed, .runCancelled:
                guard let run = event.run else { continue }
                if !ended.insert(run).inserted { violations.append("\(run) ended twice") }
                open[event.pipeline]?.remove(run)
            case .slaMissed(let miss):
                if !missed.insert("\(event.run!) \(miss.step ?? "")").inserted { violations.append("\(event.run!) missed its deadline twice") }
            default: break
            }
        }
        for run in started.keys where !ended.contains(run) { violations.append("\(run) has not ended") }
    }
}
