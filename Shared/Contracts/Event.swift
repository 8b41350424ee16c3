public import Kernel

/// What an event says. The raw text of the case is its CloudEvents type; the version counts up when a reader must change.
public enum Payload: Hashable, Sendable {
    case pipelineRegistered(PipelineRegistered)
    case runRequested(RunRequested)
    case runRejected(RunRejected)
    case runStarted(RunStarted)
    case tasksAdded(TasksAdded)
    case taskReady(TaskReady)
    case taskSucceeded(TaskReport)
    case taskFailed(TaskReport)
    case taskSkipped(TaskSkipped)
    case taskDeadLettered(TaskDeadLettered)
    case taskRequeued(TaskRequeued)
    case alertRaised(AlertRaised)
    case runSucceeded(RunEnded)
    case runFailed(RunEnded)
    case pipelinePaused(PipelinePaused)
    case pipelineUnpaused(PipelineUnpaused)
    case runCancelRequested(RunCancelRequested)
    case runCancelled(RunEnded)
    case slaMissed(SLAMissed)
    case runSlow(RunSlow)
    case fileArrived(FileArrived)
    case webhookReceived(WebhookReceived)
    case backfillRequested(BackfillRequested)
    case backfillPlanned(BackfillPlanned)
    /// A type that this version does not know: kept whole, acted upon by nobody.
    case other(type: String, data: JSON)

    public var type: String {
        switch self {
        case .pipelineRegistered: EventType.pipelineRegistered
        case .runRequested: EventType.runRequested
        case .runRejected: EventType.runRejected
        case .runStarted: EventType.runStarted
        case .tasksAdded: EventType.tasksAdded
        case .taskReady: EventType.taskReady
        case .taskSucceeded: EventType.taskSucceeded
        case .taskFailed: EventType.taskFailed
        case .taskSkipped: EventType.taskSkipped
        case .taskDeadLettered: EventType.taskDeadLettered
        case .taskRequeued: EventType.taskRequeued
        case .alertRaised: EventType.alertRaised
        case .runSucceeded: EventType.runSucceeded
        case .runFailed: EventType.runFailed
        case .pipelinePaused: EventType.pipelinePaused
        case .pipelineUnpaused: EventType.pipelineUnpaused
        case .runCancelRequested: EventType.runCancelRequested
        case .runCancelled: EventType.runCancelled
        case .slaMissed: EventType.slaMissed
        case .runSlow: EventType.runSlow
        case .fileArrived: EventType.fileArrived
        case .webhookReceived: EventType.webhookReceived
        case .backfillRequested: EventType.backfillRequested
        case .backfillPlanned: EventType.backfillPlanned
        case .other(let type, _): type
        }
    }
}

/// The CloudEvents types, with their versions.
public enum EventType {
    public static let pipelineRegistered = "pipeline.registered.v1"
    public static let runRequested = "run.requested.v1"
    public static let runRejected = "run.rejected.v1"
    public static let runStarted = "run.started.v1"
    public static let tasksAdded = "tasks.added.v1"
    public static let taskReady = "task.ready.v1"
    public static let taskSucceeded = "task.succeeded.v1"
    public static let taskFailed = "task.failed.v1"
    public static let taskSkipped = "task.skipped.v1"
    public static let taskDeadLettered = "task.dead_lettered.v1"
    public static let taskRequeued = "task.requeued.v1"
    public static let alertRaised = "alert.raised.v1"
    public static let runSucceeded = "run.succeeded.v1"
    public static let runFailed = "run.failed.v1"
    public static let pipelinePaused = "pipeline.paused.v1"
    public static let pipelineUnpaused = "pipeline.unpaused.v1"
    public static let runCancelRequested = "run.cancel_requested.v1"
    public static let runCancelled = "run.cancelled.v1"
    public static let slaMissed = "sla.missed.v1"
    public static let runSlow = "run.slow.v1"
    public static let fileArrived = "file.arrived.v1"
    public static let webhookReceived = "webhook.received.v1"
    public static let backfillRequested = "backfill.requested.v1"
    public static let backfillPlanned = "backfill.planned.v1"
}

/// A fact, as CloudEvents 1.0 JSON has it, with the extension attributes `pipeline`, `role`, `run`, `task`, `priority`.
///
/// (source, id) is unique in the log: publishing it twice is publishing it once.
public struct Event: Hashable, Sendable {
    public var source: String
    public var id: String
    public var time: Timestamp
    public var pipeline: String
    /// The role that is addressed; nil for everybody.
    public var role: Role?
    public var run: RunID?
    public var task: TaskID?
    public var priority: Int
    /// W3C trace context, carried along from the request.
    public var traceparent: String?
    public var payload: Payload

    public init(
        source: String, id: String, time: Timestamp, pipeline: String, role: Role? = nil, run: RunID? = nil,
        task: TaskID? = nil, priority: Int = 0, traceparent: String? = nil, payload: Payload
    ) {
        self.source = source
        self.id = id
        self.time = time
        self.pipeline = pipeline
        self.role = role
        self.run = run
        self.task = task
        self.priority = priority
        self.traceparent = traceparent
        self.payload = payload
    }

    public var type: String { payload.type }

    /// `<type>/<role or ->/<pipeline>/`: always three parts, each closed, because ZeroMQ matches bytes.
    public var topic: String { "\(type)/\(role?.rawValue ?? "-")/\(pipeline)/" }

    /// The largest envelope that the bus takes, in bytes.
    public static let envelopeBytesMax = 1 << 20
}

/// An event and its place in the log. Sequences grow by at least one and are never used again.
public struct SequencedEvent: Hashable, Sendable {
    public var sequence: UInt64
    public var event: Event
    public init(sequence: UInt64, event: Event) {
        self.sequence = sequence
        self.event = event
    }
}
