public import Kernel

/// Asks for a run of a pipeline. Its event id is the run's identity: the same request twice is one run.
public struct RunRequested: Hashable, Sendable, Codable {
    public enum Cause: String, Codable, Sendable { case manual, cron, interval, file, webhook, upstream, message }
    public var cause: Cause
    /// The time that the run stands for; the request's own time where nobody states another.
    public var logicalDate: Timestamp?
    public var isFullRefresh: Bool

    public init(cause: Cause, logicalDate: Timestamp? = nil, isFullRefresh: Bool = false) {
        self.cause = cause
        self.logicalDate = logicalDate
        self.isFullRefresh = isFullRefresh
    }
    private enum CodingKeys: String, CodingKey { case cause, logicalDate, isFullRefresh }
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        cause = try container.decodeIfPresent(Cause.self, forKey: .cause) ?? .message
        logicalDate = try container.decodeIfPresent(Timestamp.self, forKey: .logicalDate)
        isFullRefresh = try container.decodeIfPresent(Bool.self, forKey: .isFullRefresh) ?? false
    }
}

/// What the orchestrator knows of a pipeline: everything that a run of it needs, so that the log alone is enough to go on.
public struct PipelineRegistered: Hashable, Sendable, Codable {
    /// SHA-256 of the definition's bytes.
    public var hash: String
    /// The tasks that a new run begins with. More come with their reports.
    public var tasks: [TaskSpec]
    public var steps: [String]
    public var notify: [NotifyRule]
    /// Nil where it runs only when asked.
    public var schedule: Schedule?

    public init(hash: String, tasks: [TaskSpec], steps: [String], notify: [NotifyRule], schedule: Schedule? = nil) {
        self.hash = hash
        self.tasks = tasks
        self.steps = steps
        self.notify = notify
        self.schedule = schedule
    }
}

/// Whom to tell about what.
public struct NotifyRule: Hashable, Sendable, Codable {
    /// `warned`: the run succeeded, and a test of it found what is only worth a warning.
    public enum Occasion: String, Codable, Sendable, CaseIterable { case succeeded, warned, failed }
    public var on: [Occasion]
    public var channel: String
    /// The channel's own fields, such as `recipients`. References to variables are unfilled: a rule travels in the log.
    public var options: JSON
    public init(on: [Occasion], channel: String, options: JSON = [:]) {
        self.on = on
        self.channel = channel
        self.options = options
    }

    private enum CodingKeys: String, CodingKey { case on, channel, options }
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        on = try box.decode([Occasion].self, forKey: .on)
        channel = try box.decode(String.self, forKey: .channel)
        options = try box.decodeIfPresent(JSON.self, forKey: .options) ?? [:]
    }
    public func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: CodingKeys.self)
        try box.encode(on, forKey: .on)
        try box.encode(channel, forKey: .channel)
        // Left out where there are none: rules without options keep the bytes that they had.
        if options != [:] { try box.encode(options, forKey: .options) }
    }
}

/// A run begins: the orchestrator's answer to a request.
public struct RunStarted: Hashable, Sendable, Codable {
    public var request: String
    public var pipelineHash: String
    public var logicalDate: Timestamp
    public var isFullRefresh: Bool
    public var steps: [String]
    public var tasks: [TaskSpec]
    public var notify: [NotifyRule]

    public init(request: String, pipelineHash: String, logicalDate: Timestamp, isFullRefresh: Bool, steps: [String], tasks: [TaskSpec], notify: [NotifyRule]) {
        self.request = request
        self.pipelineHash = pipelineHash
        self.logicalDate = logicalDate
        self.isFullRefresh = isFullRefresh
        self.steps = steps
        self.tasks = tasks
        self.notify = notify
    }
}

/// A request that cannot become a run, and why.
public struct RunRejected: Hashable, Sendable, Codable {
    public var request: String
    public var reason: String
    public init(request: String, reason: String) {
        self.request = request
        self.reason = reason
    }
}

/// A report's new tasks. Large plans arrive as several of these in one report.
public struct TasksAdded: Hashable, Sendable, Codable {
    public var tasks: [TaskSpec]
    public init(tasks: [TaskSpec]) { self.tasks = tasks }
}

/// A task may be claimed. It is an event and an entry of the work queue alike.
public struct TaskReady: Hashable, Sendable, Codable {
    public var spec: TaskSpec
    public var attempt: Int
    public var logicalDate: Timestamp
    public var isFullRefresh: Bool

    public init(spec: TaskSpec, attempt: Int, logicalDate: Timestamp, isFullRefresh: Bool) {
        self.spec = spec
        self.attempt = attempt
        self.logicalDate = logicalDate
        self.isFullRefresh = isFullRefresh
    }
}

/// A task that will not be done, because of another one.
public struct TaskSkipped: Hashable, Sendable, Codable {
    public var because: String
    public init(because: String) { self.because = because }
}

/// How a run ended.
public struct RunEnded: Hashable, Sendable, Codable {
    /// More warnings than this are counted, not listed.
    public static let warningsMax = 20

    public var succeeded: Int
    public var failed: Int
    public var skipped: Int
    /// One line: `41 tasks succeeded`, or the first failure and how many others hang on it.
    public var summary: String
    /// The tasks that failed by themselves, in order of failing.
    public var causes: [TaskID]
    /// How many tests found what is only worth a warning.
    public var warned: Int
    /// One line for each of the first of them: `not_null_orders_id: warn: 3 failing rows`.
    public var warnings: [String]

    public init(succeeded: Int, failed: Int, skipped: Int, summary: String, causes: [TaskID], warned: Int = 0, warnings: [String] = []) {
        self.succeeded = succeeded
        self.failed = failed
        self.skipped = skipped
        self.summary = summary
        self.causes = causes
        self.warned = warned
        self.warnings = warnings
    }

    private enum CodingKeys: String, CodingKey { case succeeded, failed, skipped, summary, causes, warned, warnings }
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        succeeded = try box.decode(Int.self, forKey: .succeeded)
        failed = try box.decode(Int.self, forKey: .failed)
        skipped = try box.decode(Int.self, forKey: .skipped)
        summary = try box.decode(String.self, forKey: .summary)
        causes = try box.decode([TaskID].self, forKey: .causes)
        warned = try box.decodeIfPresent(Int.self, forKey: .warned) ?? 0
        warnings = try box.decodeIfPresent([String].self, forKey: .warnings) ?? []
    }
    public func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: CodingKeys.self)
        try box.encode(succeeded, forKey: .succeeded)
        try box.encode(failed, forKey: .failed)
        try box.encode(skipped, forKey: .skipped)
        try box.encode(summary, forKey: .summary)
        try box.encode(causes, forKey: .causes)
        guard warned > 0 else { return }
        try box.encode(warned, forKey: .warned)
        try box.encode(warnings, forKey: .warnings)
    }
}
