import CLIEngine
import Contracts
import Kernel
import Runs
import Testing

/// A run folded from a log that a test writes, with its times.
struct Ledger {
    var run: RunState
    private var now = Timestamp(rfc3339: "2026-01-01T06:00:00Z")!

    init(_ tasks: [TaskSpec], steps: [String], omitted: [String] = []) throws {
        let started = RunStarted(
            request: "p@1", pipelineHash: "0123456789abcdef", logicalDate: now, isFullRefresh: false, steps: steps, omitted: omitted, tasks: tasks, notify: [])
        run = try #require(RunState(Event(source: "o", id: "s", time: now, pipeline: "p", run: "p@1", payload: .runStarted(started))))
    }
    mutating func apply(_ payload: Payload, _ task: TaskID? = nil) {
        run.apply(Event(source: "o", id: "x", time: now, pipeline: "p", run: "p@1", task: task, payload: payload))
    }
    mutating func pass(seconds: Double) { now = now.adding(seconds: seconds) }

    /// Announces `task` and reports on it after `seconds`.
    mutating func work(_ task: TaskID, attempt: Int = 1, seconds: Double = 0.5, _ report: TaskReport = TaskReport(), adds: [TaskSpec] = []) throws {
        let spec = try #require(run.tasks[task]).spec
        apply(.taskReady(TaskReady(spec: spec, attempt: attempt, logicalDate: now, isFullRefresh: false)), task)
        var report = report
        report.attempt = attempt
        report.startedAt = now
        pass(seconds: seconds)
        report.finishedAt = now
        if !adds.isEmpty { apply(.tasksAdded(TasksAdded(tasks: adds)), task) }
        apply(report.problem == nil ? .taskSucceeded(report) : .taskFailed(report), task)
    }
    mutating func end(_ summary: String, isSuccess: Bool) {
        let ended = RunEnded(succeeded: 0, failed: 0, skipped: 0, summary: summary, causes: [])
        apply(isSuccess ? .runSucceeded(ended) : .runFailed(ended))
    }
}

func task(_ id: TaskID, _ step: String, _ role: Role, _ kind: String, _ title: String, after: [Edge] = []) -> TaskSpec {
    TaskSpec(id: id, step: step, role: role, kind: kind, title: title, after: after)
}

@Suite struct RunTextTests {
    let text = RunText(isColoured: false)

    @Test func `what the loads of a stream have to tell stands under the stream once, and with each task of the graph`() throws {
        func of(_ stream: String, _ kind: String, _ role: Role) -> TaskSpec {
            TaskSpec(id: TaskID("i.\(kind)"), step: "i", role: role, kind: kind.hasPrefix("load") ? "load_batch" : kind, title: stream, args: ["stream": .string(stream)])
        }
        var ledger = try Ledger([of("s", "extract_stream", .extract), of("s", "load_a", .load), of("s", "load_b", .load), of("s", "seal", .load)], steps: ["i"])
        try ledger.work("i.extract_stream", TaskReport(rows: 2, message: "2 rows; a page was empty", details: ["notes": ["a page was empty"]]))
        for task in ["i.load_a", "i.load_b"] as [TaskID] { try ledger.work(task, TaskReport(rows: 1, message: "1 row", details: ["notes": ["column 'n' is new, text"]])) }
        try ledger.work("i.seal", TaskReport(rows: 2, message: "2 rows sealed", details: ["warnings": ["view v was dropped"]]))
        ledger.end("", isSuccess: true)
        let report = text.report(ledger.run), graph = text.graph(ledger.run)
        let noted = report.split(separator: "\n").filter { $0.contains("! ") }.map { String($0.split(separator: "! ")[1]) }
        #expect(noted == ["a page was empty", "column 'n' is new, text", "view v was dropped"], "\(report)")
        #expect(graph.split(separator: "! column 'n' is new, text").count == 3 && graph.contains("\n      ! view v was dropped"), "\(graph)")
        #expect(!graph.contains("! a page was empty"), "it is in the task's own words")
    }

