/// libzmq's ROUTER. It bounds its queues by the number of messages, which says little where one may have megabytes, so large ones
/// are counted here.
final class CurveRouter: Router {
    private let socket: Socket
    private var backlogs: [[UInt8]: Backlog] = [:]
    private let peersMax: Int
    /// A message above this counts as large.
    static let largeBytes = 64 << 10

    init(_ endpoint: String, queueMax: Int, security: WireSecurity, context: WireContext) throws(WireError) {
        socket = try Socket(context, .router, queueMax: Int32(queueMax), security: security)
        peersMax = queueMax
        try socket.bind(endpoint)
    }

    var boundEndpoint: String { socket.boundEndpoint }
    var sender: String? { socket.sender }
    // A poll of libzmq's asks its sockets before it waits.
    var holdsMessages: Bool { false }
    var pollItem: PollItem { socket.pollItem }

    func receiveMessage() -> Message? { socket.receiveMessage() }
    func send(frame: UnsafeBufferPointer<UInt8>, isLast: Bool) -> Bool { socket.send(frame: frame, isLast: isLast) }
    func flush() {}
    func waitingBytes(for peer: [UInt8]) -> Int { backlogs[peer]?.bytes ?? 0 }

    func send(_ frames: [[UInt8]]) -> Bool {
        guard let peer = frames.first, frames.reduce(0, { $0 + $1.count }) > Self.largeBytes else { return socket.send(frames) }
        if backlogs.count > peersMax { backlogs = backlogs.filter { $0.value.bytes > 0 } }
        let backlog = backlogs[peer] ?? Backlog()
        backlogs[peer] = backlog
        return socket.send(frames, backlog: backlog)
    }
}
