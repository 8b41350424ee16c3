/// What the broker itself has to say; nobody else may publish these.

/// The broker gave up on a task after so many deliveries without a report.
public struct TaskDeadLettered: Hashable, Sendable, Codable {
    public var deliveries: Int
    public var reason: String
    /// The sequence of the `task.ready` that it was.
    public var entry: UInt64
    public init(deliveries: Int, reason: String, entry: UInt64) {
        self.deliveries = deliveries
        self.reason = reason
        self.entry = entry
    }
}

/// A dead letter is offered again, because somebody asked for it.
public struct TaskRequeued: Hashable, Sendable, Codable {
    /// The sequence of the `task.ready` that it is.
    public var entry: UInt64
    /// How often it was offered before.
    public var deliveries: Int
    public var by: String
    public init(entry: UInt64, deliveries: Int, by: String) {
        self.entry = entry
        self.deliveries = deliveries
        self.by = by
    }
}

/// Something that a person should know of, whatever runs.
public struct AlertRaised: Hashable, Sendable, Codable {
    /// Stable: `broker.forged`, `broker.unknown_key`, `broker.overtaken_reader`.
    public var code: String
    public var summary: String
    public var location: String
    public var remedy: String
    public init(code: String, summary: String, location: String, remedy: String) {
        self.code = code
        self.summary = summary
        self.location = location
        self.remedy = remedy
    }
    /// The name that stands for a pipeline in the events of the house itself.
    public static let pipeline = "broker"
}
