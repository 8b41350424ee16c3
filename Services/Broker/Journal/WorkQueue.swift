public import Contracts
public import Kernel

/// One `task.ready` that nobody has reported on yet.
public struct WorkEntry: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        /// Offered from `visibleAt` on.
        case waiting(visibleAt: Double)
        /// With a worker until `until`, unless it extends. Seconds of the monotonic clock.
        case leased(until: Double)
        /// Given up; kept for people to look at and requeue.
        case dead
    }
    public let sequence: UInt64
    public let role: Role
    public let pipeline: String
    public let run: RunID
    public let task: TaskID
    /// Within `priorityBounds`, whatever the announcement says.
    public let priority: Int
    /// How often it has been offered. The token of a lease is made of this and the sequence, so it is never used twice.
    public var delivery: Int
    /// The delivery after which it is given up.
    public var deliveryLimit: Int
    public var state: State
    public var worker: String
    public var isWithdrawn = false
    /// When it began to wait, for ageing.
    public var since: Double

    public init(sequence: UInt64, role: Role, pipeline: String, run: RunID, task: TaskID, priority: Int, delivery: Int = 0, deliveryLimit: Int, state: State, worker: String = "", since: Double) {
        self.sequence = sequence
        self.role = role
        self.pipeline = pipeline
        self.run = run
        self.task = task
        self.priority = min(max(priority, Self.priorityBounds.lowerBound), Self.priorityBounds.upperBound)
        self.delivery = delivery
        self.deliveryLimit = deliveryLimit
        self.state = state
        self.worker = worker
        self.since = since
    }

    /// Wide enough for any order, narrow enough to count waiting on top.
    public static let priorityBounds = -1_000_000...1_000_000

    public var lease: String { "\(sequence).\(delivery)" }
}

/// The leases on work, as a value: who may have what until when. No clock, no disk; the journal makes it durable.
///
/// Invariants:
/// - an entry is with at most one worker; a token that is not the current one moves nothing;
/// - an entry leaves only by `complete`, or by `withdraw` (once nobody holds it);
/// - order of offers: greater priority first (a minute of waiting counts one more), then the pipeline served longest ago,
///   then the older entry.
public struct WorkQueue: Sendable {
    public struct Limits: Hashable, Sendable {
        public var leaseSeconds: Double
        public var deliveriesMax: Int
        public init(leaseSeconds: Double = 10, deliveriesMax: Int = 5) {
            self.leaseSeconds = leaseSeconds
            self.deliveriesMax = deliveriesMax
        }
    }
    /// Waiting this long counts like one more step of priority, so that nothing starves.
    static let secondsPerPriorityStep = 60.0

    public let limits: Limits
    public private(set) var entries: [UInt64: WorkEntry] = [:]
    private var servedAt: [String: UInt64] = [:]
    private var serves: UInt64 = 0

    public init(limits: Limits = Limits()) { self.limits = limits }

    public mutating func add(_ entry: WorkEntry) { entries[entry.sequence] = entry }

    /// The next entry for `role`, leased; nil where none is waiting.
    public mutating func offer(role: Role, to worker: String, now: Double) -> WorkEntry? {
        var best: WorkEntry?
        var bestRank: (Int, UInt64, UInt64) = (0, 0, 0)
        for entry in entries.values where entry.role == role && !entry.isWithdrawn {
            guard case .waiting(let visibleAt) = entry.state, visibleAt <= now else { continue }
            let age = Int(max(0, now - entry.since) / Self.secondsPerPriorityStep)
            let rank = (-(entry.priority + age), servedAt[entry.pipeline] ?? 0, entry.sequence)
            if best == nil || rank < bestRank {
                best = entry
                bestRank = rank
            }
        }
        guard var entry = best else { return nil }
        serves += 1
        servedAt[entry.pipeline] = serves
        entry.delivery += 1
        entry.worker = worker
        entry.state = .leased(until: now + limits.leaseSeconds)
        entries[entry.sequence] = entry
        return entry
    }

