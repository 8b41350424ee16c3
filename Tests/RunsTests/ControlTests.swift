import Contracts
import Kernel
@testable import Runs
import Testing

@Suite struct ControlTests {
    @Test func `a run that is cancelled announces nothing more and ends when no worker holds a task of it`() {
        var desk = Desk([task("a"), task("b", after: [.task("a")]), task("c", pool: "w"), task("d", pool: "w")])
        desk.say(.runCancelRequested(RunCancelRequested(reason: "wrong day")), run: "p@1")
        #expect(desk.fleet.cancelling == ["p@1"])
        // A report that was accepted before the tasks were withdrawn stands, and nothing follows from it.
        desk.report("a")
        #expect(desk.announced == ["a#1", "c#1"])
        desk.letGo("p@1")
        #expect(desk.story == ["p@1 started", "p@1 cancelled"])
        #expect(desk.fleet.runs.isEmpty && desk.fleet.cancelling.isEmpty)
        var state = RunState(desk.log[2].event)!
        for entry in desk.log { state.apply(entry.event) }
        #expect(state.inOrder.map(\.phase) == [.succeeded, .cancelled, .cancelled, .cancelled])
        #expect(state.end?.summary.summary == "cancelled: wrong day" && state.end?.summary.cancelled == 3)
    }

    @Test func `a run whose tasks have all ended before the queue was asked ends as they did`() {
        var desk = Desk([task("a")])
        desk.publish(Event(source: "t", id: "x", time: desk.now, pipeline: "p", run: "p@1", payload: .runCancelRequested(RunCancelRequested())))
        desk.report("a")
        #expect(desk.story == ["p@1 started", "p@1 succeeded"])
    }

    @Test func `a cancelled run gives its pool back only when it has ended`() {
        var desk = Desk([task("a", pool: "w")])
        desk.register("q", [task("x", pool: "w")])
        desk.say(.runCancelRequested(RunCancelRequested()), run: "p@1")
        desk.request("q@1")
        #expect(desk.announced == ["a#1"])
        desk.letGo("p@1")
        #expect(desk.announced == ["a#1", "x#1"])
    }

    @Test func `a run that is cancelled before it began is rejected`() {
        var desk = Desk([task("a")])
        desk.request("p@2")
        desk.say(.runCancelRequested(RunCancelRequested(reason: "no need")), run: "p@2")
        desk.report("a")
        #expect(desk.story == ["p@1 started", "p@2 rejected: cancelled before it began: no need", "p@1 succeeded"])
    }

    @Test func `overlap queue: requests wait in the order of the log`() {
        var desk = Desk([task("a")], policy: PipelinePolicy(overlap: .queue))
        desk.request("p@2")
        desk.request("p@3")
        for run in ["p@1", "p@2", "p@3"] { desk.succeed("a", of: RunID(run)) }
        #expect(desk.story == ["p@1 started", "p@1 succeeded", "p@2 started", "p@2 succeeded", "p@3 started", "p@3 succeeded"])
    }

    @Test func `overlap skip: a request beside a running run is rejected with its name`() {
        var desk = Desk([task("a")], policy: PipelinePolicy(overlap: .skip))
        desk.request("p@2")
        desk.report("a")
        desk.request("p@3")
        #expect(desk.story == ["p@1 started", "p@2 rejected: skipped: p@1 is going on", "p@1 succeeded", "p@3 started"])
    }

    @Test func `overlap cancel_running: the newest request takes the place of the running run`() {
        var desk = Desk([task("a")], policy: PipelinePolicy(overlap: .cancelRunning))
        desk.request("p@2")
        desk.request("p@3")
        #expect(desk.fleet.cancelling == ["p@1"] && desk.fleet.runs["p@1"]?.cancel?.cause == .overlap)
        desk.letGo("p@1")
        desk.succeed("a", of: "p@3")
        #expect(desk.story == ["p@1 started", "p@2 rejected: skipped: p@3 was asked for after it", "p@1 cancelled", "p@3 started", "p@3 succeeded"])
    }

    @Test func `a pipeline may have several runs at once where it says so`() {
        var desk = Desk([task("a")], policy: PipelinePolicy(activeMax: 2))
        desk.request("p@2")
        desk.request("p@3")
        #expect(desk.story == ["p@1 started", "p@2 started"])
        desk.succeed("a", of: "p@2")
        #expect(desk.story.last == "p@3 started")
    }

    @Test func `of a backfill so many runs go on at once as it says, and a regular run goes before those that wait`() {
        var desk = Desk()
        desk.register("p", [task("a")])
        let backfill = BackfillReference(id: "b", activeMax: 2)
        for number in 1...4 { desk.request("p@b\(number)", RunRequested(cause: .backfill, logicalDate: desk.now, backfill: backfill)) }
        desk.request("p@today")
        #expect(desk.story == ["p@b1 started", "p@b2 started"])
        desk.succeed("a", of: "p@b1")
        desk.succeed("a", of: "p@b2")
        #expect(desk.story.contains("p@today started") && !desk.story.contains("p@b4 started"), "\(desk.story)")
        for run in ["p@b3", "p@today", "p@b4"] as [RunID] { desk.succeed("a", of: run) }
        #expect(desk.story.count { $0.hasSuffix("succeeded") } == 5)
    }

    @Test func `ten thousand requests that wait cost a decision no more than a few, and keep their order`() {
        var desk = Desk([task("a")])
        for number in 2...10_000 { desk.publish(Event(source: "t", id: "p@\(number)", time: desk.now, pipeline: "p", payload: .runRequested(RunRequested(cause: .manual)))) }
        #expect(desk.fleet.lines.next(hasWithdrawn: false, places: { _ in 1 }, isLine: { _ in true }).map(\.id) == ["p@2", "p@3"])
        desk.publish(Event(source: "t", id: "x", time: desk.now, pipeline: "p", run: "p@9000", payload: .runCancelRequested(RunCancelRequested(reason: "no"))))
        desk.settle()
        desk.request("p@some", RunRequested(cause: .manual, steps: ["nothing"]))
        #expect(desk.story.count == 3 && desk.story[1].hasPrefix("p@9000 rejected: cancelled before it began") && desk.story[2].hasPrefix("p@some rejected"), "\(desk.story)")
        for number in 1...3 { desk.succeed("a", of: RunID("p@\(number)")) }
        #expect(desk.story.suffix(2) == ["p@3 succeeded", "p@4 started"])
        #expect(desk.fleet.requests.count == 9995 && desk.fleet.requests.first?.id == "p@5")
    }

    @Test func `while a pipeline is paused what runs goes on and what is asked for waits, after a restart too`() {
        var desk = Desk([task("a")])
        desk.say(.pipelinePaused(PipelinePaused(reason: "holidays")))
        desk.request("p@2")
        desk.report("a")
        var anew = Fleet()
        for entry in desk.log { anew.apply(entry) }
        #expect(anew.paused["p"]?.reason == "holidays" && anew.decide(now: desk.now).isEmpty)
        #expect(desk.story == ["p@1 started", "p@1 succeeded"])
        desk.say(.pipelineUnpaused(PipelineUnpaused()))
        #expect(desk.story.last == "p@2 started")
    }
}
