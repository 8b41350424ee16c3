import Contracts
import Kernel
import Runs
import Testing

@Suite struct TriggerTests {
    /// `down` waits for what `rule` says; `up` and `other` may run.
    private func desk(_ rule: TriggerRule) -> Desk {
        var desk = Desk()
        for name in ["up", "other"] { desk.register(name, [task("a")]) }
        desk.register("down", [task("a")], triggers: rule)
        return desk
    }

    private func run(_ desk: inout Desk, _ id: String, isSuccess: Bool = true, backfill: BackfillReference? = nil) {
        let pipeline = String(id.prefix { $0 != "@" })
        desk.request(id, RunRequested(cause: .manual, logicalDate: Timestamp(rfc3339: "2025-12-01T00:00:00Z"), backfill: backfill))
        if isSuccess { desk.succeed("a", of: RunID(id), pipeline) } else {
            desk.publish(Event(source: "w", id: "\(id) fails", time: desk.now, pipeline: pipeline, run: RunID(id), task: "a", payload: .taskFailed(TaskReport(problem: lasting))))
            desk.settle()
        }
    }

    /// What each run of `down` consumed, as the events' types.
    private func consumed(_ desk: Desk) -> [[String]] {
        desk.log.compactMap { entry in
            guard entry.event.pipeline == "down", case .runStarted(let started) = entry.event.payload else { return nil }
            return (started.consumed ?? []).map { reference in
                desk.log.first { $0.sequence == reference.sequence && $0.event.id == reference.id && $0.event.source == reference.source }?.event.type ?? "?"
            }
        }
    }
    private func finish(_ desk: inout Desk) {
        for run in desk.fleet.runs.values where run.pipeline == "down" { desk.succeed("a", of: run.id, "down") }
    }

    @Test func `a success of the upstream pipeline starts a run with its logical date, a failure does not`() {
        var desk = desk(TriggerRule([.upstream(pipeline: "up", on: .succeeded)]))
        run(&desk, "up@1", isSuccess: false)
        run(&desk, "other@1")
        #expect(consumed(desk).isEmpty)
        run(&desk, "up@2")
        #expect(consumed(desk) == [[EventType.runSucceeded]])
        let started = desk.fleet.runs.values.first { $0.pipeline == "down" }?.started
        #expect(started?.logicalDate == Timestamp(rfc3339: "2025-12-01T00:00:00Z"))
    }

    @Test func `of two events each has a run of its own, one after the other`() {
        var desk = desk(TriggerRule([.upstream(pipeline: "up", on: .ended), .message(type: "shop.order_placed")]))
        run(&desk, "up@1", isSuccess: false)
        desk.say(.other(type: "shop.order_placed.v2", data: ["order": 7]), "shop")
        desk.say(.other(type: "shop.order_placed.very", data: [:]), "shop")
        #expect(consumed(desk) == [[EventType.runFailed]])
        finish(&desk)
        #expect(consumed(desk) == [[EventType.runFailed], ["shop.order_placed.v2"]])
        finish(&desk)
        #expect(consumed(desk).count == 2)
    }

    @Test func `all of: a run starts once each has come, and takes everything that came`() {
        var desk = desk(TriggerRule(mode: .all, [.upstream(pipeline: "up", on: .succeeded), .upstream(pipeline: "other", on: .succeeded)]))
        run(&desk, "up@1")
        run(&desk, "up@2")
        #expect(consumed(desk).isEmpty && desk.fleet.waitingEvents(of: "down").count == 2)
        run(&desk, "other@1")
        #expect(consumed(desk).map(\.count) == [3])
        finish(&desk)
        run(&desk, "other@2")
        #expect(consumed(desk).count == 1)
        run(&desk, "up@3")
        #expect(consumed(desk).map(\.count) == [3, 2])
    }

    @Test func `debounce: one run takes what came, once nothing more comes, and an unbroken stream does not put it off for ever`() {
        var desk = desk(TriggerRule([.message(type: "tick")], debounceSeconds: 30))
        desk.say(.other(type: "tick", data: [:]))
        desk.pass(seconds: 20)
        desk.say(.other(type: "tick", data: [:]))
        desk.pass(seconds: 29)
        #expect(consumed(desk).isEmpty && desk.fleet.nextDeadline(after: desk.now) == desk.now.adding(seconds: 1))
        desk.pass(seconds: 1)
        #expect(consumed(desk).map(\.count) == [2])
        finish(&desk)
        for _ in 0..<16 {
            desk.say(.other(type: "tick", data: [:]))
            desk.pass(seconds: 20)
        }
        #expect(consumed(desk).count == 2)
    }

    @Test func `at most every: the first at once, those behind it together when the time is up`() {
        var desk = desk(TriggerRule([.message(type: "tick")], intervalSeconds: 600))
        desk.say(.other(type: "tick", data: [:]))
        finish(&desk)
        for _ in 0..<3 {
            desk.pass(seconds: 100)
            desk.say(.other(type: "tick", data: [:]))
        }
        #expect(consumed(desk).map(\.count) == [1])
        desk.pass(seconds: 300)
        #expect(consumed(desk).map(\.count) == [1, 3])
    }

