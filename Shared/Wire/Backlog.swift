import CZeroMQ
import Glibc
import Synchronization

/// How many bytes of a peer's messages wait to leave a socket. libzmq bounds its queues by the number of messages, which says
/// little where a message may have megabytes.
public final class Backlog: Sendable {
    private let waiting = Atomic<Int>(0)
    public init() {}

    public var bytes: Int { waiting.load(ordering: .relaxed) }

    /// Stands beside a message and is let go of with its last frame, by libzmq's own thread.
    private final class Parcel: Sendable {
        private let bytes: Int
        private let backlog: Backlog
        init(_ bytes: Int, _ backlog: Backlog) {
            self.bytes = bytes
            self.backlog = backlog
            backlog.waiting.add(bytes, ordering: .relaxed)
        }
        deinit { backlog.waiting.subtract(bytes, ordering: .relaxed) }
    }

    /// A message's last frame, which counts for all of it until libzmq has no more use for it.
    func lastFrame(_ frame: [UInt8], messageBytes: Int) -> zmq_msg_t {
        var message = zmq_msg_t()
        let buffer = malloc(max(1, frame.count))
        frame.withUnsafeBytes { if let start = $0.baseAddress { memcpy(buffer!, start, $0.count) } }
        let parcel = Unmanaged.passRetained(Parcel(messageBytes, self))
        zmq_msg_init_data(
            &message, buffer, frame.count,
            { data, parcel in
                free(data)
                if let parcel { Unmanaged<Parcel>.fromOpaque(parcel).release() }
            }, parcel.toOpaque())
        return message
    }
}
