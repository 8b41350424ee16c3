public import Kernel

/// Asks for a run of a pipeline. Its event id is the run's identity: the same request twice is one run.
public struct RunRequested: Hashable, Sendable, Codable {
    public enum Cause: String, Codable, Sendable { case manual, cron, interval, file, webhook, upstream, message, backfill, rerun }
    public var cause: Cause
    /// The time that the run stands for; the request's own time where nobody states another.
    public var logicalDate: Timestamp?
    public var isFullRefresh: Bool
    /// The steps to run, and no others; empty means all.
    public var steps: [String]
    /// Run this step and all behind it; nil means from the first. Beside `steps` it makes the request one that cannot be followed.
    public var from: String?
    public var backfill: BackfillReference?
    public var rerun: Rerun?
    /// The events that this run is the answer to. Only the orchestrator says that.
    public var consumes: [EventReference]?

    public init(
        cause: Cause, logicalDate: Timestamp? = nil, isFullRefresh: Bool = false, steps: [String] = [], from: String? = nil,
        backfill: BackfillReference? = nil, rerun: Rerun? = nil, consumes: [EventReference]? = nil
    ) {
        self.cause = cause
        self.logicalDate = logicalDate
        self.isFullRefresh = isFullRefresh
        self.steps = steps
        self.from = from
        self.backfill = backfill
        self.rerun = rerun
        self.consumes = consumes
    }
    private enum CodingKeys: String, CodingKey { case cause, logicalDate, isFullRefresh, steps, from, backfill, rerun, consumes }
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        cause = try container.decodeIfPresent(Cause.self, forKey: .cause) ?? .message
        logicalDate = try container.decodeIfPresent(Timestamp.self, forKey: .logicalDate)
        isFullRefresh = try container.decodeIfPresent(Bool.self, forKey: .isFullRefresh) ?? false
        steps = try container.decodeIfPresent([String].self, forKey: .steps) ?? []
        from = try container.decodeIfPresent(String.self, forKey: .from)
        backfill = try container.decodeIfPresent(BackfillReference.self, forKey: .backfill)
        rerun = try container.decodeIfPresent(Rerun.self, forKey: .rerun)
        consumes = try container.decodeIfPresent([EventReference].self, forKey: .consumes)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(cause, forKey: .cause)
        try container.encodeIfPresent(logicalDate, forKey: .logicalDate)
        try container.encode(isFullRefresh, forKey: .isFullRefresh)
        // Left out where the whole pipeline is meant: such a request keeps the bytes that it had.
        if !steps.isEmpty { try container.encode(steps, forKey: .steps) }
        try container.encodeIfPresent(from, forKey: .from)
        try container.encodeIfPresent(backfill, forKey: .backfill)
        try container.encodeIfPresent(rerun, forKey: .rerun)
        try container.encodeIfPresent(consumes, forKey: .consumes)
    }

    /// The pipeline's schedule asks, and the logical date is when the run is due.
    public var isScheduled: Bool { cause == .cron || cause == .interval }
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
    /// Nil where the defaults hold.
    public var policy: PipelinePolicy?
    /// Nil where no event starts a run.
    public var triggers: TriggerRule?

    public init(
        hash: String, tasks: [TaskSpec], steps: [String], notify: [NotifyRule], schedule: Schedule? = nil, policy: PipelinePolicy? = nil,
        triggers: TriggerRule? = nil
    ) {
        self.hash = hash
        self.tasks = tasks
        self.steps = steps
        self.notify = notify
        self.schedule = schedule
        self.policy = policy
        self.triggers = triggers
    }

    /// Whether its runs go on from one another: two at a time would move a stream's cursor under one another's feet, and one of
    /// them would fail.
    public var hasCursors: Bool { tasks.contains { $0.kind == "read_state" } }
}

/// Whom to tell about what.
public struct NotifyRule: Hashable, Sendable, Codable {
    /// `warned`: the run succeeded, and a test of it found what is only worth a warning.
    /// `sla_missed`: a deadline has passed; `slow`: a run takes far longer than usual, and goes on.
    public enum Occasion: String, Codable, Sendable, CaseIterable {
        case succeeded, warned, failed, cancelled, slow
        case slaMissed = "sla_missed"
    }
    public var on: [Occasion]
    public var channel: String
    /// The channel's own fields, such as `recipients`. References to variables are unfilled: a rule travels in the log.
    public var options: JSON
    /// Where it is written, `…/pipeline.yml:12`, for messages about it; nil in logs of before.
    public var place: String?
    public init(on: [Occasion], channel: String, options: JSON = [:], place: String? = nil) {
        self.on = on
        self.channel = channel
        self.options = options
        self.place = place
    }

    private enum CodingKeys: String, CodingKey { case on, channel, options, place }
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        on = try box.decode([Occasion].self, forKey: .on)
        channel = try box.decode(String.self, forKey: .channel)
        options = try box.decodeIfPresent(JSON.self, forKey: .options) ?? [:]
        place = try box.decodeIfPresent(String.self, forKey: .place)
    }
    public func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: CodingKeys.self)
        try box.encode(on, forKey: .on)
        try box.encode(channel, forKey: .channel)
        // Left out where there are none: rules without options keep the bytes that they had.
        if options != [:] { try box.encode(options, forKey: .options) }
        try box.encodeIfPresent(place, forKey: .place)
    }
}

