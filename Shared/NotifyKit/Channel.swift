/// A way to reach people: one file in `Services/Notify/Channels`, named in a rule as `to: <name>`.
///
/// The engine calls `send` once for each notice and remembers that it did. Killed in between, it calls `send` again with
/// the same key after the restart: a channel that can ask its far side for the key makes that one message; the others
/// deliver *at least once* and say so in `delivery`.
public protocol Channel: Sendable {
    static var name: String { get }
    /// One line for people: where the message appears.
    static var summary: String { get }
    static var delivery: ChannelDelivery { get }
    init(context: ChannelContext) throws
    /// Returns when the message is out of our hands. What it throws is tried again later. It runs on the engine's own
    /// thread, so a file may block it.
    nonisolated(nonsending) func send(_ notice: Notice) async throws
}

public enum ChannelDelivery: Sendable, Hashable {
    /// A notice that is sent again is recognised by its key.
    case once
    /// A kill between sending and remembering sends the notice twice.
    case atLeastOnce
}

/// What a channel is given.
public struct ChannelContext: Sendable {
    /// A folder that all channels share; it exists.
    public let folder: String
    public let environment: [String: String]
    public init(folder: String, environment: [String: String]) {
        self.folder = folder
        self.environment = environment
    }
}
