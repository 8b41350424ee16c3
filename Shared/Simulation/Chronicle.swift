import Contracts
import Kernel
import Leases
import Runs

/// What is told of a world afterwards: counts, longest waits, and what was worth a line.
struct Chronicle {
    /// How much an event says about a day.
    enum Weight: Int { case none = 0, weak = 1, middling = 5, strong = 20 }
    struct Note {
        let time: Timestamp
        let weight: Weight
        let pipeline: String?
        let words: String
    }
    struct Queued: Hashable {
        let run: RunID
        let task: TaskID
        let pools: String
    }
    struct Outage {
        let start: Timestamp
        let end: Timestamp
    }

    /// Of one day; more are counted.
    static let notesMax = 1000

    private let plan: SimulationPlan
    var lines: [String: SimulationReport.PipelineLine] = [:]
    var pools: [String: SimulationReport.Queueing] = [:]
    var roles: [Role: SimulationReport.Queueing] = [:]
    private(set) var notes: [Int: [Note]] = [:]
    private(set) var omitted: [Int: Int] = [:]
    private(set) var scores: [Int: Int] = [:]
    private(set) var spans: [SimulationReport.Span] = []
    private(set) var outages: [Outage] = []
    /// Times in which a run was held up, for the reasons of its misses; of runs that go on.
    private(set) var delays: [RunID: [(words: String, seconds: Double)]] = [:]
    /// By pipeline, the longest hold-up since a run of it last began at once: what the runs behind it wait for.
    private(set) var jams: [String: (run: RunID, words: String, seconds: Double)] = [:]
    private(set) var queueing: [Queued: Timestamp] = [:]
    private(set) var ends: [RunID: (outcome: RunEnd.Outcome, words: String)] = [:]
    private var asked: [RunID: Timestamp] = [:]
    private var starts: [RunID: (at: Timestamp, pipeline: String)] = [:]
    private var durations: [String: [Double]] = [:]
    private(set) var events = 0
    private(set) var passed = 0
    private(set) var refused = 0

    init(_ plan: SimulationPlan) {
        self.plan = plan
        for (name, pipeline) in plan.pipelines {
            lines[name] = .init(
                name: name, starts: Self.starts(pipeline), knownRuns: plan.history.runs[name] ?? 0, slaSeconds: pipeline.policy?.slaSeconds)
        }
    }

    private static func starts(_ pipeline: PipelineRegistered) -> String {
        let words = (pipeline.schedule.map { [$0.words] } ?? []) + (pipeline.triggers?.triggers ?? []).map(\.words)
        return words.isEmpty ? "runs when asked" : words.joined(separator: ", ")
    }

    // MARK: What is seen

    mutating func see(_ event: Event) {
        events += 1
        let name = event.pipeline
        switch event.payload {
        case .runRequested(let wish):
            let run = RunID(event.id)
            if asked[run] == nil { asked[run] = event.time }
            guard wish.isScheduled, let date = wish.logicalDate else { return }
            lines[name]?.scheduled += 1
            if event.time - date > 60 {
                lines[name]?.caughtUp += 1
                note(event.time, .middling, "\(run) is made up for, \(DurationWords.short(event.time - date)) after its time", of: name)
            }
        case .runRejected(let rejected):
            lines[name]?.rejected += 1
            note(event.time, .weak, "\(event.run?.description ?? "") is rejected: \(rejected.reason)", of: name)
        case .runStarted:
            guard let run = event.run else { return }
            starts[run] = (event.time, name)
            lines[name]?.runs += 1
            let waited = asked.removeValue(forKey: run).map { event.time - $0 } ?? 0
            if waited < 1 { jams[name] = nil }
            guard waited > lines[name]?.waitedLongest?.seconds ?? 1 else { return }
            lines[name]?.waitedLongest = .init(run: run, seconds: waited, at: event.time)
        case .taskReady(let ready):
            if ready.attempt > 1 { lines[name]?.retried += 1 }
        case .taskFailed(let report):
            guard let run = event.run, let task = event.task, let problem = report.problem else { return }
            note(event.time, .weak, "\(task) of \(run), attempt \(report.attempt): \(problem.summary)", of: name)
            if !problem.code.hasSuffix(".rate_limited") { delay(run, "\(task) failed and was tried again", max(0, report.finishedAt - report.startedAt)) }
        case .taskDeadLettered(let letter):
            note(event.time, .strong, "\(event.task?.description ?? "") of \(event.run?.description ?? "") is given up: \(letter.reason)", of: name)
        case .runSlow(let slow):
            lines[name]?.slow += 1
            note(event.time, .middling, "\(event.run?.description ?? "") takes longer than \(slow.factor) times the \(DurationWords.short(slow.expectedSeconds)) that are expected, and goes on", of: name)
        case .runCancelRequested(let cancel): note(event.time, .weak, "\(event.run?.description ?? "") is to end: \(cancel.reason)", of: name)
        case .runSucceeded(let end): conclude(event, .succeeded, end)
        case .runFailed(let end): conclude(event, .failed, end)
        case .runCancelled(let end): conclude(event, .cancelled, end)
        default: return
        }
    }

