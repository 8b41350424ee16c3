import Contracts
import Kernel
import NotifyEngine
import NotifyKit
import Testing

@Suite struct RoutesTests {
    private func folded(_ log: Log, since: Timestamp = Timestamp(microseconds: 0)) -> Routes {
        var routes = Routes(logFolder: "/home/logs", since: since)
        for event in log.events { routes.apply(event) }
        return routes
    }

    @Test func `a failed run is told with its task, its error, its remedy and its log`() throws {
        var log = Log()
        log.failingRun("shop@1", [NotifyRule(on: [.failed], channel: "file")])
        let notice = try #require(folded(log).due.first)
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
        #expect(folded(good).due.map(\.key) == ["shop@1/succeeded/file"])
        #expect(folded(bad).due.map(\.key) == ["shop@2/failed/pager", "shop@2/failed/file"])
    }

    @Test func `a run without rules is no matter of ours`() {
        var log = Log()
        log.failingRun("shop@1", [])
        #expect(folded(log).due.isEmpty)
        #expect(folded(log).floor == 4)
    }

    @Test func `a task that failed and then succeeded is no cause`() {
        var log = Log()
        log.start("shop@1", both)
        log.append("shop@1", "ingest.read", .taskFailed(TaskReport(attempt: 1, problem: problem)))
        log.append("shop@1", "ingest.read", .taskSucceeded(TaskReport(attempt: 2)))
        log.succeed("shop@1")
        #expect(folded(log).due.map(\.failures) == [[]])
    }

    @Test func `a task that the broker gave up is told with how to offer it again`() {
        var log = Log()
        log.start("shop@1", both)
        log.append("shop@1", "ingest.read", .taskDeadLettered(TaskDeadLettered(deliveries: 5, reason: "5 deliveries without a report", entry: 7)))
        log.fail("shop@1", causes: ["ingest.read"])
        #expect(folded(log).due.first?.failures.first?.title == "read state")
        #expect(folded(log).due.first?.text.contains("sluice dead-letters requeue 7") == true)
    }

    @Test func `the floor stays below a run until all its notices are settled`() {
        var log = Log()
        log.start("shop@1", both + [NotifyRule(on: [.succeeded], channel: "console")])
        log.start("shop@2", [])
        log.succeed("shop@1")
        var routes = folded(log)
        #expect(routes.floor == 0)
        routes.settle("shop@1/succeeded/file")
        #expect(routes.floor == 0)
        routes.settle("shop@1/succeeded/console")
        #expect(routes.floor == 3)
        #expect(routes.due.isEmpty)
    }

    @Test func `a first start is silent about what was over long before`() {
        var log = Log()
        log.failingRun("shop@1", both)
        #expect(folded(log, since: log.now.adding(seconds: 1)).due.isEmpty)
        #expect(folded(log, since: log.now).due.count == 1)
    }

    @Test func `many failures are counted, not listed`() {
        var log = Log()
        let tasks = (1...8).map { TaskID("ingest.t\($0)") }
        log.start("shop@1", both)
        for task in tasks { log.append("shop@1", task, .taskFailed(TaskReport(attempt: 1, problem: problem))) }
        log.fail("shop@1", causes: tasks)
        #expect(folded(log).due.first?.failures.count == Notice.failuresMax)
        #expect(folded(log).due.first?.furtherFailures == 3)
    }
}
