import Contracts
import FoundationEssentials
public import Journal
public import Kernel
public import SQLite

/// One request as it came off the wire.
public struct Request: Sendable {
    /// Who asked: the ROUTER's routing id.
    public var client: [UInt8]
    /// The client's own number for it, returned with the answer.
    public var correlation: [UInt8]
    public var verb: [UInt8]
    public var body: [UInt8]
    /// Topic and envelope of each event that it brings.
    public var events: [(topic: [UInt8], envelope: [UInt8])]

    public init(client: [UInt8], correlation: [UInt8], verb: [UInt8], body: [UInt8], events: [(topic: [UInt8], envelope: [UInt8])] = []) {
        self.client = client
        self.correlation = correlation
        self.verb = verb
        self.body = body
        self.events = events
    }
}

public struct Response: Sendable {
    public var client: [UInt8]
    public var correlation: [UInt8]
    public var isOK: Bool
    public var body: [UInt8]
    public var events: [StoredEvent] = []
    /// The lease that it hands out; where it cannot be delivered, nobody has it.
    public var lease: String?
}

/// What one turn brings about: answers, and news for the feed. Both leave only after the turn's commit.
public struct Turn: Sendable {
    public var responses: [Response] = []
    public var news: [StoredEvent] = []

    public init() {}
}

/// The broker's behaviour without sockets: requests in, answers out, one transaction for all that came together.
///
/// A claim that finds nothing is parked here and answered in the turn in which its entry appears, so an announcement
/// and its lease are one commit. Time comes in as seconds of a monotonic clock.
public final class Broker {
    /// Longest that a claim may wait, so that a client that went away is forgotten.
    static let claimWaitSecondsMax = 60.0
    /// How long the leader stays leader without asking again.
    static let leadSeconds = 3.0
    static let requestsPerTurnMax = 512
    /// More events in one request are refused.
    static let eventsPerRequestMax = 10_000

    private struct ParkedClaim {
        let request: Request
        let command: ClaimCommand
        let deadline: Double
    }
    private struct Leader {
        var name: String
        var until: Double
    }

