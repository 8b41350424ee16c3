import Bus
public import Contracts
import FoundationEssentials
public import Journal
public import Kernel
import Leases
public import SQLite
import Wire

/// The broker's behaviour without sockets: requests in, answers out, one transaction for all that came together.
///
/// A claim that finds nothing is parked here and answered in the turn in which its entry appears, so an announcement
/// and its lease are one commit. Time comes in as seconds of a monotonic clock.
public final class Broker {
    /// Longest that a claim may wait, so that a client that went away is forgotten.
    static let claimWaitSecondsMax = 60.0
    static let parkedMax = 10_000
    /// How long the leader stays leader without asking again.
    static let leadSeconds = 2.0
    static let requestsPerTurnMax = 512
    /// More events in one request are refused.
    static let eventsPerRequestMax = 10_000
    /// Where the journal's disk was full, its reserve is taken back so often at most.
    static let reserveSeconds = 1.0

    struct ParkedClaim {
        let request: Request
        let command: ClaimCommand
        let deadline: Double
    }
    struct Leader {
        var name: String
        var until: Double
    }
    private enum Condition { case well, cannotCommit, diskFull }

    public let journal: JournalStore
    let retention: Retention
    var parked: [ParkedClaim] = []
    var leader: Leader?
    var alarms = Alarms()
    /// The events of the request that is being done, and their texts.
    var incoming: [Incoming] = [], names: [UInt8] = []
    private var undelivered: [String] = []
    private var condition = Condition.well
    private var reserveTriedAt = -Double.infinity
    private var retainAt = 0.0
    public internal(set) var counters = Counters()

    /// Totals since the start, for `/metrics`.
    public struct Counters: Sendable {
        public var published: UInt64 = 0
        public var duplicates: UInt64 = 0
        public var claims: UInt64 = 0
        public var completions: UInt64 = 0
        public var staleLeases: UInt64 = 0
        public var expiries: UInt64 = 0
        public var deadLetters: UInt64 = 0
        public var refusals: UInt64 = 0
        public var forgeries: UInt64 = 0
        public var gone: UInt64 = 0
        public var removed: UInt64 = 0
        public var overtaken: UInt64 = 0
    }

    public init(journal: JournalStore, retention: Retention = Retention()) {
        self.journal = journal
        self.retention = retention
    }

    /// False while the journal cannot commit, or could only from its reserve.
    public var isAvailable: Bool { condition == .well }
    public var parkedClaims: Int { parked.count }

    /// Answers `requests` in one transaction, gives waiting work to waiting workers, takes back what ran out.
    /// - Throws: `SQLiteError` for an I/O error, after which the process must exit and recover: an fsync is never retried.
    public func turn(_ requests: [Request], now: Double, time: Timestamp) throws(SQLiteError) -> Turn {
        var turn = Turn()
        turn.responses.reserveCapacity(requests.count)
        turn.news.reserveCapacity(requests.count)
        let before = (parked: parked, leader: leader)
        do {
            journal.begin()
            for lease in undelivered { _ = try journal.giveBack(lease, now: now) }
            try takeBack(now: now, time: time, into: &turn)
            for request in requests { try answer(request, now: now, time: time, into: &turn) }
            if condition != .diskFull { try serveParked(now: now, into: &turn) }
            let nextRetention = try retain(now: now, time: time)
            try tellAlarms(time: time, into: &turn)
            let hasCommitted = try journal.commit()
            undelivered = []
            alarms.clear()
            retainAt = nextRetention
            recover(hasCommitted: hasCommitted, now: now)
            return turn
        } catch {
            if error.isInputOutput, !error.isFull { throw error }
            // Claims that came in this turn are refused with it; those that it served wait on.
            (parked, leader) = before
            return try refuseAll(requests, because: error, now: now)
        }
    }

    /// A turn that wrote nothing proves nothing: what could not commit stays so until something has, and a full disk until
    /// the reserve is whole again.
    private func recover(hasCommitted: Bool, now: Double) {
        switch condition {
        case .well: return
        case .cannotCommit where hasCommitted: condition = .well
        default:
            guard now - reserveTriedAt >= Self.reserveSeconds || condition == .cannotCommit else { return }
            reserveTriedAt = now
            if journal.canCommit() { condition = .well }
        }
    }

