/// An event as the log keeps it: its place, its topic, its bytes.
public struct StoredEvent: Hashable, Sendable {
    public var sequence: UInt64
    public var topic: String
    public var envelope: [UInt8]

    public init(sequence: UInt64, topic: String, envelope: [UInt8]) {
        self.sequence = sequence
        self.topic = topic
        self.envelope = envelope
    }
}
