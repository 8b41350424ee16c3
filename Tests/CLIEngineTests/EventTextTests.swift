import CLIEngine
import Contracts
import Kernel
import Testing

@Suite struct EventTextTests {
    private let text = EventText(isColoured: false)

    private func line(_ payload: Payload, run: RunID? = "shop@1", task: TaskID? = nil, id: String = "x", pipeline: String = "shop") -> String {
        text.line(SequencedEvent(
            sequence: 42, event: Event(source: "t", id: id, time: Timestamp(rfc3339: "2026-01-31T06:00:00.1234Z")!, pipeline: pipeline, run: run, task: task, payload: payload)))
    }
    private let failure = ProblemRecord(code: "extract.refused", summary: "no\nsuch page", location: "", remedy: "", isRetryable: false)

    @Test func `a line tells when, where in the log, what, of whom and in short what it says`() {
        let start = "2026-01-31 06:00:00.123            42  "
        #expect(line(.taskSucceeded(TaskReport(message: "27,004 rows in 1 file")), task: "in.extract.t") == start + "task.succeeded      shop@1 in.extract.t  27,004 rows in 1 file")
        #expect(line(.taskFailed(TaskReport(problem: failure)), task: "in.a") == start + "task.failed         shop@1 in.a  extract.refused: no such page")
        #expect(line(.runRequested(RunRequested(cause: .manual, steps: ["a", "b"])), run: nil, id: "shop@2") == start + "run.requested       shop@2  manual, steps a, b")
        #expect(line(.runRequested(RunRequested(cause: .cron, isFullRefresh: true)), run: nil, id: "other") == start + "run.requested       shop other  cron, full refresh")
        #expect(line(.tasksAdded(TasksAdded(tasks: [])), task: "in.plan") == start + "tasks.added         shop@1 in.plan  0 tasks")
        #expect(line(.other(type: "weather.changed.v9", data: ["wind": 3]), run: nil) == start + "weather.changed     shop  {\"wind\":3}")
        #expect(line(.other(type: "odd", data: .null), run: nil) == start + "odd                 shop")
    }

    @Test func `a message of any text stays one line that a terminal obeys in nothing`() {
        let hostile = "\u{1b}[2J\u{07}\r\n\u{9b}31mx"
        for payload in [Payload.taskSucceeded(TaskReport(message: hostile)), .other(type: "t\(hostile)", data: .string(hostile)), .runRejected(RunRejected(request: "r", reason: hostile))] {
            let line = line(payload, run: RunID(hostile), task: TaskID(hostile), pipeline: "shop")
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) })
        }
        #expect(line(.taskSucceeded(TaskReport(message: String(repeating: "ä", count: 5000)))).count < 300)
    }

    @Test func `colours change nothing but colours`() {
        let entry = SequencedEvent(sequence: 7, event: Event(
            source: "t", id: "x", time: Timestamp(microseconds: 0), pipeline: "shop", run: "shop@1", task: "a", payload: .taskFailed(TaskReport(problem: failure))))
        let painted = EventText(isColoured: true).line(entry)
        #expect(painted.contains("\u{1b}[31m") && painted.replacing(/\u{1b}\[[0-9]+m/, with: "") == text.line(entry))
    }

    @Test func `the envelope for programs is one line with its sequence`() throws {
        let event = Event(source: "t", id: "x", time: Timestamp(microseconds: 0), pipeline: "shop", payload: .runRequested(RunRequested(cause: .manual)))
        let line = try EventText.json(SequencedEvent(sequence: 7, event: event))
        let json = try JSON(parsing: line)
        #expect(!line.contains("\n") && json["sequence"] == 7 && json["type"] == "run.requested.v1" && json["specversion"] == "1.0")
    }
}
