import CZeroMQ

/// libzmq's context: its I/O thread. One for each process; sockets keep it alive.
public final class WireContext: Sendable {
    // Safe: libzmq documents contexts as usable from any thread.
    nonisolated(unsafe) let pointer: UnsafeMutableRawPointer

    public init() {
        guard let pointer = zmq_ctx_new() else { preconditionFailure("libzmq has no memory for a context") }
        self.pointer = pointer
    }
    deinit { zmq_ctx_term(pointer) }
}

/// Owns one C socket. Copies do not compile, so it is closed exactly once.
struct SocketHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer
    // Kept here and not beside the handle: ending a context waits for its sockets, so it must outlive this one's close.
    private let context: WireContext
    init(_ context: WireContext, type: Int32) throws(WireError) {
        guard let pointer = zmq_socket(context.pointer, type) else { throw .last("open a socket", "") }
        self.pointer = pointer
        self.context = context
    }
    deinit { zmq_close(pointer) }
}

/// A message of several frames, sent and received whole. Used from one thread at a time, and so not Sendable.
public final class Socket: Pollable {
    public enum Kind: Sendable { case router, dealer, publisher, subscriber, replier }

    /// A message of more frames is dropped whole: half a message would be taken for all of it.
    public static let framesMax = 65_536
    /// A larger frame ends the connection that it comes on; the peer connects anew.
    public static let frameBytesMax = 1 << 20 + 4096

    private let handle: SocketHandle
    /// Who sent the message received last, as the `DoorKeeper` calls him; nil on a socket without keys.
    public private(set) var sender: String?
    private let hasSenders: Bool

    /// - Parameters:
    ///   - queueMax: messages kept for a peer that is behind; past it a publisher drops and a dealer says no.
    ///   - decidesSubscriptions: a publisher's; each subscription must then be accepted by `accept`.
    public init(
        _ context: WireContext, _ kind: Kind, queueMax: Int32 = 100_000, security: WireSecurity = .none, decidesSubscriptions: Bool = false
    ) throws(WireError) {
        if case .server = security { hasSenders = true } else { hasSenders = false }
        let type = switch kind {
        case .router: ZMQ_ROUTER
        case .dealer: ZMQ_DEALER
        case .publisher: ZMQ_XPUB
        case .subscriber: ZMQ_SUB
        case .replier: ZMQ_REP
        }
        handle = try SocketHandle(context, type: type)
        try set(ZMQ_LINGER, Int32(200))
        try set(ZMQ_SNDHWM, queueMax)
        try set(ZMQ_RCVHWM, queueMax)
        try set(ZMQ_RECONNECT_IVL, Int32(10))
        try set(ZMQ_RECONNECT_IVL_MAX, Int32(160))
        // Every subscription is shown, not only the first of its kind, so that each subscriber can be greeted.
        if kind == .publisher { try set(decidesSubscriptions ? ZMQ_XPUB_MANUAL : ZMQ_XPUB_VERBOSE, Int32(1)) }
        if kind != .publisher { try set(ZMQ_MAXMSGSIZE, Int64(Self.frameBytesMax)) }
        if kind == .router {
            try set(ZMQ_ROUTER_HANDOVER, Int32(1))
            // `send` is to say whether the peer is still there.
            try set(ZMQ_ROUTER_MANDATORY, Int32(1))
        }
        switch security {
        case .none: break
        case .server(let keys):
            try set(ZMQ_CURVE_SERVER, Int32(1))
            try set(ZMQ_CURVE_SECRETKEY, text: keys.secretKey)
            try set(ZMQ_ZAP_DOMAIN, text: DoorKeeper.domain)
        case .client(let keys, let server):
            try set(ZMQ_CURVE_SERVERKEY, text: server)
            try set(ZMQ_CURVE_PUBLICKEY, text: keys.publicKey)
            try set(ZMQ_CURVE_SECRETKEY, text: keys.secretKey)
        }
    }

    private func set(_ option: Int32, text: String) throws(WireError) {
        // A key is given with its closing NUL or without; the domain without.
        guard zmq_setsockopt(handle.pointer, option, text, text.utf8.count) == 0 else { throw .last("set option \(option)", "") }
    }

    private func set<T: BitwiseCopyable>(_ option: Int32, _ value: T) throws(WireError) {
        var value = value
        guard zmq_setsockopt(handle.pointer, option, &value, MemoryLayout<T>.size) == 0 else { throw .last("set option \(option)", "") }
    }

