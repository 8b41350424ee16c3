public import Contracts
import Kernel

/// Reads the log in order from a position on, for ever. The feed only tells it when to look.
public struct LogReader: Sendable {
    private let client: BusClient
    private let prefixes: [String]
    private let hints: AsyncStream<UInt64>
    /// Everything up to here has been returned.
    public private(set) var position: UInt64

    public init(_ client: BusClient, after position: UInt64, prefixes: [String] = []) async {
        self.client = client
        self.prefixes = prefixes
        self.position = position
        hints = await client.hints()
    }

    /// What has come behind the position; empty only where a broker had nothing to tell.
    public mutating func catchUp() async throws -> [SequencedEvent] {
        let (events, reply) = try await client.read(ReadCommand(after: position, prefixes: prefixes))
        position = max(position, reply.upTo)
        return events
    }

    /// Waits until the feed tells of a sequence behind the position. Returns false where the connection has ended.
    public func waitForNews() async -> Bool {
        for await newest in hints where newest > position { return true }
        return false
    }
}
