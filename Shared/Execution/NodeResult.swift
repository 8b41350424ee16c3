public import Compilation
public import Kernel

/// How one node ended: an entry of `run_results.json`.
public struct NodeResult: Hashable, Sendable {
    public enum Status: String, Sendable {
        case success, pass, warn, fail, error, skipped
        case noOp = "no-op"
        case partialSuccess = "partial success"
    }

    public var uniqueID: String
    public var status: Status
    public var message: String
    /// Failing rows of a test.
    public var failures: Int?
    public var rowsAffected: Int?
    public var startedAt: Timestamp
    public var finishedAt: Timestamp
    /// When its SQL was ready; nil where it never was, or where nobody looked.
    public var compiledAt: Timestamp?
    public var compiledSQL: String?
    /// The ephemeral models in that SQL.
    public var ephemerals: [CompiledNode.Injection] = []
    public var relationName: String?
    /// What the engine answered: `adapter_response`; without it the number of rows alone.
    public var response: JSON?
    /// The statement that built it; no artifact but the file below `run/` has it.
    public var builtBy: String?
    /// Of a microbatch model: which stretches of time were built, and which were not.
    public var batches: BatchResults?
    /// Who did it, of those that work side by side: dbt's `thread_id`.
    public var thread = Self.thread(1)

    public init(
        uniqueID: String, status: Status, message: String, failures: Int? = nil, rowsAffected: Int? = nil, startedAt: Timestamp,
        finishedAt: Timestamp, compiledSQL: String? = nil, relationName: String? = nil
    ) {
        self.uniqueID = uniqueID
        self.status = status
        self.message = message
        self.failures = failures
        self.rowsAffected = rowsAffected
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.compiledSQL = compiledSQL
        self.relationName = relationName
    }

    /// What dbt calls one of its threads.
    public static func thread(_ number: Int) -> String { "Thread-\(number) (worker)" }

    public var isFailure: Bool { status == .error || status == .fail || status == .partialSuccess }
    public var seconds: Double { finishedAt - startedAt }

    /// As `run_results.json` and a hook's `results` have it.
    public var json: JSON {
        func stretch(_ name: String, _ start: Timestamp, _ end: Timestamp) -> JSON {
            ["name": .string(name), "started_at": .string(start.description), "completed_at": .string(end.description)]
        }
        let isIdle = status == .skipped || status == .noOp
        // What did not even compile never came to be executed.
        let isUncompiled = status == .error && compiledSQL == nil && !uniqueID.hasPrefix("seed.")
        let timing: JSON = isIdle ? [] : isUncompiled ? [stretch("compile", startedAt, finishedAt)]
            : [stretch("compile", startedAt, compiledAt ?? startedAt), stretch("execute", compiledAt ?? startedAt, finishedAt)]
        // What has no SQL has none that is compiled; and dbt names no relation of a seed here.
        let hasSQL = !(uniqueID.hasPrefix("unit_test.") && compiledSQL == nil) && !["seed.", "exposure.", "saved_query."].contains { uniqueID.hasPrefix($0) }
        return JSON([
            ("status", .string(status.rawValue)), ("timing", timing), ("thread_id", .string(thread)), ("execution_time", .double(seconds)),
            ("adapter_response", response ?? rowsAffected.map { ["_message": "OK", "rows_affected": JSON($0)] } ?? [:]),
            ("message", message.isEmpty ? .null : .string(message)),
            ("failures", failures.map { JSON($0) } ?? .null), ("unique_id", .string(uniqueID)), ("compiled", hasSQL ? .bool(compiledSQL != nil) : .null),
            ("compiled_code", JSON(compiledSQL)), ("relation_name", uniqueID.hasPrefix("seed.") ? .null : JSON(relationName)), ("batch_results", batches?.json ?? .null),
        ])
    }

    public init?(json: JSON) {
        guard let id = json["unique_id"]?.stringValue, let status = json["status"]?.stringValue.flatMap(Status.init(rawValue:)) else { return nil }
        let timing = json["timing"]?.arrayValue ?? []
        self.init(
            uniqueID: id, status: status, message: json["message"]?.stringValue ?? "", failures: json["failures"]?.intValue,
            rowsAffected: json["adapter_response"]?["rows_affected"]?.intValue,
            startedAt: timing.first?["started_at"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) ?? Timestamp(microseconds: 0),
            finishedAt: timing.last?["completed_at"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) ?? Timestamp(microseconds: 0),
            compiledSQL: json["compiled_code"]?.stringValue, relationName: json["relation_name"]?.stringValue)
        response = json["adapter_response"]
        batches = json["batch_results"].flatMap(BatchResults.init(json:))
        if let name = json["thread_id"]?.stringValue { thread = name }
    }
}
