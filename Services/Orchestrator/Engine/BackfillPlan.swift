import Contracts
import Kernel
import Runs
import Schedules

/// A backfill as the runs that it asks for, and the word that all have been asked for. The same backfill gives the same events.
enum BackfillPlan {
    /// A year of hours.
    static let runsMax = 10_000
    private static let daySeconds = 86_400.0

    static func events(for event: Event, of pipeline: PipelineRegistered?, now: Timestamp) -> [Event] {
        guard case .backfillRequested(let wish) = event.payload else { return [] }
        func planned(_ runs: Int, _ refusal: String? = nil) -> Event {
            Event(
                source: "orchestrator", id: "\(event.id)/planned", time: now, pipeline: event.pipeline,
                payload: .backfillPlanned(BackfillPlanned(backfill: event.id, runs: runs, refusal: refusal)))
        }
        guard let pipeline else { return [planned(0, "no pipeline is named '\(event.pipeline)'")] }
        guard wish.from <= wish.to else { return [planned(0, "it begins at \(wish.from), behind its end at \(wish.to)")] }
        let times: [Timestamp]
        do { times = try due(wish, pipeline.schedule) } catch { return [planned(0, error.summary)] }
        guard times.count <= runsMax else { return [planned(0, "it has more than \(runsMax) runs; ask for a shorter time")] }
        let activeMax = pipeline.hasCursors ? 1 : min(max(wish.activeMax ?? 1, 1), BackfillReference.activeMaxBound)
        let reference = BackfillReference(id: event.id, activeMax: activeMax)
        let requests = times.map { time in
            Event(
                source: "orchestrator", id: "\(event.pipeline)@\(time.compact)-\(shortHash(event.id))", time: now, pipeline: event.pipeline,
                payload: .runRequested(RunRequested(cause: .backfill, logicalDate: time, isFullRefresh: wish.isFullRefresh ?? false, backfill: reference)))
        }
        return requests + [planned(requests.count)]
    }

    private static func due(_ wish: BackfillRequested, _ schedule: Schedule?) throws(PlainProblem) -> [Timestamp] {
        // Both ends are included, and one more than may be tells that there are too many.
        if wish.everySeconds == nil, let schedule {
            return try schedule.trigger().times(after: Timestamp(microseconds: wish.from.microseconds - 1), upTo: wish.to, max: runsMax + 1)
        }
        let step = wish.everySeconds ?? daySeconds
        guard (1...31_622_400).contains(step) else { throw PlainProblem("triggers.bad_interval", "a step of \(step) s cannot be", remedy: "write 1s to 366d") }
        return stride(from: wish.from.microseconds, through: wish.to.microseconds, by: Int(step * 1_000_000)).prefix(runsMax + 1).map { Timestamp(microseconds: $0) }
    }
}
