import BrokerEngine
import Contracts
import Foundation
import Journal
import Kernel
import Runs
import Support

extension Seed {
    fileprivate mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// One pipeline's life under faults: the real broker and the real fleet, a fake clock, and workers that die, dawdle and
/// repeat themselves. Everything follows from the seed.
final class Simulation {
    enum Fate { case success, failure, passing(times: Int) }

    let seed: UInt64
    private var random: Seed
    private let broker: Broker
    private var now = 0.0
    private var fleet = Fleet()
    private var epoch: UInt64?
    private var workers: [Worker] = []
    private(set) var specs: [TaskSpec] = []
    private var grown: [TaskID: [TaskSpec]] = [:]
    private(set) var fates: [TaskID: Fate] = [:]
    /// The warehouse: what was done, with the number of times that it took effect.
    private(set) var effects: [String: Int] = [:]
    private(set) var log: [SequencedEvent] = []
    private(set) var turns = 0
    /// Reports that got into the log under a lease that was not the current one.
    private(set) var zombieReports = 0

    private struct Worker {
        enum State {
            case idle
            case claiming(correlation: [UInt8], since: Double)
            case working(lease: String, ready: Event, until: Double, isZombie: Bool)
            case reporting(lease: String, events: [Event], correlation: [UInt8], since: Double)
            case dead(until: Double)
        }
        var state = State.idle
    }

    static let runs: [RunID] = ["p@1", "p@2"]

    init(seed: UInt64) throws {
        self.seed = seed
        random = Seed(state: seed)
        broker = Broker(journal: try JournalStore(path: ":memory:", limits: .init(leaseSeconds: 5, deliveriesMax: 1000), now: 0))
        workers = (0..<Int.random(in: 1...4, using: &random)).map { _ in Worker() }
        makeGraph()
    }

    /// A random graph of two steps; some tasks grow others, some fail for good, some fail a few times.
    private func makeGraph() {
        let count = Int.random(in: 1...10, using: &random)
        for number in 0..<count {
            var after: [Edge] = []
            for earlier in 0..<number where random.chance(30) { after.append(.task(TaskID("t\(earlier)"), on: random.chance(80) ? .succeeded : .ended)) }
            specs.append(spec("t\(number)", step: "one", after: after))
        }
        if random.chance(70) { specs.append(spec("z", step: "two", after: [.step("one", on: random.chance(70) ? .succeeded : .ended)])) }
        for parent in specs where parent.step == "one" && random.chance(20) {
            let child = spec("\(parent.id)_child", step: "one", after: random.chance(50) ? [.task(parent.id)] : [])
            grown[parent.id] = [child]
        }
    }

    private func spec(_ id: String, step: String, after: [Edge]) -> TaskSpec {
        let spec = TaskSpec(
            id: TaskID(id), step: step, role: random.chance(50) ? .load : .transform, kind: "noop", title: id, after: after,
            attemptsMax: 3, backoffSeconds: 1, pool: random.chance(30) ? "w" : nil)
        fates[spec.id] = random.chance(12) ? .failure : random.chance(20) ? .passing(times: Int.random(in: 1...3, using: &random)) : .success
        return spec
    }

    // MARK: The world turns

    /// Runs until both runs have ended. Returns false where they have not after many turns.
    func run() throws -> Bool {
        publish(Event(source: "o", id: "p", time: time, pipeline: "p", payload: .pipelineRegistered(PipelineRegistered(hash: "h", tasks: specs, steps: ["one", "two"], notify: []))))
        for id in Self.runs {
            publish(Event(source: "t", id: id.description, time: time, pipeline: "p", payload: .runRequested(RunRequested(cause: .manual))))
        }
        while turns < 20_000 {
            turns += 1
            now += Double(Int.random(in: 0...4, using: &random)) * 0.25
            orchestrate()
            for index in workers.indices.shuffled(using: &random) { step(index) }
            log = try all()
            if Self.runs.allSatisfy({ run in log.contains { $0.event.run == run && ($0.event.type == EventType.runSucceeded || $0.event.type == EventType.runFailed) } }) {
                return true
            }
        }
        return false
    }

