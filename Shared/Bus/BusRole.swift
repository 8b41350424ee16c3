public import Contracts

/// What the holder of a key may do on a bus with keys. The table is also in `Wire.md`.
///
/// On a bus without keys (`ipc://` in a folder of one user) whoever reaches the socket may do everything.
public enum BusRole: String, Sendable, CaseIterable {
    case orchestrator, extract, load, transform, quality, notify, console, cli
    /// Anybody's program: asks for runs and follows them.
    case client

    /// The work that it may claim; nil for those that do none.
    public var work: Role? { Role(rawValue: rawValue) }

    public func may(_ verb: Verb) -> Bool {
        switch verb {
        case .inspect: true
        case .publish: self == .orchestrator || isFace || self == .client
        case .read: work == nil
        case .confirm, .resume: self == .orchestrator || self == .notify
        case .forget: self == .cli
        case .claim, .extend, .complete, .release: work != nil
        case .withdraw, .lead: self == .orchestrator
        case .requeue: isFace
        }
    }

    /// Faces act for a person.
    private var isFace: Bool { self == .console || self == .cli }

    /// Prefixes of the topics that it may publish; a worker's are those of its reports.
    public var publishes: [String] {
        switch self {
        case .orchestrator:
            ["pipeline.", "run.", "task.ready.", "task.skipped.", "sla.", "file.", "webhook.", "backfill."]
        case .extract, .load, .transform, .quality: ["tasks.added.", "task.succeeded.", "task.failed."]
        case .notify: []
        case .console, .cli:
            ["run.requested.", "run.cancel_requested.", "pipeline.paused.", "pipeline.unpaused.", "backfill.requested.", "webhook.received."]
        case .client: ["run.requested."]
        }
    }

    /// Prefixes of the topics that it may read and subscribe to, the tick apart, which is everybody's.
    public var reads: [String] {
        switch self {
        case .orchestrator, .console, .cli, .notify: [""]
        case .extract, .load, .transform, .quality: []
        case .client: ["run."]
        }
    }

    public func mayPublish(_ topic: String) -> Bool { publishes.contains { topic.hasPrefix($0) } }
    /// A subscription to more than it may have is refused whole, not narrowed.
    public func mayRead(_ prefix: String) -> Bool { prefix.hasPrefix("tick/") || reads.contains { prefix.hasPrefix($0) } }
    public func mayConfirm(_ reader: String) -> Bool { reader == rawValue || reader.hasPrefix(rawValue + "-") }
}
