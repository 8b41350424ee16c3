import BrokerEngine
import Bus
import Contracts
import Journal
import Kernel
import Wire

/// What reads the bytes of strangers, and what must hold whatever they are. The first byte of an input says which decoder it is for.
public enum Decoders {
    /// A promise that an input broke.
    public struct Breach: Error, CustomStringConvertible {
        public let description: String
    }

    /// Between the frames of a message, and between messages: bytes that JSON does not allow anywhere, so that what is changed at
    /// random stays in shape.
    static let frameEnd: UInt8 = 0x1e, messageEnd: UInt8 = 0x1d

    public static func check(_ input: [UInt8]) throws(Breach) {
        let rest = Array(input.dropFirst())
        switch input.first {
        case UInt8(ascii: "e"): try envelope(rest)
        case UInt8(ascii: "r"): try requests(rest)
        case UInt8(ascii: "a"): try answer(rest)
        default: break
        }
    }

    static func messages(_ bytes: [UInt8]) -> [[[UInt8]]] {
        bytes.split(separator: messageEnd, omittingEmptySubsequences: false).map { message in
            message.split(separator: frameEnd, omittingEmptySubsequences: false).map(Array.init)
        }
    }

    /// The header that the broker reads is the one that every other reader sees, and an event that is understood is written again
    /// as it was.
    static func envelope(_ bytes: [UInt8]) throws(Breach) {
        if let header = try? EnvelopeScanner.header(of: bytes) {
            guard let json = try? JSON(parsing: bytes) else { throw Breach(description: "the broker takes what is no JSON") }
            let texts = [
                "specversion": header.specversion, "id": header.id, "source": header.source, "type": header.type, "pipeline": header.pipeline,
                "role": header.role?.rawValue, "run": header.run?.description, "task": header.task?.description,
            ]
            for (key, value) in texts where json[key]?.stringValue != value { throw Breach(description: "'\(key)' reads '\(value ?? "")' for the broker") }
            if let priority = json["priority"]?.intValue, priority != header.priority { throw Breach(description: "priority reads \(header.priority)") }
        }
        if let event = try? Event(envelope: bytes), let again = try? event.envelope() {
            guard let second = try? Event(envelope: again), (try? second.envelope()) == again else { throw Breach(description: "an event changes when it is written again") }
        }
    }

    /// Each request has one answer, unless its claim waits; what was acknowledged is there.
    static func requests(_ bytes: [UInt8]) throws(Breach) {
        do {
            let journal = try JournalStore(path: ":memory:", now: 0)
            let broker = Broker(journal: journal)
            var now = 0.0
            var numbers: Set<[UInt8]> = []
            for frames in messages(bytes).prefix(12) {
                now += 3
                guard let request = Request(Message([[1]] + frames)) else { continue }
                let before = broker.parkedClaims
                // An answer under a number said twice may be the one to a claim that waited under it.
                let isFirst = numbers.insert(request.correlation).inserted
                let turn = try broker.turn([request], now: now, time: Timestamp(microseconds: 0))
                let answers = turn.responses.filter { $0.client == request.client && $0.correlation == request.correlation }
                guard !answers.isEmpty || broker.parkedClaims > 0, turn.responses.count <= before + 1 else {
                    throw Breach(description: "\(turn.responses.count) answers to \(before) claims and a request")
                }
                for answer in turn.responses {
                    guard let body = try? JSON(parsing: answer.body) else { throw Breach(description: "an answer is no JSON") }
                    if isFirst, answer.isOK, request.verb.elementsEqual(Verb.publish.rawValue.utf8), answer.correlation == request.correlation {
                        let sequences = body["sequences"]?.arrayValue ?? []
                        guard sequences.count == request.eventCount else { throw Breach(description: "\(sequences.count) sequences for \(request.eventCount) events") }
                        for sequence in sequences where try journal.event(UInt64(sequence.intValue ?? 0)) == nil { throw Breach(description: "an acknowledged event is not there") }
                    }
                }
                _ = broker.nextDeadline(after: now)
            }
        } catch let breach as Breach {
            throw breach
        } catch {
            throw Breach(description: "\(error)")
        }
    }

    /// What a client makes of an answer.
    static func answer(_ bytes: [UInt8]) throws(Breach) {
        guard let frames = messages(bytes).first, let answer = BusClient.Answer(frames: frames) else { return }
        guard answer.events.count + answer.unreadable.count <= frames.count / 3 else { throw Breach(description: "more events than frames for them") }
    }
}
