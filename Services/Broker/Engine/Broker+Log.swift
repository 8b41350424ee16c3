import Bus
import Contracts
import Journal
import Kernel
import Leases
import SQLite

/// Taking events in.
extension Broker {
    struct Incoming {
        var header: EventHeader
        var topic: String
        var envelope: [UInt8]
    }
    /// Ids and sources become parts of keys and paths; none need be longer.
    static let nameBytesMax = 1024

    /// Reads and checks every event of a request before any of them is stored.
    func headers(_ request: Request, now: Double) throws(Failure) -> [Incoming] {
        guard request.events.count <= Self.eventsPerRequestMax else {
            throw .refused(Refusal(.badRequest, "a request of \(request.events.count) events; at most \(Self.eventsPerRequestMax) are taken"))
        }
        var incoming: [Incoming] = []
        incoming.reserveCapacity(request.events.count)
        for event in request.events {
            let header = try header(of: event.envelope)
            let topic = "\(header.type)/\(header.role?.rawValue ?? "-")/\(header.pipeline)/"
            guard event.topic.elementsEqual(topic.utf8) else {
                throw .refused(Refusal(.badRequest, "the topic of event \(header.id) should read \(topic)"))
            }
            if let role = request.role, !role.mayPublish(topic) { throw forged(request, "publish \(header.type)", now: now) }
            incoming.append(Incoming(header: header, topic: topic, envelope: event.envelope))
        }
        return incoming
    }

    private func header(of envelope: [UInt8]) throws(Failure) -> EventHeader {
        guard envelope.count <= Event.envelopeBytesMax else {
            throw .refused(Refusal(.badRequest, "an envelope of \(envelope.count) bytes; at most \(Event.envelopeBytesMax) are taken"))
        }
        let header: EventHeader
        do { header = try EnvelopeScanner.header(of: envelope) } catch {
            throw .refused(Refusal(.badRequest, "an envelope is not CloudEvents JSON with pipeline: \(error.reason)"))
        }
        guard header.specversion == "1.0", Self.isName(header.id), Self.isName(header.source), Self.isType(header.type), Name.isValid(header.pipeline) else {
            throw .refused(Refusal(
                .badRequest, "an envelope lacks specversion 1.0, an id and a source of 1 to \(Self.nameBytesMax) bytes without control characters, a type like task.ready.v1 or a valid pipeline name"))
        }
        if header.type == EventType.taskReady, header.role == nil || header.run == nil || header.task == nil {
            throw .refused(Refusal(.badRequest, "a task.ready names role, run and task"))
        }
        return header
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= nameBytesMax && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }

    private static func isType(_ type: String) -> Bool {
        type.utf8.count <= 100 && type.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2e || $0 == 0x5f }
    }

    func append(_ events: [Incoming], now: Double, into turn: inout Turn) throws(Failure) -> [UInt64] {
        var sequences: [UInt64] = []
        sequences.reserveCapacity(events.count)
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
                    priority: header.priority, deliveryLimit: journal.queue.limits.deliveriesMax,
                    state: .waiting(visibleAt: now), since: now)
                try storage { () throws(SQLiteError) in try self.journal.add(entry) }
            }
        }
        return sequences
    }
}
