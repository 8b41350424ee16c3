public import Wire

/// Where the broker listens.
public struct BusEndpoints: Hashable, Sendable {
    /// ROUTER: commands and their answers.
    public var commands: String
    /// XPUB: every event by topic, and a tick each second.
    public var feed: String

    /// What a client proves itself with; nil on a bus without keys.
    public var keys: BusKeys?

    public init(commands: String, feed: String, keys: BusKeys? = nil) {
        self.commands = commands
        self.feed = feed
        self.keys = keys
    }
}

/// A client's own pair, and the public key of the broker that it means.
public struct BusKeys: Hashable, Sendable {
    public var own: CurveKeys
    public var broker: String
    public init(own: CurveKeys, broker: String) {
        self.own = own
        self.broker = broker
    }
    var security: WireSecurity { .client(own, server: broker) }
}

/// The topic of the broker's pulse. Its envelope is `{"incarnation": …}`, its sequence the newest of the log.
public enum Tick {
    public static let topic = "tick/-/-/"
    public static let intervalSeconds = 1.0
}

/// The 8 bytes of a sequence frame, most significant first.
public enum SequenceFrame {
    public static func bytes(_ sequence: UInt64) -> [UInt8] { withUnsafeBytes(of: sequence.bigEndian) { Array($0) } }
    public static func value(_ bytes: [UInt8]) -> UInt64? { bytes.count == 8 ? bytes.reduce(0) { $0 << 8 | UInt64($1) } : nil }
}