    private var time: Timestamp { Timestamp(seconds: now + 1_700_000_000) }

    /// One request; nil where the answer is lost on its way, though the broker has acted.
    private func ask(_ verb: Verb, _ body: some Encodable, _ events: [Event] = [], loses: Bool = true) -> Response? {
        let correlation = (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) }
        return send(verb, body, events, correlation).first { $0.correlation == correlation }.flatMap { loses && random.chance(5) ? nil : $0 }
    }

    private func send(_ verb: Verb, _ body: some Encodable, _ events: [Event], _ correlation: [UInt8]) -> [Response] {
        let request = Request(
            client: [0], correlation: correlation, verb: Array(verb.rawValue.utf8), body: [UInt8]((try? JSONEncoder().encode(body)) ?? Data()),
            events: events.compactMap { event in (try? event.envelope()).map { (Array(event.topic.utf8), $0) } })
        let turn = (try? broker.turn([request], now: now, time: time)) ?? Turn()
        for response in turn.responses where response.correlation != correlation { deliver(response) }
        return turn.responses
    }

    private func publish(_ event: Event) { _ = ask(.publish, PublishCommand(), [event], loses: false) }

    private func all() throws -> [SequencedEvent] {
        let after = log.last?.sequence ?? 0
        return log + (try broker.journal.read(after: after, prefixes: [], limit: 10_000).events.map {
            SequencedEvent(sequence: $0.sequence, event: try Event(envelope: $0.envelope))
        })
    }

    // MARK: The orchestrator

    private func orchestrate() {
        // It dies now and then, between any two steps; a new one folds the log and decides again.
        if random.chance(3) {
            fleet = Fleet()
            epoch = nil
        }
        if epoch == nil {
            guard let answer = ask(.lead, LeadCommand(name: "o\(turns)")), answer.isOK,
                let reply = try? JSONDecoder().decode(LeadReply.self, from: Data(answer.body))
            else { return }
            epoch = reply.epoch
        }
        fold()
        let events = fleet.decide(now: time)
        guard !events.isEmpty else { return }
        guard let answer = ask(.publish, PublishCommand(epoch: epoch), events) else { return }
        if !answer.isOK { epoch = nil } else if random.chance(3) { fleet = Fleet() } else { fold() }
    }

    private func fold() {
        guard let answer = ask(.read, ReadCommand(after: fleet.position, prefixes: [], limit: 1000)), answer.isOK else { return }
        for stored in answer.events {
            if let event = try? Event(envelope: stored.envelope) { fleet.apply(SequencedEvent(sequence: stored.sequence, event: event)) }
        }
    }

    // MARK: Workers

