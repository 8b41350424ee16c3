import BrokerEngine
public import Contracts
public import Journal
public import Kernel
import Runs
import Support

extension Seed {
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
    mutating func correlation() -> [UInt8] { withUnsafeBytes(of: next()) { Array($0) } }
}

/// One pipeline's life under faults: the real broker and the real fleet, a fake clock, two orchestrators that die, pause and
/// forget, workers that die, dawdle and repeat themselves, a warehouse with a ledger and a fence, a log that retention cuts.
/// Everything follows from the seed.
public final class Simulation {
    enum Fate { case success, failure, passing(times: Int)
        /// Fails in the first run, but for a delivery that is frozen so long that its report is refused.
        case flaky
    }

    public let seed: UInt64
    let bug: PlantedBug?
    let tell: ((String) -> Void)?
    var random: Seed
    let broker: Broker
    var now = 0.0
    var orchestrators: [SimulatedOrchestrator] = [.init(name: "a"), .init(name: "b")]
    var workers: [SimulatedWorker] = []
    var warehouse = SimulatedWarehouse()
    public private(set) var specs: [TaskSpec] = []
    private(set) var grown: [TaskID: [TaskSpec]] = [:]
    private(set) var fates: [TaskID: Fate] = [:]
    /// The task that keeps the books, and whether its records are changed on their way.
    private(set) var books: (task: TaskID, isDisturbed: Bool)?
    public private(set) var log: [SequencedEvent] = []
    public private(set) var turns = 0
    /// Reports that got into the log under a lease that was not the current one.
    var zombieReports = 0
    private var ended: Set<RunID> = []
    /// What each run's tasks must have become.
    lazy var expected = Dictionary(uniqueKeysWithValues: Self.runs.map { ($0, undisturbed($0)) })
    /// How many tasks of a hundred share the pool.
    private var pooled = 0
    /// Envelopes are read once, whoever reads them: a sequence never has a second meaning.
    private var known: [UInt64: Event] = [:]

    public static let runs: [RunID] = ["p@1", "p@2"]

    /// Every sixteenth world. Most promises break in a small one as well, and sooner: more of them are seen in the same time.
    private var isLarge: Bool { seed % 16 == 0 }

    /// - Parameters:
    ///   - bug: is planted into the world.
    ///   - tell: hears what happens, step by step.
    ///   - journal: one that another world has used up: making one is a tenth of a world.
    public init(seed: UInt64, bug: PlantedBug? = nil, journal: JournalStore? = nil, tell: ((String) -> Void)? = nil) throws {
        self.seed = seed
        self.bug = bug
        self.tell = tell
        random = Seed(state: seed)
        try journal?.erase()
        broker = Broker(journal: try journal ?? Self.journal(), retention: Retention(seconds: 1e9))
        workers = (0..<Int.random(in: isLarge ? 1...4 : 1...3, using: &random)).map { _ in SimulatedWorker() }
        makeGraph()
    }

    /// An empty one, for one world after the other.
    public static func journal() throws -> JournalStore { try JournalStore(path: ":memory:", limits: .init(leaseSeconds: 5, deliveriesMax: 1000), now: 0) }

    /// A random graph of two steps; some tasks grow others, some fail for good, some fail a few times.
    private func makeGraph() {
        pooled = random.chance(50) ? 30 : 90
        let count = Int.random(in: isLarge ? 1...10 : 1...4, using: &random)
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
        if random.chance(40), let task = specs.first(where: { if case .success = fates[$0.id] { $0.step == "one" } else { false } }) {
            books = (task.id, random.chance(40))
        }
    }

    private func spec(_ id: String, step: String, after: [Edge]) -> TaskSpec {
        let spec = TaskSpec(
            id: TaskID(id), step: step, role: random.chance(50) ? .load : .transform, kind: "noop", title: id, after: after,
            attemptsMax: 3, backoffSeconds: 1, pool: random.chance(pooled) ? "w" : nil)
        fates[spec.id] = random.chance(12) ? .failure : random.chance(20) ? .passing(times: Int.random(in: 1...3, using: &random)) : random.chance(15) ? .flaky : .success
        return spec
    }

