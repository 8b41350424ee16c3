import Contracts
import Kernel
@testable import Runs
import Testing

@Suite struct PolicyTests {
    @Test func `the policy of a step holds for the tasks that it grows`() {
        let rule = PipelinePolicy.Step(attemptsMax: 5, backoffSeconds: 10, backoffSecondsMax: 15, timeoutSeconds: 60, priority: 7, pool: "api")
        var desk = Desk([task("a")], policy: PipelinePolicy(steps: ["s": rule], pools: ["api": 2]))
        desk.report("a", adds: [task("b", pool: "w")])
        let spec = desk.fleet.runs["p@1"]?.tasks["b"]?.spec
        #expect(spec?.attemptsMax == 5 && spec?.timeoutSeconds == 60 && spec?.priority == 7 && spec?.pool == "w" && spec?.stepPool == "api")
        #expect(desk.log.contains { $0.event.task == "b" && $0.event.priority == 7 })
    }

    @Test func `the waits between attempts double up to their bound, and jitter adds up to a quarter`() {
        var spec = task("a")
        (spec.backoffSeconds, spec.backoffSecondsMax) = (10, 60)
        let waits = (1...5).map { Retry.seconds("p@1", spec, $0, passing) }
        for (wait, base) in zip(waits, [10.0, 20, 40, 60, 60]) { #expect((base...base * 1.25).contains(wait)) }
        #expect(waits == (1...5).map { Retry.seconds("p@1", spec, $0, passing) }, "equal ids wait equally")
        let spread = (0..<1000).map { Retry.fraction("p@1/t\($0)/1") }
        for tenth in 0..<10 { #expect(spread.count { Int($0 * 10) == tenth } > 50, "as good as chance") }
    }

    @Test func `every attempt that failed is kept`() {
        var desk = Desk([task("a", attempts: 3)])
        desk.report("a", problem: passing)
        desk.pass(seconds: 2)
        desk.report("a", attempt: 2, problem: passing)
        desk.pass(seconds: 3)
        let state = desk.fleet.runs["p@1"]?.tasks["a"]
        #expect(state?.earlier.map(\.attempt) == [1] && state?.report?.attempt == 2)
        desk.report("a", attempt: 3)
        #expect(desk.end?.isSuccess == true)
    }

    @Test func `a run that is older than its timeout is ended as failed, and says so`() {
        var desk = Desk([task("a"), task("b", after: [.task("a")])], policy: PipelinePolicy(timeoutSeconds: 90))
        #expect(desk.fleet.nextDeadline(after: desk.now) == desk.now.adding(seconds: 90))
        desk.pass(seconds: 89)
        #expect(desk.fleet.cancelling.isEmpty)
        desk.pass(seconds: 1)
        #expect(desk.fleet.cancelling == ["p@1"])
        desk.letGo("p@1")
        #expect(desk.story == ["p@1 started", "p@1 failed"])
        #expect(desk.end?.summary.summary == "it ran longer than its timeout of 90 s")
    }

    // MARK: SLA

    private func scheduled(_ desk: Desk) -> RunRequested { RunRequested(cause: .cron, logicalDate: desk.now) }

    @Test func `a run that has not succeeded by its deadline is told of once`() {
        var desk = Desk()
        desk.register("p", [task("a")], policy: PipelinePolicy(slaSeconds: 3600))
        desk.request("p@1", scheduled(desk))
        desk.pass(seconds: 3599)
        #expect(desk.story == ["p@1 started"])
        desk.pass(seconds: 1)
        desk.pass(seconds: 7200)
        #expect(desk.story == ["p@1 started", "p@1 missed: it is running, 0 of 1 tasks have ended"])
        desk.succeed("a", of: "p@1")
        #expect(desk.story.count == 3)
    }

    @Test func `a run that never began misses its deadline too, once`() {
        var desk = Desk([task("a")], policy: PipelinePolicy(slaSeconds: 60))
        desk.request("p@2")
        desk.pass(seconds: 60)
        desk.pass(seconds: 600)
        #expect(desk.story.filter { $0.hasPrefix("p@2") } == ["p@2 missed: it has not begun"])
        var anew = Fleet()
        for entry in desk.log { anew.apply(entry) }
        #expect(anew.decide(now: desk.now).isEmpty, "nor again after a restart")
    }

    @Test func `a success in time keeps the promise, a failure breaks it unless a re-run of that date helps in time`() {
        var desk = Desk([task("a")], policy: PipelinePolicy(slaSeconds: 60))
        desk.report("a", problem: lasting)
        desk.request("p@again", RunRequested(cause: .rerun, rerun: Rerun(of: "p@1", .whole)))
        desk.pass(seconds: 30)
        desk.succeed("a", of: "p@again")
        desk.pass(seconds: 600)
        #expect(desk.story == ["p@1 started", "p@1 failed", "p@again started", "p@again succeeded"])
        desk.request("p@3")
        desk.publish(Event(source: "w", id: "f", time: desk.now, pipeline: "p", run: "p@3", task: "a", payload: .taskFailed(TaskReport(problem: lasting))))
        desk.settle()
        desk.pass(seconds: 60)
        #expect(desk.story.last == "p@3 missed: it did not succeed")
    }

    @Test func `a success that came too late while no orchestrator looked is still a miss`() {
        var desk = Desk([task("a")], policy: PipelinePolicy(slaSeconds: 60))
        desk.now = desk.now.adding(seconds: 61)
        desk.publish(Event(source: "w", id: "s", time: desk.now, pipeline: "p", run: "p@1", task: "a", payload: .taskSucceeded(TaskReport())))
        desk.settle()
        #expect(desk.story.filter { $0.contains("missed") }.count == 1)
    }

    @Test func `a step has a deadline of its own`() {
        var desk = Desk([task("a"), task("b", step: "t", after: [.step("s")])], steps: ["s", "t"], policy: PipelinePolicy(steps: ["s": .init(slaSeconds: 60), "t": .init(slaSeconds: 60)]))
        desk.pass(seconds: 50)
        desk.report("a")
        desk.pass(seconds: 20)
        #expect(desk.story == ["p@1 started", "p@1 missed t: it is running, 1 of 2 tasks have ended"])
    }

    // MARK: Slow runs

    @Test func `a run that takes more than twice the median of those before it is told of once, while it runs`() {
        var desk = Desk()
        desk.register("p", [task("a")], policy: PipelinePolicy(slow: .init()))
        for (number, seconds) in [100.0, 90, 400, 110, 95].enumerated() {
            desk.request("p@\(number)")
            desk.pass(seconds: min(seconds, 199))
            if seconds == 400 { desk.pass(seconds: 201) }
            desk.succeed("a", of: RunID("p@\(number)"))
        }
        desk.request("p@last")
        desk.pass(seconds: 199)
        #expect(desk.story.last == "p@last started")
        desk.pass(seconds: 1)
        desk.pass(seconds: 1000)
        #expect(desk.story.last == "p@last slow: 100.0" && desk.story.filter { $0.hasPrefix("p@last slow") }.count == 1)
    }

    @Test func `what is expected may be said instead of learnt`() {
        var desk = Desk([task("a")], policy: PipelinePolicy(slow: .init(expectedSeconds: 10, factor: 3)))
        desk.pass(seconds: 29)
        #expect(desk.story == ["p@1 started"])
        desk.pass(seconds: 1)
        #expect(desk.story == ["p@1 started", "p@1 slow: 10.0"])
    }

    // MARK: Priorities and pools

    @Test func `a place in a pool goes to the greatest priority first`() {
        var urgent = task("u", pool: "w")
        urgent.priority = 5
        var desk = Desk([task("a", pool: "w"), task("b", pool: "w"), urgent])
        #expect(desk.announced == ["u#1"])
        desk.report("u")
        #expect(desk.announced == ["u#1", "a#1"])
    }

    @Test func `a task takes a place in both of its pools or in none, and the smallest size that is declared holds`() {
        let rule = PipelinePolicy.Step(pool: "api")
        var desk = Desk([task("a", pool: "w"), task("b", pool: "x"), task("c", pool: "y")], policy: PipelinePolicy(steps: ["s": rule], pools: ["api": 2]))
        #expect(desk.announced == ["a#1", "b#1"])
        desk.register("q", [task("z")], policy: PipelinePolicy(pools: ["api": 1]))
        desk.report("a")
        #expect(desk.announced == ["a#1", "b#1"])
        desk.report("b")
        #expect(desk.announced.last == "c#1")
    }
}
