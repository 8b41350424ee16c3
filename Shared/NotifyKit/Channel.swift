public import Kernel

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
    /// Says whether a rule with these options could be followed, without sending anything.
    func check(_ options: JSON) throws
    /// Finds out whether a message with these options would get through, as far as that can be known without sending one,
    /// for `sluice doctor`; what is well, in few words. May block for some seconds, as `send` may.
    nonisolated(nonsending) func examine(_ options: JSON) async throws -> String
    /// Returns when the message is out of our hands. A `Problem` whose response is `.stop` says that trying again soon is
    /// no use; anything else is tried again with growing pauses. It runs on the engine's own thread, so it may block that
    /// for some seconds.
    nonisolated(nonsending) func send(_ notice: Notice) async throws
}

extension Channel {
    public func check(_ options: JSON) throws { try ChannelSettings.refuse(options, beyond: [], of: Self.name) }
    public nonisolated(nonsending) func examine(_ options: JSON) async throws -> String {
        try check(options)
        return Self.summary
    }
}

public enum ChannelDelivery: Sendable, Hashable {
    /// A notice that is sent again is recognised by its key, by us.
    case once
    /// It carries its key, the same each time: a far side that remembers keys shows it once.
    case onceByKey
    /// A kill between sending and remembering sends the notice twice.
    case atLeastOnce
}

/// What a channel is given.
public struct ChannelContext: Sendable {
    /// A folder that all channels share; it exists.
    public let folder: String
    public let environment: [String: String]
    /// A line for the operator, where a message went out and yet not all is well.
    public let note: @Sendable (String) -> Void
    public init(folder: String, environment: [String: String], note: @escaping @Sendable (String) -> Void = { _ in }) {
        self.folder = folder
        self.environment = environment
        self.note = note
    }
}
