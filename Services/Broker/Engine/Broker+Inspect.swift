import Contracts
import Journal
import Kernel
import Leases
import SQLite

/// JSON for people.
extension Broker {
    static let inspectedMax = 1000

    func inspect(_ command: InspectCommand, now: Double) throws(Failure) -> JSON {
        switch command.subject {
        case .status: return try status(now)
        case .queue, .deadLetters:
            let entries = journal.queue.entries.values.filter { ($0.state == .dead) == (command.subject == .deadLetters) }
            return .array(entries.sorted { $0.sequence < $1.sequence }.prefix(Self.inspectedMax).map(describe))
        case .deadLetter:
            guard let sequence = command.entry, let entry = journal.queue.entries[sequence], entry.state == .dead else {
                throw .refused(Refusal(.badRequest, "\(command.entry ?? 0) is no dead letter"))
            }
            var text = describe(entry)
            let event = try storage { () throws(SQLiteError) in try self.journal.event(sequence) }
            text["event"] = event.flatMap { try? JSON(parsing: $0.envelope) } ?? .null
            return text
        case .readers:
            let readers = try storage { () throws(SQLiteError) in try self.journal.readers() }
            return .array(readers.map {
                ["name": .string($0.name), "position": JSON(Int($0.position)), "behind": JSON(Int(journal.newest - min($0.position, journal.newest)))]
            })
        }
    }

    private func status(_ now: Double) throws(Failure) -> JSON {
        var roles = JSONObject()
        for role in Role.allCases {
            let count = journal.queue.count(role)
            roles[role.rawValue] = ["waiting": JSON(count.waiting), "leased": JSON(count.leased), "dead": JSON(count.dead)]
        }
        let used = try storage { () throws(SQLiteError) in try self.journal.usedBytes() }
        return [
            "newest": JSON(Int(journal.newest)), "floor": JSON(Int(journal.floor)), "bytes": JSON(used), "commits": JSON(Int(journal.commits)),
            "epoch": JSON(Int(journal.epoch)), "leader": JSON(leader.flatMap { $0.until > now ? $0.name : nil }), "queue": .object(roles),
            "parked_claims": JSON(parked.count), "is_available": .bool(isAvailable),
        ]
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
}
