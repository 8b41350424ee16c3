import Bus
import Contracts
import Journal
import Kernel
import Leases
import SQLite

/// Giving work out and taking it back.
extension Broker {
    var leaseMilliseconds: Int { Int(journal.queue.limits.leaseSeconds * 1000) }

    /// - Returns: nil, for it waits.
    func claim(_ request: Request, now: Double) throws(Failure) -> Response? {
        let command: ClaimCommand = try body(request)
        if let role = request.role, role.work != command.role { throw forged(request, "claim \(command.role.rawValue)", now: now) }
        let wait = min(max(Double(command.waitMilliseconds) / 1000, 0), Self.claimWaitSecondsMax)
        // Said again by a client that found us born anew: one claim, one lease.
        parked.removeAll { $0.request.isSaidAgain(by: request) }
        guard parked.count < Self.parkedMax else { throw .refused(Refusal(.unavailable, "\(parked.count) claims wait already")) }
        parked.append(ParkedClaim(request: request, command: command, deadline: now + wait))
        return nil
    }

    func serveParked(now: Double, into turn: inout Turn) throws(SQLiteError) {
        // Most turns have nothing for those who wait, however many they are.
        guard parked.contains(where: { $0.deadline <= now || journal.queue.mayOffer($0.command.role, now: now) }) else { return }
        var waiting: [ParkedClaim] = []
        for claim in parked {
            if journal.queue.mayOffer(claim.command.role, now: now), let entry = try journal.offer(role: claim.command.role, to: claim.command.worker, now: now),
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

    func complete(_ request: Request, now: Double, into turn: inout Turn) throws(Failure) -> Response {
        let command: LeaseCommand = try body(request)
        try readEvents(request, now: now)
        if request.role != nil, let held = journal.queue.holder(of: command.lease) {
            // A worker with a key reports on what it holds and on nothing else.
            for event in incoming {
                let header = EventHeader(event.header, in: names)
                if header.run == held.run, header.task == held.task, header.pipeline == held.pipeline { continue }
                throw forged(request, "report on a task that it does not hold", now: now)
            }
            guard request.role?.work == held.role else { throw forged(request, "complete work of \(held.role.rawValue)", now: now) }
        }
        let entry = try storage { () throws(SQLiteError) in try self.journal.complete(command.lease) }
        if let entry, !entry.isWithdrawn {
            counters.completions += 1
            return try append(request, now: now, into: &turn)
        }
        // The same report again, its first answer lost: it is in the log to the last event, so the answer is the same too.
        var known: [UInt64] = []
        for event in incoming {
            let sequence = try storage { () throws(SQLiteError) in try self.sequence(of: event) }
            guard let sequence else { counters.staleLeases += 1; throw stale(command.lease) }
            known.append(sequence)
        }
        guard !incoming.isEmpty else { throw stale(command.lease) }
        return published(request, known)
    }

    /// Leases that ran out: the entry is offered again, or becomes a dead letter in this same transaction.
    func takeBack(now: Double, time: Timestamp, into turn: inout Turn) throws(SQLiteError) {
        for entry in try journal.expire(now: now) {
            counters.expiries += 1
            guard entry.state == .dead else { continue }
            counters.deadLetters += 1
            try tell(entry.deadLetter(time), into: &turn)
        }
    }

    /// Offers a dead letter again, and says so in the same transaction.
    func requeue(_ request: Request, now: Double, time: Timestamp, into turn: inout Turn) throws(Failure) -> Response {
        let command: RequeueCommand = try decoded(request)
        let entry = try storage { () throws(SQLiteError) in try self.journal.requeue(command.entry, now: now) }
        guard let entry else { throw .refused(Refusal(.badRequest, "\(command.entry) is no dead letter")) }
        let event = Event(
            source: "broker", id: "requeued/\(entry.lease)", time: time, pipeline: entry.pipeline, run: entry.run, task: entry.task,
            payload: .taskRequeued(TaskRequeued(entry: entry.sequence, deliveries: entry.delivery, by: String((command.by ?? request.role?.rawValue ?? "").prefix(100)))))
        do { try tell(event, into: &turn) } catch { throw .journal(error) }
        return reply(request, Acknowledged())
    }
}
