/// The side that many peers connect to and that answers each of them. Every message begins with a frame that names the peer.
/// Used from one thread at a time.
///
/// There are two: `PlainRouter` where nothing is encrypted, which is ours because every durable publish passes through it, and
/// `CurveRouter` where keys are asked for, which is libzmq's because cryptography is not ours to write. Peers cannot tell them apart.
public protocol Router: AnyObject, Pollable {
    /// The endpoint that it is bound to, with the port that the system chose for `tcp://…:0`.
    var boundEndpoint: String { get }
    /// Who sent the message received last, as the `DoorKeeper` calls him; nil without keys.
    var sender: String? { get }
    /// Messages have been read that `receiveMessage` has not returned, so that there is nothing to wait for.
    var holdsMessages: Bool { get }

    /// The next message that is there, in one piece; nil where none is. Ask whenever a poll returns: what a peer had no room for
    /// before leaves meanwhile.
    func receiveMessage() -> Message?

    /// Takes one frame of a message, the others before and after it, without waiting. The first names the peer. False where the
    /// peer is gone or has not taken what it was sent before: the message's other frames are then not to be sent.
    func send(frame: UnsafeBufferPointer<UInt8>, isLast: Bool) -> Bool

    /// Lets go what was sent. Answers to one peer that come together leave together.
    func flush()

    /// Bytes of large answers that a peer has not taken yet.
    func waitingBytes(for peer: [UInt8]) -> Int
    /// Sends a message whole, as the other `send` does, and counts it among the peer's waiting bytes where it is large.
    func send(_ frames: [[UInt8]]) -> Bool
}

/// Makes the router that an endpoint asks for.
public enum Routers {
    /// - Parameter queueMax: messages kept for a peer that does not read; past it `send` says no.
    public static func bind(_ endpoint: String, queueMax: Int, security: WireSecurity, context: WireContext) throws(WireError) -> any Router {
        if case .none = security { return try PlainRouter(endpoint, queueMax: queueMax) }
        return try CurveRouter(endpoint, queueMax: queueMax, security: security, context: context)
    }
}
