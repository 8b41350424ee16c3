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
    private var openBackfills: [String: UInt64] = [:]
    /// By the sequence of a run's end, that of its beginning: for ends that start other runs. The newest of them.
    private var began: [UInt64: UInt64] = [:]
    static let beganMax = 10_000

    public init() {}

    /// Takes in one event; in the order of the log.
    public mutating func apply(_ sequenced: SequencedEvent) {
        let event = sequenced.event
        switch event.payload {
        case .pipelineRegistered: newestWords["registered \(event.pipeline)"] = sequenced.sequence
        case .runRequested(let wish):
            openRequests[event.id] = openRequests[event.id] ?? sequenced.sequence
            // The schedule goes on from the last time that was asked for.
            if wish.isScheduled { newestWords["scheduled \(event.pipeline)"] = sequenced.sequence }
        case .runRejected(let rejected): openRequests[rejected.request] = nil
        case .runStarted(let started):
            // From the request on: it belongs to the run's story.
            let first = openRequests.removeValue(forKey: started.request)
            if let run = event.run { openRuns[run] = openRuns[run] ?? first ?? sequenced.sequence }
        case .taskSucceeded(let report):
            for pool in report.pools.keys { newestWords["pool \(pool)"] = sequenced.sequence }
        case .runSucceeded, .runFailed, .runCancelled:
            guard let run = event.run, let first = openRuns.removeValue(forKey: run) else { return }
            began[sequenced.sequence] = first
            if began.count > 2 * Self.beganMax { began = began.filter { $0.key + UInt64(Self.beganMax) * 100 > sequenced.sequence } }
        case .backfillRequested: openBackfills[event.id] = sequenced.sequence
        case .backfillPlanned(let plan): openBackfills[plan.backfill] = nil
        default:
            // Of words about a pipeline the newest counts; what other kinds say of a run lies behind its beginning.
            if event.run == nil, event.type.hasPrefix("pipeline.") { newestWords["\(event.type) \(event.pipeline)"] = sequenced.sequence }
        }
    }

    /// Everything at or below this may go, but for what is kept.
    /// - Parameter waiting: events that are to start runs and have not yet.
    public func position(at newest: UInt64, waiting: [EventReference] = []) -> UInt64 {
        // A run's end says what it does only to those who know the run from its beginning.
        let events = waiting.map { began[$0.sequence] ?? $0.sequence }
        let first = [openRequests.values.min(), openRuns.values.min(), openBackfills.values.min(), events.min()].compactMap(\.self).min() ?? .max
        return first == .max ? newest : min(newest, first - 1)
    }

    /// Single events at or below `position` that are needed all the same, in order.
    public func kept(below position: UInt64) -> [UInt64] { Set(newestWords.values).filter { $0 <= position }.sorted() }

    public var openCount: Int { openRequests.count + openRuns.count }
}
