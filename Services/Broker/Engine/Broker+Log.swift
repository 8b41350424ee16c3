import Bus
import Contracts
import Journal
import Kernel
import Leases
import SQLite
import Wire

/// Taking events in.
extension Broker {
    /// An event of a request that has been read and checked. Its texts lie among the broker's `names`.
    struct Incoming {
        var header: EventHeader.Places
        /// The frame of its envelope.
        var frame: Int
        var isTask: Bool
    }
    /// Ids and sources become parts of keys and paths; none need be longer.
    static let nameBytesMax = 1024

    /// Reads and checks every event of a request before any of them is stored. They are `incoming` until the next request.
    func readEvents(_ request: Request, now: Double) throws(Failure) {
        guard request.eventCount <= Self.eventsPerRequestMax else {
            throw .refused(Refusal(.badRequest, "a request of \(request.eventCount) events; at most \(Self.eventsPerRequestMax) are taken"))
        }
        names.removeAll(keepingCapacity: true)
        incoming.removeAll(keepingCapacity: true)
        for event in 0..<request.eventCount {
            let frame = request.topicFrame(event)
            let read = try request.message.withFrame(frame + 1) { envelope throws(Failure) in try readEvent(envelope, frame: frame + 1) }
            guard request.message.withFrame(frame, { isTopic($0, read.header) }) else {
                throw .refused(Refusal(.badRequest, "the topic of event \(text(read.header.id)) should read \(topic(read.header))"))
            }
            if let role = request.role, !role.mayPublish(topic(read.header)) { throw forged(request, "publish \(text(read.header.type))", now: now) }
            incoming.append(read)
        }
    }

    private func text(_ place: Range<Int>) -> String { String(decoding: names[place], as: UTF8.self) }

    private func topic(_ header: EventHeader.Places) -> String { "\(text(header.type))/\(header.role?.rawValue ?? "-")/\(text(header.pipeline))/" }

    /// Whether it is the event's own topic, told without making that.
    private func isTopic(_ given: UnsafeBufferPointer<UInt8>, _ header: EventHeader.Places) -> Bool {
        names.withUnsafeBufferPointer { names in
            var rest = given[...]
            func take(_ part: some Collection<UInt8>) -> Bool {
                guard rest.starts(with: part) else { return false }
                rest = rest.dropFirst(part.count)
                return rest.first == UInt8(ascii: "/") && rest.popFirst() != nil
            }
            return take(names[header.type]) && take((header.role?.rawValue ?? "-").utf8) && take(names[header.pipeline]) && rest.isEmpty
        }
    }

    private func readEvent(_ envelope: UnsafeBufferPointer<UInt8>, frame: Int) throws(Failure) -> Incoming {
        guard envelope.count <= Event.envelopeBytesMax else {
            throw .refused(Refusal(.badRequest, "an envelope of \(envelope.count) bytes; at most \(Event.envelopeBytesMax) are taken"))
        }
        let header: EventHeader.Places
        do { header = try EnvelopeScanner.scan(envelope, names: &names) } catch {
            throw .refused(Refusal(.badRequest, "an envelope is not CloudEvents JSON with pipeline: \(error.reason)"))
        }
        let (isValid, isTask) = names.withUnsafeBufferPointer { names in
            let type = names[header.type]
            return (
                names[header.specversion].elementsEqual("1.0".utf8) && Self.isName(names[header.id]) && Self.isName(names[header.source])
                    && Self.isType(type) && Name.isValid(UnsafeBufferPointer(rebasing: names[header.pipeline])),
                type.elementsEqual(EventType.taskReady.utf8)
            )
        }
        guard isValid else {
            throw .refused(Refusal(
                .badRequest, "an envelope lacks specversion 1.0, an id and a source of 1 to \(Self.nameBytesMax) bytes without control characters, a type like task.ready.v1 or a valid pipeline name"))
        }
        if isTask, header.role == nil || header.run == nil || header.task == nil {
            throw .refused(Refusal(.badRequest, "a task.ready names role, run and task"))
        }
        return Incoming(header: header, frame: frame, isTask: isTask)
    }

    private static func isName(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        !text.isEmpty && text.count <= nameBytesMax && text.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }

    private static func isType(_ type: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        type.count <= 100 && type.allSatisfy { ($0 >= 0x61 && $0 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2e || $0 == 0x5f }
    }

    /// Appends what is `incoming`.
    func append(_ request: Request, now: Double, into turn: inout Turn) throws(Failure) -> Response {
        var answer = SequencesWriter(incoming.count)
        for event in incoming {
            let stored = try storage { () throws(SQLiteError) in try self.store(event, of: request) }
            answer.append(stored.sequence)
            guard stored.isNew else { counters.duplicates += 1; continue }
            counters.published += 1
            turn.news.append(News(sequence: stored.sequence, message: request.message, frame: event.frame - 1))
            guard event.isTask else { continue }
            let header = EventHeader(event.header, in: names)
            if let role = header.role, let run = header.run, let task = header.task {
                let entry = WorkEntry(
                    sequence: stored.sequence, role: role, pipeline: header.pipeline, run: run, task: task,
                    priority: header.priority, deliveryLimit: journal.queue.limits.deliveriesMax,
                    state: .waiting(visibleAt: now), since: now)
                try storage { () throws(SQLiteError) in try self.journal.add(entry) }
            }
        }
        return Response(to: request, body: answer.end())
    }

    private func store(_ event: Incoming, of request: Request) throws(SQLiteError) -> (sequence: UInt64, isNew: Bool) {
        try names.withUnsafeBufferPointer { names throws(SQLiteError) in
            try request.message.withFrame(event.frame - 1) { topic throws(SQLiteError) in
                try request.message.withFrame(event.frame) { envelope throws(SQLiteError) in
                    try journal.append(Identity(names, event.header), topic: topic, envelope: envelope)
                }
            }
        }
    }

    /// The sequence of an event that is in the log.
    func sequence(of event: Incoming) throws(SQLiteError) -> UInt64? {
        try names.withUnsafeBufferPointer { names throws(SQLiteError) in try journal.sequence(Identity(names, event.header)) }
    }
}

extension Identity {
    fileprivate init(_ names: UnsafeBufferPointer<UInt8>, _ header: EventHeader.Places) {
        self.init(source: UnsafeBufferPointer(rebasing: names[header.source]), id: UnsafeBufferPointer(rebasing: names[header.id]))
    }
}

/// A `PublishedReply`, written without an encoder: it is the answer to nearly everything.
private struct SequencesWriter {
    private var bytes: [UInt8] = []

    init(_ count: Int) {
        bytes.reserveCapacity(16 + 20 * count)
        bytes.append(contentsOf: #"{"sequences":["#.utf8)
    }
    mutating func append(_ sequence: UInt64) {
        if bytes.last != UInt8(ascii: "[") { bytes.append(UInt8(ascii: ",")) }
        let start = bytes.count
        var rest = sequence
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }
    mutating func end() -> [UInt8] {
        bytes.append(contentsOf: "]}".utf8)
        return bytes
    }
}

extension Broker {
    func published(_ request: Request, _ sequences: [UInt64]) -> Response {
        var answer = SequencesWriter(sequences.count)
        for sequence in sequences { answer.append(sequence) }
        return Response(to: request, body: answer.end())
    }
}
