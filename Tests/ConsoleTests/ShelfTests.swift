@testable import ConsoleEngine
import Contracts
import Kernel
import Testing

@Suite struct ShelfTests {
    @Test func `a run's JSON tells tasks, edges, problems and books`() throws {
        var desk = Desk()
        desk.flights("shop@1")
        let json = RunJSON.detail(try #require(desk.shelf.state("shop@1")))
        #expect(json["phase"] == "succeeded")
        #expect(json["tasks"] == ["total": 3, "succeeded": 3, "failed": 0, "skipped": 0, "open": 0])
        #expect(json["landed"] == 10)
        let load = try #require(json["task_list"]?[1])
        #expect(load["task"] == "ingest.load")
        #expect(load["phase"] == "succeeded")
        #expect(load["role"] == "load")
        #expect(load["attempt"] == 1)
        #expect(load["seconds"] == 1.5)
        #expect(load["rows"] == 10)
        #expect(load["message"] == "10 rows")
        #expect(load["problem"] == .null)
        #expect(load["after"] == [["task": "ingest.extract", "on": "succeeded"]])
        #expect(json["task_list"]?[2]?["after"] == [["step": "ingest", "on": "succeeded"]])
        #expect(json["balance"] == [[
            "stream": "flights", "batches": 1, "landed": 10, "accounted": 10, "fates": ["inserted": 10], "is_balanced": true, "verdict": "balanced",
        ]])
    }

    @Test func `a failed task's problem is told whole`() throws {
        var desk = Desk()
        let task = spec("a", "a")
        desk.start("shop@1", [task])
        desk.fail("shop@1", task, ProblemRecord(code: "x.y", summary: "what", location: "where", remedy: "how", isRetryable: false))
        let json = RunJSON.detail(try #require(desk.shelf.state("shop@1")))
        #expect(json["task_list"]?[0]?["problem"] == ["code": "x.y", "summary": "what", "location": "where", "remedy": "how", "is_retryable": false])
        #expect(json["phase"] == "running")
        #expect(json["ended_at"] == .null)
    }

    @Test func `a request waits on the shelf until its run begins or is rejected`() {
        var desk = Desk()
        desk.register()
        desk.publish("shop@1", nil, .runRequested(RunRequested(cause: .manual)))
        #expect(desk.shelf.summary("shop@1")?.phase == .requested)
        #expect(desk.shelf.hasOpenRuns)
        desk.start("shop@1", [spec("a", "a")])
        #expect(desk.shelf.summary("shop@1")?.phase == .running)
        desk.publish("shop@2", nil, .runRequested(RunRequested(cause: .manual)))
        desk.publish("shop@2/no", "shop@2", .runRejected(RunRejected(request: "shop@2", reason: "no such pipeline")))
        #expect(desk.shelf.summary("shop@2")?.words == "no such pipeline")
        #expect(desk.shelf.summaries.map(\.run) == ["shop@2", "shop@1"])
    }

    @Test func `ended runs are kept up to their bound and open ones always`() {
        var desk = Desk()
        desk.start("open", [spec("a", "a")])
        for number in 0..<(RunShelf.endedMax + 20) {
            desk.start(RunID("r\(number)"), [spec("a", "a")])
            desk.end(RunID("r\(number)"), isSuccess: true)
        }
        #expect(desk.shelf.summaries.count == RunShelf.endedMax + 1)
        #expect(desk.shelf.summary("open") != nil)
        #expect(desk.shelf.summary("r19") == nil && desk.shelf.state("r19") == nil)
        #expect(desk.shelf.summary("r20") != nil)
        #expect(desk.shelf.hasOpenRuns)
        desk.end("open", isSuccess: true)
        #expect(!desk.shelf.hasOpenRuns)
    }

    @Test func `old runs give up their tasks before new ones do, and keep their line`() throws {
        var desk = Desk()
        let tasks = (0..<(RunShelf.tasksMax / 4)).map { spec(TaskID("t\($0)"), "t") }
        for number in 0..<6 {
            desk.start(RunID("r\(number)"), tasks)
            desk.end(RunID("r\(number)"), isSuccess: true)
        }
        #expect((0..<6).map { desk.shelf.state(RunID("r\($0)")) != nil } == [false, false, true, true, true, true])
        #expect(desk.shelf.summary("r0")?.total == tasks.count)
        #expect(!desk.shelf.hasOpenRuns)
    }
}