    // MARK: The world turns

    /// Runs until both runs have ended. Returns false where they have not after many turns.
    public func run() throws -> Bool {
        publish(Event(source: "o", id: "p", time: time, pipeline: "p", payload: .pipelineRegistered(PipelineRegistered(hash: "h", tasks: specs, steps: ["one", "two"], notify: []))))
        for id in Self.runs {
            publish(Event(source: "t", id: id.description, time: time, pipeline: "p", payload: .runRequested(RunRequested(cause: .manual))))
        }
        // A little longer than the runs themselves: who is frozen still wakes up and does harm if it can.
        var extra = isLarge ? 40 : 15
        while turns < 5000 {
            turns += 1
            now += Double(Int.random(in: 0...4, using: &random)) * 0.25
            for index in orchestrators.indices.shuffled(using: &random) { orchestrate(index) }
            for index in workers.indices.shuffled(using: &random) { step(index) }
            try readLog()
            if ended.count == Self.runs.count {
                extra -= 1
                if extra == 0 { return true }
            }
        }
        return false
    }

    var time: Timestamp { Timestamp(seconds: now + 1_700_000_000) }

    /// One request; nil where the answer is lost on its way, though the broker has acted.
    func ask(_ verb: Verb, _ body: String, _ events: [Event] = [], loses: Bool = true) -> Response? {
        if loses, random.chance(2) { return nil }  // the request itself is lost
        let correlation = random.correlation()
        var answers = send(verb, body, events, correlation)
        // Duplicated by an impatient client: every command bears that.
        if loses, verb != .claim, random.chance(3) { answers = send(verb, body, events, correlation) }
        return answers.first { $0.correlation == correlation }.flatMap { loses && random.chance(5) ? nil : $0 }
    }

    func send(_ verb: Verb, _ body: String, _ events: [Event], _ correlation: [UInt8]) -> [Response] {
        let request = Request(
            client: [0], correlation: correlation, verb: Array(verb.rawValue.utf8), body: Array(body.utf8),
            events: events.compactMap { event in (try? event.envelope()).map { (Array(event.topic.utf8), $0) } })
        let turn = (try? broker.turn([request], now: now, time: time)) ?? Turn()
        if !readsEveryEnvelope { remember(events, request, turn.news) }
        for response in turn.responses where response.correlation != correlation { deliver(response) }
        if !turn.news.isEmpty { for index in orchestrators.indices where !random.chance(20) { orchestrators[index].isHinted = true } }
        return turn.responses
    }

    /// What was just written needs no reading: it is a third of a world's time. Every sixteenth world reads it all the same.
    private var readsEveryEnvelope: Bool { seed / 16 % 16 == 0 }

    private func remember(_ events: [Event], _ request: Request, _ news: [News]) {
        guard events.count == request.eventCount else { return }
        var place = 0
        for stored in news {
            while place < events.count, request.envelope(place) != stored.envelope { place += 1 }
            guard place < events.count else { return }
            known[stored.sequence] = events[place]
        }
    }

    func publish(_ event: Event) { _ = ask(.publish, "{}", [event], loses: false) }

    func event(_ stored: StoredEvent) -> SequencedEvent? {
        if let event = known[stored.sequence] { return SequencedEvent(sequence: stored.sequence, event: event) }
        guard let event = try? Event(envelope: stored.envelope) else { return nil }
        known[stored.sequence] = event
        return SequencedEvent(sequence: stored.sequence, event: event)
    }

    private func readLog() throws {
        let after = log.last?.sequence ?? 0
        guard broker.journal.newest > after else { return }
        for stored in try broker.journal.read(after: after, prefixes: [], limit: 10_000).events {
            guard let event = event(stored) else { continue }
            log.append(event)
            if case .runSucceeded = event.event.payload, let run = event.event.run { ended.insert(run) }
            if case .runFailed = event.event.payload, let run = event.event.run { ended.insert(run) }
            if let tell { tell("\(now) \(stored.sequence) \(event.event.type) \(event.event.run?.description ?? "") \(event.event.task?.description ?? "") \(event.event.id)") }
        }
    }
}
