public import Kernel

/// What became of one attempt at a task. The first accepted report of a task stands.
public struct TaskReport: Hashable, Sendable, Codable {
    public var attempt: Int
    public var startedAt: Timestamp
    public var finishedAt: Timestamp
    /// The replica that did it, for example `load-1`.
    public var worker: String
    /// Rows read, written or found failing: what the kind of task counts; nil where it counts nothing.
    public var rows: Int?
    /// One line for people: `27,004 rows in 31 files`.
    public var message: String
    /// Why it failed; nil where it succeeded.
    public var problem: ProblemRecord?
    /// The line of the balance sheet that this task contributes.
    public var books: [BookEntry]
    /// Sizes of pools that the worker has learnt, for example how many writers the warehouse takes.
    public var pools: [String: Int]
    /// What the kind of task leaves behind for others: a manifest's address, failing rows, compiled SQL.
    public var details: JSON

    public init(
        attempt: Int = 1, startedAt: Timestamp = Timestamp(microseconds: 0), finishedAt: Timestamp = Timestamp(microseconds: 0),
        worker: String = "", rows: Int? = nil, message: String = "", problem: ProblemRecord? = nil,
        books: [BookEntry] = [], pools: [String: Int] = [:], details: JSON = [:]
    ) {
        self.attempt = attempt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.worker = worker
        self.rows = rows
        self.message = message
        self.problem = problem
        self.books = books
        self.pools = pools
        self.details = details
    }
}

/// A `Problem` as a message carries it.
public struct ProblemRecord: Hashable, Sendable, Codable {
    public var code: String
    public var summary: String
    public var location: String
    public var remedy: String
    /// Trying again may help.
    public var isRetryable: Bool
    /// The earliest next try in seconds, where the cause stated one.
    public var retryAfterSeconds: Double?

    public init(code: String, summary: String, location: String, remedy: String, isRetryable: Bool, retryAfterSeconds: Double? = nil) {
        self.code = code
        self.summary = summary
        self.location = location
        self.remedy = remedy
        self.isRetryable = isRetryable
        self.retryAfterSeconds = retryAfterSeconds
    }

    public init(_ problem: any Problem) {
        self.init(
            code: problem.code.description, summary: problem.summary, location: problem.location.description,
            remedy: problem.remedy, isRetryable: false)
        if case .retry(let seconds) = problem.response {
            isRetryable = true
            retryAfterSeconds = seconds
        }
    }

    /// Whatever was thrown, as a problem: an engine turns a foreign error into one exactly once, here.
    public init(any error: any Error, code: String) {
        if let problem = error as? any Problem { self.init(problem) }
        else { self.init(code: code, summary: String(describing: error), location: "", remedy: "", isRetryable: true) }
    }

    public var text: String {
        PlainProblem(ProblemCode(code), summary, at: .named(location), remedy: remedy).description
    }
}

/// One line of a run's balance sheet: how many records of a batch passed one point, and their sum.
///
/// For every batch the `landed` entry must equal the total of its `fate` entries.
public struct BookEntry: Hashable, Sendable, Codable {
    public enum Point: String, Codable, Sendable, CaseIterable {
        /// Read from the source and sealed in the manifest.
        case landed
        case inserted, updated
        /// A later record of the same batch had the same key.
        case supersededInBatch = "superseded in batch"
        /// The target holds a newer row of the same key.
        case olderThanTarget = "older than target"
        /// The record said that the row of its key is gone.
        case deleted
        case filtered, quarantined

        public var isFate: Bool { self != .landed }
    }

    public var stream: String
    public var batch: Int
    public var point: Point
    public var tally: Tally

    public init(stream: String, batch: Int, point: Point, tally: Tally) {
        self.stream = stream
        self.batch = batch
        self.point = point
        self.tally = tally
    }
}
