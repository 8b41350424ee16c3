import Contracts
import Kernel
import NotifyEngine
import NotifyKit
import Pipelines
import Testing

@Suite struct AlarmTests {
    private let rules = [NotifyRule(on: [.slaMissed, .slow, .cancelled], channel: "file")]

    private func folded(_ log: Log, _ global: [Route] = []) -> Routes {
        var routes = Routes(routes: global, logFolder: "/home/logs")
        for event in log.events { routes.apply(event) }
        return routes
    }

    @Test func `a missed deadline is told with how things stand, for the run and each step once, also where no run began`() {
        var log = Log()
        let due = log.now
        for step in [nil, "load"] {
            log.append("shop@1", nil, .slaMissed(SLAMissed(due: due, deadline: due.adding(seconds: 60), step: step, standing: "it has not begun", notify: rules)))
        }
        let notices = folded(log).decision.notices
        #expect(notices.map(\.key) == ["shop@1/sla_missed/file", "shop@1/sla_missed:load/file"])
        #expect(notices.map(\.severity) == ["error", "error"])
        #expect(notices[1].text == """
            ✗ shop missed its deadline: shop@1
              step load had not succeeded by 2026-01-01T00:01:00Z: it has not begun (2.0 s)
              see  sluice runs show shop@1
              log  /home/logs
            """)
    }

    @Test func `a route of errors tells of missed deadlines, one of warnings of slow runs`() {
        var log = Log()
        log.append("shop@1", nil, .slaMissed(SLAMissed(due: log.now, deadline: log.now, step: nil, standing: "x")))
        log.append("shop@1", nil, .runSlow(RunSlow(expectedSeconds: 60, factor: 2, startedAt: log.now)))
        func keys(_ on: [NotifyRule.Occasion]) -> [String] { folded(log, [Route(name: "r", rule: NotifyRule(on: on, channel: "file"))]).decision.notices.map(\.key) }
        #expect(keys([.failed, .slaMissed]) == ["shop@1/sla_missed/file"])
        #expect(keys([.warned, .slow]) == ["shop@1/slow/file"])
        #expect(keys([.failed]).isEmpty)
    }

    @Test func `an alert of the broker goes where routes of errors go, each once, and to no pipeline's own rules`() {
        var log = Log()
        log.start("shop@1", both)
        for number in 1...2 {
            let alert = AlertRaised(code: "broker.overtaken_reader", summary: "the log grew past 9 bytes", location: "reader slow", remedy: "start it")
            log.events.append(SequencedEvent(sequence: UInt64(log.events.count + 1), event: Event(
                source: "broker", id: "alert/\(number)/broker.overtaken_reader", time: log.now, pipeline: AlertRaised.pipeline, payload: .alertRaised(alert))))
        }
        func notices(_ on: [NotifyRule.Occasion], _ pipelines: [String] = ["*"]) -> [Notice] {
            folded(log, [Route(name: "r", pipelines: pipelines, rule: NotifyRule(on: on, channel: "file"))]).decision.notices
        }
        #expect(notices([.failed, .slaMissed]).map(\.key) == ["alert/1/broker.overtaken_reader/alert/file", "alert/2/broker.overtaken_reader/alert/file"])
        #expect(notices([.warned, .slow]).isEmpty && notices([.failed], ["shop"]).isEmpty && notices([.failed], ["broker"]).count == 2)
        let notice = notices([.failed])[0]
        #expect(notice.severity == "error" && notice.text == """
            ✗ alert of the broker: broker.overtaken_reader
              the log grew past 9 bytes
              at   reader slow
              try  start it
            """)
    }

    @Test func `a cancelled run is told to those who asked, and neither breaks nor mends a pipeline`() {
        var log = Log()
        log.failingRun("shop@1", [NotifyRule(on: [.failed, .cancelled], channel: "file")])
        log.start("shop@2", [NotifyRule(on: [.failed, .cancelled], channel: "file")])
        log.append("shop@2", nil, .runCancelled(RunEnded(succeeded: 0, failed: 0, skipped: 0, summary: "cancelled: wrong day", causes: [], cancelled: 1)))
        log.goodRun("shop@3", [NotifyRule(on: [.failed, .cancelled], channel: "file")])
        #expect(folded(log).decision.notices.map(\.key) == ["shop@1/failed/file", "shop@2/cancelled/file", "shop@3/recovered/file"])
        #expect(folded(log).floor == log.events.last?.sequence)
    }
}
