public import Contracts
import Kernel

/// Reads the log in order from a position on, for ever. The feed only tells it when to look.
public struct LogReader: Sendable {
    private let client: BusClient
    private let prefixes: [String]
    private let hints: AsyncStream<UInt64>
    /// Everything up to here has been returned.
    public private(set) var position: UInt64
    /// The log is known to go so far.
    private var newest: UInt64 = 0

    public init(_ client: BusClient, after position: UInt64, prefixes: [String] = []) async {
        self.client = client
        self.prefixes = prefixes
        self.position = position
        hints = await client.hints()
    }

    /// The next events behind the position, a page at most; empty only at the end of the log.
    public mutating func catchUp() async throws -> [SequencedEvent] {
        while true {
            let (events, reply) = try await client.read(ReadCommand(after: position, prefixes: prefixes))
            position = max(position, reply.upTo)
            newest = reply.newest
            // The broker looks at so many events at a time: a page without one of ours is not the end.
            if !events.isEmpty || position >= newest { return events }
        }
    }

    /// Goes on where the log begins now, after `catchUp` threw a refusal `gone`: what lay between is lost to this reader.
    public mutating func skip(to floor: UInt64) { position = max(position, floor) }

    /// Waits until there may be something behind the position. Returns false where the connection has ended.
    public func waitForNews() async -> Bool {
        // The hint of what is behind a full page has been taken already; no other may come for long.
        if position < newest { return true }
        for await newest in hints where newest > position { return true }
        return false
    }
}
