public import Contracts
public import Kernel
public import NotifyKit

/// Who is to be told what, as a value: the log goes in, notices come out.
///
/// Invariants:
/// - one notice for each (run outcome, channel) of the rules with which the run started; later changes of a definition do not touch it;
/// - the same log gives the same notices with the same keys: there is no clock and no I/O in here;
/// - `floor` lies below everything that is still needed: reading on from there brings all that is open back.
public struct Routes: Sendable {
    /// The topics that it folds; anything else changes nothing.
    public static let prefixes = ["run.", "tasks.added.", "task.failed.", "task.dead_lettered."]

    private struct OpenRun {
        let startedAt: Timestamp
        let sequence: UInt64
        let rules: [NotifyRule]
        var titles: [TaskID: String]
        var failures: [TaskID: Notice.Failure] = [:]
        /// The notices of its end that are not settled yet; nil while it runs.
        var unsettled: Set<String>?
    }

    private let logFolder: String
    /// Outcomes before this were over when anybody first asked: they are not told.
    private let since: Timestamp
    private var open: [RunID: OpenRun] = [:]
    /// The sequence of the newest event that has been folded in.
    public private(set) var position: UInt64
    /// What is to be sent, in the order of the log.
    public private(set) var due: [Notice] = []

    public init(after position: UInt64 = 0, logFolder: String, since: Timestamp = Timestamp(microseconds: 0)) {
        self.position = position
        self.logFolder = logFolder
        self.since = since
    }

    /// A durable reader that goes on from here loses nothing.
    public var floor: UInt64 { open.values.map { $0.sequence - 1 }.min() ?? position }

    // MARK: Facts

    public mutating func apply(_ sequenced: SequencedEvent) {
        guard sequenced.sequence > position else { return }
        position = sequenced.sequence
        let event = sequenced.event
        guard let run = event.run else { return }
        switch event.payload {
        case .runStarted(let started):
            guard !started.notify.isEmpty, open[run] == nil else { return }
            open[run] = OpenRun(
                startedAt: event.time, sequence: sequenced.sequence, rules: started.notify, titles: titles(of: started.tasks))
        case .tasksAdded(let added):
            guard open[run] != nil else { return }
            let titles = titles(of: added.tasks)
            open[run]?.titles.merge(titles) { old, _ in old }
        case .taskFailed(let report):
            guard let task = event.task, let problem = report.problem else { return }
            note(task, in: run) { title in
                Notice.Failure(
                    task: task, title: title, attempt: report.attempt, worker: report.worker, summary: problem.summary,
                    location: problem.location, remedy: problem.remedy)
            }
        case .taskDeadLettered(let letter):
            guard let task = event.task else { return }
            note(task, in: run) { title in
                Notice.Failure(
                    task: task, title: title, attempt: 1, worker: "", summary: letter.reason, location: "dead letter \(letter.entry)",
                    remedy: "see sluice dead-letters; sluice dead-letters requeue \(letter.entry) offers it again")
            }
        case .runSucceeded(let ended): end(run, .succeeded, ended, event)
        case .runFailed(let ended): end(run, .failed, ended, event)
        default: return
        }
    }

    /// The log has been searched to `sequence` and held nothing more for us.
    public mutating func advance(to sequence: UInt64) { position = max(position, sequence) }

    /// The notice `key` has been sent, or never will be.
    public mutating func settle(_ key: String) {
        guard let index = due.firstIndex(where: { $0.key == key }) else { return }
        let run = due.remove(at: index).run
        open[run]?.unsettled?.remove(key)
        if open[run]?.unsettled?.isEmpty == true { open[run] = nil }
    }

    private func titles(of tasks: [TaskSpec]) -> [TaskID: String] {
        Dictionary(tasks.map { ($0.id, $0.title) }) { first, _ in first }
    }

    private mutating func note(_ task: TaskID, in run: RunID, _ failure: (String) -> Notice.Failure) {
        guard let state = open[run] else { return }
        open[run]?.failures[task] = failure(state.titles[task] ?? task.description)
    }

    // MARK: Decision

    private mutating func end(_ run: RunID, _ outcome: Notice.Outcome, _ ended: RunEnded, _ event: Event) {
        guard let state = open[run], state.unsettled == nil else { return }
        let occasion = NotifyRule.Occasion(rawValue: outcome.rawValue)
        var channels: [String] = []
        for rule in state.rules where rule.on.contains(where: { $0 == occasion }) && !channels.contains(rule.channel) { channels.append(rule.channel) }
        guard !channels.isEmpty, event.time >= since else {
            open[run] = nil
            return
        }
        // Only failures that stand: a task that failed once and then succeeded is no cause.
        let causes = ended.causes.map { task in
            state.failures[task] ?? Notice.Failure(
                task: task, title: state.titles[task] ?? task.description, attempt: 1, worker: "", summary: ended.summary, location: "", remedy: "")
        }
        let shown = Array(causes.prefix(Notice.failuresMax))
        var logs: [String] = []
        for failure in shown where !failure.worker.isEmpty && !logs.contains("\(logFolder)/\(failure.worker).log") {
            logs.append("\(logFolder)/\(failure.worker).log")
        }
        let notices = channels.map { channel in
            Notice(
                channel: channel, outcome: outcome, pipeline: event.pipeline, run: run, endedAt: event.time, seconds: event.time - state.startedAt,
                summary: ended.summary, failures: shown, furtherFailures: max(0, causes.count - shown.count), skipped: ended.skipped,
                logs: logs.isEmpty ? [logFolder] : logs)
        }
        due += notices
        // From here on only the keys matter.
        open[run]?.unsettled = Set(notices.map(\.key))
        open[run]?.titles = [:]
        open[run]?.failures = [:]
    }
}
