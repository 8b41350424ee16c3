public import Contracts
public import Kernel

/// What is to be simulated.
public struct SimulationPlan: Sendable {
    public static let daysMax = 3660

    public var pipelines: [String: PipelineRegistered]
    public var from: Timestamp
    /// From 1 to `daysMax`.
    public var days: Int
    public var seed: UInt64
    public var faults: Set<Fault>
    /// How many tasks each role does at once.
    public var slots: [Role: Int]
    public var history: TaskHistory
    public var arrivals: ArrivalHistory
    /// How many models a dbt project has, by its folder: for projects that have not run yet.
    public var models: [String: Int]
    /// Writers that a warehouse takes, by pool: for warehouses that no run has told of.
    public var writers: [String: Int]

    public init(
        pipelines: [String: PipelineRegistered], from: Timestamp, days: Int = 31, seed: UInt64 = 1, faults: Set<Fault> = [], slots: [Role: Int] = [:],
        history: TaskHistory = TaskHistory(), arrivals: ArrivalHistory = ArrivalHistory(), models: [String: Int] = [:], writers: [String: Int] = [:]
    ) {
        self.pipelines = pipelines
        self.from = from
        self.days = days
        self.seed = seed
        self.faults = faults
        self.slots = slots
        self.history = history
        self.arrivals = arrivals
        self.models = models
        self.writers = writers
    }

    var end: Timestamp { from.adding(seconds: Double(days) * 86_400) }
}
