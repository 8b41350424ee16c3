import Contracts
import Kernel
import NotifyEngine
import NotifyKit
import Pipelines
import Testing

@Suite struct RoutesTests {
    private func folded(_ log: Log, _ global: [Route] = [], since: Timestamp = Timestamp(microseconds: 0)) -> Routes {
        var routes = Routes(routes: global, logFolder: "/home/logs", since: since)
        for event in log.events { routes.apply(event) }
        return routes
    }

    @Test func `a failed run is told with its task, its error, its remedy and its log`() throws {
        var log = Log()
        log.failingRun("shop@1", [NotifyRule(on: [.failed], channel: "file")])
        let notice = try #require(folded(log).decision.notices.first)
        #expect(notice.key == "shop@1/failed/file")
        #expect(notice.failures.map(\.title) == ["orders"])
        #expect(notice.text == """
            ✗ shop failed: shop@1
              orders failed: no such folder (3.0 s)
              ✗ orders  (ingest.orders, attempt 2)
                  no such folder
                  at   /data/orders
                  try  make the folder
              4 tasks skipped because of that
              see  sluice runs show shop@1
              log  /home/logs/extract-2.log
            """)
    }

    @Test func `a rule speaks only on its occasions and two rules with one channel are one notice`() {
        let rules = [
            NotifyRule(on: [.failed], channel: "pager"), NotifyRule(on: [.succeeded], channel: "file"),
            NotifyRule(on: [.failed, .succeeded], channel: "file"),
        ]
        var good = Log(), bad = Log()
        good.start("shop@1", rules)
        good.succeed("shop@1")
        bad.failingRun("shop@2", rules)
        #expect(folded(good).decision.notices.map(\.key) == ["shop@1/succeeded/file"])
        #expect(folded(bad).decision.notices.map(\.key) == ["shop@2/failed/pager", "shop@2/failed/file"])
    }

    @Test func `a run without rules is no matter of ours`() {
        var log = Log()
        log.failingRun("shop@1", [])
        #expect(folded(log).decision.notices.isEmpty)
        #expect(folded(log).floor == 4)
    }

    @Test func `a task that failed and then succeeded is no cause`() {
        var log = Log()
        log.start("shop@1", both)
        log.append("shop@1", "ingest.read", .taskFailed(TaskReport(attempt: 1, problem: problem)))
        log.append("shop@1", "ingest.read", .taskSucceeded(TaskReport(attempt: 2)))
        log.succeed("shop@1")
        #expect(folded(log).decision.notices.map(\.failures) == [[]])
    }

    @Test func `a task that the broker gave up is told with how to offer it again`() {
        var log = Log()
        log.start("shop@1", both)
        log.append("shop@1", "ingest.read", .taskDeadLettered(TaskDeadLettered(deliveries: 5, reason: "5 deliveries without a report", entry: 7)))
        log.fail("shop@1", causes: ["ingest.read"])
        #expect(folded(log).decision.notices.first?.failures.first?.title == "read state")
        #expect(folded(log).decision.notices.first?.text.contains("sluice dead-letters requeue 7") == true)
    }

    @Test func `the floor stays below a run until it has ended, and its decision is taken with it`() {
        var log = Log()
        log.start("shop@1", both + [NotifyRule(on: [.succeeded], channel: "console")])
        log.start("shop@2", [])
        #expect(folded(log).floor == 0)
        log.succeed("shop@1")
        var routes = folded(log)
        #expect(routes.floor == 3)
        #expect(routes.take()?.notices.map(\.key) == ["shop@1/succeeded/file", "shop@1/succeeded/console"])
        #expect(routes.take() == nil)
    }

    @Test func `a first start is silent about what was over long before`() {
        var log = Log()
        log.failingRun("shop@1", both)
        #expect(folded(log, since: log.now.adding(seconds: 1)).decision.notices.isEmpty)
        #expect(folded(log, since: log.now).decision.notices.count == 1)
    }

    @Test func `many failures are counted, not listed`() {
        var log = Log()
        let tasks = (1...8).map { TaskID("ingest.t\($0)") }
        log.start("shop@1", both)
        for task in tasks { log.append("shop@1", task, .taskFailed(TaskReport(attempt: 1, problem: problem))) }
        log.fail("shop@1", causes: tasks)
        #expect(folded(log).decision.notices.first?.failures.count == Notice.failuresMax)
        #expect(folded(log).decision.notices.first?.furtherFailures == 3)
    }

    // MARK: One alarm for one cause

    private let onFailure = [NotifyRule(on: [.failed], channel: "file")]

    @Test func `the same cause in the next runs is silent, told again after a day, and its end is told once`() {
        var log = Log()
        log.failingRun("shop@1", onFailure)
        let first = log.now
        log.failingRun("shop@2", onFailure)
        log.now = log.now.adding(seconds: 86_400)
        log.failingRun("shop@3", onFailure)
        log.failingRun("shop@4", onFailure)
        log.goodRun("shop@5", onFailure)
        log.goodRun("shop@6", onFailure)
        let notices = folded(log).decision.notices
        #expect(notices.map(\.key) == ["shop@1/failed/file", "shop@3/failed/file", "shop@5/recovered/file"])
        #expect(notices.map(\.failedRuns) == [1, 3, 4])
        #expect(notices.map(\.since) == [nil, first, first])
        #expect(notices.map(\.headline) == [
            "shop failed: shop@1", "shop still failing since 2026-01-01 00:00 UTC: shop@3", "shop works again: shop@5",
        ])
        #expect(notices[2].text == """
            ✓ shop works again: shop@5
              3 tasks succeeded (1.0 s)
              it had failed for 4 runs, first at 2026-01-01 00:00 UTC
            """)
    }

    @Test func `another cause is another alarm, and fewer of the same causes are not`() {
        var log = Log()
        log.failingRun("shop@1", onFailure, ["ingest.orders", "ingest.lines"])
        log.failingRun("shop@2", onFailure, ["ingest.lines"])
        log.failingRun("shop@3", onFailure, ["ingest.lines", "ingest.people"])
        var other = problem
        other.code = "extract.credentials_rejected"
        log.failingRun("shop@4", onFailure, ["ingest.lines"], problem: other)
        #expect(folded(log).decision.notices.map(\.key) == ["shop@1/failed/file", "shop@3/failed/file", "shop@4/failed/file"])
    }

    // MARK: Partial runs

    @Test func `a run of some of the steps says so`() throws {
        var log = Log()
        log.goodRun("shop@1", both, steps: ["ingest"], omitted: ["build"])
        log.failingRun("shop@2", both, steps: ["ingest"], omitted: ["build"])
        let notices = folded(log).decision.notices
        #expect(notices.map(\.steps) == [["ingest"], ["ingest"]])
        #expect(notices[0].text == """
            ✓ shop succeeded: shop@1
              3 tasks succeeded (1.0 s)
              partial: only ingest
            """)
        #expect(notices[1].text.contains("\n  partial: only ingest\n") && notices[1].json["steps"] == ["ingest"])
    }

    @Test func `a partial run ends an alarm only where it has run what had failed`() {
        var log = Log()
        log.failingRun("shop@1", onFailure, ["build.model"])
        log.goodRun("shop@2", onFailure, steps: ["ingest"], omitted: ["build"])
        #expect(folded(log).decision.notices.map(\.key) == ["shop@1/failed/file"])
        log.failingRun("shop@3", onFailure, ["build.model"])
        #expect(folded(log).decision.notices.map(\.key) == ["shop@1/failed/file"], "the alarm still stands")
        log.goodRun("shop@4", onFailure, steps: ["build"], omitted: ["ingest"])
        #expect(folded(log).decision.notices.map(\.key) == ["shop@1/failed/file", "shop@4/recovered/file"])
    }

    @Test func `a partial run that fails leaves what it did not run as it was`() {
        var log = Log()
        log.failingRun("shop@1", onFailure, ["build.model"])
        log.failingRun("shop@2", onFailure, ["ingest.orders"], steps: ["ingest"], omitted: ["build"])
        log.failingRun("shop@3", onFailure, ["build.model"])
        #expect(folded(log).decision.notices.map(\.key) == ["shop@1/failed/file", "shop@2/failed/file"], "the model's failure has been told")
        log.goodRun("shop@4", onFailure, steps: ["build"], omitted: ["ingest"])
        log.goodRun("shop@5", onFailure)
        #expect(folded(log).decision.notices.last?.key == "shop@5/recovered/file")
    }

    @Test func `who is told of failures only is told of the end of one, and not of other successes`() {
        var log = Log()
        log.goodRun("shop@0", onFailure)
        log.failingRun("shop@1", onFailure + [NotifyRule(on: [.succeeded], channel: "console")])
        log.goodRun("shop@2", onFailure + [NotifyRule(on: [.succeeded], channel: "console")])
        #expect(folded(log).decision.notices.map(\.key) == ["shop@1/failed/file", "shop@2/recovered/file", "shop@2/succeeded/console"])
    }

    @Test func `warnings are told to those who ask for them`() {
        var log = Log()
        log.goodRun("shop@1", [NotifyRule(on: [.warned], channel: "file")])
        log.goodRun("shop@2", [NotifyRule(on: [.warned], channel: "file"), NotifyRule(on: [.succeeded], channel: "console")], warnings: ["not_null_a: warn: 3 failing rows"])
        let notices = folded(log).decision.notices
        #expect(notices.map(\.key) == ["shop@2/warned/file", "shop@2/succeeded/console"])
        #expect(notices[0].text.contains("shop succeeded with a warning: shop@2\n  3 tasks succeeded (1.0 s)\n  ! not_null_a: warn: 3 failing rows"))
    }

    @Test func `a run that is folded again after a restart is not decided again`() throws {
        var log = Log()
        log.start("shop@0", onFailure)
        log.failingRun("shop@1", onFailure)
        log.failingRun("shop@2", onFailure)
        var first = folded(log)
        let taken = first.take()
        let decision = try #require(taken)
        #expect(first.floor == 0)
        var second = Routes(
            after: first.floor, decidedThrough: decision.through, standings: decision.standings.compactMapValues { $0 }, logFolder: "/home/logs")
        log.succeed("shop@0")
        for event in log.events { second.apply(event) }
        let notices = second.decision.notices
        #expect(notices.map(\.key) == ["shop@0/recovered/file"])
        #expect(notices.first?.failedRuns == 2)
    }

    // MARK: Routes for every pipeline

    @Test func `a route speaks for the pipelines that it covers, by severity, and joins the rule that goes to the same target`() {
        let mail = NotifyRule(on: [.failed], channel: "email", options: ["recipients": ["ops@example.com"], "from": "a@example.com"])
        let same = NotifyRule(on: [.failed, .succeeded], channel: "email", options: ["from": "a@example.com", "recipients": ["ops@example.com"]])
        var log = Log()
        log.goodRun("shop@1", [mail])
        log.goodRun("shop@2", [])
        let routes = [Route(name: "ops", pipelines: ["sh*p", "x"], rule: same), Route(name: "others", pipelines: ["s", "*q*"], rule: both[0])]
        let notices = folded(log, routes).decision.notices
        #expect(notices.map(\.run) == ["shop@1", "shop@2"])
        #expect(Set(notices.map(\.target)).count == 1)
        #expect(notices.first?.target.hasPrefix("email#") == true)
        #expect(notices.map(\.route) == ["notify rule 'to: email' of pipeline shop", "ops"])
    }

    @Test func `a failing test is told with its failing rows`() {
        var log = Log()
        log.append("shop@1", nil, .runStarted(RunStarted(
            request: "r", pipelineHash: "h", logicalDate: log.now, isFullRefresh: false, steps: ["build"],
            tasks: [TaskSpec(id: "build.t", step: "build", role: .quality, kind: "test", title: "unique_a")], notify: both)))
        log.append("shop@1", "build.t", .taskFailed(TaskReport(rows: 7, problem: problem)))
        log.fail("shop@1", causes: ["build.t"])
        let notice = folded(log).decision.notices.first
        #expect(notice?.failures.first?.failingRows == 7)
        #expect(notice?.text.contains("7 failing rows") == true)
    }
}
