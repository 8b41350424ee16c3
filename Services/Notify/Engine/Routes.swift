public import Contracts
import Digest
public import Kernel
import NotifyKit
public import Pipelines

/// Who is to be told what, as a value: the log goes in, decisions come out.
///
/// Invariants:
/// - one notice for each (run outcome, target) of the rules with which the run started and of the routes that cover its
///   pipeline; later changes of a definition do not touch it;
/// - one alarm for one cause: a run that fails as the one before did is told again only after `reminderSeconds`, with how
///   long that goes on; the run that works again is told once;
/// - the same log, routes and standings give the same decisions with the same keys: there is no clock and no I/O in here;
/// - `floor` lies below every run that has begun and not ended: reading on from there brings all that is open back.
public struct Routes: Sendable {
    /// The topics that it folds; anything else changes nothing.
    public static let prefixes = ["run.", "sla.", "tasks.added.", "task.failed.", "task.dead_lettered.", "pipeline.registered.", "alert."]

    private struct OpenRun {
        let startedAt: Timestamp
        let sequence: UInt64
        let rules: [NotifyRule]
        /// The only steps that run; nil where all of the pipeline's do.
        let steps: [String]?
        var tasks: [TaskID: Task]
        var failures: [TaskID: Notice.Failure] = [:]
    }
    private struct Task {
        let title: String
        let isTest: Bool
        init(_ spec: TaskSpec) {
            title = spec.title
            isTest = spec.kind == "test"
        }
    }
    private struct Target {
        let name: String
        let rule: NotifyRule
        let route: String
        var on: Set<NotifyRule.Occasion>
    }

    private let logFolder: String
    /// Outcomes before this were over when anybody first asked: they are not told.
    private let since: Timestamp
    private let routes: [Route]
    private let reminderSeconds: Double
    private var open: [RunID: OpenRun] = [:]
    /// By `<pipeline>/<target>`.
    private var standings: [String: Standing]
    /// Ends up to here have been decided in an earlier life.
    private let decidedThrough: UInt64
    /// The sequence of the newest event that has been folded in.
    public private(set) var position: UInt64
    /// What has been decided since it was last taken.
    public private(set) var decision = Decision()

    public init(
        after position: UInt64 = 0, decidedThrough: UInt64 = 0, standings: [String: Standing] = [:], routes: [Route] = [], logFolder: String,
        since: Timestamp = Timestamp(microseconds: 0), reminderSeconds: Double = 86_400
    ) {
        self.position = position
        self.decidedThrough = decidedThrough
        self.standings = standings
        self.routes = routes
        self.logFolder = logFolder
        self.since = since
        self.reminderSeconds = reminderSeconds
    }

    /// A durable reader that goes on from here, with the decisions up to now stored, loses nothing.
    public var floor: UInt64 { open.values.map { $0.sequence - 1 }.min() ?? position }

    /// What is to be stored and sent; nil where nothing has been decided.
    public mutating func take() -> Decision? {
        guard decision.through > 0 else { return nil }
        defer { decision = Decision() }
        return decision
    }

    // MARK: Facts

    public mutating func apply(_ sequenced: SequencedEvent) {
        guard sequenced.sequence > position else { return }
        position = sequenced.sequence
        let event = sequenced.event
        if case .alertRaised(let alert) = event.payload { return alarm(alert, sequenced) }
        guard let run = event.run else { return }
        switch event.payload {
        case .runStarted(let started):
            guard !started.notify.isEmpty || routes.contains(where: { $0.covers(event.pipeline) }), open[run] == nil else { return }
            open[run] = OpenRun(
                startedAt: event.time, sequence: sequenced.sequence, rules: started.notify, steps: started.isPartial ? started.steps : nil,
                tasks: tasks(started.tasks))
        case .tasksAdded(let added):
            guard open[run] != nil else { return }
            let tasks = tasks(added.tasks)
            open[run]?.tasks.merge(tasks) { old, _ in old }
        case .taskFailed(let report):
            guard let task = event.task, let problem = report.problem else { return }
            note(task, in: run) { known in
                Notice.Failure(
                    task: task, title: known?.title ?? task.description, attempt: report.attempt, worker: report.worker, code: problem.code,
                    summary: problem.summary, location: problem.location, remedy: problem.remedy, failingRows: known?.isTest == true ? report.rows : nil)
            }
        case .taskDeadLettered(let letter):
            guard let task = event.task else { return }
            note(task, in: run) { known in
                Notice.Failure(
                    task: task, title: known?.title ?? task.description, attempt: 1, worker: "", code: "broker.dead_lettered", summary: letter.reason,
                    location: "dead letter \(letter.entry)",
                    remedy: "see sluice dead-letters; sluice dead-letters requeue \(letter.entry) offers it again")
            }
        case .runSucceeded(let ended): end(run, isFailure: false, ended, sequenced)
        case .runFailed(let ended): end(run, isFailure: true, ended, sequenced)
        case .runCancelled(let ended):
            // Somebody wanted that: it says nothing about whether the pipeline works.
            guard let state = open.removeValue(forKey: run) else { return }
            alarm(.cancelled, .cancelled, state.rules, ended.summary, seconds: event.time - state.startedAt, sequenced)
        case .slaMissed(let missed):
            let what = missed.step.map { "step \($0) had" } ?? "it had"
            let words = "\(what) not succeeded by \(missed.deadline): \(missed.standing)"
            alarm(.slaMissed, .slaMissed, missed.notify, words, seconds: event.time - missed.due, step: missed.step, sequenced)
        case .runSlow(let slow):
            let words = "it goes on for more than \(slow.factor) times the \(Int(slow.expectedSeconds.rounded())) s that it usually takes"
            alarm(.slow, .slow, slow.notify, words, seconds: event.time - slow.startedAt, sequenced)
        default: return
        }
    }

