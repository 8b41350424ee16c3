public import Kernel

/// A stretch of time that a microbatch model is built for; the end belongs to the next one.
public struct BatchStretch: Hashable, Sendable {
    public var start: Timestamp
    public var end: Timestamp

    /// As `batch_results` and SQL write a border.
    static func text(_ time: Timestamp, between: Character) -> String {
        let text = time.description
        return "\(text.prefix(10))\(between)\(text.dropFirst(11).prefix(8))+00:00"
    }

    var json: JSON { [.string(Self.text(start, between: "T")), .string(Self.text(end, between: "T"))] }

    init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }

    init?(json: JSON) {
        func time(_ index: Int) -> Timestamp? { json[index]?.stringValue.flatMap(Timestamp.init(rfc3339:)) }
        guard let start = time(0), let end = time(1) else { return nil }
        self.init(start: start, end: end)
    }
}

/// How the batches of a microbatch model ended: `batch_results` of `run_results.json`.
public struct BatchResults: Hashable, Sendable {
    public var successful: [BatchStretch] = []
    public var failed: [BatchStretch] = []

    /// Whether the last batch that this command set out to build was built. Behind one that was not, dbt runs no hook.
    var endsWhole = false

    init() {}

    public init?(json: JSON) {
        guard let successful = json["successful"]?.arrayValue, let failed = json["failed"]?.arrayValue else { return nil }
        self.successful = successful.compactMap(BatchStretch.init(json:))
        self.failed = failed.compactMap(BatchStretch.init(json:))
    }

    var json: JSON { ["successful": .array(successful.map(\.json)), "failed": .array(failed.map(\.json))] }
}
