public import Kernel

/// One message to people: a run has ended, and this is what they need to act.
///
/// Built from the log alone, so the same run gives the same notice, key included, however often the log is read.
public struct Notice: Hashable, Sendable {
    public enum Outcome: String, Sendable, Hashable { case succeeded, failed }

    /// A task or test that failed by itself; what hangs on it is only counted.
    public struct Failure: Hashable, Sendable {
        public var task: TaskID
        public var title: String
        public var attempt: Int
        /// The replica that did it; it names the log file. Empty where no worker reported.
        public var worker: String
        public var summary: String
        public var location: String
        public var remedy: String

        public init(task: TaskID, title: String, attempt: Int, worker: String, summary: String, location: String, remedy: String) {
            self.task = task
            self.title = title
            self.attempt = attempt
            self.worker = worker
            self.summary = summary
            self.location = location
            self.remedy = remedy
        }
    }

    /// More failures than this are counted, not listed.
    public static let failuresMax = 5

    /// `<run>/<outcome>/<channel>`: two rules that send one outcome to one channel are one message.
    public let key: String
    public let channel: String
    public let outcome: Outcome
    public let pipeline: String
    public let run: RunID
    public let endedAt: Timestamp
    public let seconds: Double
    /// The run's own line: how many tasks succeeded, or the first failure.
    public let summary: String
    public let failures: [Failure]
    /// Failures and skipped tasks that `failures` does not list.
    public let furtherFailures: Int
    public let skipped: Int
    /// Where the log is: a file for each worker that failed, else the folder of logs.
    public let logs: [String]

    public init(
        channel: String, outcome: Outcome, pipeline: String, run: RunID, endedAt: Timestamp, seconds: Double, summary: String,
        failures: [Failure] = [], furtherFailures: Int = 0, skipped: Int = 0, logs: [String] = []
    ) {
        key = "\(run)/\(outcome.rawValue)/\(channel)"
        self.channel = channel
        self.outcome = outcome
        self.pipeline = pipeline
        self.run = run
        self.endedAt = endedAt
        self.seconds = seconds
        self.summary = summary
        self.failures = failures
        self.furtherFailures = furtherFailures
        self.skipped = skipped
        self.logs = logs
    }

    public var headline: String { "\(pipeline) \(outcome.rawValue): \(run)" }

    /// For people, on several lines: what, where, what to do, where to read on.
    public var text: String {
        var lines = ["\(outcome == .succeeded ? "✓" : "✗") \(headline)", "  \(summary) (\(duration))"]
        for failure in failures {
            lines.append("  ✗ \(failure.title)  (\(failure.task)\(failure.attempt > 1 ? ", attempt \(failure.attempt)" : ""))")
            lines.append("      \(failure.summary)")
            if !failure.location.isEmpty { lines.append("      at   \(failure.location)") }
            if !failure.remedy.isEmpty { lines.append("      try  \(failure.remedy)") }
        }
        if furtherFailures > 0 { lines.append("  and \(furtherFailures) more failed") }
        if skipped > 0 { lines.append("  \(skipped) tasks skipped because of that") }
        if outcome == .failed {
            lines.append("  see  sluice runs show \(run)")
            for log in logs { lines.append("  log  \(log)") }
        }
        return lines.joined(separator: "\n")
    }

    private var duration: String {
        let tenths = Int((max(0, seconds) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }

    /// For programs.
    public var json: JSON {
        let failures = failures.map { failure -> JSON in
            [
                "task": .string(failure.task.description), "title": .string(failure.title), "attempt": JSON(failure.attempt),
                "worker": .string(failure.worker), "summary": .string(failure.summary), "location": .string(failure.location),
                "remedy": .string(failure.remedy),
            ]
        }
        return [
            "key": .string(key), "outcome": .string(outcome.rawValue), "pipeline": .string(pipeline), "run": .string(run.description),
            "ended_at": .string(endedAt.description), "seconds": .double(seconds), "summary": .string(summary),
            "failures": .array(failures), "further_failures": JSON(furtherFailures), "skipped": JSON(skipped),
            "logs": .array(logs.map { .string($0) }),
        ]
    }
}
