public import Contracts
public import Kernel

/// The leases on work, as a value: who may have what until when. No clock, no disk; the journal makes it durable.
///
/// Invariants:
/// - an entry is with at most one worker; a token that is not the current one moves nothing;
/// - an entry leaves only by `complete`, or by `withdraw` (once nobody holds it);
/// - order of offers: greater priority first (a minute of waiting counts one more), then the pipeline served longest ago,
///   then the one that has waited longest;
/// - an offer costs the number of pipelines that wait, not the number of entries.
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
    /// What may be offered now, by role. The heads of the lanes compete; inside a lane only waiting counts.
    private var lanes: [Role: [LaneKey: Heap<Waiting>]] = [:]
    private var delayed = Heap<Waiting>()
    private var leases = Heap<LeaseEnd>()
    private var servedAt: [String: UInt64] = [:]
    private var serves: UInt64 = 0

    private struct LaneKey: Hashable, Sendable {
        var pipeline: String
        var priority: Int
    }
    /// A place in a lane. Entries leave the queue without being looked for here, so a place is valid only while its entry
    /// waits with as many deliveries as then.
    private struct Waiting: Comparable, Sendable {
        var time: Double
        var sequence: UInt64
        var delivery: Int
        static func < (a: Waiting, b: Waiting) -> Bool { (a.time, a.sequence) < (b.time, b.sequence) }
    }
    /// The end of a lease; valid only while its entry's lease ends then.
    private struct LeaseEnd: Comparable, Sendable {
        var time: Double
        var sequence: UInt64
        static func < (a: LeaseEnd, b: LeaseEnd) -> Bool { (a.time, a.sequence) < (b.time, b.sequence) }
    }

    public init(limits: Limits = Limits()) { self.limits = limits }

    public mutating func add(_ entry: WorkEntry) { set(entry) }

    private mutating func set(_ entry: WorkEntry) {
        entries[entry.sequence] = entry
        switch entry.state {
        case .waiting(let visibleAt) where visibleAt > entry.since:
            delayed.push(Waiting(time: visibleAt, sequence: entry.sequence, delivery: entry.delivery))
        case .waiting: line(up: entry)
        case .leased(let until): leases.push(LeaseEnd(time: until, sequence: entry.sequence))
        case .dead: break
        }
    }

    private mutating func line(up entry: WorkEntry) {
        lanes[entry.role, default: [:]][LaneKey(pipeline: entry.pipeline, priority: entry.priority), default: Heap()]
            .push(Waiting(time: entry.since, sequence: entry.sequence, delivery: entry.delivery))
    }

    private func isValid(_ place: Waiting) -> Bool {
        guard let entry = entries[place.sequence], case .waiting = entry.state else { return false }
        return entry.delivery == place.delivery
    }

    /// What was hidden until now joins its lane.
    private mutating func ripen(_ now: Double) {
        while let first = delayed.first, first.time <= now {
            delayed.pop()
            if isValid(first), let entry = entries[first.sequence] { line(up: entry) }
        }
    }

    /// False where surely nothing waits for `role`.
    public func mayOffer(_ role: Role, now: Double) -> Bool {
        if let open = lanes[role], !open.isEmpty { return true }
        return delayed.first.map { $0.time <= now } ?? false
    }

    /// The next entry for `role`, leased; nil where none is waiting.
    public mutating func offer(role: Role, to worker: String, now: Double) -> WorkEntry? {
        ripen(now)
        var best: (lane: LaneKey, place: Waiting)?
        var bestRank: (Int, UInt64, Double, UInt64) = (0, 0, 0, 0)
        for lane in Array((lanes[role] ?? [:]).keys) {
            guard let head = head(of: lane, role) else { continue }
            let age = Int(max(0, now - head.time) / Self.secondsPerPriorityStep)
            let rank = (-(lane.priority + age), servedAt[lane.pipeline] ?? 0, head.time, head.sequence)
            if best == nil || rank < bestRank {
                best = (lane, head)
                bestRank = rank
            }
        }
        guard let best, var entry = entries[best.place.sequence] else { return nil }
        lanes[role]?[best.lane]?.pop()
        serves += 1
        servedAt[entry.pipeline] = serves
        entry.delivery += 1
        entry.worker = worker
        entry.state = .leased(until: now + limits.leaseSeconds)
        set(entry)
        return entry
    }

    /// The first of a lane that still waits; a lane in which nobody does is closed.
    private mutating func head(of lane: LaneKey, _ role: Role) -> Waiting? {
        while let first = lanes[role]?[lane]?.first {
            if isValid(first) { return first }
            lanes[role]?[lane]?.pop()
        }
        lanes[role]?[lane] = nil
        return nil
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
        set(entry)
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
        set(entry)
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
        while let first = leases.first, first.time <= now {
            leases.pop()
            guard var entry = entries[first.sequence], entry.state == .leased(until: first.time) else { continue }
            if entry.isWithdrawn {
                entries[entry.sequence] = nil
            } else {
                entry.state = entry.delivery >= entry.deliveryLimit ? .dead : .waiting(visibleAt: now)
                entry.since = now
                set(entry)
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
        set(entry)
        return entry
    }

    /// When `expire` or `offer` may next have something to do; nil where only a new command can change that. A lease that
    /// was extended may bring it early; it is never late.
    public func nextDeadline(after now: Double) -> Double? {
        switch (leases.first?.time, delayed.first?.time) {
        case (let lease?, let hidden?): min(lease, hidden)
        case (let time?, nil), (nil, let time?): time
        case (nil, nil): nil
        }
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
