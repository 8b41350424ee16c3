import Contracts
import Kernel

/// A log as a broker would hold it, written by hand.
struct Log {
    var events: [SequencedEvent] = []
    var now = Timestamp(rfc3339: "2026-01-01T00:00:00Z")!

    mutating func append(_ run: RunID, _ task: TaskID? = nil, _ payload: Payload) {
        now = now.adding(seconds: 1)
        let event = Event(source: "test", id: "\(events.count)", time: now, pipeline: "shop", run: run, task: task, payload: payload)
        events.append(SequencedEvent(sequence: UInt64(events.count + 1), event: event))
    }

    mutating func start(_ run: RunID, _ rules: [NotifyRule], steps: [String] = ["ingest", "build"], omitted: [String] = []) {
        append(run, nil, .runStarted(RunStarted(
            request: run.description, pipelineHash: "h", logicalDate: now, isFullRefresh: false, steps: steps, omitted: omitted,
            tasks: [spec("ingest.read", "read state")], notify: rules)))
    }
    mutating func fail(_ run: RunID, causes: [TaskID], skipped: Int = 0) {
        append(run, nil, .runFailed(RunEnded(succeeded: 1, failed: causes.count, skipped: skipped, summary: "orders failed: no such folder", causes: causes)))
    }
    mutating func succeed(_ run: RunID, warnings: [String] = []) {
        append(run, nil, .runSucceeded(RunEnded(
            succeeded: 3, failed: 0, skipped: 0, summary: "3 tasks succeeded", causes: [], warned: warnings.count, warnings: warnings)))
    }
    mutating func goodRun(_ run: RunID, _ rules: [NotifyRule], warnings: [String] = [], steps: [String] = ["ingest", "build"], omitted: [String] = []) {
        start(run, rules, steps: steps, omitted: omitted)
        succeed(run, warnings: warnings)
    }
    /// A run that grows a task, which fails, then the run.
    mutating func failingRun(_ run: RunID, _ rules: [NotifyRule], _ tasks: [TaskID] = ["ingest.orders"], problem: ProblemRecord = problem, steps: [String] = ["ingest", "build"], omitted: [String] = []) {
        start(run, rules, steps: steps, omitted: omitted)
        append(run, "ingest.read", .tasksAdded(TasksAdded(tasks: tasks.map { spec($0, "\($0)".split(separator: ".").last.map(String.init)!) })))
        for task in tasks { append(run, task, .taskFailed(TaskReport(attempt: 2, worker: "extract-2", problem: problem))) }
        fail(run, causes: tasks, skipped: 4)
    }
}

func spec(_ id: TaskID, _ title: String) -> TaskSpec { TaskSpec(id: id, step: "ingest", role: .extract, kind: "noop", title: title) }
let problem = ProblemRecord(
    code: "extract.no_folder", summary: "no such folder", location: "/data/orders", remedy: "make the folder", isRetryable: false)
let both = [NotifyRule(on: [.failed, .succeeded], channel: "file")]