    private mutating func conclude(_ event: Event, _ outcome: RunEnd.Outcome, _ end: RunEnded) {
        guard let run = event.run, let start = starts.removeValue(forKey: run) else { return }
        let name = event.pipeline, seconds = event.time - start.at
        switch outcome {
        case .succeeded:
            lines[name]?.succeeded += 1
            durations[name, default: []].append(seconds)
        case .failed: lines[name]?.failed += 1
        case .cancelled: lines[name]?.cancelled += 1
        }
        if outcome != .succeeded {
            ends[run] = (outcome, end.summary)
            note(event.time, .strong, "\(run) \(outcome.rawValue): \(end.summary)", of: name)
            lines[name]?.failures.append(.init(run: run, at: event.time, words: "\(outcome.rawValue): \(end.summary)"))
        }
        if seconds > lines[name]?.longest?.seconds ?? -1 { lines[name]?.longest = .init(run: run, seconds: seconds, at: start.at) }
        spans.append(.init(pipeline: name, run: run, start: start.at, end: event.time, outcome: outcome))
        delays[run] = nil
    }

    mutating func miss(_ event: Event, _ missed: SLAMissed, _ reason: String) {
        guard let run = event.run else { return }
        let what = missed.step.map { "step \($0) of \(run)" } ?? run.description
        lines[event.pipeline]?.misses.append(
            .init(run: run, step: missed.step, due: missed.due, deadline: missed.deadline, standing: missed.standing, reason: reason))
        note(event.time, .middling, "SLA missed: \(what): \(reason)", of: event.pipeline)
    }

    mutating func limit(_ now: Timestamp, _ assignment: Assignment, _ seconds: Double) {
        delay(assignment.run, "\(assignment.spec.id) was told by its source to wait (429)", seconds)
    }

    mutating func late(_ now: Timestamp, _ assignment: Assignment, _ seconds: Double) {
        delay(assignment.run, "the source of \(assignment.spec.id) was late", seconds)
        note(now, .weak, "the source of \(assignment.spec.id) of \(assignment.run) is \(DurationWords.short(seconds)) late", of: assignment.pipeline)
    }

    mutating func outage(_ now: Timestamp, _ seconds: Double, _ words: String) {
        outages.append(Outage(start: now, end: now.adding(seconds: seconds)))
        note(now, .weak, words)
    }

    mutating func pass() { passed += 1 }
    mutating func refuse(_ count: Int) { refused += count }

    private mutating func delay(_ run: RunID, _ words: String, _ seconds: Double) {
        delays[run, default: []].append((words, seconds))
        if let name = starts[run]?.pipeline, seconds > jams[name]?.seconds ?? 0 { jams[name] = (run, words, seconds) }
    }

    mutating func note(_ time: Timestamp, _ weight: Weight, _ words: String, of pipeline: String? = nil) {
        let day = day(of: time)
        scores[day, default: 0] += weight.rawValue
        guard notes[day]?.count ?? 0 < Self.notesMax else { return omitted[day, default: 0] += 1 }
        notes[day, default: []].append(Note(time: time, weight: weight, pipeline: pipeline, words: words))
    }

    func day(of time: Timestamp) -> Int { Int(((time - plan.from) / 86_400).rounded(.down)) }

    // MARK: Queues

    mutating func offer(_ entry: WorkEntry, role: Role, waited: Double) {
        roles[role, default: .init()].add(entry.run, entry.task, waited, plan.from.adding(seconds: entry.since))
        if entry.delivery > 1 { lines[entry.pipeline]?.redelivered += 1 }
        if waited >= 1 { delay(entry.run, "\(entry.task) waited for a free \(role.rawValue) worker", waited) }
    }

    /// After all decisions: what could go on and was not announced has no place in its pools.
    mutating func look(at fleet: Fleet, _ now: Timestamp) {
        var still: Set<Queued> = []
        for (run, task, pools) in fleet.queueing { still.insert(Queued(run: run, task: task, pools: pools.joined(separator: ", "))) }
        for (queued, since) in queueing.filter({ !still.contains($0.key) }).sorted(by: { ($0.value, $0.key.run, $0.key.task) < ($1.value, $1.key.run, $1.key.task) }) {
            queueing[queued] = nil
            guard now > since else { continue }
            pools[queued.pools, default: .init()].add(queued.run, queued.task, now - since, since)
            delay(queued.run, "\(queued.task) waited for a place in pool \(queued.pools)", now - since)
        }
        for queued in still where queueing[queued] == nil { queueing[queued] = now }
    }

    // MARK: Afterwards

    func median(of pipeline: String) -> Double? {
        guard let known = durations[pipeline]?.sorted(), !known.isEmpty else { return nil }
        return known[known.count / 2]
    }

    /// The day that most is to be told of; the one with the longest work where nothing went wrong.
    var worstDay: Int? {
        if let worst = scores.filter({ $0.value > 0 && (0..<plan.days).contains($0.key) }).max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) }) { return worst.key }
        var seconds: [Int: Double] = [:]
        for span in spans { seconds[day(of: span.start), default: 0] += span.end - span.start }
        return seconds.filter { (0..<plan.days).contains($0.key) }.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key
    }
}
