import ConsoleEngine
import Contracts
import Kernel

/// Writes a log and folds it, as a console would.
struct Desk {
    var shelf = RunShelf()
    var now = Timestamp(rfc3339: "2026-01-01T00:00:00Z")!
    private var sequence: UInt64 = 0

    mutating func publish(_ id: String, _ run: RunID?, _ task: TaskID?, _ payload: Payload) {
        now = now.adding(seconds: 0.5)
        sequence += 1
        shelf.apply(SequencedEvent(sequence: sequence, event: Event(source: "t", id: id, time: now, pipeline: "shop", run: run, task: task, payload: payload)))
    }

    mutating func publish(_ id: String, _ run: RunID?, _ payload: Payload) { publish(id, run, nil, payload) }

    mutating func register() {
        publish("p", nil, .pipelineRegistered(PipelineRegistered(hash: "h", tasks: [], steps: ["ingest", "build"], notify: [])))
    }
    mutating func start(_ run: RunID, _ tasks: [TaskSpec]) {
        publish("\(run)/start", run, .runStarted(RunStarted(
            request: run.description, pipelineHash: "0123456789abcdef", logicalDate: now, isFullRefresh: false, steps: ["ingest", "build"], tasks: tasks, notify: [])))
    }
    mutating func ready(_ run: RunID, _ spec: TaskSpec, attempt: Int = 1) {
        publish("\(run)/\(spec.id)/ready/\(attempt)", run, spec.id, .taskReady(TaskReady(spec: spec, attempt: attempt, logicalDate: now, isFullRefresh: false)))
    }
    mutating func succeed(_ run: RunID, _ spec: TaskSpec, rows: Int? = nil, books: [BookEntry] = []) {
        ready(run, spec)
        let report = TaskReport(startedAt: now, finishedAt: now.adding(seconds: 1.5), worker: "load", rows: rows, message: "\(rows ?? 0) rows", books: books)
        publish("\(run)/\(spec.id)/done", run, spec.id, .taskSucceeded(report))
    }
    mutating func fail(_ run: RunID, _ spec: TaskSpec, _ problem: ProblemRecord) {
        ready(run, spec)
        publish("\(run)/\(spec.id)/failed", run, spec.id, .taskFailed(TaskReport(startedAt: now, finishedAt: now, worker: "extract", problem: problem)))
    }
    mutating func end(_ run: RunID, isSuccess: Bool, _ words: String = "done") {
        let ended = RunEnded(succeeded: 0, failed: 0, skipped: 0, summary: words, causes: [])
        publish("\(run)/end", run, isSuccess ? .runSucceeded(ended) : .runFailed(ended))
    }

    /// Extract, load and a model behind the step, all done; the books of `flights` balance where `loaded` is 10.
    mutating func flights(_ run: RunID, loaded: Int = 10) {
        let extract = spec("ingest.extract", "flights", role: .extract), load = spec("ingest.load", "load flights", after: [.task("ingest.extract")])
        let model = spec("build.model", "model fct", step: "build", role: .transform, after: [.step("ingest")])
        start(run, [extract, load, model])
        succeed(run, extract, rows: 10, books: [BookEntry(stream: "flights", batch: 0, point: .landed, tally: Tally(count: 10, sum: 55))])
        succeed(run, load, rows: loaded, books: [BookEntry(stream: "flights", batch: 0, point: .inserted, tally: Tally(count: loaded, sum: loaded == 10 ? 55 : 1))])
        succeed(run, model)
        end(run, isSuccess: loaded == 10)
    }
}

func spec(_ id: TaskID, _ title: String, step: String = "ingest", role: Role = .load, after: [Edge] = []) -> TaskSpec {
    TaskSpec(id: id, step: step, role: role, kind: "noop", title: title, after: after)
}