    public func bind(_ endpoint: String) throws(WireError) {
        guard zmq_bind(handle.pointer, endpoint) == 0 else { throw .last("bind", endpoint) }
    }
    public func connect(_ endpoint: String) throws(WireError) {
        guard zmq_connect(handle.pointer, endpoint) == 0 else { throw .last("connect", endpoint) }
    }
    public func subscribe(_ prefix: String) throws(WireError) {
        guard zmq_setsockopt(handle.pointer, ZMQ_SUBSCRIBE, prefix, prefix.utf8.count) == 0 else { throw .last("subscribe", prefix) }
    }

    /// Grants the subscription, or ends the one, that was received last. For a publisher that decides.
    public func accept(_ prefix: [UInt8]) { zmq_setsockopt(handle.pointer, ZMQ_SUBSCRIBE, prefix, prefix.count) }
    public func cancel(_ prefix: [UInt8]) { zmq_setsockopt(handle.pointer, ZMQ_UNSUBSCRIBE, prefix, prefix.count) }

    /// The endpoint bound last, with the port that the system chose for `tcp://…:0`.
    public var boundEndpoint: String {
        var buffer = [CChar](repeating: 0, count: 256)
        var size = buffer.count
        guard zmq_getsockopt(handle.pointer, ZMQ_LAST_ENDPOINT, &buffer, &size) == 0 else { return "" }
        return String(decoding: buffer.prefix(while: { $0 != 0 }).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Sends a message without waiting; false where the peer's queue is full or nobody is there.
    /// - Parameter backlog: counts the message's bytes until they have left.
    @discardableResult public func send(_ frames: [[UInt8]], backlog: Backlog? = nil) -> Bool {
        for (index, frame) in frames.enumerated() {
            if let backlog, index == frames.count - 1 {
                var message = backlog.lastFrame(frame, messageBytes: frames.reduce(0) { $0 + $1.count })
                while zmq_msg_send(&message, handle.pointer, ZMQ_DONTWAIT) < 0 {
                    if zmq_errno() == EINTR { continue }
                    zmq_msg_close(&message)
                    return false
                }
                return true
            }
            guard frame.withUnsafeBufferPointer({ send(frame: $0, isLast: index == frames.count - 1) }) else { return false }
        }
        return true
    }

    /// Sends one frame of a message, the others before and after it: nothing is made for it. False as for a whole message, whose
    /// other frames are then not to be sent.
    public func send(frame: UnsafeBufferPointer<UInt8>, isLast: Bool) -> Bool {
        while zmq_send(handle.pointer, frame.baseAddress, frame.count, ZMQ_DONTWAIT | (isLast ? 0 : ZMQ_SNDMORE)) < 0 {
            guard zmq_errno() == EINTR else { return false }
        }
        return true
    }

    /// The frames of the next message that is there; nil where none is.
    public func receive() -> [[UInt8]]? { receiveMessage()?.frames }

    /// The next message that is there, in one piece; nil where none is.
    public func receiveMessage() -> Message? {
        while gather() { if ends.count <= Self.framesMax { return Message(ends: ends, bytes: gathered) } }
        return nil
    }

    /// Where the message that is being received lies, and where each of its frames ends.
    private var gathered: [UInt8] = [], ends: [Int] = []
    /// More than this is given back when a message is done with.
    private static let gatheredBytesMax = 1 << 20

    /// Gathers the next message, one frame more than allowed standing for all that is too many.
    private func gather() -> Bool {
        gathered.removeAll(keepingCapacity: gathered.capacity <= Self.gatheredBytesMax)
        ends.removeAll(keepingCapacity: true)
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        defer { zmq_msg_close(&message) }
        repeat {
            // The frames of a message arrive together: once the first is here, the rest is too.
            while zmq_msg_recv(&message, handle.pointer, ZMQ_DONTWAIT) < 0 {
                if zmq_errno() == EINTR { continue }
                return false
            }
            if hasSenders {
                // The frame that a ROUTER puts before a message does not always bear it; those that travelled do.
                if ends.isEmpty { sender = nil }
                if sender == nil { sender = zmq_msg_gets(&message, "User-Id").map { String(cString: $0) } }
            }
            if ends.count < Self.framesMax {
                gathered.append(contentsOf: UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message)))
                ends.append(gathered.count)
            } else if ends.count == Self.framesMax {
                ends.append(gathered.count)
            }
        } while zmq_msg_more(&message) != 0
        return true
    }

    public var pollItem: PollItem { PollItem(socket: handle.pointer) }
}
