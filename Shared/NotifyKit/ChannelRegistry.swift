import Kernel

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

    public subscript(name: String) -> (any Channel)? { channels[name] }
}
