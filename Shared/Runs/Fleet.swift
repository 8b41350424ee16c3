public import Contracts
public import Kernel

/// All pipelines and their runs as a value: which request became which run, who waits, how full the pools are, what is late.
///
/// Invariants:
/// - each request becomes exactly one run, or is rejected with a reason;
/// - a pipeline has no more runs at a time than it allows; further requests wait in the order of the log, backfills last;
/// - no pool holds more announced tasks than it has places;
/// - an event that starts runs is consumed by one request for each pipeline that waits for it.
public struct Fleet: Sendable {
    public private(set) var pipelines: [String: PipelineRegistered] = [:]
    public private(set) var runs: [RunID: RunState] = [:]
    /// By pipeline, where it is paused: why.
    public private(set) var paused: [String: PipelinePaused] = [:]
    /// By pipeline, when it was last unpaused: what was due while it was paused was promised to nobody.
    public private(set) var unpausedAt: [String: Timestamp] = [:]
    /// The sequence of the newest event that has been folded in.
    public private(set) var position: UInt64 = 0
    /// By pipeline: the time up to which its schedule has been seen to. A schedule begins when it is registered.
    public private(set) var scheduledUpTo: [String: Timestamp] = [:]
    /// Backfills whose runs have not all been asked for.
    public private(set) var backfills: [Event] = []
    /// Requests that no run has answered yet, in the order of the log.
    public var requests: [Event] { lines.events }
    public var hasRequests: Bool { !lines.isEmpty }
    private(set) var lines = RequestLines()
    private var answered: Set<String> = []
    /// Requests that wait and are not wanted any more.
    private(set) var withdrawn: [String: RunCancelRequested] = [:]
    private(set) var learntPools: [String: Int] = [:]
    var alarms = Alarms()
    var inbox = Inbox()
    private(set) var history = RunArchive()

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
            inbox.subscribe(event.pipeline, definition.triggers)
        case .pipelinePaused(let pause): paused[event.pipeline] = pause
        case .pipelineUnpaused:
            guard paused.removeValue(forKey: event.pipeline) != nil else { return }
            unpausedAt[event.pipeline] = event.time
        case .runRequested(let wish): request(event, wish)
        case .runRejected(let rejected): answer(rejected.request)
        case .runStarted(let started):
            answer(started.request)
            guard let run = event.run, runs[run] == nil, let state = RunState(event) else { return }
            runs[run] = state
            alarms.watch(state, usually: history.medianSeconds(of: state.pipeline))
        case .runCancelRequested(let cancel):
            guard let run = event.run else { return }
            if runs[run] != nil { runs[run]?.apply(event) }
            else if lines.contains(run.description) { withdrawn[run.description] = cancel }
        case .runSucceeded, .runFailed, .runCancelled: end(sequenced)
        case .slaMissed, .runSlow: alarms.apply(event)
        case .backfillRequested: backfills.append(event)
        case .backfillPlanned(let plan): backfills.removeAll { $0.id == plan.backfill }
        case .fileArrived, .webhookReceived, .other: inbox.apply(sequenced, of: nil)
        default:
            guard let run = event.run else { return }
            if case .taskSucceeded(let report) = event.payload { learntPools.merge(report.pools) { _, new in new } }
            runs[run]?.apply(event)
            if case .taskSucceeded = event.payload, let state = runs[run] { alarms.keepSteps(state) }
        }
    }

    /// The log has been searched to `sequence` and held nothing more for us.
    public mutating func advance(to sequence: UInt64) { position = max(position, sequence) }

    private mutating func request(_ event: Event, _ wish: RunRequested) {
        if wish.isScheduled, let date = wish.logicalDate { scheduledUpTo[event.pipeline] = max(date, scheduledUpTo[event.pipeline] ?? date) }
        var (event, wish) = (event, wish)
        // What it claims to consume counts only where it waits: an event never has two runs of one pipeline.
        wish.consumes = inbox.consume(wish.consumes, by: event.pipeline, at: event.time)
        // Two sources may use one id; the run is the same, and the first request stands.
        guard !answered.contains(event.id), !lines.contains(event.id) else { return }
        event.payload = .runRequested(wish)
        lines.add(event, wish, position)
        alarms.promise(event, wish, pipelines[event.pipeline]?.policy)
    }

    /// The decision was in the log already, further back than the fold began.
    public mutating func noteAnswered(by decision: Event) {
        switch decision.payload {
        case .runStarted(let started): answer(started.request)
        case .runRejected(let rejected): answer(rejected.request)
        default: return
        }
    }

    private mutating func answer(_ request: String) {
        answered.insert(request)
        withdrawn[request] = nil
        lines.remove(request)
    }

    /// The facts of an ended run are in the log; here they would only grow.
    private mutating func end(_ sequenced: SequencedEvent) {
        guard let run = sequenced.event.run, var state = runs.removeValue(forKey: run) else { return }
        state.apply(sequenced.event)
        alarms.end(state)
        history.add(state)
        inbox.apply(sequenced, of: state)
    }

    // MARK: Views


    /// Runs that are to end and may still have tasks with workers: withdraw those, then publish `cancellation(of:now:)`.
    public var cancelling: [RunID] { runs.values.filter { $0.cancel != nil && $0.open > 0 }.map(\.id).sorted() }

    /// The end of such a run, once no worker holds a task of it.
    public func cancellation(of run: RunID, now: Timestamp) -> Event? { runs[run]?.cancellation(now: now) }

    /// Events that wait for a run of the pipeline.
    public func waitingEvents(of pipeline: String) -> [EventReference] { inbox.waiting(for: pipeline).map(\.reference) }

    /// When time alone will next change the decisions, behind `now`; nil where only events can.
    public func nextDeadline(after now: Timestamp) -> Timestamp? {
        let triggers = pipelines.keys.compactMap { paused[$0] == nil ? inbox.nextDeadline(of: $0) : nil }.filter { $0 > now }
        return (runs.values.compactMap { $0.nextDeadline(after: now) } + triggers + [alarms.nextDeadline(after: now)].compactMap(\.self)).min()
    }

    /// Tasks that could go on but for a place in their pools: those that were not announced by the last decisions.
    public var queueing: [(run: RunID, task: TaskID, pools: [String])] {
        runs.values.flatMap { run in
            run.satisfied.compactMap { id in
                guard run.cancel == nil, let pools = run.tasks[id]?.pools, !pools.isEmpty else { return nil }
                return (run.id, id, pools)
            }
        }
    }
}
