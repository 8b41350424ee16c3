public import Contracts
public import Kernel

/// One `task.ready` that nobody has reported on yet.
public struct WorkEntry: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        /// Offered from `visibleAt` on.
        case waiting(visibleAt: Double)
        /// With a worker until `until`, unless it extends. Seconds of the monotonic clock.
        case leased(until: Double)
        /// Given up; kept for people to look at and requeue.
        case dead
    }
    public let sequence: UInt64
    public let role: Role
    public let pipeline: String
    public let run: RunID
    public let task: TaskID
    /// Within `priorityBounds`, whatever the announcement says.
    public let priority: Int
    /// How often it has been offered. The token of a lease is made of this and the sequence, so it is never used twice.
    public var delivery: Int
    /// The delivery after which it is given up.
    public var deliveryLimit: Int
    public var state: State
    public var worker: String
    public var isWithdrawn = false
    /// When it began to wait, for ageing.
    public var since: Double

    public init(sequence: UInt64, role: Role, pipeline: String, run: RunID, task: TaskID, priority: Int, delivery: Int = 0, deliveryLimit: Int, state: State, worker: String = "", since: Double) {
        self.sequence = sequence
        self.role = role
        self.pipeline = pipeline
        self.run = run
        self.task = task
        self.priority = min(max(priority, Self.priorityBounds.lowerBound), Self.priorityBounds.upperBound)
        self.delivery = delivery
        self.deliveryLimit = deliveryLimit
        self.state = state
        self.worker = worker
        self.since = since
    }

    /// Wide enough for any order, narrow enough to count waiting on top.
    public static let priorityBounds = -1_000_000...1_000_000

    public var lease: String { "\(sequence).\(delivery)" }
}
