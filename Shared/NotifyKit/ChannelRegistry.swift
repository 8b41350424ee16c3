public import Kernel

/// The channels that a rule may name.
public struct ChannelRegistry: Sendable {
    private let channels: [String: any Channel]
    public let names: [String]

    /// - Throws: where two channels have one name, or one refuses its settings.
    public init(_ types: [any Channel.Type], context: ChannelContext) throws {
        var channels: [String: any Channel] = [:]
        for type in types {
            guard channels[type.name] == nil else {
                throw PlainProblem(
                    "notify.twice_registered", "two channels are named '\(type.name)'", at: .named(type.name), remedy: "give each channel a name of its own")
            }
            channels[type.name] = try type.init(context: context)
        }
        self.channels = channels
        names = types.map { $0.name }
    }

    /// - Throws: where there is no such channel, with those that there are.
    public func channel(_ name: String) throws(PlainProblem) -> any Channel {
        if let channel = channels[name] { return channel }
        throw PlainProblem(
            "notify.unknown_channel", "there is no channel '\(name)'", at: .named("to: \(name)"),
            remedy: "write \(names.joined(separator: " or ")), and start sluice-notify again")
    }
}
