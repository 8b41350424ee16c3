@testable import ConsoleEngine
import Contracts
import Kernel
import Markup
import Testing

@Suite struct PageTests {
    private let hostile = "<script>alert(1)</script>\" onmouseover='x' & </title>\u{1b}[2J"

    @Test func `nothing that a task says becomes markup`() throws {
        var desk = Desk()
        let run = RunID("shop@<b>\"'")
        let task = spec(TaskID(hostile), hostile)
        let other = spec("b", "b", after: [.task(TaskID(hostile))])
        desk.start(run, [task, other])
        desk.fail(run, task, ProblemRecord(code: hostile, summary: hostile, location: hostile, remedy: hostile, isRetryable: false))
        desk.end(run, isSuccess: false, hostile)
        for page in [
            RunPage.render(try #require(desk.shelf.state(run)), now: desk.now, version: "1"), RunsPage.render(desk.shelf, now: desk.now, version: "1"),
            RunPage.render(try #require(desk.shelf.summary(run)), now: desk.now, version: "1"), Page.notFound(hostile),
            DeadLettersPage.render([["entry": 7, "task": .string(hostile), "run": .string(hostile), "role": "load", "delivery": 5, "worker": .string(hostile)]], version: "1"),
        ] {
            #expect(!page.text.contains("<script>"))
            #expect(!page.text.contains("' onmouseover") && !page.text.contains("\" onmouseover") && !page.text.contains("='x'"))
            #expect(!page.text.contains("<b>"))
            #expect(!page.text.contains("\u{1b}"))
            #expect(page.text.components(of: "<script").count == 2, "the page's own script and no other")
        }
    }

    @Test func `an interpolated text is escaped and an interpolated markup is not`() {
        let inner: HTML = "<i>\("<")</i>"
        #expect(("<p title=\"\("\"'&")\">\(inner)</p>" as HTML).text == "<p title=\"&quot;&#39;&amp;\"><i>&lt;</i></p>")
    }

    @Test func `a run shows its steps, its graph, its failure and its books`() throws {
        var desk = Desk()
        desk.flights("shop@1")
        let text = RunPage.render(try #require(desk.shelf.state("shop@1")), now: desk.now, version: "1").text
        #expect(text.contains("<h2>ingest <span class=\"quiet\">2 tasks</span></h2>"))
        #expect(text.components(of: "class=\"edge\"").count == 2, "extract to load")
        #expect(text.contains("10 inserted"))
        #expect(text.contains("<span class=\"pill balanced\">balanced</span>"))
        desk.flights("shop@2", loaded: 9)
        let differing = RunPage.render(try #require(desk.shelf.state("shop@2")), now: desk.now, version: "1").text
        #expect(differing.contains("the hop landing → warehouse lost 1 of 10 records"))
    }

    @Test func `a card tells what starts a pipeline, when it runs next, and that it is paused and why`() throws {
        var desk = Desk()
        func say(_ payload: Payload) {
            desk.shelf.apply(SequencedEvent(sequence: desk.shelf.position + 1, event: Event(source: "t", id: "\(desk.shelf.position)", time: desk.now, pipeline: "shop", payload: payload)))
        }
        let now = try #require(Timestamp(rfc3339: "2026-01-01T05:00:00Z"))
        say(.pipelineRegistered(PipelineRegistered(
            hash: "h", tasks: [], steps: ["a"], notify: [], schedule: Schedule(cron: "0 6 * * *"), triggers: TriggerRule([.upstream(pipeline: "till", on: .succeeded)]))))
        let page = RunsPage.render(desk.shelf, now: now, version: "1").text
        #expect(page.contains("0 6 * * * UTC · next 2026-01-01 06:00:00 UTC · after till succeeded"))
        say(.pipelinePaused(PipelinePaused(reason: "<holidays>")))
        let paused = RunsPage.render(desk.shelf, now: now, version: "1").text
        #expect(paused.contains("paused: &lt;holidays&gt;") && !paused.contains("next 2026"))
        say(.pipelineUnpaused(PipelineUnpaused()))
        #expect(!RunsPage.render(desk.shelf, now: now, version: "1").text.contains("paused"))
    }

    @Test func `a large run lists what failed and counts the rest`() throws {
        var desk = Desk()
        let tasks = (0..<(RunPage.taskRowsMax + 50)).map { spec(TaskID("t\($0)"), "task number \($0)") }
        desk.start("shop@1", tasks)
        desk.fail("shop@1", tasks[RunPage.taskRowsMax + 40], ProblemRecord(code: "x", summary: "late", location: "", remedy: "", isRetryable: false))
        let state = try #require(desk.shelf.state("shop@1"))
        let text = RunPage.render(state, now: desk.now, version: "1").text
        #expect(text.contains("id=\"task-\(RunPage.taskRowsMax + 40)\""))
        #expect(text.contains("and 50 more"))
        #expect(try #require(TaskGraph(state.inOrder)).svg.text.contains(">349 × noop<"))
    }

    @Test func `tasks alike are one box, a failed one stands alone, and no arrow goes round a box`() throws {
        var desk = Desk()
        let tests = (0..<6).map { spec(TaskID("t\($0)"), "test \($0)", role: .quality, after: [.task("a")]) }
        let close = spec("z", "close", after: [.task("a", on: .ended)] + tests.map { .task($0.id, on: .ended) })
        desk.start("shop@1", [spec("a", "a")] + tests + [close])
        desk.succeed("shop@1", spec("a", "a"))
        desk.fail("shop@1", tests[2], ProblemRecord(code: "x", summary: "3 rows", location: "", remedy: "", isRetryable: false))
        let svg = try #require(desk.shelf.state("shop@1").flatMap { TaskGraph($0.inOrder) }).svg.text
        #expect(svg.components(of: "<g class").count - 1 == 4, "a, five tests, the failed one, close")
        #expect(svg.contains(">5 × noop<") && svg.contains(">test 2<"))
        #expect(svg.components(of: "class=\"edge\"").count - 1 == 4, "none from a to close")
    }

    @Test func `a picture of too many boxes is left out`() throws {
        var desk = Desk()
        let chain = (0...TaskGraph.boxesMax).map { spec(TaskID("t\($0)"), "t", after: $0 == 0 ? [] : [.task(TaskID("t\($0 - 1)"))]) }
        desk.start("shop@1", chain)
        #expect(TaskGraph(try #require(desk.shelf.state("shop@1")).inOrder) == nil)
    }

    @Test func `a segment of a path comes back as it was`() {
        for text in ["shop@20260101T000000Z-ab12", "a/b?c#d%e", "ü ☃", "..", ""] { #expect(PathSegment.decoded(PathSegment.encoded(text)) == text) }
        for broken in ["%", "%4", "%zz", "%+1", "%ff"] { #expect(PathSegment.decoded(broken) == nil) }
    }

    @Test func `numbers read as people write them`() {
        #expect([0, 999, 1000, -1_234_567].map(Words.grouped) == ["0", "999", "1\u{202f}000", "−1\u{202f}234\u{202f}567"])
        #expect([0.0204, 1.25, 61, 3725].map(Words.seconds) == ["20 ms", "1.3 s", "1 min 1 s", "1 h 2 min"])
    }
}

extension String {
    func components(of word: String) -> [Substring] { split(separator: word, omittingEmptySubsequences: false) }
}
