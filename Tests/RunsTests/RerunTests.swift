import Contracts
import Kernel
import Runs
import Testing

@Suite struct RerunTests {
    private func again(_ extent: Rerun.Extent, of run: RunID = "p@1") -> RunRequested { RunRequested(cause: .rerun, rerun: Rerun(of: run, extent)) }
    private func kind(_ spec: TaskSpec, _ kind: String, _ args: JSON = [:]) -> TaskSpec {
        var spec = spec
        (spec.kind, spec.args) = (kind, args)
        return spec
    }
    /// Three steps, of which the second failed in its second stream.
    private func failed() -> Desk {
        let tasks = [task("a"), kind(task("b", step: "t", after: [.step("s")]), "read_state"), task("c", step: "u", after: [.step("t")])]
        var desk = Desk()
        desk.register("p", tasks, steps: ["s", "t", "u"])
        desk.request("p@1", RunRequested(cause: .manual, logicalDate: Timestamp(rfc3339: "2025-12-01T00:00:00Z"), isFullRefresh: true))
        desk.report("a")
        desk.report("b", adds: [kind(task("b.x", step: "t"), "extract_stream", ["stream": "x"]), kind(task("b.y", step: "t"), "extract_stream", ["stream": "y"])])
        desk.report("b.x")
        desk.report("b.y", problem: lasting)
        #expect(desk.story == ["p@1 started", "p@1 failed"])
        return desk
    }
    private func began(_ desk: Desk, _ run: RunID) -> [String]? { desk.fleet.runs[run]?.inOrder.map { "\($0.spec.id)" } }

    @Test func `whole: every step, for the same logical date, and the earlier run stays as it was`() {
        var desk = failed()
        desk.request("p@2", again(.whole))
        #expect(began(desk, "p@2") == ["a", "b", "c"])
        let started = desk.fleet.runs["p@2"]?.started
        #expect(started?.logicalDate == Timestamp(rfc3339: "2025-12-01T00:00:00Z") && started?.isFullRefresh == true && started?.rerun == Rerun(of: "p@1", .whole))
        #expect(desk.announced.last == "a#1")
    }

    @Test func `from a step: that one at once, and those behind it`() {
        var desk = failed()
        desk.request("p@2", again(.from(step: "t")))
        #expect(began(desk, "p@2") == ["b", "c"] && desk.announced.last == "b#1")
        desk.succeed("b", of: "p@2")
        #expect(desk.announced.last == "c#1")
        desk.request("p@3", again(.from(step: "nowhere")))
        desk.succeed("c", of: "p@2")
        #expect(desk.story.last == "p@3 rejected: the pipeline has no step 'nowhere'; its steps are s, t, u")
    }

    @Test func `failed only: what succeeded is left out, of a step that was planned only what did not`() {
        var desk = failed()
        desk.request("p@2", again(.failed))
        #expect(began(desk, "p@2") == ["b", "c"])
        #expect(desk.fleet.runs["p@2"]?.tasks["b"]?.spec.args["only"] == ["y"] && desk.fleet.runs["p@2"]?.tasks["c"]?.spec.args["only"] == nil)
        desk.succeed("b", of: "p@2")
        desk.succeed("c", of: "p@2")
        desk.request("p@3", again(.failed, of: "p@2"))
        #expect(desk.story.last == "p@3 rejected: nothing of p@2 is left to do")
    }

    @Test func `a cancelled run can be taken up where it was`() {
        var desk = Desk([task("a"), task("b", step: "t", after: [.step("s")])], steps: ["s", "t"])
        desk.report("a")
        desk.say(.runCancelRequested(RunCancelRequested()), run: "p@1")
        desk.letGo("p@1")
        desk.request("p@2", again(.failed))
        #expect(began(desk, "p@2") == ["b"])
    }

    @Test func `a run that is not known, or still goes on, is not done over`() {
        var desk = failed()
        desk.request("p@2", again(.whole, of: "p@nobody"))
        #expect(desk.story.last == "p@2 rejected: 'p@nobody' is none of the last 200 runs of p")
        desk.register("q", [task("a")], policy: PipelinePolicy(activeMax: 2))
        desk.request("q@1")
        desk.request("q@2", again(.whole, of: "q@1"))
        #expect(desk.story.last == "q@2 rejected: q@1 is still going on")
    }

    @Test func `any prefix of a log with everything in it, folded anew, decides as before`() {
        var desk = failed()
        desk.register("d", [task("a")], policy: PipelinePolicy(overlap: .cancelRunning, timeoutSeconds: 100, slaSeconds: 50, slow: .init(expectedSeconds: 10)), triggers: TriggerRule([.upstream(pipeline: "p", on: .ended)], debounceSeconds: 5))
        desk.request("p@2", again(.failed))
        desk.succeed("b", of: "p@2")
        desk.succeed("c", of: "p@2")
        for _ in 0..<12 { desk.pass(seconds: 10) }
        desk.letGo(desk.fleet.cancelling.first ?? "")
        for count in 0...desk.log.count {
            var one = Fleet(), two = Fleet()
            for entry in desk.log.prefix(count) { one.apply(entry) }
            for entry in desk.log.prefix(count) {
                two.apply(entry)
                two.apply(entry)
            }
            #expect(one.decide(now: desk.now) == two.decide(now: desk.now))
        }
        #expect(desk.story.contains { $0.hasPrefix("d@") && $0.hasSuffix("failed") })
    }
}
