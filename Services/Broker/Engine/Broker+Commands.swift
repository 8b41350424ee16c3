import Bus
import Contracts
import FoundationEssentials
import Journal
import Kernel
import Leases
import SQLite

extension Broker {
    enum Failure: Error {
        case refused(Refusal)
        case journal(SQLiteError)
    }

    func answer(_ request: Request, now: Double, time: Timestamp, into turn: inout Turn) throws(SQLiteError) {
        do throws(Failure) {
            guard let verb = request.knownVerb else {
                throw Failure.refused(Refusal(.badRequest, "unknown command '\(String(decoding: request.verb.prefix(40), as: UTF8.self))'"))
            }
            guard request.role?.may(verb) ?? true else { throw forged(request, verb.rawValue, now: now) }
            guard isPossible(verb) else { throw Failure.refused(Refusal(.unavailable, "the journal's disk is full; only what has begun can be brought to its end")) }
            if let answer = try perform(verb, request, now: now, time: time, into: &turn) { turn.responses.append(answer) }
        } catch {
            switch error {
            case .journal(let error): throw error
            case .refused(let refusal):
                counters.refusals += 1
                if refusal.reason == .gone { counters.gone += 1 }
                turn.responses.append(response(to: request, refusal: refusal))
            }
        }
    }

    /// A key was used for what its role may not do.
    func forged(_ request: Request, _ what: String, now: Double) -> Failure {
        let role = request.role?.rawValue ?? "-"
        noteForgery(role: role, what, now: now)
        return .refused(Refusal(.forbidden, "role '\(role)' may not: \(what)"))
    }

    /// - Returns: nil for a claim that waits.
    private func perform(_ verb: Verb, _ request: Request, now: Double, time: Timestamp, into turn: inout Turn) throws(Failure) -> Response? {
        switch verb {
        case .publish: return try publish(request, now: now, into: &turn)
        case .read: return try read(request, now: now)
        case .confirm:
            let command: ConfirmCommand = try body(request)
            guard request.role?.mayConfirm(command.reader) ?? true else { throw forged(request, "confirm for \(command.reader.prefix(40))", now: now) }
            guard command.position <= journal.newest else {
                throw .refused(Refusal(.badRequest, "position \(command.position) is not in the log yet, which ends at \(journal.newest)"))
            }
            try storage { () throws(SQLiteError) in
                try self.journal.confirm(reader: command.reader, position: command.position, keep: command.keep, memory: command.memory)
            }
            return reply(request, Acknowledged())
        case .resume:
            let command: ReaderCommand = try decoded(request)
            let state = try storage { () throws(SQLiteError) in try self.journal.reader(command.reader) }
            return reply(request, ResumeReply(position: state?.position, keep: state?.keep ?? [], memory: state?.memory, floor: journal.floor))
        case .forget:
            let command: ReaderCommand = try decoded(request)
            let wasThere = try storage { () throws(SQLiteError) in try self.journal.forget(reader: command.reader) }
            guard wasThere else { throw .refused(Refusal(.badRequest, "no reader is named '\(command.reader.prefix(40))'")) }
            return reply(request, Acknowledged())
        case .claim: return try claim(request, now: now)
        case .extend:
            let command: LeaseCommand = try body(request)
            guard let entry = journal.extend(command.lease, now: now) else { throw stale(command.lease) }
            return reply(request, ExtendReply(leaseMilliseconds: leaseMilliseconds, isWithdrawn: entry.isWithdrawn))
        case .complete: return try complete(request, now: now, into: &turn)
        case .release:
            let command: LeaseCommand = try body(request)
            let after = min(Double(max(command.afterMilliseconds ?? 0, 0)) / 1000, Self.releaseSecondsMax)
            let entry = try storage { () throws(SQLiteError) in try self.journal.release(command.lease, after: after, now: now) }
            guard entry != nil else { throw stale(command.lease) }
            return reply(request, Acknowledged())
        case .withdraw:
            let command: WithdrawCommand = try decoded(request)
            try storage { () throws(SQLiteError) in _ = try self.journal.withdraw(run: command.run) }
            return reply(request, WithdrawReply(held: journal.queue.held(by: command.run)))
        case .lead: return try lead(request, now: now)
        case .inspect: return reply(request, try inspect(try decoded(request), now: now))
        case .requeue: return try requeue(request, now: now, time: time, into: &turn)
        }
    }

