public import Kernel

/// A claimed task, as the worker skeleton hands it to an engine.
public struct Assignment: Hashable, Sendable {
    public var run: RunID
    public var pipeline: String
    public var spec: TaskSpec
    public var attempt: Int
    public var logicalDate: Timestamp
    public var isFullRefresh: Bool
    /// The log sequence of the task's own `task.ready`: the fence's token. A redelivery has the same one.
    public var token: UInt64
    /// The replica, for reports and logs: `load-1`.
    public var worker: String

    public init(run: RunID, pipeline: String, spec: TaskSpec, attempt: Int, logicalDate: Timestamp, isFullRefresh: Bool, token: UInt64, worker: String) {
        self.run = run
        self.pipeline = pipeline
        self.spec = spec
        self.attempt = attempt
        self.logicalDate = logicalDate
        self.isFullRefresh = isFullRefresh
        self.token = token
        self.worker = worker
    }
}

/// What an engine answers: its report, and the tasks that the run grows by. A failure is thrown as a `Problem` instead,
/// or reported with `problem` set where there is more to say (failing rows, books).
public struct Completion: Hashable, Sendable, Codable {
    public var report: TaskReport
    public var adds: [TaskSpec]
    public init(report: TaskReport, adds: [TaskSpec] = []) {
        self.report = report
        self.adds = adds
    }

    /// Says who did the work and when. A completion that a ledger kept has its signature already, and keeps it: the words of
    /// the one who did the work.
    public func signed(_ assignment: Assignment, from startedAt: Timestamp, to finishedAt: Timestamp) -> Completion {
        guard report.worker.isEmpty else { return self }
        var signed = self
        signed.report.attempt = assignment.attempt
        signed.report.worker = assignment.worker
        signed.report.startedAt = startedAt
        signed.report.finishedAt = finishedAt
        return signed
    }
}
