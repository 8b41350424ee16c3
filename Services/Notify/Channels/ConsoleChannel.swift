import Glibc
public import NotifyKit

/// Prints the notice to standard output, which `sluice up` keeps in `logs/notify.log`.
///
/// At least once: nobody can be asked whether a line was printed, so a kill right behind it prints it again.
public struct ConsoleChannel: Channel {
    public static let name = "console"
    public static let summary = "standard output of sluice-notify (logs/notify.log under sluice up)"
    public static let delivery = ChannelDelivery.atLeastOnce

    public init(context: ChannelContext) {}

    public nonisolated(nonsending) func send(_ notice: Notice) async throws {
        var rest = Array((notice.text + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Nobody listens any more: that is no reason to hold the log back.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
