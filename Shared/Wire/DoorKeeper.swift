import CZeroMQ
import Platform
import Synchronization

/// Answers libzmq's question who may come in (ZAP, RFC 27 of ZeroMQ), from a thread of its own.
///
/// CURVE by itself proves the server to the client and not the other way round: without this, any key comes in. One for
/// each context, opened before its server sockets are bound.
public final class DoorKeeper: Sendable {
    static let domain = "sluice"

    /// What the thread and its owner share; apart from the owner, whose lifetime the thread must not prolong.
    private final class Desk: Sendable {
        struct State {
            var refused: UInt64 = 0
            var lastAddress = ""
            var isStopped = false
        }
        let state = Mutex(State())
        let wakeup = Wakeup()
    }
    private let desk = Desk()

    /// - Parameter role: what the holder of a public key is called, told to the server as each message's user; nil lets nobody in.
    public init(_ context: WireContext, role: @escaping @Sendable (String) -> String?) throws(WireError) {
        let socket = try Socket(context, .replier)
        try socket.bind("inproc://zeromq.zap.01")
        // Safe: the socket is given to the thread before anybody else could use it, and is used and closed on it alone.
        nonisolated(unsafe) let given = socket
        SystemThread.start { [desk] in
            let socket = given
            while !desk.state.withLock({ $0.isStopped }) {
                Poller.wait([socket], desk.wakeup, timeoutSeconds: nil)
                while let frames = socket.receive() { socket.send(Self.answer(frames, role, desk)) }
            }
        }
    }

    deinit { stop() }

    /// How many were refused since the start, and from where the last one came.
    public var refusals: (count: UInt64, lastAddress: String) { desk.state.withLock { ($0.refused, $0.lastAddress) } }

    public func stop() {
        desk.state.withLock { $0.isStopped = true }
        desk.wakeup.signal()
    }

    /// Request: version, id, domain, address, routing id, mechanism, credentials. Answer: version, id, status, text, user, metadata.
    private static func answer(_ frames: [[UInt8]], _ role: (String) -> String?, _ desk: Desk) -> [[UInt8]] {
        let id = frames.count > 1 ? frames[1] : []
        let isCurve = frames.count == 7 && frames[0].elementsEqual("1.0".utf8) && frames[5].elementsEqual("CURVE".utf8)
        if isCurve, let key = CurveKeys.text(of: frames[6]), let role = role(key) {
            return [Array("1.0".utf8), id, Array("200".utf8), Array("OK".utf8), Array(role.utf8), []]
        }
        desk.state.withLock { state in
            state.refused += 1
            state.lastAddress = frames.count > 3 ? String(decoding: frames[3].prefix(64), as: UTF8.self) : ""
        }
        return [Array("1.0".utf8), id, Array("400".utf8), Array("this key is not on the allow-list".utf8), [], []]
    }
}
