public import Contracts
public import Kernel

/// Whether each event that was to start a run did so once: the log read by other rules than those that decide.
///
/// It keeps a line for each event and pipeline; `Fleet` is only asked what still waits.
public struct EventAudit: Sendable {
    /// How the events for one pipeline ended.
    public struct Line: Hashable, Sendable {
        public var events = 0
        public var consumed = 0
        /// Their request was rejected, with a reason: `overlap: skip`, or cancelled before it began.
        public var declined = 0
        public var waiting = 0
        /// Of backfills, by `ignore_backfills`.
        public var ignored = 0
        /// They came while the definition waited for them, and it no longer does.
        public var dropped = 0
    }
    public enum Fault: Hashable, Sendable {
        /// Nobody consumed it and it does not wait.
        case orphan(EventReference, pipeline: String)
        /// Two runs have consumed it.
        case double(EventReference, first: RunID, second: RunID)
        /// A run names an event that its pipeline did not wait for, or that is not there.
        case stranger(EventReference, run: RunID)
    }
    private enum Fate { case open, taken(RunID) }

    public private(set) var lines: [String: Line] = [:]
    private var faults: [Fault] = []
    private var rules: [String: TriggerRule] = [:]
    private var fates: [String: [EventReference: (fate: Fate, triggers: [Trigger])]] = [:]
    private var backfillRuns: Set<RunID> = []
    private var partialRuns: Set<RunID> = []
    private var position: UInt64 = 0

    public init() {}

    public mutating func apply(_ sequenced: SequencedEvent) {
        guard sequenced.sequence > position else { return }
        position = sequenced.sequence
        let event = sequenced.event
        switch event.payload {
        case .pipelineRegistered(let definition): subscribe(event.pipeline, definition.triggers)
        case .runStarted(let started):
            guard let run = event.run else { return }
            if started.backfill != nil { backfillRuns.insert(run) }
            if started.isPartial, started.rerun == nil { partialRuns.insert(run) }
            for reference in started.consumed ?? [] { take(reference, event.pipeline, run) { $0.consumed += 1 } }
        case .runRejected(let rejected):
            guard let run = event.run else { return }
            for reference in rejected.consumed ?? [] { take(reference, event.pipeline, run) { $0.declined += 1 } }
        case .runSucceeded, .runFailed, .runCancelled, .fileArrived, .webhookReceived, .other: come(sequenced)
        default: return
        }
    }

    private mutating func subscribe(_ pipeline: String, _ rule: TriggerRule?) {
        rules[pipeline] = rule
        for (reference, entry) in fates[pipeline] ?? [:] {
            guard case .open = entry.fate, !entry.triggers.contains(where: { rule?.triggers.contains($0) == true }) else { continue }
            fates[pipeline]?[reference] = nil
            lines[pipeline, default: Line()].dropped += 1
        }
    }

    private mutating func come(_ sequenced: SequencedEvent) {
        if let run = sequenced.event.run, partialRuns.contains(run) { return }
        for (pipeline, rule) in rules {
            let fits = rule.triggers.filter { $0.fits(sequenced.event, for: pipeline) }
            guard !fits.isEmpty else { continue }
            lines[pipeline, default: Line()].events += 1
            if rule.ignoresBackfills == true, let run = sequenced.event.run, backfillRuns.contains(run) {
                lines[pipeline, default: Line()].ignored += 1
                continue
            }
            let reference = EventReference(sequence: sequenced.sequence, source: sequenced.event.source, id: sequenced.event.id)
            fates[pipeline, default: [:]][reference] = (.open, fits)
        }
    }

    private mutating func take(_ reference: EventReference, _ pipeline: String, _ run: RunID, _ count: (inout Line) -> Void) {
        switch fates[pipeline]?[reference]?.fate {
        case .open?:
            fates[pipeline]?[reference]?.fate = .taken(run)
            count(&lines[pipeline, default: Line()])
        case .taken(let first)?: faults.append(.double(reference, first: first, second: run))
        case nil: faults.append(.stranger(reference, run: run))
        }
    }

    /// Every fault, in the order of the log.
    /// - Parameter fleet: folded from the same log: it knows what waits.
    public mutating func finish(_ fleet: Fleet) -> [Fault] {
        var found = faults
        for pipeline in fates.keys.sorted() {
            let held = fleet.requests.filter { $0.pipeline == pipeline }.flatMap { $0.wish?.consumes ?? [] }
            let waiting = Set(fleet.waitingEvents(of: pipeline) + held)
            for (reference, entry) in (fates[pipeline] ?? [:]).sorted(by: { $0.key.sequence < $1.key.sequence }) {
                guard case .open = entry.fate else { continue }
                if waiting.contains(reference) { lines[pipeline, default: Line()].waiting += 1 } else { found.append(.orphan(reference, pipeline: pipeline)) }
            }
        }
        return found
    }
}

extension EventAudit.Fault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .orphan(let event, let pipeline): "orphan: \(event.source) \(event.id) (sequence \(event.sequence)) started no run of \(pipeline) and waits for none"
        case .double(let event, let first, let second): "double: \(event.source) \(event.id) (sequence \(event.sequence)) was consumed by \(first) and by \(second)"
        case .stranger(let event, let run): "stranger: \(run) says that it consumed \(event.source) \(event.id) (sequence \(event.sequence)), which was not for it"
        }
    }
}
