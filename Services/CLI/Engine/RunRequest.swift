public import Contracts
public import Kernel
import Platform

extension Event {
    /// A person asks for a run. The id is the run's name: pipeline, time, and four digits so that two in one second differ.
    /// `steps` and `from` are as `RunRequested` has them.
    public static func manualRequest(
        _ pipeline: String, logicalDate: Timestamp? = nil, isFullRefresh: Bool = false, steps: [String] = [], from: String? = nil
    ) -> Event {
        let now = SystemClock.now()
        return Event(
            source: "cli", id: "\(pipeline)@\(now.compact)-\(Entropy.hex(4))", time: now, pipeline: pipeline,
            payload: .runRequested(RunRequested(cause: .manual, logicalDate: logicalDate, isFullRefresh: isFullRefresh, steps: steps, from: from)))
    }

    /// A person asks for a run that does an earlier one over.
    public static func manualRequest(_ pipeline: String, again rerun: Rerun) -> Event {
        var request = manualRequest(pipeline)
        request.payload = .runRequested(RunRequested(cause: .rerun, rerun: rerun))
        return request
    }

    /// A person says something of a pipeline, or of a run of it: each saying is an event of its own.
    public static func saying(_ payload: Payload, pipeline: String, run: RunID? = nil) -> Event {
        let now = SystemClock.now()
        return Event(
            source: "cli", id: "\(run?.description ?? pipeline)/\(payload.type)/\(now.compact)-\(Entropy.hex(4))", time: now, pipeline: pipeline, run: run, payload: payload)
    }
}
