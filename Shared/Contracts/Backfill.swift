public import Kernel

/// Asks for a run for each due time from `from` to `to`, both included.
public struct BackfillRequested: Hashable, Sendable, Codable {
    public var from: Timestamp
    public var to: Timestamp
    /// How many of its runs at once; 1 where nothing is said.
    public var activeMax: Int?
    /// The times, where the pipeline has no schedule: from `from` on in steps of so many seconds; a day where nothing is said.
    public var everySeconds: Double?
    public var isFullRefresh: Bool?

    public init(from: Timestamp, to: Timestamp, activeMax: Int? = nil, everySeconds: Double? = nil, isFullRefresh: Bool? = nil) {
        self.from = from
        self.to = to
        self.activeMax = activeMax
        self.everySeconds = everySeconds
        self.isFullRefresh = isFullRefresh
    }
}

/// All runs of a backfill have been asked for, or none, and why.
public struct BackfillPlanned: Hashable, Sendable, Codable {
    /// The id of the event that asked.
    public var backfill: String
    public var runs: Int
    public var refusal: String?

    public init(backfill: String, runs: Int, refusal: String? = nil) {
        self.backfill = backfill
        self.runs = runs
        self.refusal = refusal
    }
}

/// The backfill that a run belongs to.
public struct BackfillReference: Hashable, Sendable, Codable {
    /// No backfill has more runs at once.
    public static let activeMaxBound = 100

    public var id: String
    public var activeMax: Int

    public init(id: String, activeMax: Int) {
        self.id = id
        self.activeMax = activeMax
    }
}

/// A run that does an earlier one over, under a name of its own: the earlier one stays as it was.
public struct Rerun: Hashable, Sendable, Codable {
    public enum Extent: Hashable, Sendable {
        case whole
        /// This step and those after it.
        case from(step: String)
        /// Only what did not succeed.
        case failed

        /// For people.
        public var words: String {
            switch self {
            case .whole: "whole"
            case .from(let step): "from step \(step) on"
            case .failed: "only what did not succeed"
            }
        }
    }
    public var of: RunID
    public var extent: Extent

    public init(of: RunID, _ extent: Extent) {
        self.of = of
        self.extent = extent
    }

    private enum CodingKeys: String, CodingKey { case of, extent, step }
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        of = try box.decode(RunID.self, forKey: .of)
        extent = switch try box.decodeIfPresent(String.self, forKey: .extent) ?? "whole" {
        case "failed": .failed
        case "from": .from(step: try box.decode(String.self, forKey: .step))
        default: .whole
        }
    }
    public func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: CodingKeys.self)
        try box.encode(of, forKey: .of)
        switch extent {
        case .whole: try box.encode("whole", forKey: .extent)
        case .failed: try box.encode("failed", forKey: .extent)
        case .from(let step):
            try box.encode("from", forKey: .extent)
            try box.encode(step, forKey: .step)
        }
    }
}
