public import Kernel

/// One message to people: a run has ended, and this is what they need to act.
///
/// Built from the log and from what the log said before, so the same run gives the same notice, key included.
public struct Notice: Hashable, Sendable, Codable {
    public enum Outcome: String, Sendable, Hashable, Codable {
        case succeeded
        /// Succeeded, and a test warns.
        case warned
        case failed
        /// Succeeded, after it had failed and people had been told so.
        case recovered
        case cancelled
        /// Goes on for longer than is expected of it.
        case slow
        /// Had not succeeded by its deadline.
        case slaMissed = "sla_missed"
        /// Of the house itself, whatever runs: somebody forges messages, the log is full.
        case alert
    }

    /// A task or test that failed by itself; what hangs on it is only counted.
    public struct Failure: Hashable, Sendable, Codable {
        public var task: TaskID
        public var title: String
        public var attempt: Int
        /// The replica that did it; it names the log file. Empty where no worker reported.
        public var worker: String
        /// The problem's stable code; empty where there was no problem to read.
        public var code: String
        public var summary: String
        public var location: String
        public var remedy: String
        /// How many rows a test found failing.
        public var failingRows: Int?

        public init(
            task: TaskID, title: String, attempt: Int, worker: String, code: String = "", summary: String, location: String, remedy: String,
            failingRows: Int? = nil
        ) {
            self.task = task
            self.title = title
            self.attempt = attempt
            self.worker = worker
            self.code = code
            self.summary = summary
            self.location = location
            self.remedy = remedy
            self.failingRows = failingRows
        }
    }

    /// More failures than this are counted, not listed.
    public static let failuresMax = 5

    /// `<run>/<outcome>/<target>`: two rules that send one outcome to one target are one message.
    public let key: String
    /// Where it goes: the channel, and a digest of its options where it has any.
    public let target: String
    public let channel: String
    /// The rule's fields for the channel, unfilled.
    public let options: JSON
    /// What to call the rule when something is wrong with it.
    public let route: String
    public let outcome: Outcome
    public let pipeline: String
    public let run: RunID
    public let endedAt: Timestamp
    public let seconds: Double
    /// The run's own line: how many tasks succeeded, or the first failure.
    public let summary: String
    public let failures: [Failure]
    /// Failures that `failures` does not list.
    public let furtherFailures: Int
    public let skipped: Int
    /// One line for each test that warns, and how many more do.
    public let warnings: [String]
    public let furtherWarnings: Int
    /// When it first failed for this cause; only where it did so before this run.
    public let since: Timestamp?
    /// How many runs have failed for this cause, this one included.
    public let failedRuns: Int
    /// The only steps that ran; nil for a run of the whole pipeline.
    public let steps: [String]?
    /// Where the log is: a file for each worker that failed, else the folder of logs.
    public let logs: [String]

    public init(
        channel: String, target: String? = nil, options: JSON = [:], route: String = "", outcome: Outcome, pipeline: String, run: RunID,
        endedAt: Timestamp, seconds: Double, summary: String, failures: [Failure] = [], furtherFailures: Int = 0, skipped: Int = 0,
        warnings: [String] = [], furtherWarnings: Int = 0, since: Timestamp? = nil, failedRuns: Int = 0, logs: [String] = [], steps: [String]? = nil,
        step: String? = nil
    ) {
        self.target = target ?? channel
        key = "\(run)/\(outcome.rawValue)\(step.map { ":\($0)" } ?? "")/\(self.target)"
        self.channel = channel
        self.options = options
        self.route = route
        self.outcome = outcome
        self.pipeline = pipeline
        self.run = run
        self.endedAt = endedAt
        self.seconds = seconds
        self.summary = summary
        self.failures = failures
        self.furtherFailures = furtherFailures
        self.skipped = skipped
        self.warnings = warnings
        self.furtherWarnings = furtherWarnings
        self.since = since
        self.failedRuns = failedRuns
        self.logs = logs
        self.steps = steps
    }

    /// The pipeline and what has become of it, in a few words: the subject of a mail.
    public var headline: String {
        switch (outcome, since) {
        case (.failed, let since?): "\(pipeline) still failing since \(since.toTheMinute): \(run)"
        case (.failed, nil): "\(pipeline) failed: \(run)"
        case (.recovered, _): "\(pipeline) works again: \(run)"
        case (.warned, _): "\(pipeline) succeeded with \(warnings.count + furtherWarnings == 1 ? "a warning" : "warnings"): \(run)"
        case (.cancelled, _): "\(pipeline) was cancelled: \(run)"
        case (.slow, _): "\(pipeline) takes longer than usual: \(run)"
        case (.slaMissed, _): "\(pipeline) missed its deadline: \(run)"
        case (.succeeded, _): "\(pipeline) succeeded: \(run)"
        case (.alert, _): "alert of the \(pipeline): \(failures.first?.code ?? summary)"
        }
    }

