import Contracts
import Foundation
import Kernel
import Testing

@Suite struct EventTests {
    static let time = Timestamp(rfc3339: "2026-01-02T03:04:05.5Z")!
    static let spec = TaskSpec(
        id: "ingest.load.flights.0", step: "ingest", role: .load, kind: "load_batch", title: "flights", args: ["batch": 0],
        after: [.task("a"), .step("b", on: .ended)], pool: "w")
    static let report = TaskReport(
        startedAt: time, finishedAt: time, worker: "load-1", rows: 3, message: "3 rows",
        problem: ProblemRecord(PlainProblem("load.full", "the disk is full", remedy: "free some", response: .retry(afterSeconds: 2))),
        books: [BookEntry(stream: "s", batch: 1, point: .supersededInBatch, tally: Tally(count: 2, sum: .max))], pools: ["w": 1])
    static let payloads: [Payload] = [
        .runRequested(RunRequested(cause: .manual, logicalDate: time)),
        .runRequested(RunRequested(cause: .manual, steps: ["build", "ingest"])), .runRequested(RunRequested(cause: .message, from: "build")),
        .runRejected(RunRejected(request: "r", reason: "unknown pipeline")),
        .pipelineRegistered(PipelineRegistered(hash: "h", tasks: [spec], steps: ["ingest"], notify: [NotifyRule(on: [.failed], channel: "console")])),
        .runStarted(RunStarted(request: "r", pipelineHash: "h", logicalDate: time, isFullRefresh: false, steps: ["ingest"], tasks: [spec], notify: [])),
        .runStarted(RunStarted(
            request: "r", pipelineHash: "h", logicalDate: time, isFullRefresh: false, steps: ["ingest"], omitted: ["build"], tasks: [], notify: [])),
        .tasksAdded(TasksAdded(tasks: [spec])),
        .taskReady(TaskReady(spec: spec, attempt: 1, logicalDate: time, isFullRefresh: true)),
        .taskSucceeded(report), .taskFailed(report), .taskSkipped(TaskSkipped(because: "x")),
        .taskDeadLettered(TaskDeadLettered(deliveries: 5, reason: "no report", entry: 7)),
        .runSucceeded(RunEnded(succeeded: 1, failed: 0, skipped: 0, summary: "", causes: [])),
        .runFailed(RunEnded(succeeded: 1, failed: 1, skipped: 2, summary: "", causes: ["a"])),
        .runSucceeded(RunEnded(succeeded: 2, failed: 0, skipped: 0, summary: "", causes: [], warned: 1, warnings: ["t: warn"])),
        .pipelineRegistered(PipelineRegistered(
            hash: "h", tasks: [], steps: [], notify: [NotifyRule(on: [.warned], channel: "email", options: ["recipients": ["a@b.c"]], place: "/p/pipeline.yml:7")])),
        .other(type: "weather.changed.v9", data: ["wind": 3]),
    ]

    @Test(arguments: payloads)
    func `an event survives its envelope`(payload: Payload) throws {
        let event = Event(source: "test", id: "1", time: Self.time, pipeline: "p", role: .load, run: "p@1", task: "t", priority: 3, traceparent: "00-aa", payload: payload)
        #expect(try Event(envelope: try event.envelope()) == event)
    }

    @Test func `a request for the whole pipeline says nothing of steps, so it has the bytes that it always had`() throws {
        let event = Event(source: "test", id: "1", time: Self.time, pipeline: "p", payload: .runRequested(RunRequested(cause: .manual)))
        #expect(try JSON(parsing: event.envelope())["data"] == ["cause": "manual", "isFullRefresh": false])
    }

    @Test func `a topic has three closed parts`() {
        let event = Event(source: "test", id: "1", time: Self.time, pipeline: "p", payload: .runRequested(RunRequested(cause: .manual)))
        #expect(event.topic == "run.requested.v1/-/p/")
    }

    @Test func `an event above one mebibyte is refused with its size`() {
        let event = Event(source: "test", id: "1", time: Self.time, pipeline: "p", payload: .other(type: "x.v1", data: .string(String(repeating: "x", count: 1 << 20))))
        #expect(throws: EnvelopeProblem.self) { try event.envelope() }
    }

    @Test(arguments: ["", "{}", "[1]", #"{"specversion":"1.0","id":"1"}"#])
    func `bytes that are no event are a problem, not a trap`(text: String) {
        #expect(throws: EnvelopeProblem.self) { try Event(envelope: Array(text.utf8)) }
    }

    @Test func `rules and ends that were written before options and warnings read as ever, and keep their bytes`() throws {
        let rule = #"{"channel":"console","on":["failed"]}"#, end = #"{"causes":[],"failed":0,"skipped":0,"succeeded":1,"summary":"s"}"#
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let oldRule = try JSONDecoder().decode(NotifyRule.self, from: Data(rule.utf8))
        #expect(oldRule == NotifyRule(on: [.failed], channel: "console"))
        #expect(String(decoding: try encoder.encode(oldRule), as: UTF8.self) == rule)
        let oldEnd = try JSONDecoder().decode(RunEnded.self, from: Data(end.utf8))
        #expect(oldEnd.warned == 0)
        #expect(String(decoding: try encoder.encode(oldEnd), as: UTF8.self) == end)
    }
}
