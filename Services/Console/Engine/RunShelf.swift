public import Contracts
public import Kernel
public import Runs
import Markup
import Schedules

/// The runs that people look at, folded from the log by the core that decides them.
///
/// Invariants:
/// - open runs are all here; of the ended ones the newest `endedMax`, and of those the newest keep their tasks while all together hold at most `tasksMax`;
/// - equal logs give equal shelves.
public struct RunShelf: Sendable {
    public static let endedMax = 500
    public static let tasksMax = 20_000
    static let requestsMax = 200

    public struct Summary: Sendable, Hashable {
        public enum Phase: String, Sendable {
            case requested, rejected, running, cancelling, succeeded, failed, cancelled

            init(_ state: RunState) {
                self = switch state.end?.outcome {
                case .succeeded: .succeeded
                case .failed: .failed
                case .cancelled: .cancelled
                case nil: state.cancel == nil ? .running : .cancelling
                }
            }
        }
        public var run: RunID
        public var pipeline: String
        public var phase: Phase
        public var startedAt: Timestamp
        public var endedAt: Timestamp?
        public var total = 0, succeeded = 0, failed = 0, skipped = 0
        /// Records that landed; nil where the run landed none.
        public var landed: Int?
        public var words = ""
        /// Only some of the pipeline's steps were asked for.
        public var isPartial = false
    }

    public struct PipelineInfo: Sendable, Hashable {
        public var name: String
        public var steps: [String]
        public var schedule: Schedule?
        public var triggers: [Trigger] = []
        /// Why it is paused; nil where it is not.
        public var pause: PipelinePaused?
        /// Knows when the schedule is due; made once.
        var trigger: (any TimeTrigger)?

        public static func == (a: PipelineInfo, b: PipelineInfo) -> Bool {
            a.name == b.name && a.steps == b.steps && a.schedule == b.schedule && a.triggers == b.triggers && a.pause == b.pause
        }
        public func hash(into hasher: inout Hasher) { hasher.combine(name) }

        /// What starts it, and when it runs next, for people.
        func starts(now: Timestamp) -> [String] {
            var words: [String] = []
            if let schedule { words.append(schedule.words) }
            if pause == nil, let next = trigger?.next(after: now) { words.append("next \(Words.time(next)) UTC") }
            return words + triggers.map(\.words)
        }
    }

    /// The sequence of the newest event that has been folded in.
    public private(set) var position: UInt64 = 0
    public private(set) var pipelines: [String: PipelineInfo] = [:]
    private var states: [RunID: RunState] = [:]
    private var ended: [RunID: Summary] = [:]
    private var order: [RunID] = []
    private var endedOrder: [RunID] = []
    /// Requests that no run has answered yet, and rejected ones.
    private var requests: [RunID: Summary] = [:]
    private var requestOrder: [RunID] = []
    /// How many tasks the ended runs hold.
    private var endedTasks = 0
    /// Ended runs before this place of `endedOrder` have lost their tasks.
    private var firstWithTasks = 0

    public init() {}

    // MARK: Facts

    public mutating func apply(_ sequenced: SequencedEvent) {
        guard sequenced.sequence > position else { return }
        position = sequenced.sequence
        let event = sequenced.event
        switch event.payload {
        case .pipelineRegistered(let definition):
            pipelines[event.pipeline] = PipelineInfo(
                name: event.pipeline, steps: definition.steps, schedule: definition.schedule, triggers: definition.triggers?.triggers ?? [],
                pause: pipelines[event.pipeline]?.pause, trigger: try? definition.schedule?.trigger())
        case .pipelinePaused(let pause): pipelines[event.pipeline]?.pause = pause
        case .pipelineUnpaused: pipelines[event.pipeline]?.pause = nil
        case .runRequested: request(event)
        case .runRejected(let rejected):
            guard let run = event.run else { return }
            requests[run]?.phase = .rejected
            requests[run]?.words = rejected.reason
            requests[run]?.endedAt = event.time
        case .runStarted:
            guard let run = event.run, states[run] == nil, ended[run] == nil, let state = RunState(event) else { return }
            states[run] = state
            order.append(run)
            forgetRequest(run)
        default:
            guard let run = event.run, ended[run] == nil, states[run] != nil else { return }
            states[run]?.apply(event)
            if let state = states[run], state.isEnded { close(state) }
        }
    }

    /// The log has been searched to `sequence` and held nothing more for us.
    public mutating func advance(to sequence: UInt64) { position = max(position, sequence) }

    private mutating func request(_ event: Event) {
        let run = RunID(event.id)
        guard requests[run] == nil, states[run] == nil, ended[run] == nil else { return }
        requests[run] = Summary(run: run, pipeline: event.pipeline, phase: .requested, startedAt: event.time, words: "waits for its turn")
        requestOrder.append(run)
        if requestOrder.count > Self.requestsMax { requests[requestOrder.removeFirst()] = nil }
    }

    private mutating func forgetRequest(_ run: RunID) {
        guard requests.removeValue(forKey: run) != nil else { return }
        requestOrder.removeAll { $0 == run }
    }

    private mutating func close(_ state: RunState) {
        ended[state.id] = Self.summary(of: state)
        endedOrder.append(state.id)
        endedTasks += state.tasks.count
        while endedTasks > Self.tasksMax, firstWithTasks < endedOrder.count - 1 { dropTasks() }
        if endedOrder.count > Self.endedMax {
            if firstWithTasks == 0 { dropTasks() }
            let oldest = endedOrder.removeFirst()
            firstWithTasks -= 1
            ended[oldest] = nil
            order.removeAll { $0 == oldest }
        }
    }

    private mutating func dropTasks() {
        endedTasks -= states.removeValue(forKey: endedOrder[firstWithTasks])?.tasks.count ?? 0
        firstWithTasks += 1
    }

    // MARK: Views

    /// Newest first.
    public var summaries: [Summary] {
        let runs = order.compactMap { run in ended[run] ?? states[run].map { Self.summary(of: $0) } }
        return (runs + requestOrder.compactMap { requests[$0] }).sorted { ($0.startedAt, $0.run) > ($1.startedAt, $1.run) }
    }

    public func summary(_ run: RunID) -> Summary? { ended[run] ?? states[run].map { Self.summary(of: $0) } ?? requests[run] }
    /// With its tasks; nil for a run that has lost them.
    public func state(_ run: RunID) -> RunState? { states[run] }
    public var hasOpenRuns: Bool { states.count > endedOrder.count - firstWithTasks || requests.values.contains { $0.phase == .requested } }

    static func summary(of state: RunState) -> Summary {
        var summary = Summary(
            run: state.id, pipeline: state.pipeline, phase: Summary.Phase(state),
            startedAt: state.startedAt, endedAt: state.end?.at, words: state.end?.summary.summary ?? "", isPartial: state.started.isPartial)
        for task in state.tasks.values {
            summary.total += 1
            switch task.phase {
            case .succeeded: summary.succeeded += 1
            case .failed: summary.failed += 1
            case .skipped: summary.skipped += 1
            default: break
            }
            for entry in task.report?.books ?? [] where entry.point == .landed && task.phase == .succeeded {
                summary.landed = (summary.landed ?? 0) + entry.tally.count
            }
        }
        return summary
    }
}
