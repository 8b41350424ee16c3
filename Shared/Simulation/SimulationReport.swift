public import Contracts
public import Kernel
public import Runs
import Schedules

/// What became of a simulated project.
public struct SimulationReport: Sendable {
    public struct PipelineLine: Sendable {
        public let name: String
        /// What starts it, in words.
        public let starts: String
        /// Earlier runs that its tasks are modelled on; 0 for defaults.
        public let knownRuns: Int
        public let slaSeconds: Double?
        public var runs = 0
        public var succeeded = 0
        public var failed = 0
        public var cancelled = 0
        /// Requests that became no run.
        public var rejected = 0
        /// Attempts behind the first.
        public var retried = 0
        /// Tasks that were given to another worker, the first one unheard of.
        public var redelivered = 0
        public var scheduled = 0
        /// Scheduled times that were made up for more than a minute late.
        public var caughtUp = 0
        /// Scheduled times that no run was asked for.
        public var letGo = 0
        public var slow = 0
        /// Runs that were asked for and had not ended two days after the last day: more work than time.
        public var backlog = 0
        public var medianSeconds: Double?
        public var longest: Long?
        /// From the request to the start.
        public var waitedLongest: Long?
        public var misses: [Miss] = []
        public var failures: [Failure] = []
    }
    public struct Long: Sendable {
        public let run: RunID
        public let seconds: Double
        public let at: Timestamp
    }
    public struct Miss: Sendable {
        public let run: RunID
        public let step: String?
        public let due: Timestamp
        public let deadline: Timestamp
        public let standing: String
        public let reason: String
    }
    public struct Failure: Sendable {
        public let run: RunID
        public let at: Timestamp
        public let words: String
    }
    /// Waits for places in a pool, or for workers of a role.
    public struct Queueing: Sendable {
        public var waits = 0
        public var seconds = 0.0
        public var longest: (run: RunID, task: TaskID, seconds: Double, at: Timestamp)?
        /// Of all the time that the role's slots had; nil for pools.
        public var busy: Double?

        /// What is taken within a second has not waited.
        mutating func add(_ run: RunID, _ task: TaskID, _ seconds: Double, _ at: Timestamp) {
            guard seconds >= 1 else { return }
            waits += 1
            self.seconds += seconds
            if seconds > longest?.seconds ?? 0 { longest = (run, task, seconds, at) }
        }
    }
    public struct Span: Sendable {
        public let pipeline: String
        public let run: RunID
        public let start: Timestamp
        public let end: Timestamp
        public let outcome: RunEnd.Outcome
    }
    public struct Day: Sendable {
        public struct Note: Sendable {
            public let time: Timestamp
            public let pipeline: String?
            public let words: String
        }
        public let start: Timestamp
        public let spans: [Span]
        public let notes: [Note]
        public let omitted: Int
        /// Whether anything went wrong on it.
        public let isBad: Bool
    }

    public let from: Timestamp
    public let days: Int
    public let seed: UInt64
    public let faults: [Fault]
    /// In the order of names.
    public let pipelines: [PipelineLine]
    /// With the pipelines that share each.
    public let pools: [(name: String, pipelines: [String], queueing: Queueing)]
    public let roles: [(role: Role, slots: Int, queueing: Queueing)]
    public let worstDay: Day?
    public let events: Int
    /// Messages that came twice and counted once.
    public let duplicates: Int
    /// Words of workers and leaders that were not in charge any more.
    public let refused: Int
    /// Promises that were broken, in words; empty in a good world.
    public let violations: [String]
    public let violationCount: Int
    /// What the world takes for granted, for people.
    public let assumptions: [String]