    /// The entry that `lease` holds now; nil where the token is not the current one.
    public func holder(of lease: String) -> WorkEntry? {
        guard let dot = lease.firstIndex(of: "."), let sequence = UInt64(lease[..<dot]), let entry = entries[sequence],
            entry.lease == lease, case .leased = entry.state
        else { return nil }
        return entry
    }

    /// Gives the holder one more lease time; nil where the token is stale.
    public mutating func extend(_ lease: String, now: Double) -> WorkEntry? {
        guard var entry = holder(of: lease) else { return nil }
        entry.state = .leased(until: now + limits.leaseSeconds)
        entries[entry.sequence] = entry
        return entry
    }

    public mutating func complete(_ lease: String) -> WorkEntry? {
        guard let entry = holder(of: lease) else { return nil }
        entries[entry.sequence] = nil
        return entry
    }

    /// Gives the entry back unfinished; it is offered again after `seconds`.
    public mutating func release(_ lease: String, after seconds: Double, now: Double) -> WorkEntry? {
        guard var entry = holder(of: lease) else { return nil }
        if entry.isWithdrawn {
            entries[entry.sequence] = nil
            return entry
        }
        entry.state = .waiting(visibleAt: now + seconds)
        entry.since = now
        entries[entry.sequence] = entry
        return entry
    }

    /// Gives back what its worker never saw: offered again at once, and with no fewer deliveries before it.
    public mutating func giveBack(_ lease: String, now: Double) -> WorkEntry? {
        guard let entry = release(lease, after: 0, now: now) else { return nil }
        entries[entry.sequence]?.deliveryLimit += 1
        return entry
    }

    /// Takes back the entries whose lease ran out: offered again, or dead after the last delivery.
    public mutating func expire(now: Double) -> [WorkEntry] {
        var changed: [WorkEntry] = []
        for var entry in entries.values {
            guard case .leased(let until) = entry.state, until <= now else { continue }
            if entry.isWithdrawn {
                entries[entry.sequence] = nil
            } else {
                entry.state = entry.delivery >= entry.deliveryLimit ? .dead : .waiting(visibleAt: now)
                entry.since = now
                entries[entry.sequence] = entry
            }
            changed.append(entry)
        }
        return changed.sorted { $0.sequence < $1.sequence }
    }

    /// Removes a run's waiting entries and marks its leased ones, whose workers learn it when they extend.
    public mutating func withdraw(run: RunID) -> [WorkEntry] {
        var changed: [WorkEntry] = []
        for var entry in entries.values where entry.run == run && !entry.isWithdrawn {
            entry.isWithdrawn = true
            if case .leased = entry.state { entries[entry.sequence] = entry } else { entries[entry.sequence] = nil }
            changed.append(entry)
        }
        return changed.sorted { $0.sequence < $1.sequence }
    }

    /// How many entries of a run are with a worker.
    public func held(by run: RunID) -> Int {
        entries.values.count { if case .leased = $0.state { $0.run == run } else { false } }
    }

    /// Offers a dead letter again, with all its deliveries before it. Nil where there is no such dead letter.
    public mutating func requeue(_ sequence: UInt64, now: Double) -> WorkEntry? {
        guard var entry = entries[sequence], entry.state == .dead else { return nil }
        entry.deliveryLimit = entry.delivery + limits.deliveriesMax
        entry.state = .waiting(visibleAt: now)
        entry.since = now
        entries[sequence] = entry
        return entry
    }

    /// When `expire` or `offer` may next have something to do; nil where only a new command can change that.
    public func nextDeadline(after now: Double) -> Double? {
        var next: Double?
        for entry in entries.values {
            let time: Double
            switch entry.state {
            case .leased(let until): time = until
            case .waiting(let visibleAt) where visibleAt > now: time = visibleAt
            default: continue
            }
            next = min(next ?? time, time)
        }
        return next
    }

    public func count(_ role: Role) -> (waiting: Int, leased: Int, dead: Int) {
        var result = (waiting: 0, leased: 0, dead: 0)
        for entry in entries.values where entry.role == role {
            switch entry.state {
            case .waiting: result.waiting += 1
            case .leased: result.leased += 1
            case .dead: result.dead += 1
            }
        }
        return result
    }
}
