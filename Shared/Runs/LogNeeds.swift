public import Contracts
import Kernel

/// What a fleet needs of the log to be folded anew: retention must leave it, and a new orchestrator begins with it.
///
/// A fold over the events that are kept and then over all that follow `position` decides as a fold over the whole log: every
/// open run and every open request lies behind the position, and of what changes slowly the newest word of each kind is kept.
public struct LogNeeds: Sendable {
    /// So many events are always folded, needed or not: what was decided lately is known whole.
    public static let recentMax: UInt64 = 100_000

    private var openRequests: [String: UInt64] = [:]
    private var openRuns: [RunID: UInt64] = [:]
    private var newestWords: [String: UInt64] = [:]

    public init() {}

    /// Takes in one event; in the order of the log.
    public mutating func apply(_ sequenced: SequencedEvent) {
        let event = sequenced.event
        switch event.payload {
        case .pipelineRegistered: newestWords["registered \(event.pipeline)"] = sequenced.sequence
        case .runRequested(let wish):
            openRequests[event.id] = openRequests[event.id] ?? sequenced.sequence
            // The schedule goes on from the last time that was asked for.
            if wish.cause == .cron || wish.cause == .interval { newestWords["scheduled \(event.pipeline)"] = sequenced.sequence }
        case .runRejected(let rejected): openRequests[rejected.request] = nil
        case .runStarted(let started):
            // From the request on: it belongs to the run's story.
            let first = openRequests.removeValue(forKey: started.request)
            if let run = event.run { openRuns[run] = openRuns[run] ?? first ?? sequenced.sequence }
        case .taskSucceeded(let report):
            for pool in report.pools.keys { newestWords["pool \(pool)"] = sequenced.sequence }
        case .runSucceeded, .runFailed:
            if let run = event.run { openRuns[run] = nil }
        default:
            // Of words about a pipeline the newest counts; what other kinds say of a run lies behind its beginning.
            if event.run == nil, event.type.hasPrefix("pipeline.") { newestWords["\(event.type) \(event.pipeline)"] = sequenced.sequence }
            if event.type.hasPrefix("run.cancelled."), let run = event.run { openRuns[run] = nil }
        }
    }

    /// Everything at or below this may go, but for what is kept.
    public func position(at newest: UInt64) -> UInt64 {
        let first = min(openRequests.values.min() ?? .max, openRuns.values.min() ?? .max)
        return first == .max ? newest : min(newest, first - 1)
    }

    /// Single events at or below `position` that are needed all the same, in order.
    public func kept(below position: UInt64) -> [UInt64] { Set(newestWords.values).filter { $0 <= position }.sorted() }

    public var openCount: Int { openRequests.count + openRuns.count }
}
