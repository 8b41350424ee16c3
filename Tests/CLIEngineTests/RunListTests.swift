import CLIEngine
import Contracts
import Kernel
import Runs
import Testing

@Suite struct RunListTests {
    private let start = Timestamp(rfc3339: "2026-01-01T06:00:00.123456Z")!
    private let text = RunText(isColoured: false)

    private func event(_ payload: Payload, _ id: String, run: RunID? = nil, of pipeline: String = "p", after seconds: Double = 0) -> Event {
        Event(source: "t", id: id, time: start.adding(seconds: seconds), pipeline: pipeline, run: run, payload: payload)
    }
    private func asked(_ id: String, of pipeline: String = "p", after seconds: Double = 0) -> Event { event(.runRequested(RunRequested(cause: .manual)), id, of: pipeline, after: seconds) }
    private func began(_ id: String, of pipeline: String = "p") -> Event {
        let task = TaskSpec(id: "a.noop", step: "a", role: .load, kind: "noop", title: "a")
        let started = RunStarted(request: id, pipelineHash: "h", logicalDate: start, isFullRefresh: false, steps: ["a"], tasks: [task], notify: [])
        return event(.runStarted(started), "\(id)/started", run: RunID(id), of: pipeline)
    }
    private func ended(_ id: String, _ why: String, after seconds: Double) -> Event {
        event(.runFailed(RunEnded(succeeded: 0, failed: 1, skipped: 0, summary: why, causes: [])), "\(id)/ended", run: RunID(id), after: seconds)
    }
    private func board(paused: String...) -> PipelineBoard {
        PipelineBoard(["p", "other"].map { event(.pipelineRegistered(PipelineRegistered(hash: "h", tasks: [], steps: [], notify: [])), $0, of: $0) }
            + paused.map { event(.pipelinePaused(PipelinePaused(reason: "holidays")), "pause", of: $0) })
    }

    @Test func `runs stand in columns, with their seconds and why they did not succeed, behind those that wait`() {
        let history = RunHistory([asked("p@1"), began("p@1"), ended("p@1", "model bad failed", after: 61.5), asked("p@long-2"), began("p@long-2"), asked("p@3", after: 5)])
        #expect(text.list(history, board(), limit: 20, now: start.adding(seconds: 90)) == [
            "waiting     p@3       asked for at 2026-01-01T06:00:05Z  it waits for the end of p@long-2",
            "running     p@long-2  2026-01-01T06:00:00Z     90.00 s  1 task",
            "failed      p@1       2026-01-01T06:00:00Z     61.50 s  1 task  model bad failed",
        ])
    }

    @Test func `the runs of one pipeline are listed alone, as many as asked for`() {
        let history = RunHistory([asked("p@1"), began("p@1"), asked("other@1", of: "other"), began("other@1", of: "other"), asked("p@2"), began("p@2"), asked("other@2", of: "other")])
        func names(_ pipeline: String?, _ limit: Int) -> [String] { text.list(history, board(), pipeline: pipeline, limit: limit, now: start).map { String($0.split(separator: " ")[1]) } }
        #expect(names("p", 20) == ["p@2", "p@1"] && names("p", 1) == ["p@2"] && names("other", 20) == ["other@2", "other@1"] && names(nil, 2) == ["other@2", "p@2", "other@1"])
    }

    @Test func `a run that has not begun says why, and one that was rejected that it never will`() {
        let rejected = event(.runRejected(RunRejected(request: "p@2", reason: "skipped: p@1 is going on")), "r", run: "p@2")
        let history = RunHistory([asked("p@1"), asked("p@2"), rejected, asked("other@1", of: "other")])
        let board = board(paused: "p")
        #expect(text.request("p@1", history, board)?.hasPrefix("p@1 has not begun: p is paused (holidays): sluice unpause p") == true)
        #expect(text.request("p@2", history, board)?.hasPrefix("p@2 was rejected: skipped: p@1 is going on") == true)
        #expect(text.request("other@1", history, board)?.hasPrefix("other@1 has not begun: it has only just been asked for") == true)
        #expect(text.request("p@9", history, board) == nil && history.waiting == ["p@1", "other@1"])
    }

    @Test func `of many that wait the first are shown and the others counted`() {
        let lines = text.list(RunHistory((1...9).map { asked("p@\($0)") }), board(paused: "p"), limit: 20, now: start)
        #expect(lines.count == 6 && lines[0].hasPrefix("waiting     p@1 ") && lines[5] == "and 4 more wait")
    }

    @Test func `what the broker says is told in words, a queue that is empty too`() throws {
        let status = try JSON(parsing: Array(#"{"queue": {"extract": {"waiting": 0, "leased": 0, "dead": 0}, "load": {"waiting": 2, "leased": 1, "dead": 3}}, "newest": 42, "bytes": 1572864, "leader": "o-1", "is_available": false}"#.utf8))
        #expect(text.broker(status) == [
            "queue", "  extract    nothing waits", "  load       2 waiting, 1 at work, 3 given up (sluice dead-letters)",
            "log", "  newest event 42, 1.5 MiB, led by o-1, cannot be written to",
        ])
    }
}
