import Contracts
import Kernel
@testable import OrchestratorEngine
import Testing

@Suite struct BackfillPlanTests {
    private let now = Timestamp(rfc3339: "2026-06-01T00:00:00Z")!
    private func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text)! }
    private func plan(_ wish: BackfillRequested, _ schedule: Schedule?) -> (dates: [String], planned: BackfillPlanned?) {
        let pipeline = PipelineRegistered(hash: "h", tasks: [], steps: [], notify: [], schedule: schedule)
        let events = BackfillPlan.events(for: Event(source: "cli", id: "b1", time: now, pipeline: "p", payload: .backfillRequested(wish)), of: pipeline, now: now)
        var dates: [String] = []
        for case .runRequested(let wish) in events.map(\.payload) { dates.append(wish.logicalDate?.description ?? "") }
        guard case .backfillPlanned(let planned)? = events.last?.payload else { return (dates, nil) }
        return (dates, planned)
    }

    @Test func `each due time from the first to the last is a run, over a change of the clock too`() {
        let (dates, planned) = plan(
            BackfillRequested(from: time("2026-03-28T00:00:00Z"), to: time("2026-03-30T04:00:00Z"), activeMax: 3), Schedule(cron: "0 6 * * *", timezone: "Europe/Berlin"))
        #expect(dates == ["2026-03-28T05:00:00Z", "2026-03-29T04:00:00Z", "2026-03-30T04:00:00Z"])
        #expect(planned == BackfillPlanned(backfill: "b1", runs: 3))
    }

    @Test func `a monthly pipeline over the end of a year`() {
        let (dates, _) = plan(BackfillRequested(from: time("2025-11-15T00:00:00Z"), to: time("2026-02-01T00:00:00Z")), Schedule(cron: "0 0 1 * *"))
        #expect(dates == ["2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"])
    }

    @Test func `a pipeline without a schedule has a run for each day, or each step that is asked for`() {
        let days = BackfillRequested(from: time("2026-01-01T00:00:00Z"), to: time("2026-01-03T00:00:00Z"))
        #expect(plan(days, nil).dates.count == 3)
        var hours = days
        hours.everySeconds = 3600
        #expect(plan(hours, Schedule(cron: "0 6 * * *")).dates.count == 49)
    }

    @Test func `runs that go on from one another go one at a time, whatever is asked for`() {
        func active(_ kind: String) -> [Int?] {
            let task = TaskSpec(id: "a.b", step: "a", role: .load, kind: kind, title: "t")
            let pipeline = PipelineRegistered(hash: "h", tasks: [task], steps: ["a"], notify: [])
            let wish = BackfillRequested(from: time("2026-01-01T00:00:00Z"), to: time("2026-01-02T00:00:00Z"), activeMax: 4)
            let events = BackfillPlan.events(for: Event(source: "cli", id: "b1", time: now, pipeline: "p", payload: .backfillRequested(wish)), of: pipeline, now: now)
            return events.map { if case .runRequested(let wish) = $0.payload { wish.backfill?.activeMax } else { nil } }
        }
        #expect(active("read_state") == [1, 1, nil] && active("noop") == [4, 4, nil])
    }

    @Test func `two months of hours are one backfill`() {
        let wish = BackfillRequested(from: time("2026-01-01T00:00:00Z"), to: time("2026-02-28T23:59:59Z"))
        #expect(plan(wish, Schedule(cron: "0 * * * *")).planned == BackfillPlanned(backfill: "b1", runs: 59 * 24))
    }

    @Test func `what is too much, or runs backwards, is refused as a whole`() {
        var wish = BackfillRequested(from: time("2026-01-01T00:00:00Z"), to: time("2026-01-31T00:00:00Z"), everySeconds: 60)
        #expect(plan(wish, nil).dates.isEmpty && plan(wish, nil).planned?.refusal?.contains("more than 10000 runs") == true)
        wish.to = time("2025-01-01T00:00:00Z")
        #expect(plan(wish, nil).planned?.refusal?.contains("behind its end") == true)
    }
}