    /// The disk is full or the file is locked: nothing of the turn happened, and everybody is told so.
    private func refuseAll(_ requests: [Request], because error: SQLiteError, now: Double) throws(SQLiteError) -> Turn {
        if error.isFull {
            // From now on only what workers have finished is taken; the reserve is for that.
            condition = .diskFull
            journal.freeReserve()
            reserveTriedAt = now
            retainAt = now
        } else if condition == .well {
            condition = .cannotCommit
        }
        try journal.rollback(now: now)
        var turn = Turn()
        let refusal = Refusal(.unavailable, "the journal cannot commit: \(error.message)")
        for request in requests { turn.responses.append(response(to: request, refusal: refusal)) }
        return turn
    }

    /// What may go on while the disk is full: what brings work to its end, and looking.
    func isPossible(_ verb: Verb) -> Bool {
        guard condition == .diskFull else { return true }
        switch verb {
        case .complete, .extend, .release, .read, .inspect, .confirm, .resume, .lead: return true
        case .publish, .claim, .withdraw, .requeue, .forget: return false
        }
    }

    /// A worker had gone when its answer came: the next turn offers the entry to somebody else, as if it had not been offered.
    public func noteUndelivered(_ lease: String) { undelivered.append(lease) }

    /// When the next turn is due without any request.
    public func nextDeadline(after now: Double) -> Double? {
        if !undelivered.isEmpty, isAvailable { return now }
        var next = min(journal.queue.nextDeadline(after: now) ?? retainAt, retainAt)
        for claim in parked { next = min(next, claim.deadline) }
        return next
    }

    // MARK: Retention and alerts

    /// Removes a part of what need not be kept. Returns when to look again.
    private func retain(now: Double, time: Timestamp) throws(SQLiteError) -> Double {
        guard now >= retainAt else { return retainAt }
        let result = try journal.retain(retention, now: now, wall: time, isShort: condition == .diskFull)
        counters.removed += UInt64(result.removed)
        for reader in result.overtaken {
            counters.overtaken += 1
            alarms.raise(
                AlertRaised(
                    code: "broker.overtaken_reader", summary: "the log grew past \(retention.bytesMax) bytes, so events were removed that reader '\(reader)' has not read",
                    location: "reader \(reader)", remedy: "start the program that reads under this name, or take it off the list: sluice readers forget \(reader)"),
                now: now)
        }
        return result.hasMore ? now : now + retention.everySeconds
    }

    private func tellAlarms(time: Timestamp, into turn: inout Turn) throws(SQLiteError) {
        for alert in alarms.waiting {
            try tell(
                Event(
                    source: "broker", id: "alert/\(journal.newest + 1)/\(alert.code)", time: time, pipeline: AlertRaised.pipeline, payload: .alertRaised(alert)),
                into: &turn)
        }
    }

    /// Appends what the broker itself has to say.
    func tell(_ event: Event, into turn: inout Turn) throws(SQLiteError) {
        guard let envelope = try? event.envelope() else { return }
        let stored = try journal.append(source: event.source, id: event.id, topic: event.topic, envelope: envelope)
        if stored.isNew { turn.news.append(News(sequence: stored.sequence, message: Message([Array(event.topic.utf8), envelope]), frame: 0)) }
    }

    /// A subscription that its holder's role may not have.
    func noteForgery(role: String, _ what: String, now: Double) {
        counters.forgeries += 1
        alarms.raise(
            AlertRaised(
                code: "broker.forged", summary: "a client with a key of role '\(role)' tried what this role may not do: \(what)", location: "\(role): \(what)",
                remedy: "find out who holds this key, take it off the allow-list and make a new one: sluice keys"), now: now)
    }

    /// Something that a person should know of, told in the next turn.
    public func raise(_ alert: AlertRaised, now: Double) { alarms.raise(alert, now: now) }
}