    @Test func `at most every: a calendar that was years ahead and has come back holds nothing up`() {
        var desk = desk(TriggerRule([.message(type: "tick")], intervalSeconds: 600))
        desk.pass(seconds: 1e8)
        desk.say(.other(type: "tick", data: [:]))
        finish(&desk)
        desk.pass(seconds: -1e8)
        desk.say(.other(type: "tick", data: [:]))
        finish(&desk)
        #expect(consumed(desk).map(\.count) == [1, 1])
        desk.say(.other(type: "tick", data: [:]))
        desk.pass(seconds: 599)
        #expect(consumed(desk).map(\.count) == [1, 1])
        desk.pass(seconds: 1)
        #expect(consumed(desk).map(\.count) == [1, 1, 1])
    }

    @Test func `a message from a clock that is ahead is not waited for`() {
        var desk = desk(TriggerRule([.message(type: "tick")], debounceSeconds: 30))
        desk.publish(Event(source: "x", id: "late", time: desk.now.adding(seconds: 1e9), pipeline: "p", payload: .other(type: "tick", data: [:])))
        desk.settle()
        #expect(consumed(desk).map(\.count) == [1])
    }

    @Test func `backfills of the upstream pipeline are ignored where the rule says so`() {
        for ignores in [true, false] {
            var desk = desk(TriggerRule([.upstream(pipeline: "up", on: .succeeded)], ignoresBackfills: ignores))
            run(&desk, "up@1", backfill: BackfillReference(id: "b", activeMax: 1))
            #expect(consumed(desk).count == (ignores ? 0 : 1))
        }
    }

    @Test func `files and webhooks start the pipeline that waits for them and no other`() {
        var desk = desk(TriggerRule([.file(pattern: "/in/*.csv", settleSeconds: 1), .webhook(secret: "${S}", windowSeconds: 300)]))
        desk.say(.fileArrived(FileArrived(pattern: "/in/*.csv", path: "/in/a.csv", sha256: "x", bytes: 1)), "up")
        desk.say(.fileArrived(FileArrived(pattern: "/out/*.csv", path: "/out/a.csv", sha256: "x", bytes: 1)), "down")
        #expect(consumed(desk).isEmpty)
        desk.say(.fileArrived(FileArrived(pattern: "/in/*.csv", path: "/in/a.csv", sha256: "x", bytes: 1)), "down")
        finish(&desk)
        desk.say(.webhookReceived(WebhookReceived(signature: "s", body: [:])), "down")
        #expect(consumed(desk) == [[EventType.fileArrived], [EventType.webhookReceived]])
    }

    @Test func `while it is paused events wait, and a request that another client makes cannot take what does not wait`() {
        var desk = desk(TriggerRule([.message(type: "tick")]))
        desk.say(.pipelinePaused(PipelinePaused()), "down")
        desk.say(.other(type: "tick", data: [:]))
        let tick = desk.log[desk.log.count - 1]
        #expect(consumed(desk).isEmpty && desk.fleet.waitingEvents(of: "down").count == 1)
        desk.say(.pipelineUnpaused(PipelineUnpaused()), "down")
        finish(&desk)
        desk.request("down@thief", RunRequested(cause: .message, consumes: [EventReference(sequence: tick.sequence, source: tick.event.source, id: tick.event.id)]))
        #expect(consumed(desk) == [["tick"], []])
    }

    @Test func `a request whose name is taken already does not keep its events for ever`() {
        var desk = desk(TriggerRule([.message(type: "tick")]))
        desk.publish(Event(source: "t", id: "tick", time: desk.now, pipeline: "p", payload: .other(type: "tick", data: [:])))
        let name = desk.fleet.decide(now: desk.now)[0].id
        desk.publish(Event(source: "impostor", id: name, time: desk.now, pipeline: "down", payload: .runRequested(RunRequested(cause: .manual))))
        desk.settle()
        #expect(desk.fleet.waitingEvents(of: "down").isEmpty && desk.fleet.runs.count == 1)
    }

    @Test func `skipped for overlap, a request keeps what it consumed: no other run has it`() {
        var desk = Desk()
        desk.register("down", [task("a")], policy: PipelinePolicy(overlap: .skip), triggers: TriggerRule([.message(type: "tick")]))
        desk.say(.other(type: "tick", data: [:]))
        desk.say(.other(type: "tick", data: [:]))
        let rejected = desk.log.compactMap { if case .runRejected(let no) = $0.event.payload { no.consumed?.count } else { nil } }
        #expect(rejected == [1] && consumed(desk).map(\.count) == [1] && desk.fleet.waitingEvents(of: "down").isEmpty)
    }

    @Test func `values speak of the run, and a value that cannot is a reason to reject`() {
        var desk = Desk()
        var spec = task("a")
        spec.args = ["folder": "raw/{{ execution_date.strftime('%Y-%m') }}"]
        desk.register("p", [spec])
        desk.request("p@1", RunRequested(cause: .manual, logicalDate: Timestamp(rfc3339: "2025-12-01T00:00:00Z")))
        #expect(desk.fleet.runs["p@1"]?.tasks["a"]?.spec.args["folder"] == "raw/2025-12")
        spec.args = ["folder": "{{ nobody }}"]
        desk.register("q", [spec])
        desk.request("q@1")
        #expect(desk.story.last?.hasPrefix("q@1 rejected: the template '{{ nobody }}' cannot be filled") == true)
    }
}
