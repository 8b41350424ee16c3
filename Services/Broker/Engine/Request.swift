public import Bus
import Contracts
public import Journal
package import Wire

/// One request as it came off the wire: `[client, correlation, verb, body, (topic, envelope)…]`.
public struct Request: Sendable {
    let message: Message
    /// What the sender's key may do; nil on a bus without keys, where whoever reaches the socket may do everything.
    public var role: BusRole?
    /// Its sender has not taken the large answers that were given to it before.
    var isBehind = false

    public init(
        client: [UInt8], correlation: [UInt8], verb: [UInt8], body: [UInt8], events: [(topic: [UInt8], envelope: [UInt8])] = [], role: BusRole? = nil
    ) {
        message = Message([client, correlation, verb, body] + events.flatMap { [$0.topic, $0.envelope] })
        self.role = role
    }

    /// Nil for a message of any other shape, which gets no answer because nobody could tell what it answers.
    package init?(_ message: Message) {
        guard message.count >= Self.framesBefore, message.count % 2 == 0, message.withFrame(1, { $0.count <= Self.correlationBytesMax }) else { return nil }
        self.message = message
    }

    static let correlationBytesMax = 64
    /// Those before the first topic.
    static let framesBefore = 4

    /// Who asked: the ROUTER's routing id.
    public var client: [UInt8] { message.frame(0) }
    /// The client's own number for it, returned with the answer.
    public var correlation: [UInt8] { message.frame(1) }
    public var verb: [UInt8] { message.frame(2) }
    public var body: [UInt8] { message.frame(3) }

    /// How many events it brings.
    public var eventCount: Int { (message.count - Self.framesBefore) / 2 }
    /// The frame of an event's topic; its envelope is the next one.
    func topicFrame(_ event: Int) -> Int { Self.framesBefore + 2 * event }
    public func envelope(_ event: Int) -> [UInt8] { message.frame(topicFrame(event) + 1) }

    /// What it asks for; nil for no known command.
    var knownVerb: Verb? {
        message.withFrame(2) { bytes in
            // Nearly always.
            if bytes.elementsEqual("publish".utf8) { return .publish }
            return Verb(rawValue: String(decoding: bytes, as: UTF8.self))
        }
    }
    var isRead: Bool { message.withFrame(2) { $0.elementsEqual("read".utf8) } }
    /// Its body says nothing.
    var isBare: Bool { message.withFrame(3) { $0.isEmpty || $0.elementsEqual("{}".utf8) } }

    /// Whether the two are one, said twice: by the same client, under the same number.
    func isSaidAgain(by other: Request) -> Bool {
        (0...1).allSatisfy { frame in message.withFrame(frame) { mine in other.message.withFrame(frame) { mine.elementsEqual($0) } } }
    }
}

public struct Response: Sendable {
    /// What it answers.
    let request: Message
    public var isOK: Bool
    public var body: [UInt8]
    public var events: [StoredEvent] = []
    /// The lease that it hands out; where it cannot be delivered, nobody has it.
    public var lease: String?

    init(to request: Request, isOK: Bool = true, body: [UInt8]) {
        self.request = request.message
        self.isOK = isOK
        self.body = body
    }

    public var client: [UInt8] { request.frame(0) }
    public var correlation: [UInt8] { request.frame(1) }
}

/// An event that a turn has appended, for the feed.
public struct News: Sendable {
    public let sequence: UInt64
    /// Where its topic stands in a frame and its envelope in the next.
    let message: Message
    let frame: Int

    public var topic: String { message.withFrame(frame) { String(decoding: $0, as: UTF8.self) } }
    public var envelope: [UInt8] { message.frame(frame + 1) }
}

/// What one turn brings about: answers, and news for the feed. Both leave only after the turn's commit.
public struct Turn: Sendable {
    public var responses: [Response] = []
    public var news: [News] = []

    public init() {}
}