    /// The log has been searched to `sequence` and held nothing more for us.
    public mutating func advance(to sequence: UInt64) { position = max(position, sequence) }

    private func tasks(_ specs: [TaskSpec]) -> [TaskID: Task] { Dictionary(specs.map { ($0.id, Task($0)) }) { first, _ in first } }

    private mutating func note(_ task: TaskID, in run: RunID, _ failure: (Task?) -> Notice.Failure) {
        guard let state = open[run] else { return }
        open[run]?.failures[task] = failure(state.tasks[task])
    }

    // MARK: Decision

    private mutating func end(_ run: RunID, isFailure: Bool, _ ended: RunEnded, _ sequenced: SequencedEvent) {
        guard let state = open.removeValue(forKey: run), sequenced.event.time >= since, sequenced.sequence > decidedThrough else { return }
        let event = sequenced.event
        for target in targets(state.rules, event.pipeline) {
            let place = "\(event.pipeline)/\(target.name)"
            let story = isFailure
                ? failure(place, target, run, causes(of: ended, state), steps: state.steps, at: event.time, sequenced.sequence)
                : success(place, target, steps: state.steps, hasWarnings: ended.warned > 0, sequenced.sequence)
            guard let story else { continue }
            decision.notices.append(notice(story, target, run, ended, state, event))
            decision.through = sequenced.sequence
        }
    }

    /// What is told as it comes, whatever was told before: each has an event of its own in the log, and only one.
    private mutating func alarm(
        _ outcome: Notice.Outcome, _ occasion: NotifyRule.Occasion, _ rules: [NotifyRule], _ summary: String, seconds: Double, step: String? = nil,
        _ sequenced: SequencedEvent
    ) {
        let event = sequenced.event
        guard let run = event.run, event.time >= since, sequenced.sequence > decidedThrough else { return }
        for target in targets(rules, event.pipeline) where target.on.contains(occasion) {
            decision.notices.append(Notice(
                channel: target.rule.channel, target: target.name, options: target.rule.options, route: target.route, outcome: outcome,
                pipeline: event.pipeline, run: run, endedAt: event.time, seconds: seconds, summary: summary, logs: [logFolder], step: step))
            decision.through = sequenced.sequence
        }
    }

    /// An alert is of no pipeline that could have rules: the routes of errors tell it.
    private mutating func alarm(_ alert: AlertRaised, _ sequenced: SequencedEvent) {
        let event = sequenced.event
        guard event.time >= since, sequenced.sequence > decidedThrough else { return }
        let failure = Notice.Failure(
            task: TaskID(event.source), title: alert.code, attempt: 1, worker: "", code: alert.code, summary: alert.summary, location: alert.location, remedy: alert.remedy)
        for target in targets([], event.pipeline) where target.on.contains(.failed) {
            decision.notices.append(Notice(
                channel: target.rule.channel, target: target.name, options: target.rule.options, route: target.route, outcome: .alert,
                pipeline: event.pipeline, run: RunID(event.id), endedAt: event.time, seconds: 0, summary: alert.summary, failures: [failure]))
            decision.through = sequenced.sequence
        }
    }

    private typealias Story = (outcome: Notice.Outcome, since: Timestamp?, runs: Int)

