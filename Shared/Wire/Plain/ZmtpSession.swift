/// A peer's half of a connection as a ROUTER without keys hears it: bytes in, messages out. It knows no socket and no clock.
///
/// ZMTP 3.0 (RFC 23 of ZeroMQ) with the NULL mechanism, and the PING of 3.1 (RFC 37), which a peer may send at any time. A peer of
/// ZMTP 1 or 2, of another mechanism, or that is none at all breaks the protocol.
package struct ZmtpSession {
    /// What the peer did that ends its connection.
    package struct Breach: Error, Hashable {
        package let reason: String
    }
    private enum Stage { case greeting, handshake, traffic }

    /// Names the peer in front of each of its messages: what it asked to be called, or what it is given.
    private(set) var identity: [UInt8]
    private var stage = Stage.greeting
    var isReady: Bool { stage == .traffic }

    // What has come of a frame's head, and then how much of its body is missing.
    private var head = ZmtpHead()
    private var flags: UInt8 = 0
    private var missing = 0
    private var isInBody = false
    /// The frames of the message that is coming, the peer's name first, and where each of them ends.
    private var gathered: [UInt8] = [], ends: [Int] = []
    /// It has grown past its bounds; the rest of it is passed by.
    private var isDropped = false

    /// A message of more bytes is dropped whole, like one of more than `Socket.framesMax` frames.
    static let messageBytesMax = 256 << 20
    /// What is kept of a message's memory for the next one.
    private static let keptBytesMax = 4096
    private static let nameBytesMax = 255
    /// What a DEALER says before its first message.
    package static let helloOfDealer = Zmtp.greeting + Zmtp.ready("DEALER")

    package init(identity: [UInt8]) { self.identity = identity }

    /// Reads on.
    /// - Parameters:
    ///   - replies: gets what the peer must be told at once.
    ///   - receive: is given each message that is complete.
    package mutating func take(_ bytes: UnsafeRawBufferPointer, replies: inout [UInt8], _ receive: (Message) -> Void) throws(Breach) {
        var rest = bytes
        if stage == .greeting {
            guard try takeGreeting(&rest) else { return }
            stage = .handshake
            begin()
            replies.append(contentsOf: Zmtp.readyRouter)
        }
        while true {
            if !isInBody {
                guard let (flags, size) = head.take(&rest) else { return }
                guard flags & ~(Zmtp.more | Zmtp.long | Zmtp.command) == 0 else { throw Breach(reason: "a frame with unknown flags") }
                guard size <= UInt64(Socket.frameBytesMax) else { throw Breach(reason: "a frame of \(size) bytes") }
                guard stage == .traffic || flags & Zmtp.command != 0 else { throw Breach(reason: "a message before READY") }
                (self.flags, missing, isInBody) = (flags, Int(size), true)
            }
            let part = min(missing, rest.count)
            if !isDropped || flags & Zmtp.command != 0 { gathered.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<part])) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part))
            missing -= part
            guard missing == 0 else { return }
            isInBody = false
            if flags & Zmtp.command != 0 { try endCommand(replies: &replies) } else { endFrame(receive) }
        }
    }

    /// True when it is whole. What cannot become one is noticed at the first byte that says so.
    private mutating func takeGreeting(_ rest: inout UnsafeRawBufferPointer) throws(Breach) -> Bool {
        let part = min(Zmtp.greetingBytes - gathered.count, rest.count)
        gathered.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<part]))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part))
        if let first = gathered.first, first != 0xff { throw Breach(reason: "no ZMTP") }
        if gathered.count > 9, gathered[9] & 1 == 0 { throw Breach(reason: "no ZMTP") }
        if gathered.count > 10, gathered[10] < 3 { throw Breach(reason: "ZMTP before version 3") }
        guard gathered.count == Zmtp.greetingBytes else { return false }
        guard gathered[12..<32].elementsEqual(Zmtp.mechanism) else { throw Breach(reason: "another mechanism than NULL") }
        return true
    }

    private mutating func endFrame(_ receive: (Message) -> Void) {
        ends.append(gathered.count)
        if ends.count > Socket.framesMax || gathered.count > Self.messageBytesMax {
            isDropped = true
            begin()
        }
        guard flags & Zmtp.more == 0 else { return }
        if !isDropped { receive(Message(ends: ends, bytes: gathered)) }
        isDropped = false
        begin()
    }

    /// Makes room for the next message.
    private mutating func begin() {
        gathered.removeAll(keepingCapacity: gathered.capacity <= Self.keptBytesMax)
        ends.removeAll(keepingCapacity: ends.capacity <= Self.keptBytesMax / 8)
        gathered.append(contentsOf: identity)
        ends.append(identity.count)
    }

    /// A command may stand between the frames of a message, whose bytes stay.
    private mutating func endCommand(replies: inout [UInt8]) throws(Breach) {
        let start = ends.last ?? 0
        let body = Array(gathered[start...])
        gathered.removeSubrange(start...)
        guard let size = body.first, body.count > Int(size) else { throw Breach(reason: "a command without a name") }
        let name = body.dropFirst().prefix(Int(size)), data = body.dropFirst(1 + Int(size))
        if stage == .handshake {
            guard name.elementsEqual("READY".utf8) else { throw Breach(reason: "another command than READY") }
            try setProperties(data)
            stage = .traffic
            begin()
        } else if name.elementsEqual("PING".utf8) {
            // Two bytes of patience, and at most sixteen that are to be returned.
            replies.append(contentsOf: Zmtp.command("PONG", data.dropFirst(2).prefix(16)))
        }
    }
}

extension ZmtpSession {
    /// READY's metadata: a name of up to 255 bytes and a value of up to 2^31 - 1, again and again.
    private mutating func setProperties(_ data: ArraySlice<UInt8>) throws(Breach) {
        var rest = data, kind: [UInt8] = []
        while !rest.isEmpty {
            guard let name = Self.field(&rest, sizeBytes: 1), let value = Self.field(&rest, sizeBytes: 4) else {
                throw Breach(reason: "READY with metadata that is cut")
            }
            switch String(decoding: name, as: UTF8.self).lowercased() {
            case "socket-type": kind = Array(value)
            case "identity": try rename(value)
            default: break
            }
        }
        guard ["DEALER", "REQ", "ROUTER"].contains(where: { kind.elementsEqual($0.utf8) }) else {
            throw Breach(reason: "a socket that does not talk to a ROUTER")
        }
    }

    private mutating func rename(_ name: ArraySlice<UInt8>) throws(Breach) {
        guard let first = name.first else { return }
        // Those that begin with a zero are given here.
        guard name.count <= Self.nameBytesMax, first != 0 else { throw Breach(reason: "an identity that nobody may have") }
        identity = Array(name)
    }

    private static func field(_ rest: inout ArraySlice<UInt8>, sizeBytes: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= sizeBytes else { return nil }
        let size = rest.prefix(sizeBytes).reduce(0) { $0 << 8 | Int($1) }
        guard rest.count - sizeBytes >= size else { return nil }
        defer { rest = rest.dropFirst(sizeBytes + size) }
        return rest.dropFirst(sizeBytes).prefix(size)
    }
}