    public var mark: String {
        switch outcome {
        case .failed, .slaMissed, .alert: "✗"
        case .warned, .slow: "!"
        case .cancelled: "■"
        case .succeeded, .recovered: "✓"
        }
    }

    /// What the outcome adds to the run's own line; nil where nothing.
    public var history: String? {
        guard let since else { return nil }
        let runs = failedRuns == 1 ? "one run" : "\(failedRuns) runs"
        return outcome == .failed ? "the same cause for \(runs), first at \(since.toTheMinute)" : "it had failed for \(runs), first at \(since.toTheMinute)"
    }

    /// That it was not the whole pipeline; nil where it was.
    public var part: String? { steps.map { "partial: only \($0.joined(separator: ", "))" } }

    public var isFailure: Bool { outcome == .failed }
    /// Worth a look into the run.
    private var asksForALook: Bool { isFailure || outcome == .slow || outcome == .slaMissed }

    /// For people, on several lines: what, where, what to do, where to read on.
    public var text: String {
        guard outcome != .alert else { return alertText }
        var lines = ["\(mark) \(headline)", "  \(summary) (\(duration))"]
        if let part { lines.append("  \(part)") }
        if let history { lines.append("  \(history)") }
        for failure in failures {
            lines.append("  ✗ \(failure.title)  (\(failure.task)\(failure.attempt > 1 ? ", attempt \(failure.attempt)" : ""))")
            lines.append("      \(failure.summary)")
            if let count = failure.failingRows { lines.append("      \(count) failing row\(count == 1 ? "" : "s")") }
            if !failure.location.isEmpty { lines.append("      at   \(failure.location)") }
            if !failure.remedy.isEmpty { lines.append("      try  \(failure.remedy)") }
        }
        if furtherFailures > 0 { lines.append("  and \(furtherFailures) more failed") }
        if skipped > 0 { lines.append("  \(skipped) tasks skipped because of that") }
        lines += warnings.map { "  ! \($0)" }
        if furtherWarnings > 0 { lines.append("  and \(furtherWarnings) more warn") }
        if asksForALook {
            lines.append("  see  sluice runs show \(run)")
            for log in logs { lines.append("  log  \(log)") }
        }
        return lines.joined(separator: "\n")
    }

    /// No run, no time that it took: what, where, what to do.
    private var alertText: String {
        let words = failures.flatMap { [("at", $0.location), ("try", $0.remedy)] }.filter { !$0.1.isEmpty }
        return (["\(mark) \(headline)", "  \(summary)"] + words.map { "  \($0)\($0.count < 3 ? "  " : " ") \($1)" }).joined(separator: "\n")
    }

    public var duration: String {
        let tenths = Int((max(0, seconds) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }

    /// As routes speak of it.
    public var severity: String {
        switch outcome {
        case .failed, .slaMissed, .alert: "error"
        case .warned, .slow: "warn"
        case .succeeded, .recovered, .cancelled: "success"
        }
    }

    /// For programs.
    public var json: JSON {
        let failures = failures.map { failure -> JSON in
            [
                "task": .string(failure.task.description), "title": .string(failure.title), "attempt": JSON(failure.attempt),
                "worker": .string(failure.worker), "code": .string(failure.code), "summary": .string(failure.summary),
                "location": .string(failure.location), "remedy": .string(failure.remedy), "failing_rows": failure.failingRows.map { JSON($0) } ?? .null,
            ]
        }
        return [
            "key": .string(key), "outcome": .string(outcome.rawValue), "severity": .string(severity), "pipeline": .string(pipeline),
            "run": .string(run.description), "ended_at": .string(endedAt.description), "seconds": .double(seconds), "headline": .string(headline),
            "summary": .string(summary), "failures": .array(failures), "further_failures": JSON(furtherFailures), "skipped": JSON(skipped),
            "warnings": .array(warnings.map { .string($0) }), "further_warnings": JSON(furtherWarnings),
            "failing_since": JSON(since?.description), "failed_runs": JSON(failedRuns), "logs": .array(logs.map { .string($0) }),
            "steps": steps.map { .array($0.map { .string($0) }) } ?? .null,
        ]
    }
}

extension Timestamp {
    /// `2026-01-02 03:04 UTC`.
    var toTheMinute: String { "\(description.prefix(10)) \(description.dropFirst(11).prefix(5)) UTC" }
}
