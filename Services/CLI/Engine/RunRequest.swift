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
}