    /// Two steps: a stream whose load takes two attempts, a model that fails, one that is skipped because of it, tests.
    func eventfulRun() throws -> RunState {
        var ledger = try Ledger([
            task("ingest.read_state", "ingest", .load, "read_state", "read state"),
            task("build.plan", "build", .transform, "plan", "plan dbt build", after: [.step("ingest")]),
        ], steps: ["ingest", "build"])
        try ledger.work("ingest.read_state", TaskReport(message: "1 stream"), adds: [
            task("ingest.extract.flights", "ingest", .extract, "extract_stream", "flights", after: [.task("ingest.read_state")]),
            task("ingest.load.flights.0", "ingest", .load, "load_batch", "flights flights.csv", after: [.task("ingest.extract.flights")]),
        ])
        let landed = BookEntry(stream: "flights", batch: 0, point: .landed, tally: Tally(count: 27_004, sum: 9))
        try ledger.work("ingest.extract.flights", seconds: 1.25, TaskReport(rows: 27_004, message: "27,004 rows in 1 file", books: [landed]))
        try ledger.work("ingest.load.flights.0", TaskReport(problem: ProblemRecord(
            code: "warehouse.busy", summary: "the warehouse is busy", location: "w.db", remedy: "wait", isRetryable: true)))
        ledger.pass(seconds: 1)
        try ledger.work("ingest.load.flights.0", attempt: 2, TaskReport(books: [
            BookEntry(stream: "flights", batch: 0, point: .inserted, tally: Tally(count: 27_000, sum: 5)),
            BookEntry(stream: "flights", batch: 0, point: .quarantined, tally: Tally(count: 4, sum: 4)),
        ]))
        try ledger.work("build.plan", TaskReport(message: "2 models"), adds: [
            task("build.a", "build", .transform, "node", "model a", after: [.task("build.plan")]),
            task("build.b", "build", .transform, "node", "model b", after: [.task("build.a")]),
            task("build.t", "build", .quality, "test", "test t", after: [.task("build.plan")]),
            task("build.u", "build", .quality, "test", "test u", after: [.task("build.plan")]),
            task("build.close", "build", .transform, "close", "close p", after: [.task("build.a", on: .ended), .task("build.b", on: .ended)]),
        ])
        try ledger.work("build.a", TaskReport(problem: ProblemRecord(
            code: "transform.failed", summary: "no such column: x", location: "models/a.sql:3", remedy: "correct the name", isRetryable: false)))
        ledger.apply(.taskSkipped(TaskSkipped(because: "build.a")), "build.b")
        try ledger.work("build.t")
        try ledger.work("build.u", TaskReport(message: "got 3 results", details: ["status": "warn"]))
        try ledger.work("build.close")
        ledger.end("model a failed: no such column: x", isSuccess: false)
        return ledger.run
    }

