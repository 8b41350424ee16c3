import Contracts
import Kernel
import Runs
import Testing

/// A pipeline of four steps of one task each, and a request for some of them.
@Suite struct StepSelectionTests {
    private static let names = ["ingest", "models", "tests", "docs"]

    private static var tasks: [TaskSpec] {
        names.indices.map { task(TaskID("\(names[$0]).a"), step: names[$0], after: $0 == 0 ? [] : [.step(names[$0 - 1])]) }
    }

    /// Every task that is announced succeeds, to the end of the run.
    private func desk(_ wish: RunRequested) -> Desk {
        var desk = Desk(Self.tasks, steps: Self.names, wish)
        var done = 0
        while desk.announced.count > done {
            desk.report(TaskID(String(desk.announced[done].dropLast(2))))
            done += 1
        }
        return desk
    }
    private func started(_ desk: Desk) -> RunStarted? { desk.log.compactMap { if case .runStarted(let started) = $0.event.payload { started } else { nil } }.first }
    private func rejection(_ desk: Desk) -> String? { desk.log.compactMap { if case .runRejected(let rejected) = $0.event.payload { rejected.reason } else { nil } }.first }

    @Test func `a request for a step runs that step and no other, and the run says what it leaves out`() throws {
        let desk = desk(RunRequested(cause: .manual, steps: ["models"]))
        #expect(desk.announced == ["models.a#1"] && desk.end?.isSuccess == true)
        let run = try #require(started(desk))
        #expect(run.steps == ["models"] && run.omitted == ["ingest", "tests", "docs"] && run.isPartial)
    }

    @Test func `steps keep the pipeline's order, and one waits for the nearest before it that runs too`() throws {
        var desk = Desk(Self.tasks, steps: Self.names, RunRequested(cause: .manual, steps: ["docs", "ingest"]))
        #expect(desk.announced == ["ingest.a#1"])
        desk.report("ingest.a")
        #expect(desk.announced == ["ingest.a#1", "docs.a#1"])
        #expect(try #require(started(desk)).steps == ["ingest", "docs"])
    }

    @Test func `a step that fails stops those behind it, left out steps between them or not`() {
        var desk = Desk(Self.tasks, steps: Self.names, RunRequested(cause: .manual, steps: ["ingest", "docs"]))
        desk.report("ingest.a", problem: lasting)
        #expect(desk.skipped == ["docs.a"] && desk.end?.isSuccess == false)
    }

    @Test func `from a step on means that step and all behind it`() throws {
        let desk = desk(RunRequested(cause: .manual, from: "tests"))
        #expect(desk.announced == ["tests.a#1", "docs.a#1"] && desk.end?.isSuccess == true)
        #expect(try #require(started(desk)).omitted == ["ingest", "models"])
    }

    @Test(arguments: [RunRequested(cause: .manual), RunRequested(cause: .manual, from: "ingest"), RunRequested(cause: .manual, steps: ["docs", "tests", "models", "ingest"])])
    func `all steps are no partial run`(wish: RunRequested) throws {
        let desk = desk(wish)
        #expect(desk.announced.count == 4 && desk.end?.isSuccess == true)
        #expect(try #require(started(desk)).isPartial == false)
    }

    @Test(arguments: [
        (RunRequested(cause: .manual, steps: ["ingest", "model"]), "the pipeline has no step 'model'; its steps are ingest, models, tests, docs"),
        (RunRequested(cause: .manual, from: "model"), "the pipeline has no step 'model'; its steps are ingest, models, tests, docs"),
        (RunRequested(cause: .manual, steps: ["ingest"], from: "models"), "the request says both 'steps' and 'from'; it can say one"),
    ])
    func `a request that cannot be followed is rejected with what there is`(wish: RunRequested, reason: String) {
        let desk = desk(wish)
        #expect(rejection(desk) == reason && desk.announced.isEmpty && started(desk) == nil)
    }
}
