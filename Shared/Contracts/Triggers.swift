public import Kernel

/// What starts runs of a pipeline beside its schedule and people: facts of the log, and how they become runs.
public struct TriggerRule: Hashable, Sendable, Codable {
    public enum Mode: String, Codable, Sendable, CaseIterable {
        /// Any one of the triggers starts a run.
        case any
        /// A run starts once each of them has come.
        case all
    }
    public var mode: Mode
    public var triggers: [Trigger]
    /// A run starts only when none has come for so long, and takes all that came.
    public var debounceSeconds: Double?
    /// At most one run in so many seconds; it takes all that came meanwhile.
    public var intervalSeconds: Double?
    /// What backfills of an upstream pipeline bring about starts nothing here. Absent is false.
    public var ignoresBackfills: Bool?

    public init(
        mode: Mode = .any, _ triggers: [Trigger], debounceSeconds: Double? = nil, intervalSeconds: Double? = nil, ignoresBackfills: Bool? = nil
    ) {
        self.mode = mode
        self.triggers = triggers
        self.debounceSeconds = debounceSeconds
        self.intervalSeconds = intervalSeconds
        self.ignoresBackfills = ignoresBackfills
    }

    /// One run takes everything that came; otherwise each event has a run of its own.
    public var gathers: Bool { mode == .all || debounceSeconds != nil || intervalSeconds != nil }
}

/// One kind of fact that a pipeline waits for.
public enum Trigger: Hashable, Sendable, Codable {
    /// A run of another pipeline has ended so.
    case upstream(pipeline: String, on: UpstreamOutcome)
    /// A file whose path fits the pattern, once it has not changed for so long.
    case file(pattern: String, settleSeconds: Double)
    /// A signed POST. `secret` is a reference to a variable, unfilled; a signature older than `windowSeconds` is refused.
    case webhook(secret: String, windowSeconds: Double)
    /// An event of this type, with or without its version, from any client.
    case message(type: String)

    public enum UpstreamOutcome: String, Codable, Sendable, CaseIterable {
        case succeeded, failed
        case ended
    }

    /// For people: `after generate succeeded`, `file inbox/*.csv`.
    public var words: String {
        switch self {
        case .upstream(let pipeline, let on): "after \(pipeline) \(on.rawValue)"
        case .file(let pattern, _): "file \(pattern)"
        case .webhook: "webhook"
        case .message(let type): "message \(type)"
        }
    }

    private enum CodingKeys: String, CodingKey { case kind, pipeline, on, pattern, settleSeconds, secret, windowSeconds, type }
    private enum Kind: String, Codable { case upstream, file, webhook, message }

    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        switch try box.decode(Kind.self, forKey: .kind) {
        case .upstream: self = .upstream(pipeline: try box.decode(String.self, forKey: .pipeline), on: try box.decode(UpstreamOutcome.self, forKey: .on))
        case .file: self = .file(pattern: try box.decode(String.self, forKey: .pattern), settleSeconds: try box.decode(Double.self, forKey: .settleSeconds))
        case .webhook: self = .webhook(secret: try box.decode(String.self, forKey: .secret), windowSeconds: try box.decode(Double.self, forKey: .windowSeconds))
        case .message: self = .message(type: try box.decode(String.self, forKey: .type))
        }
    }
    public func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .upstream(let pipeline, let on):
            try box.encode(Kind.upstream, forKey: .kind)
            try box.encode(pipeline, forKey: .pipeline)
            try box.encode(on, forKey: .on)
        case .file(let pattern, let seconds):
            try box.encode(Kind.file, forKey: .kind)
            try box.encode(pattern, forKey: .pattern)
            try box.encode(seconds, forKey: .settleSeconds)
        case .webhook(let secret, let seconds):
            try box.encode(Kind.webhook, forKey: .kind)
            try box.encode(secret, forKey: .secret)
            try box.encode(seconds, forKey: .windowSeconds)
        case .message(let type):
            try box.encode(Kind.message, forKey: .kind)
            try box.encode(type, forKey: .type)
        }
    }
}

/// A file has come to rest where a pipeline waits for one. The event's id is made of its path and its hash.
public struct FileArrived: Hashable, Sendable, Codable {
    /// The pattern as the pipeline has it.
    public var pattern: String
    public var path: String
    public var sha256: String
    public var bytes: Int

    public init(pattern: String, path: String, sha256: String, bytes: Int) {
        self.pattern = pattern
        self.path = path
        self.sha256 = sha256
        self.bytes = bytes
    }
}

/// A signed request has come in. The event's id is made of its idempotency key.
public struct WebhookReceived: Hashable, Sendable, Codable {
    /// SHA-256 of the signature: the same one is never taken twice.
    public var signature: String
    public var body: JSON

    public init(signature: String, body: JSON) {
        self.signature = signature
        self.body = body
    }
}

/// An event of the log, as a run names those that it consumed.
public struct EventReference: Hashable, Sendable, Codable {
    public var sequence: UInt64
    public var source: String
    public var id: String

    public init(sequence: UInt64, source: String, id: String) {
        self.sequence = sequence
        self.source = source
        self.id = id
    }
}