    @Test func `the report of a run that failed tells rows, seconds, warnings and the failure in full`() throws {
        #expect(try text.report(eventfulRun()) == """
            p@1 failed in 6.25 s
            model a failed: no such column: x

              step                                                             rows   seconds
              ingest     3 tasks                                                         3.75
                         ✓ flights                                           27,004      1.25
              build      6 tasks                                                         2.50
                         ✗ model a                                                       0.50
                         – model b                                                           
                         ✓ 1 tests passed, 1 warned                                      1.00
                         ! test u: got 3 results

            ✗ model a  (build.a, attempt 1)
              error[transform.failed]: no such column: x
                at   models/a.sql:3
                try  correct the name

            """)
    }

    @Test func `the graph tells each task with its edges, its attempts and why it was skipped, and then the books`() throws {
        #expect(try text.graph(eventfulRun()) == """
            p@1 failed in 6.25 s
            model a failed: no such column: x
            pipeline p, logical date 2026-01-01T06:00:00Z, definition 0123456789ab

            ingest
              ✓ ingest.read_state                            load         0.50 s            1 stream
              ✓ ingest.extract.flights                       extract      1.25 s    27,004  27,004 rows in 1 file
                  after ingest.read_state
              ✓ ingest.load.flights.0                        load         0.50 s            attempt 2
                  attempt 1 at 2026-01-01T06:00:01.750000Z: the warehouse is busy
                  after ingest.extract.flights

            build
              ✓ build.plan                                   transform    0.50 s            2 models
                  after step ingest
              ✗ build.a                                      transform    0.50 s            no such column: x
                  after build.plan
              – build.b                                      transform                      because of build.a
                  after build.a
              ✓ build.t                                      quality      0.50 s          
                  after build.plan
              ✓ build.u                                      quality      0.50 s            got 3 results
                  after build.plan
              ✓ build.close                                  transform    0.50 s          
                  after build.a ended, build.b ended

            balance sheet
              stream               batches     landed  accounted  became
              flights                    1     27,004     27,004  27,000 inserted, 4 quarantined  balanced

            """)
    }

    @Test func `a run under way tells what is ready and what is tried again, and when`() throws {
        var ledger = try Ledger([task("s.a", "s", .load, "noop", "a"), task("s.b", "s", .load, "noop", "b"), task("s.c", "s", .load, "noop", "c", after: [.task("s.a"), .task("s.b")])], steps: ["s"])
        let busy = ProblemRecord(code: "x", summary: "busy", location: "", remedy: "", isRetryable: true, retryAfterSeconds: 60)
        try ledger.work("s.a", TaskReport(problem: busy))
        ledger.apply(.taskReady(TaskReady(spec: try #require(ledger.run.tasks["s.b"]).spec, attempt: 1, logicalDate: ledger.run.startedAt, isFullRefresh: false)), "s.b")
        #expect(text.graph(ledger.run) == """
            p@1 is running
            pipeline p, logical date 2026-01-01T06:00:00Z, definition 0123456789ab

            s
              ↻ s.a                                          load         0.50 s            again at 2026-01-01T06:01:00.500000Z  busy
              ▶ s.b                                          load                         
              · s.c                                          load                         
                  after s.a, s.b

            """)
    }

    @Test func `a limit that a run waits for is called waiting, with the source, the time and why`() throws {
        var extract = task("s.extract.posts", "s", .extract, "extract_stream", "posts")
        extract.args["connector"] = "facebook_pages"
        var other = extract
        other.id = "s.extract.pages"
        var ledger = try Ledger([extract, other], steps: ["s"])
        func limit(_ seconds: Double) -> ProblemRecord {
            ProblemRecord(code: "extract.rate_limited", summary: "Facebook's limit is reached (4)", location: "", remedy: "", isRetryable: true, retryAfterSeconds: seconds)
        }
        try ledger.work("s.extract.posts", TaskReport(problem: limit(4300)))
        try ledger.work("s.extract.pages", TaskReport(problem: limit(7200)))
        #expect(text.graph(ledger.run).contains("0.50 s            waiting for facebook_pages until 07:12 UTC  Facebook's limit is reached (4)"))
        #expect(text.waiting(ledger.run, now: ledger.run.startedAt) == "waiting for facebook_pages until 07:12 UTC: Facebook's limit is reached (4)")
        #expect(text.waiting(ledger.run, now: ledger.run.startedAt.adding(seconds: -86_400)).hasPrefix("waiting for facebook_pages until 2026-01-01 07:12 UTC"))
        // Announced again, it waits no more.
        ledger.apply(.taskReady(TaskReady(spec: extract, attempt: 2, logicalDate: ledger.run.startedAt, isFullRefresh: false)), "s.extract.posts")
        #expect(ledger.run.waits.map(\.until) == [ledger.run.startedAt.adding(seconds: 7201)])
        ledger.end("x", isSuccess: false)
        #expect(text.waiting(ledger.run, now: ledger.run.startedAt) == "")
    }

    @Test func `books that do not balance say which hop lost how many`() {
        func line(_ landed: Int, _ loaded: Int, sum: UInt128 = 0) -> String {
            var run = try? Ledger([task("a", "s", .load, "x", "a")], steps: ["s"])
            try? run?.work("a", TaskReport(books: [
                BookEntry(stream: "orders", batch: 3, point: .landed, tally: Tally(count: landed, sum: 0)),
                BookEntry(stream: "orders", batch: 3, point: .inserted, tally: Tally(count: loaded, sum: sum)),
            ]))
            return text.sheet(run?.run.balance ?? []).split(separator: "\n").last.map(String.init) ?? ""
        }
        #expect(line(1000, 998) == "    stream orders, batch 3: the hop landing → warehouse lost 2 of 1000 records")
        #expect(line(10, 12) == "    stream orders, batch 3: the hop landing → warehouse counted 2 records too many (12 for 10)")
        #expect(line(10, 10, sum: 1) == "    stream orders, batch 3: the hop landing → warehouse holds other records than those that landed (10, equal in number, different in sum)")
        // Numbers that no run has but a message may hold are told, be it nonsense: the log must stay readable.
        #expect(line(.min, .max).contains(" of "))
    }

    @Test func `colours change no width and nothing but colours`() throws {
        let run = try eventfulRun()
        let coloured = RunText(isColoured: true)
        for (plain, painted) in [(text.report(run), coloured.report(run)), (text.graph(run), coloured.graph(run))] {
            #expect(painted != plain)
            #expect(painted.replacing(/\u{1b}\[[0-9]+m/, with: "") == plain)
        }
    }

    @Test func `a partial run says what it leaves out, and its streams name their source`() throws {
        var ledger = try Ledger([
            TaskSpec(id: "in.extract.t", step: "in", role: .extract, kind: "extract_stream", title: "orders", args: ["connector": "csv", "stream": "orders"])
        ], steps: ["in"], omitted: ["build", "docs"])
        try ledger.work("in.extract.t", TaskReport(rows: 3))
        ledger.end("1 tasks succeeded", isSuccess: true)
        let report = text.report(ledger.run)
        #expect(report.hasPrefix("p@1 succeeded in 0.50 s\npartial: in alone, without build, docs\n"))
        #expect(report.contains("✓ orders csv ") && text.graph(ledger.run).contains("partial: in alone"))
    }

    @Test func `of many failures the first are told and the others counted`() throws {
        let tasks = (0..<13).map { task(TaskID("s.t\($0)"), "s", .quality, "test", "test \($0)") }
        var ledger = try Ledger(tasks, steps: ["s"])
        for task in tasks { try ledger.work(task.id, TaskReport(problem: ProblemRecord(code: "x", summary: "no", location: "", remedy: "", isRetryable: false))) }
        ledger.end("test 0 failed (and 12 more)", isSuccess: false)
        let report = text.report(ledger.run)
        #expect(report.contains("✗ test 9  (s.t9, attempt 1)") && !report.contains("✗ test 10"))
        #expect(report.contains("✗ 3 more failed") && report.hasSuffix("\nand 3 more: sluice runs show p@1\n"))
    }
}
