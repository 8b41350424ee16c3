public import Kernel

// What clients say on the `commands` endpoint and what the broker answers; events travel as frames beside these bodies.
// The page for implementers in other languages is Bus.docc/Wire.md.

public enum Verb: String, Codable, Sendable, CaseIterable {
    case publish, read, confirm, resume, forget, claim, extend, complete, release, withdraw, lead, inspect, requeue
}

public struct PublishCommand: Codable, Sendable, Hashable {
    /// An orchestrator's leadership epoch; the journal refuses an old one.
    public var epoch: UInt64?
    public init(epoch: UInt64? = nil) { self.epoch = epoch }
}
/// The answer to `publish` and `complete`: the sequences, in the order of the events.
public struct PublishedReply: Codable, Sendable, Hashable {
    public var sequences: [UInt64]
    public init(sequences: [UInt64]) { self.sequences = sequences }
}

public struct ReadCommand: Codable, Sendable, Hashable {
    /// Events with a greater sequence than this are returned.
    public var after: UInt64
    /// Topic prefixes; empty means every topic.
    public var prefixes: [String]
    public var limit: Int
    /// These events and no others, wherever they lie: for what a reader had kept below its position.
    public var sequences: [UInt64]?
    public init(after: UInt64, prefixes: [String] = [], limit: Int = 1000) {
        self.after = after
        self.prefixes = prefixes
        self.limit = limit
    }
    public init(sequences: [UInt64]) {
        self.init(after: 0)
        self.sequences = sequences
    }
    private enum CodingKeys: String, CodingKey { case after, prefixes, limit, sequences }
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        after = try box.decodeIfPresent(UInt64.self, forKey: .after) ?? 0
        prefixes = try box.decodeIfPresent([String].self, forKey: .prefixes) ?? []
        limit = try box.decodeIfPresent(Int.self, forKey: .limit) ?? 1000
        sequences = try box.decodeIfPresent([UInt64].self, forKey: .sequences)
    }
}
public struct ReadReply: Codable, Sendable, Hashable {
    /// The sequence searched to: read on from here.
    public var upTo: UInt64
    /// The newest sequence of the log.
    public var newest: UInt64
    /// Retention has removed what lies at or below this, but for what somebody still needs.
    public var floor: UInt64
    public init(upTo: UInt64, newest: UInt64, floor: UInt64 = 0) {
        self.upTo = upTo
        self.newest = newest
        self.floor = floor
    }
    private enum CodingKeys: String, CodingKey { case upTo, newest, floor }
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        upTo = try box.decode(UInt64.self, forKey: .upTo)
        newest = try box.decode(UInt64.self, forKey: .newest)
        floor = try box.decodeIfPresent(UInt64.self, forKey: .floor) ?? 0
    }
}

/// A durable reader has stored its effects up to `position`: what lies below may be forgotten.
public struct ConfirmCommand: Codable, Sendable, Hashable {
    public var reader: String
    public var position: UInt64
    /// Events at or below the position that it goes on needing; nil leaves what it said before.
    public var keep: [UInt64]?
    /// What it wants to be told when it resumes; nil leaves what it said before.
    public var memory: String?
    public init(reader: String, position: UInt64, keep: [UInt64]? = nil, memory: String? = nil) {
        self.reader = reader
        self.position = position
        self.keep = keep
        self.memory = memory
    }
}

/// Asks where a durable reader stands, or takes it off the list (`forget`).
public struct ReaderCommand: Codable, Sendable, Hashable {
    public var reader: String
    public init(reader: String) { self.reader = reader }
}
/// What a reader confirmed last; without `position` it never has.
public struct ResumeReply: Codable, Sendable, Hashable {
    public var position: UInt64?
    public var keep: [UInt64]
    public var memory: String?
    public var floor: UInt64
    public init(position: UInt64?, keep: [UInt64] = [], memory: String? = nil, floor: UInt64) {
        self.position = position
        self.keep = keep
        self.memory = memory
        self.floor = floor
    }
}

public struct ClaimCommand: Codable, Sendable, Hashable {
    public var role: Role
    /// The replica that asks, for people: `load-1`.
    public var worker: String
    /// How long the broker may hold the answer until there is work, in milliseconds.
    public var waitMilliseconds: Int
    public init(role: Role, worker: String, waitMilliseconds: Int) {
        self.role = role
        self.worker = worker
        self.waitMilliseconds = waitMilliseconds
    }
}
/// One entry with its lease; the entry's `task.ready` travels as the reply's event. Without `lease`: nothing came in time.
public struct ClaimReply: Codable, Sendable, Hashable {
    public var lease: String?
    public var delivery: Int
    public var leaseMilliseconds: Int
    public init(lease: String?, delivery: Int = 0, leaseMilliseconds: Int = 0) {
        self.lease = lease
        self.delivery = delivery
        self.leaseMilliseconds = leaseMilliseconds
    }
}