    private func step(_ index: Int) {
        switch workers[index].state {
        case .idle:
            let correlation = (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) }
            workers[index].state = .claiming(correlation: correlation, since: now)
            let command = ClaimCommand(role: random.chance(50) ? .load : .transform, worker: "w\(index)", waitMilliseconds: 2000)
            for response in send(.claim, command, [], correlation) where response.correlation == correlation { deliver(response) }
        case .claiming(_, let since):
            // The answer was lost: ask anew. What the lost answer leased comes back when its lease runs out.
            if now - since > 4 { workers[index].state = .idle }
        case .working(let lease, let ready, let until, let isZombie):
            if random.chance(4) { workers[index].state = .dead(until: now + 2); return }  // before the effect
            guard now >= until else {
                if !isZombie, random.chance(70) { _ = ask(.extend, LeaseCommand(lease: lease)) }
                return
            }
            let events = perform(ready, lease)
            if random.chance(4) { workers[index].state = .dead(until: now + 2); return }  // after the effect, before the report
            workers[index].state = .reporting(lease: lease, events: events, correlation: [], since: -100)
        case .reporting(let lease, let events, _, let since):
            guard now - since > 1 else { return }
            workers[index].state = .reporting(lease: lease, events: events, correlation: [], since: now)
            let isCurrent = broker.journal.queue.entries.values.contains { entry in
                if case .leased = entry.state { entry.lease == lease } else { false }
            }
            let newest = broker.journal.newest
            let answer = ask(.complete, LeaseCommand(lease: lease), events)
            if !isCurrent, broker.journal.newest > newest { zombieReports += 1 }
            if answer != nil { workers[index].state = random.chance(4) ? .dead(until: now + 2) : .idle }
        case .dead(let until):
            if now >= until { workers[index].state = .idle }
        }
    }

    private func deliver(_ response: Response) {
        guard let index = workers.firstIndex(where: { if case .claiming(response.correlation, _) = $0.state { true } else { false } }) else { return }
        guard !random.chance(5) else { return }  // lost on its way
        guard let stored = response.events.first, let event = try? Event(envelope: stored.envelope),
            let lease = try? JSONDecoder().decode(ClaimReply.self, from: Data(response.body)).lease
        else { workers[index].state = .idle; return }
        // Sometimes it freezes for longer than its lease and then goes on: a zombie, whose report must be refused.
        let isZombie = random.chance(10)
        workers[index].state = .working(lease: lease, ready: event, until: now + (isZombie ? 8 : 0.5), isZombie: isZombie)
    }

    /// The effect, guarded by the ledger, and the report.
    private func perform(_ ready: Event, _ lease: String) -> [Event] {
        guard case .taskReady(let task) = ready.payload, let run = ready.run else { return [] }
        let isFailing: Bool = switch fates[task.spec.id] ?? .success {
        case .success: false
        case .failure: true
        case .passing(let times): task.attempt <= times
        }
        var report = TaskReport(attempt: task.attempt, pools: ["w": 2])
        if isFailing {
            var isRetryable = false
            if case .passing = fates[task.spec.id] { isRetryable = true }
            report.problem = ProblemRecord(code: "x", summary: "it failed", location: "", remedy: "", isRetryable: isRetryable)
        } else if effects["\(run)/\(task.spec.id)"] == nil {
            effects["\(run)/\(task.spec.id)"] = 1
        }
        var events: [Event] = []
        func event(_ kind: String, _ payload: Payload) -> Event {
            Event(source: "w", id: "\(run)/\(task.spec.id)/\(lease)/\(kind)", time: time, pipeline: "p", run: run, task: task.spec.id, payload: payload)
        }
        if !isFailing, let children = grown[task.spec.id] { events.append(event("added", .tasksAdded(TasksAdded(tasks: children)))) }
        events.append(event("report", isFailing ? .taskFailed(report) : .taskSucceeded(report)))
        return events
    }

    // MARK: The undisturbed world

    /// What each task must have become, by a model that knows nothing of messages.
    func expected() -> [TaskID: TaskState.Phase] {
        var phases: [TaskID: TaskState.Phase] = [:]
        var present = specs
        var isChanged = true
        while isChanged {
            isChanged = false
            for spec in present where phases[spec.id] == nil {
                guard let phase = verdict(spec, phases, present) else { continue }
                phases[spec.id] = phase
                if phase == .succeeded { present += grown[spec.id] ?? [] }
                isChanged = true
            }
        }
        return phases
    }

    private func verdict(_ spec: TaskSpec, _ phases: [TaskID: TaskState.Phase], _ present: [TaskSpec]) -> TaskState.Phase? {
        for edge in spec.after {
            let targets: [TaskID] = switch edge.target {
            case .task(let id): [id]
            case .step(let step): present.filter { $0.step == step }.map(\.id)
            }
            if edge.on == .succeeded, targets.contains(where: { phases[$0] == .failed || phases[$0] == .skipped }) { return .skipped }
            if targets.contains(where: { phases[$0] == nil }) { return nil }
        }
        return switch fates[spec.id] ?? .success {
        case .success: .succeeded
        case .failure: .failed
        case .passing(let times): times < spec.attemptsMax ? .succeeded : .failed
        }
    }

    /// What the log says each task has become.
    func actual(_ run: RunID) -> [TaskID: TaskState.Phase] {
        guard let start = log.first(where: { $0.event.run == run && $0.event.type == EventType.runStarted }), var state = RunState(start.event) else { return [:] }
        for entry in log where entry.event.run == run { state.apply(entry.event) }
        return state.tasks.mapValues(\.phase)
    }
}