    private mutating func failure(
        _ place: String, _ target: Target, _ run: RunID, _ causes: [String], steps: [String]?, at time: Timestamp, _ sequence: UInt64
    ) -> Story? {
        guard target.on.contains(.failed) else { return nil }
        guard var standing = standings[place], Set(standing.causes).isSuperset(of: causes) else {
            // What a partial run has not tried is as it was.
            let untried = steps.map { steps in standings[place]?.causes.filter { !Self.isTried($0, steps) } ?? [] } ?? []
            let all = Set(causes + untried).sorted()
            remember(Standing(causes: Array(all.prefix(Standing.causesMax)), since: time, firstRun: run, toldAt: time, runs: 1), place, sequence)
            return (.failed, nil, 1)
        }
        standing.runs += 1
        let isDue = time - standing.toldAt >= reminderSeconds
        if isDue { standing.toldAt = time }
        remember(standing, place, sequence)
        return isDue ? (.failed, standing.since, standing.runs) : nil
    }

    /// Whether a run of these steps alone has tried what once failed. Books that did not balance are of no one step.
    private static func isTried(_ cause: String, _ steps: [String]) -> Bool { steps.contains { cause.hasPrefix("\($0).") } }

    private mutating func success(_ place: String, _ target: Target, steps: [String]?, hasWarnings: Bool, _ sequence: UInt64) -> Story? {
        // A partial run that has not tried what failed says nothing of it.
        if let standing = standings[place], steps.map({ steps in standing.causes.allSatisfy { Self.isTried($0, steps) } }) ?? true {
            remember(nil, place, sequence)
            return (.recovered, standing.since, standing.runs)
        }
        if hasWarnings, target.on.contains(.warned) { return (.warned, nil, 0) }
        return target.on.contains(.succeeded) ? (.succeeded, nil, 0) : nil
    }

    private mutating func remember(_ standing: Standing?, _ place: String, _ sequence: UInt64) {
        standings[place] = standing
        decision.standings[place] = .some(standing)
        decision.through = sequence
    }

    /// The run's own rules first, then the routes; what goes to one target is one rule.
    private func targets(_ rules: [NotifyRule], _ pipeline: String) -> [Target] {
        var targets: [Target] = []
        for route in rules.map({ Route($0, of: pipeline) }) + routes.filter({ $0.covers(pipeline) }) {
            let rule = route.rule
            let name = Self.target(rule)
            if let index = targets.firstIndex(where: { $0.name == name }) { targets[index].on.formUnion(rule.on) }
            else { targets.append(Target(name: name, rule: rule, route: route.name, on: Set(rule.on))) }
        }
        return targets
    }

    /// The channel, and what tells its options from others in whatever order they stand.
    private static func target(_ rule: NotifyRule) -> String {
        guard let options = rule.options.objectValue, !options.isEmpty else { return rule.channel }
        let sorted = JSON(options.keys.sorted().map { ($0, options[$0] ?? .null) })
        return "\(rule.channel)#\(Digest.hex(.sha256, sorted.bytes).prefix(8))"
    }

    private func causes(of ended: RunEnded, _ state: OpenRun) -> [String] {
        // A run can fail without a failing task, by books that do not balance.
        guard !ended.causes.isEmpty else { return ["-"] }
        return Set(ended.causes.prefix(Standing.causesMax).map { "\($0)|\(state.failures[$0]?.code ?? "")" }).sorted()
    }

    private func notice(_ story: Story, _ target: Target, _ run: RunID, _ ended: RunEnded, _ state: OpenRun, _ event: Event) -> Notice {
        // Only failures that stand: a task that failed once and then succeeded is no cause.
        let causes = ended.causes.map { task in
            state.failures[task] ?? Notice.Failure(
                task: task, title: state.tasks[task]?.title ?? task.description, attempt: 1, worker: "", summary: ended.summary, location: "", remedy: "")
        }
        let shown = Array(causes.prefix(Notice.failuresMax))
        var logs: [String] = []
        for failure in shown where !failure.worker.isEmpty && !logs.contains("\(logFolder)/\(failure.worker).log") {
            logs.append("\(logFolder)/\(failure.worker).log")
        }
        let warnings = Array(ended.warnings.prefix(Notice.failuresMax))
        return Notice(
            channel: target.rule.channel, target: target.name, options: target.rule.options, route: target.route, outcome: story.outcome,
            pipeline: event.pipeline, run: run, endedAt: event.time, seconds: event.time - state.startedAt, summary: ended.summary, failures: shown,
            furtherFailures: max(0, causes.count - shown.count), skipped: ended.skipped, warnings: warnings,
            furtherWarnings: max(0, ended.warned - warnings.count), since: story.since, failedRuns: story.runs, logs: logs.isEmpty ? [logFolder] : logs,
            steps: state.steps)
    }
}