public struct LeaseCommand: Codable, Sendable, Hashable {
    public var lease: String
    /// `release` only: how long the entry stays hidden, in milliseconds.
    public var afterMilliseconds: Int?
    public init(lease: String, afterMilliseconds: Int? = nil) {
        self.lease = lease
        self.afterMilliseconds = afterMilliseconds
    }
}
public struct ExtendReply: Codable, Sendable, Hashable {
    public var leaseMilliseconds: Int
    /// The entry was withdrawn: stop, and report nothing.
    public var isWithdrawn: Bool
    public init(leaseMilliseconds: Int, isWithdrawn: Bool) {
        self.leaseMilliseconds = leaseMilliseconds
        self.isWithdrawn = isWithdrawn
    }
}

/// Takes a run's entries out of the queue.
public struct WithdrawCommand: Codable, Sendable, Hashable {
    public var run: RunID
    public init(run: RunID) { self.run = run }
}
public struct WithdrawReply: Codable, Sendable, Hashable {
    /// How many of the run's entries a worker still holds: it learns of it when it next extends. None of them can report any more.
    public var held: Int
    public init(held: Int) { self.held = held }
}

public struct LeadCommand: Codable, Sendable, Hashable {
    public var name: String
    /// The epoch that the asker holds already, to extend it.
    public var epoch: UInt64?
    public init(name: String, epoch: UInt64? = nil) {
        self.name = name
        self.epoch = epoch
    }
}
public struct LeadReply: Codable, Sendable, Hashable {
    public var epoch: UInt64
    public var leaseMilliseconds: Int
    public init(epoch: UInt64, leaseMilliseconds: Int) {
        self.epoch = epoch
        self.leaseMilliseconds = leaseMilliseconds
    }
}

public struct InspectCommand: Codable, Sendable, Hashable {
    public enum Subject: String, Codable, Sendable { case status, queue, deadLetters = "dead_letters", deadLetter = "dead_letter", readers }
    public var subject: Subject
    /// `dead_letter` only: which.
    public var entry: UInt64?
    public init(_ subject: Subject, entry: UInt64? = nil) {
        self.subject = subject
        self.entry = entry
    }
}

public struct RequeueCommand: Codable, Sendable, Hashable {
    /// The dead letter's `entry`.
    public var entry: UInt64
    /// Who asks, for people.
    public var by: String?
    public init(entry: UInt64, by: String? = nil) {
        self.entry = entry
        self.by = by
    }
}

/// Nothing to say but yes.
public struct Acknowledged: Codable, Sendable, Hashable { public init() {} }

/// The broker's no. `code` is one of the words of `Bus.docc/Wire.md`.
public struct Refusal: Problem, Codable, Hashable {
    public enum Reason: String, Codable, Sendable {
        case badRequest = "bad_request"
        case staleLease = "stale_lease"
        case staleEpoch = "stale_epoch"
        case ledByAnother = "led_by_another"
        case unavailable
        case gone
        case forbidden
    }
    public var reason: Reason
    public var message: String
    /// `gone` only: read on from here.
    public var floor: UInt64?
    public init(_ reason: Reason, _ message: String, floor: UInt64? = nil) {
        self.reason = reason
        self.message = message
        self.floor = floor
    }
    public var code: ProblemCode { ProblemCode("broker.\(reason.rawValue)") }
    public var summary: String { message }
    public var location: ProblemLocation { .named("broker") }
    public var remedy: String {
        switch reason {
        case .badRequest: "see Bus.docc/Wire.md"
        case .staleLease: "drop this report: another delivery of the task stands"
        case .staleEpoch, .ledByAnother: "stand by: another orchestrator leads"
        case .unavailable: "free disk space or mend the journal's disk; clients try again by themselves"
        case .gone: "read on from the floor; what lay below was removed by retention"
        case .forbidden: "use a key of a role that may do this; sluice keys makes them, Bus.docc/Wire.md has the table"
        }
    }
    public var response: ProblemResponse { reason == .unavailable ? .retry(afterSeconds: 1) : .stop }
}
