public import Kernel

/// A run, or a step of it, had not succeeded by its deadline. Published once for each, also where the run never began.
public struct SLAMissed: Hashable, Sendable, Codable {
    /// When the run was due.
    public var due: Timestamp
    public var deadline: Timestamp
    /// Nil for the run as a whole.
    public var step: String?
    /// How things stood: `it has not begun`, `it is running`, `it failed`.
    public var standing: String
    /// The pipeline's: whom to tell of a run that never began.
    public var notify: [NotifyRule]

    public init(due: Timestamp, deadline: Timestamp, step: String?, standing: String, notify: [NotifyRule] = []) {
        self.due = due
        self.deadline = deadline
        self.step = step
        self.standing = standing
        self.notify = notify
    }
}

/// A run goes on for longer than is expected of it. Published once for each run.
public struct RunSlow: Hashable, Sendable, Codable {
    public var expectedSeconds: Double
    public var factor: Double
    public var startedAt: Timestamp
    public var notify: [NotifyRule]
    public init(expectedSeconds: Double, factor: Double, startedAt: Timestamp, notify: [NotifyRule] = []) {
        self.expectedSeconds = expectedSeconds
        self.factor = factor
        self.startedAt = startedAt
        self.notify = notify
    }
}
