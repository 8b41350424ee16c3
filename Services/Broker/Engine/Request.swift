public import Bus
public import Journal

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
    /// What the sender's key may do; nil on a bus without keys, where whoever reaches the socket may do everything.
    public var role: BusRole?
    /// Its sender has not taken the large answers that were given to it before.
    var isBehind = false
    var isRead: Bool { verb.elementsEqual("read".utf8) }

    public init(
        client: [UInt8], correlation: [UInt8], verb: [UInt8], body: [UInt8], events: [(topic: [UInt8], envelope: [UInt8])] = [], role: BusRole? = nil
    ) {
        self.client = client
        self.correlation = correlation
        self.verb = verb
        self.body = body
        self.events = events
        self.role = role
    }

    /// `[client, correlation, verb, body, (topic, envelope)…]`; nil for a message of any other shape, which gets no answer
    /// because nobody could tell what it answers.
    package init?(frames: [[UInt8]]) {
        guard frames.count >= 4, frames.count % 2 == 0, frames[1].count <= Self.correlationBytesMax else { return nil }
        self.init(client: frames[0], correlation: frames[1], verb: frames[2], body: frames[3])
        for place in stride(from: 4, to: frames.count, by: 2) { events.append((frames[place], frames[place + 1])) }
    }

    static let correlationBytesMax = 64
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