    /// The longest that a worker may hide what it gives back.
    static let releaseSecondsMax = 86_400.0

    private func publish(_ request: Request, now: Double, into turn: inout Turn) throws(Failure) -> Response {
        // Nearly every publish says nothing of itself.
        let command = request.isBare ? PublishCommand() : try body(request) as PublishCommand
        if let epoch = command.epoch, epoch != journal.epoch {
            throw .refused(Refusal(.staleEpoch, "epoch \(epoch) is over; \(journal.epoch) leads"))
        }
        try readEvents(request, now: now)
        return try append(request, now: now, into: &turn)
    }

    private func read(_ request: Request, now: Double) throws(Failure) -> Response {
        let command: ReadCommand = try body(request)
        guard !request.isBehind else { throw .refused(Refusal(.unavailable, "earlier answers to you are still on their way; take those first")) }
        if let role = request.role {
            let prefixes = command.prefixes.isEmpty ? [""] : command.prefixes
            if command.sequences != nil, role.reads != [""] { throw forged(request, "read single events", now: now) }
            for prefix in prefixes where !role.mayRead(prefix) { throw forged(request, "read '\(prefix.prefix(60))'", now: now) }
        }
        if let sequences = command.sequences {
            guard sequences.count <= 1000 else { throw .refused(Refusal(.badRequest, "\(sequences.count) sequences; at most 1000 are taken")) }
            var answer = reply(request, ReadReply(upTo: 0, newest: journal.newest, floor: journal.floor))
            for sequence in sequences {
                if let event = try storage({ () throws(SQLiteError) in try self.journal.event(sequence) }) { answer.events.append(event) }
            }
            return answer
        }
        // From nowhere is from the start of what there is. From somewhere below, something is missing.
        guard command.after == 0 || command.after >= journal.floor else {
            throw .refused(Refusal(.gone, "what follows \(command.after) was removed by retention up to \(journal.floor)", floor: journal.floor))
        }
        let found = try storage { () throws(SQLiteError) in
            try self.journal.read(after: command.after, prefixes: command.prefixes, limit: min(max(command.limit, 1), 10_000))
        }
        var answer = reply(request, ReadReply(upTo: found.upTo, newest: journal.newest, floor: journal.floor))
        answer.events = found.events
        return answer
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

    // MARK: Words

    func stale(_ lease: String) -> Failure { .refused(Refusal(.staleLease, "'\(lease.prefix(40))' is not a current lease")) }

    func storage<T>(_ work: () throws(SQLiteError) -> T) throws(Failure) -> T {
        do { return try work() } catch { throw .journal(error) }
    }

    /// What the quick way cannot read is read, or refused, by the other.
    func body<T: PlainCommand>(_ request: Request) throws(Failure) -> T {
        if case .object(let object)? = try? JSON(parsing: request.body), let read = T(plain: object) { return read }
        return try decoded(request)
    }

    func decoded<T: Decodable>(_ request: Request) throws(Failure) -> T {
        do {
            return try JSONDecoder().decode(T.self, from: Data(request.body.isEmpty ? Array("{}".utf8) : request.body))
        } catch {
            throw .refused(Refusal(.badRequest, "the body of \(String(decoding: request.verb, as: UTF8.self)) cannot be read: \(Self.reason(error))"))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context), DecodingError.dataCorrupted(let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)"
        default: "\(error)"
        }
    }

    func reply(_ request: Request, _ body: some PlainReply) -> Response { Response(to: request, body: body.plain.bytes) }

    func reply(_ request: Request, _ body: some Encodable) -> Response {
        // Our own replies always encode: they hold text, numbers and lists only.
        Response(to: request, body: (try? JSONEncoder().encode(body)).map { [UInt8]($0) } ?? Array("{}".utf8))
    }

    func response(to request: Request, refusal: Refusal) -> Response {
        var answer = reply(request, refusal)
        answer.isOK = false
        return answer
    }
}