    init(_ world: World) {
        let plan = world.plan
        (from, days, seed, faults) = (plan.from, plan.days, plan.seed, plan.faults.sorted())
        pipelines = world.chronicle.lines.values.sorted { $0.name < $1.name }.map { line in
            var line = line
            line.backlog = world.fleet.requests.count { $0.pipeline == line.name } + world.fleet.runs.values.count { $0.pipeline == line.name }
            line.medianSeconds = world.chronicle.median(of: line.name)
            if let trigger = try? plan.pipelines[line.name]?.schedule?.trigger() {
                line.letGo = max(0, trigger.times(after: plan.from, upTo: plan.end, max: .max).count - line.scheduled)
            }
            return line
        }
        pools = world.chronicle.pools.filter { $0.value.waits > 0 }.sorted { $0.key < $1.key }.map { ($0.key, plan.pipelines(sharing: $0.key), $0.value) }
        let lifetime = max(world.now, plan.end) - plan.from
        roles = Role.allCases.map { role in
            let mine = world.workers.filter { $0.role == role }
            var queueing = world.chronicle.roles[role] ?? Queueing()
            queueing.busy = mine.map(\.busySeconds).reduce(0, +) / (lifetime * Double(mine.count))
            return (role, mine.count, queueing)
        }
        worstDay = world.chronicle.worstDay.map { Day($0, of: world) }
        (events, duplicates, refused) = (world.chronicle.events, world.chronicle.passed, world.chronicle.refused)
        var witness = world.witness
        witness.finish(world)
        (violations, violationCount) = (witness.violations, witness.count)
        var assumptions: [String] = []
        let unknown = pipelines.filter { $0.knownRuns == 0 && $0.runs > 0 }.map(\.name)
        let known = pipelines.filter { $0.knownRuns > 0 }
        if !known.isEmpty { assumptions.append("tasks of \(known.map { "\($0.name) (\($0.knownRuns))" }.joined(separator: ", ")) take as long as in the runs of this home") }
        if !unknown.isEmpty { assumptions.append("no run of \(unknown.joined(separator: ", ")) is known: \(Workload.words)") }
        let outside = plan.pipelines.sorted { $0.key < $1.key }.flatMap { name, pipeline in
            (pipeline.triggers?.triggers ?? []).filter { if case .upstream = $0 { false } else { true } }.map { (name, $0) }
        }
        let strange = outside.filter { plan.arrivals.days(like: plan.from, of: $0.1, in: $0.0).isEmpty }
        if strange.count < outside.count { assumptions.append("files, webhooks and messages come when they came on the days of the week that this home knows") }
        if !strange.isEmpty {
            assumptions.append("of \(strange.map { "\($0.1.words) (\($0.0))" }.joined(separator: ", ")) no arrival is known: once a day at 06:00 UTC, up to 10 min later by the seed")
        }
        self.assumptions = assumptions
    }
}

extension SimulationReport.Day {
    fileprivate init(_ day: Int, of world: World) {
        start = world.plan.from.adding(seconds: Double(day) * 86_400)
        let (first, last) = (start, start.adding(seconds: 86_400))
        spans = world.chronicle.spans.filter { $0.start < last && $0.end >= first }.sorted { ($0.pipeline, $0.start, $0.run) < ($1.pipeline, $1.start, $1.run) }
        notes = (world.chronicle.notes[day] ?? []).enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map { Note(time: $0.element.time, pipeline: $0.element.pipeline, words: $0.element.words) }
        omitted = world.chronicle.omitted[day] ?? 0
        isBad = world.chronicle.scores[day] ?? 0 > 0
    }
}

extension SimulationPlan {
    /// - Parameter pools: one name, or several with commas between them.
    fileprivate func pipelines(sharing pools: String) -> [String] {
        let names = Set(pools.split(separator: ", ").map(String.init))
        return pipelines.filter { _, pipeline in
            pipeline.tasks.contains { task in [task.pool, task.args["pool"]?.stringValue].contains { $0.map(names.contains) ?? false } }
                || (pipeline.policy?.steps ?? [:]).values.contains { $0.pool.map(names.contains) ?? false }
        }.keys.sorted()
    }

    /// Lives through it. The same plan gives the same report.
    public func run() -> SimulationReport { run(bug: nil) }

    /// - Parameter bug: is planted into the world.
    func run(bug: PlantedBug?) -> SimulationReport { World(self, bug: bug).run() }
}