    public let journal: JournalStore
    private var parked: [ParkedClaim] = []
    private var leader: Leader?
    private var undelivered: [String] = []
    /// False while the journal cannot commit.
    public private(set) var isAvailable = true
    public private(set) var counters = Counters()

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
    }

    public init(journal: JournalStore) { self.journal = journal }

    public var parkedClaims: Int { parked.count }

    /// Answers `requests` in one transaction, gives waiting work to waiting workers, takes back what ran out.
    /// - Throws: `SQLiteError` for an I/O error, after which the process must exit and recover: an fsync is never retried.
    public func turn(_ requests: [Request], now: Double, time: Timestamp) throws(SQLiteError) -> Turn {
        var turn = Turn()
        let before = (parked: parked, leader: leader)
        do {
            journal.begin()
            for lease in undelivered { _ = try journal.giveBack(lease, now: now) }
            try takeBack(now: now, time: time, into: &turn)
            for request in requests { try answer(request, now: now, into: &turn) }
            try serveParked(now: now, into: &turn)
            let hasCommitted = try journal.commit()
            undelivered = []
            // A turn that wrote nothing proves nothing: what could not commit stays so until something has.
            if hasCommitted { isAvailable = true } else if !isAvailable { isAvailable = journal.canCommit() }
            return turn
        } catch {
            if error.isInputOutput { throw error }
            // Claims that came in this turn are refused with it; those that it served wait on.
            (parked, leader) = before
            return try refuseAll(requests, because: error, now: now)
        }
    }

    /// The disk is full or the file is locked: nothing of the turn happened, and everybody is told so.
    private func refuseAll(_ requests: [Request], because error: SQLiteError, now: Double) throws(SQLiteError) -> Turn {
        isAvailable = false
        try journal.rollback(now: now)
        var turn = Turn()
        let refusal = Refusal(.unavailable, "the journal cannot commit: \(error.message)")
        for request in requests { turn.responses.append(response(to: request, refusal: refusal)) }
        return turn
    }

    /// A worker had gone when its answer came: the next turn offers the entry to somebody else, as if it had not been offered.
    public func noteUndelivered(_ lease: String) { undelivered.append(lease) }

    /// When the next turn is due without any request.
    public func nextDeadline(after now: Double) -> Double? {
        if !undelivered.isEmpty, isAvailable { return now }
        var next = journal.queue.nextDeadline(after: now)
        for claim in parked { next = min(next ?? claim.deadline, claim.deadline) }
        return next
    }

    // MARK: One request

    private func answer(_ request: Request, now: Double, into turn: inout Turn) throws(SQLiteError) {
        do throws(Failure) {
            guard let verb = Verb(rawValue: String(decoding: request.verb, as: UTF8.self)) else {
                throw Failure.refused(Refusal(.badRequest, "unknown command '\(String(decoding: request.verb.prefix(40), as: UTF8.self))'"))
            }
            if let answer = try perform(verb, request, now: now, into: &turn) { turn.responses.append(answer) }
        } catch {
            switch error {
            case .journal(let error): throw error
            case .refused(let refusal):
                counters.refusals += 1
                turn.responses.append(response(to: request, refusal: refusal))
            }
        }
    }

    private enum Failure: Error {
        case refused(Refusal)
        case journal(SQLiteError)
    }

    /// - Returns: nil for a claim that waits.
    private func perform(_ verb: Verb, _ request: Request, now: Double, into turn: inout Turn) throws(Failure) -> Response? {
        switch verb {
        case .publish:
            let command: PublishCommand = try body(request)
            if let epoch = command.epoch, epoch != journal.epoch {
                throw .refused(Refusal(.staleEpoch, "epoch \(epoch) is over; \(journal.epoch) leads"))
            }
            return reply(request, PublishedReply(sequences: try append(try headers(request), now: now, into: &turn)))
        case .read:
            let command: ReadCommand = try body(request)
            let found = try storage { () throws(SQLiteError) in
                try self.journal.read(after: command.after, prefixes: command.prefixes, limit: min(max(command.limit, 1), 10_000))
            }
            var answer = reply(request, ReadReply(upTo: found.upTo, newest: journal.newest))
            answer.events = found.events
            return answer
        case .confirm:
            let command: ConfirmCommand = try body(request)
            try storage { () throws(SQLiteError) in try self.journal.confirm(reader: command.reader, position: command.position) }
            return reply(request, Acknowledged())
        case .claim:
            let command: ClaimCommand = try body(request)
            let wait = min(max(Double(command.waitMilliseconds) / 1000, 0), Self.claimWaitSecondsMax)
            // Said again by a client that found us born anew: one claim, one lease.
            parked.removeAll { $0.request.client == request.client && $0.request.correlation == request.correlation }
            parked.append(ParkedClaim(request: request, command: command, deadline: now + wait))
            return nil
        case .extend:
            let command: LeaseCommand = try body(request)
            guard let entry = journal.extend(command.lease, now: now) else { throw stale(command.lease) }
            return reply(request, ExtendReply(leaseMilliseconds: leaseMilliseconds, isWithdrawn: entry.isWithdrawn))
        case .complete:
            return try complete(request, now: now, into: &turn)
        case .release:
            let command: LeaseCommand = try body(request)
            let after = Double(max(command.afterMilliseconds ?? 0, 0)) / 1000
            let entry = try storage { () throws(SQLiteError) in try self.journal.release(command.lease, after: after, now: now) }
            guard entry != nil else { throw stale(command.lease) }
            return reply(request, Acknowledged())
        case .withdraw:
            let command: WithdrawCommand = try body(request)
            try storage { () throws(SQLiteError) in _ = try self.journal.withdraw(run: command.run) }
            return reply(request, WithdrawReply(held: journal.queue.held(by: command.run)))
        case .lead:
            return try lead(request, now: now)
        case .inspect:
            let command: InspectCommand = try body(request)
            return reply(request, try inspect(command.subject, now: now))
        case .requeue:
            let command: RequeueCommand = try body(request)
            let entry = try storage { () throws(SQLiteError) in try self.journal.requeue(command.entry, now: now) }
            guard entry != nil else { throw .refused(Refusal(.badRequest, "\(command.entry) is no dead letter")) }
            return reply(request, Acknowledged())
        }
    }

    private func complete(_ request: Request, now: Double, into turn: inout Turn) throws(Failure) -> Response {
        let command: LeaseCommand = try body(request)
        let events = try headers(request)
        let entry = try storage { () throws(SQLiteError) in try self.journal.complete(command.lease) }
        if let entry, !entry.isWithdrawn {
            counters.completions += 1
            return reply(request, PublishedReply(sequences: try append(events, now: now, into: &turn)))
        }
        // The same report again, its first answer lost: it is in the log to the last event, so the answer is the same too.
        var known: [UInt64] = []
        for event in events {
            let sequence = try storage { () throws(SQLiteError) in try self.journal.sequence(source: event.header.source, id: event.header.id) }
            guard let sequence else { counters.staleLeases += 1; throw stale(command.lease) }
            known.append(sequence)
        }
        guard !events.isEmpty else { throw stale(command.lease) }
        return reply(request, PublishedReply(sequences: known))
    }

    private func lead(_ request: Request, now: Double) throws(Failure) -> Response {
        let command: LeadCommand = try body(request)
        if let epoch = command.epoch, epoch == journal.epoch, leader == nil || leader?.name == command.name {
            // After a restart of the broker the epoch in the file proves who led; nobody else was let in meanwhile.
            leader = Leader(name: command.name, until: now + Self.leadSeconds)
            return reply(request, LeadReply(epoch: epoch, leaseMilliseconds: Int(Self.leadSeconds * 1000)))
        }
        if let leader, leader.until > now, leader.name != command.name {
            throw .refused(Refusal(.ledByAnother, "\(leader.name) leads"))
        }
        let epoch = try storage { () throws(SQLiteError) in try self.journal.nextEpoch() }
        leader = Leader(name: command.name, until: now + Self.leadSeconds)
        return reply(request, LeadReply(epoch: epoch, leaseMilliseconds: Int(Self.leadSeconds * 1000)))
    }

    private func inspect(_ subject: InspectCommand.Subject, now: Double) throws(Failure) -> JSON {
        switch subject {
        case .status:
            var roles = JSONObject()
            for role in Role.allCases {
                let count = journal.queue.count(role)
                roles[role.rawValue] = ["waiting": JSON(count.waiting), "leased": JSON(count.leased), "dead": JSON(count.dead)]
            }
            return [
                "newest": JSON(Int(journal.newest)), "commits": JSON(Int(journal.commits)), "epoch": JSON(Int(journal.epoch)),
                "leader": JSON(leader.flatMap { $0.until > now ? $0.name : nil }), "queue": .object(roles),
                "parked_claims": JSON(parked.count),
            ]
        case .queue, .deadLetters:
            let entries = journal.queue.entries.values.filter { ($0.state == .dead) == (subject == .deadLetters) }
            return .array(entries.sorted { $0.sequence < $1.sequence }.prefix(1000).map(describe))
        case .readers:
            let readers = try storage { () throws(SQLiteError) in try self.journal.readers() }
            return .array(readers.map { ["name": .string($0.name), "position": JSON(Int($0.position))] })
        }
    }

    private func describe(_ entry: WorkEntry) -> JSON {
        let state = switch entry.state {
        case .waiting: "waiting"
        case .leased: "leased"
        case .dead: "dead"
        }
        return [
            "entry": JSON(Int(entry.sequence)), "role": .string(entry.role.rawValue), "pipeline": .string(entry.pipeline),
            "run": .string(entry.run.description), "task": .string(entry.task.description), "priority": JSON(entry.priority),
            "delivery": JSON(entry.delivery), "state": .string(state), "worker": .string(entry.worker),
        ]
    }

    // MARK: The log

    /// What the broker reads of an event: who it is, where it goes, and what kind of work it announces.
    private struct Header: Decodable {
        var specversion: String
        var id: String
        var source: String
        var type: String
        var pipeline: String
        var role: Role?
        var run: RunID?
        var task: TaskID?
        var priority: Int?
    }
    private struct Incoming {
        var header: Header
        var topic: String
        var envelope: [UInt8]
    }

    /// Reads and checks every event of a request before any of them is stored.
    private func headers(_ request: Request) throws(Failure) -> [Incoming] {
        guard request.events.count <= Self.eventsPerRequestMax else {
            throw .refused(Refusal(.badRequest, "a request of \(request.events.count) events; at most \(Self.eventsPerRequestMax) are taken"))
        }
        var incoming: [Incoming] = []
        for event in request.events {
            guard event.envelope.count <= Event.envelopeBytesMax else {
                throw .refused(Refusal(.badRequest, "an envelope of \(event.envelope.count) bytes; at most \(Event.envelopeBytesMax) are taken"))
            }
            let header: Header
            do {
                header = try JSONDecoder().decode(Header.self, from: Data(event.envelope))
            } catch {
                throw .refused(Refusal(.badRequest, "an envelope is not CloudEvents JSON with pipeline: \(Self.reason(error))"))
            }
            let topic = "\(header.type)/\(header.role?.rawValue ?? "-")/\(header.pipeline)/"
            guard header.specversion == "1.0", !header.id.isEmpty, !header.source.isEmpty, Self.isType(header.type), Name.isValid(header.pipeline) else {
                throw .refused(Refusal(.badRequest, "an envelope lacks specversion 1.0, an id, a source, a type like task.ready.v1 or a valid pipeline name"))
            }
            guard event.topic.elementsEqual(topic.utf8) else {
                throw .refused(Refusal(.badRequest, "the topic of event \(header.id) should read \(topic)"))
            }
            if header.type == EventType.taskReady, header.role == nil || header.run == nil || header.task == nil {
                throw .refused(Refusal(.badRequest, "a task.ready names role, run and task"))
            }
            incoming.append(Incoming(header: header, topic: topic, envelope: event.envelope))
        }
        return incoming
    }

    private static func isType(_ type: String) -> Bool {
        type.utf8.count <= 100 && type.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2e || $0 == 0x5f }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context), DecodingError.dataCorrupted(let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)"
        default: "\(error)"
        }
    }

    private func append(_ events: [Incoming], now: Double, into turn: inout Turn) throws(Failure) -> [UInt64] {
        var sequences: [UInt64] = []
        for event in events {
            let header = event.header
            let stored = try storage { () throws(SQLiteError) in
                try self.journal.append(source: header.source, id: header.id, topic: event.topic, envelope: event.envelope)
            }
            sequences.append(stored.sequence)
            guard stored.isNew else { counters.duplicates += 1; continue }
            counters.published += 1
            turn.news.append(StoredEvent(sequence: stored.sequence, topic: event.topic, envelope: event.envelope))
            if header.type == EventType.taskReady, let role = header.role, let run = header.run, let task = header.task {
                let entry = WorkEntry(
                    sequence: stored.sequence, role: role, pipeline: header.pipeline, run: run, task: task,
                    priority: header.priority ?? 0, deliveryLimit: journal.queue.limits.deliveriesMax,
                    state: .waiting(visibleAt: now), since: now)
                try storage { () throws(SQLiteError) in try self.journal.add(entry) }
            }
        }
        return sequences
    }

    // MARK: Work

    private func serveParked(now: Double, into turn: inout Turn) throws(SQLiteError) {
        var waiting: [ParkedClaim] = []
        for claim in parked {
            if let entry = try journal.offer(role: claim.command.role, to: claim.command.worker, now: now),
                let event = try journal.event(entry.sequence) {
                counters.claims += 1
                var answer = reply(claim.request, ClaimReply(lease: entry.lease, delivery: entry.delivery, leaseMilliseconds: leaseMilliseconds))
                answer.events = [event]
                answer.lease = entry.lease
                turn.responses.append(answer)
            } else if claim.deadline <= now {
                turn.responses.append(reply(claim.request, ClaimReply(lease: nil)))
            } else {
                waiting.append(claim)
            }
        }
        parked = waiting
    }

    /// Leases that ran out: the entry is offered again, or becomes a dead letter in this same transaction.
    private func takeBack(now: Double, time: Timestamp, into turn: inout Turn) throws(SQLiteError) {
        for entry in try journal.expire(now: now) {
            counters.expiries += 1
            guard entry.state == .dead else { continue }
            counters.deadLetters += 1
            let event = Event(
                source: "broker", id: "dead/\(entry.lease)", time: time, pipeline: entry.pipeline, run: entry.run, task: entry.task,
                payload: .taskDeadLettered(TaskDeadLettered(
                    deliveries: entry.delivery, reason: "\(entry.delivery) workers took it and none reported; the last was \(entry.worker)", entry: entry.sequence)))
            guard let envelope = try? event.envelope() else { continue }
            let stored = try journal.append(source: event.source, id: event.id, topic: event.topic, envelope: envelope)
            turn.news.append(StoredEvent(sequence: stored.sequence, topic: event.topic, envelope: envelope))
        }
    }

    private var leaseMilliseconds: Int { Int(journal.queue.limits.leaseSeconds * 1000) }

    private func stale(_ lease: String) -> Failure {
        .refused(Refusal(.staleLease, "'\(lease.prefix(40))' is not a current lease"))
    }

    // MARK: Words

    private func storage<T>(_ work: () throws(SQLiteError) -> T) throws(Failure) -> T {
        do { return try work() } catch { throw .journal(error) }
    }

    private func body<T: Decodable>(_ request: Request) throws(Failure) -> T {
        do {
            return try JSONDecoder().decode(T.self, from: Data(request.body.isEmpty ? Array("{}".utf8) : request.body))
        } catch {
            throw .refused(Refusal(.badRequest, "the body of \(String(decoding: request.verb, as: UTF8.self)) cannot be read: \(Self.reason(error))"))
        }
    }

    private func reply(_ request: Request, _ body: some Encodable) -> Response {
        // Our own replies always encode: they hold text, numbers and lists only.
        let bytes = (try? JSONEncoder().encode(body)).map { [UInt8]($0) } ?? Array("{}".utf8)
        return Response(client: request.client, correlation: request.correlation, isOK: true, body: bytes)
    }

    private func response(to request: Request, refusal: Refusal) -> Response {
        var answer = reply(request, refusal)
        answer.isOK = false
        return answer
    }
}
