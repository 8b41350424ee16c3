public import Contracts
public import Kernel

/// All pipelines and their runs as a value: which request became which run, who waits, how full the pools are.
///
/// Invariants:
/// - each request becomes exactly one run, or is rejected with a reason;
/// - a pipeline has at most one run at a time; further requests wait in the order of the log;
/// - no pool holds more announced tasks than it has places.
public struct Fleet: Sendable {
    public private(set) var pipelines: [String: PipelineRegistered] = [:]
    public private(set) var runs: [RunID: RunState] = [:]
    /// The sequence of the newest event that has been folded in.
    public private(set) var position: UInt64 = 0
    /// By pipeline: the time up to which its schedule has been seen to. A schedule begins when it is registered.
    public private(set) var scheduledUpTo: [String: Timestamp] = [:]
    private var requests: [Event] = []
    private var answered: Set<String> = []
    private var poolSizes: [String: Int] = [:]

    public init() {}

    /// A run's id is its request's id, so the same request twice is one run.
    public static func run(of request: Event) -> RunID { RunID(request.id) }

    // MARK: Facts

    /// Folds one event in; events must come in the order of their sequences. An event seen already changes nothing.
    public mutating func apply(_ sequenced: SequencedEvent) {
        guard sequenced.sequence > position else { return }
        position = sequenced.sequence
        let event = sequenced.event
        switch event.payload {
        case .pipelineRegistered(let definition):
            if pipelines[event.pipeline]?.schedule != definition.schedule { scheduledUpTo[event.pipeline] = event.time }
            pipelines[event.pipeline] = definition
        case .runRequested(let wish):
            if wish.cause == .cron, let date = wish.logicalDate {
                scheduledUpTo[event.pipeline] = max(date, scheduledUpTo[event.pipeline] ?? date)
            }
            // Two sources may use one id; the run is the same, and the first request stands.
            if !answered.contains(event.id), !requests.contains(where: { $0.id == event.id }) { requests.append(event) }
        case .runRejected(let rejected): answer(rejected.request)
        case .runStarted(let started):
            answer(started.request)
            if let run = event.run, runs[run] == nil { runs[run] = RunState(event) }
        case .runSucceeded, .runFailed:
            // The facts of an ended run are in the log; here it would only grow.
            if let run = event.run { runs[run] = nil }
        default:
            guard let run = event.run else { return }
            if case .taskSucceeded(let report) = event.payload { poolSizes.merge(report.pools) { _, new in new } }
            runs[run]?.apply(event)
        }
    }

    /// The log has been searched to `sequence` and held nothing more for us.
    public mutating func advance(to sequence: UInt64) { position = max(position, sequence) }

    private mutating func answer(_ request: String) {
        answered.insert(request)
        requests.removeAll { $0.id == request }
    }

    // MARK: Decisions

    /// The decisions that are not in the log yet. Publishing one twice is publishing it once, for its id is the same.
    public func decide(now: Timestamp) -> [Event] {
        var room = PoolRoom(sizes: poolSizes)
        for run in runs.values { room.occupy(run.occupied) }
        var events: [Event] = []
        for run in runs.values.sorted(by: { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }) {
            events += run.decisions(now: now) { room.take($0) }
        }
        var busy = Set(runs.values.map(\.pipeline))
        for request in requests {
            guard let pipeline = pipelines[request.pipeline] else {
                events.append(rejection(request, now, "no pipeline is named '\(request.pipeline)'"))
                continue
            }
            guard case .runRequested(let wish) = request.payload else { continue }
            let selection = StepSelection(wish, of: pipeline)
            if let reason = selection.refusal {
                events.append(rejection(request, now, reason))
                continue
            }
            guard busy.insert(request.pipeline).inserted else { continue }
            let start = start(request, wish, pipeline, selection, now)
            guard let run = RunState(start) else { continue }
            // Its first tasks go out with it: one publish, one commit.
            events.append(start)
            events += run.decisions(now: now) { room.take($0) }
        }
        return events
    }

    private func start(_ request: Event, _ wish: RunRequested, _ pipeline: PipelineRegistered, _ selection: StepSelection, _ now: Timestamp) -> Event {
        let started = RunStarted(
            request: request.id, pipelineHash: pipeline.hash, logicalDate: wish.logicalDate ?? request.time,
            isFullRefresh: wish.isFullRefresh, steps: selection.steps, omitted: selection.omitted, tasks: selection.tasks, notify: pipeline.notify)
        return Event(
            source: "orchestrator", id: "\(request.id)/-/started", time: now, pipeline: request.pipeline, run: Self.run(of: request),
            traceparent: request.traceparent, payload: .runStarted(started))
    }

    private func rejection(_ request: Event, _ now: Timestamp, _ reason: String) -> Event {
        Event(
            source: "orchestrator", id: "\(request.id)/-/rejected", time: now, pipeline: request.pipeline, run: Self.run(of: request),
            traceparent: request.traceparent, payload: .runRejected(RunRejected(request: request.id, reason: reason)))
    }

    /// When time alone will change the decisions; nil where only events can.
    public var nextDeadline: Timestamp? { runs.values.compactMap(\.nextDeadline).min() }
}

/// The free places of pools while decisions are made. A pool whose size nobody has told holds one.
private struct PoolRoom {
    private let sizes: [String: Int]
    private var taken: [String: Int] = [:]

    init(sizes: [String: Int]) { self.sizes = sizes }

    mutating func occupy(_ places: [String: Int]) { taken.merge(places, uniquingKeysWith: +) }

    mutating func take(_ pool: String) -> Bool {
        guard taken[pool, default: 0] < sizes[pool, default: 1] else { return false }
        taken[pool, default: 0] += 1
        return true
    }
}