/// A run begins: the orchestrator's answer to a request.
public struct RunStarted: Hashable, Sendable, Codable {
    public var request: String
    public var pipelineHash: String
    public var logicalDate: Timestamp
    public var isFullRefresh: Bool
    /// The steps that run.
    public var steps: [String]
    /// The pipeline's steps that were not asked for: the run is a partial one where there are any.
    public var omitted: [String]
    public var tasks: [TaskSpec]
    public var notify: [NotifyRule]
    /// The pipeline's, as it was when the run began.
    public var policy: PipelinePolicy?
    public var backfill: BackfillReference?
    public var rerun: Rerun?
    /// The events that this run is the answer to, and no other run of the pipeline.
    public var consumed: [EventReference]?

    public var isPartial: Bool { !omitted.isEmpty }

    public init(
        request: String, pipelineHash: String, logicalDate: Timestamp, isFullRefresh: Bool, steps: [String], omitted: [String] = [], tasks: [TaskSpec],
        notify: [NotifyRule], policy: PipelinePolicy? = nil, backfill: BackfillReference? = nil, rerun: Rerun? = nil, consumed: [EventReference]? = nil
    ) {
        self.request = request
        self.pipelineHash = pipelineHash
        self.logicalDate = logicalDate
        self.isFullRefresh = isFullRefresh
        self.steps = steps
        self.omitted = omitted
        self.tasks = tasks
        self.notify = notify
        self.policy = policy
        self.backfill = backfill
        self.rerun = rerun
        self.consumed = consumed
    }

    private enum CodingKeys: String, CodingKey { case request, pipelineHash, logicalDate, isFullRefresh, steps, omitted, tasks, notify, policy, backfill, rerun, consumed }
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        request = try box.decode(String.self, forKey: .request)
        pipelineHash = try box.decode(String.self, forKey: .pipelineHash)
        logicalDate = try box.decode(Timestamp.self, forKey: .logicalDate)
        isFullRefresh = try box.decode(Bool.self, forKey: .isFullRefresh)
        steps = try box.decode([String].self, forKey: .steps)
        omitted = try box.decodeIfPresent([String].self, forKey: .omitted) ?? []
        tasks = try box.decode([TaskSpec].self, forKey: .tasks)
        notify = try box.decode([NotifyRule].self, forKey: .notify)
        policy = try box.decodeIfPresent(PipelinePolicy.self, forKey: .policy)
        backfill = try box.decodeIfPresent(BackfillReference.self, forKey: .backfill)
        rerun = try box.decodeIfPresent(Rerun.self, forKey: .rerun)
        consumed = try box.decodeIfPresent([EventReference].self, forKey: .consumed)
    }
    public func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: CodingKeys.self)
        try box.encode(request, forKey: .request)
        try box.encode(pipelineHash, forKey: .pipelineHash)
        try box.encode(logicalDate, forKey: .logicalDate)
        try box.encode(isFullRefresh, forKey: .isFullRefresh)
        try box.encode(steps, forKey: .steps)
        if !omitted.isEmpty { try box.encode(omitted, forKey: .omitted) }
        try box.encode(tasks, forKey: .tasks)
        try box.encode(notify, forKey: .notify)
        try box.encodeIfPresent(policy, forKey: .policy)
        try box.encodeIfPresent(backfill, forKey: .backfill)
        try box.encodeIfPresent(rerun, forKey: .rerun)
        try box.encodeIfPresent(consumed, forKey: .consumed)
    }
}

/// A request that cannot become a run, and why.
public struct RunRejected: Hashable, Sendable, Codable {
    public static let unknownPipeline = "runs.unknown_pipeline", cancelled = "runs.cancelled", skipped = "runs.skipped"
    public static let nothingFailed = "runs.nothing_failed"

    public var request: String
    /// For people.
    public var reason: String
    /// Which of the reasons it is, where a way out hangs on that; nil for another, and in logs of before.
    public var code: String?
    /// The events that it was the answer to: they start no other run of the pipeline.
    public var consumed: [EventReference]?
    public init(request: String, reason: String, code: String? = nil, consumed: [EventReference]? = nil) {
        self.request = request
        self.reason = reason
        self.code = code
        self.consumed = consumed
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
    /// Tasks that had not ended when the run was.
    public var cancelled: Int
    /// How many tests found what is only worth a warning.
    public var warned: Int
    /// One line for each of the first of them: `not_null_orders_id: warn: 3 failing rows`.
    public var warnings: [String]

    public init(succeeded: Int, failed: Int, skipped: Int, summary: String, causes: [TaskID], cancelled: Int = 0, warned: Int = 0, warnings: [String] = []) {
        self.succeeded = succeeded
        self.failed = failed
        self.skipped = skipped
        self.summary = summary
        self.causes = causes
        self.cancelled = cancelled
        self.warned = warned
        self.warnings = warnings
    }

    private enum CodingKeys: String, CodingKey { case succeeded, failed, skipped, summary, causes, cancelled, warned, warnings }
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        succeeded = try box.decode(Int.self, forKey: .succeeded)
        failed = try box.decode(Int.self, forKey: .failed)
        skipped = try box.decode(Int.self, forKey: .skipped)
        summary = try box.decode(String.self, forKey: .summary)
        causes = try box.decode([TaskID].self, forKey: .causes)
        cancelled = try box.decodeIfPresent(Int.self, forKey: .cancelled) ?? 0
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
        if cancelled > 0 { try box.encode(cancelled, forKey: .cancelled) }
        guard warned > 0 else { return }
        try box.encode(warned, forKey: .warned)
        try box.encode(warnings, forKey: .warnings)
    }
}
