import Glibc
import Support
import Testing
@testable import Wire

/// ZMTP by hand, against the session and against the router.
@Suite(.timeLimit(.minutes(1))) struct ZmtpTests {
    static let greeting = Zmtp.greeting
    static func ready(_ kind: String = "DEALER", identity: [UInt8]? = nil) -> [UInt8] {
        func property(_ name: String, _ value: [UInt8]) -> [UInt8] { [UInt8(name.utf8.count)] + Array(name.utf8) + [0, 0, 0, UInt8(value.count)] + value }
        return Zmtp.command("READY", property("Socket-Type", Array(kind.utf8)) + (identity.map { property("identity", $0) } ?? []))
    }
    static func frame(_ body: [UInt8], isLast: Bool = true) -> [UInt8] {
        var bytes: [UInt8] = []
        ZmtpHead.append(isLast ? 0 : Zmtp.more, size: body.count, to: &bytes)
        return bytes + body
    }

    /// What a session makes of `bytes`, taken in `parts` of that size.
    static func hear(_ bytes: [UInt8], parts: Int = .max) throws -> (messages: [[[UInt8]]], replies: [UInt8]) {
        var session = ZmtpSession(identity: [0, 0, 0, 0, 1]), messages: [[[UInt8]]] = [], replies: [UInt8] = [], rest = bytes[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(parts))
            rest = rest.dropFirst(part.count)
            try part.withUnsafeBytes { try session.take($0, replies: &replies) { messages.append($0.frames) } }
        }
        return (messages, replies)
    }

    @Test func `however the bytes are cut, the messages are the same`() throws {
        let long = [UInt8](repeating: 9, count: 300)
        let conversation = Self.greeting + Self.ready() + Self.frame([], isLast: false) + Self.frame([1, 2], isLast: false) + Self.frame(long)
            + Self.frame([3]) + Zmtp.command("PING", [0, 10] + Array("hello".utf8)) + Self.frame([4], isLast: false)
            + Zmtp.command("PING", [0, 10]) + Zmtp.command("SUBSCRIBE", []) + Self.frame([5])
        let name: [UInt8] = [0, 0, 0, 0, 1]
        for parts in [1, 2, 3, 7, 64, 65, 100, .max] {
            let (messages, replies) = try Self.hear(conversation, parts: parts)
            #expect(messages == [[name, [], [1, 2], long], [name, [3]], [name, [4], [5]]])
            // One that stands between two frames breaks no message.
            #expect(replies == Zmtp.readyRouter + Zmtp.command("PONG", Array("hello".utf8)) + Zmtp.command("PONG", []))
        }
    }

    @Test func `a peer is called what it asked for`() throws {
        let (messages, _) = try Self.hear(Self.greeting + Self.ready(identity: Array("me".utf8)) + Self.frame([1]))
        #expect(messages == [[Array("me".utf8), [1]]])
    }

    static let breaches: [(what: String, bytes: [UInt8], reason: String)] = [
        ("HTTP", Array("GET / HTTP/1.1\r\n".utf8), "no ZMTP"),
        ("ZMTP 1", [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7e], "no ZMTP"),
        ("ZMTP 2", [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1], "ZMTP before version 3"),
        ("CURVE", Array(greeting[..<12]) + Array("CURVE".utf8) + [UInt8](repeating: 0, count: 47), "another mechanism than NULL"),
        ("a message at once", greeting + frame([1]), "a message before READY"),
        ("another command", greeting + Zmtp.command("HELLO", []), "another command than READY"),
        ("a publisher", greeting + ready("PUB"), "a socket that does not talk to a ROUTER"),
        ("no socket's kind", greeting + Zmtp.command("READY", []), "a socket that does not talk to a ROUTER"),
        ("metadata that ends", greeting + Zmtp.command("READY", [11, 83]), "READY with metadata that is cut"),
        ("a value that ends", greeting + Zmtp.command("READY", [1, 83, 255, 255, 255, 255, 0]), "READY with metadata that is cut"),
        ("a name that is given", greeting + ready(identity: [0, 0, 0, 0, 9]), "an identity that nobody may have"),
        ("an empty command", greeting + [Zmtp.command, 0], "a command without a name"),
        ("a command that is cut", greeting + [Zmtp.command, 2, 9, 65], "a command without a name"),
        ("unknown flags", greeting + ready() + [8, 1, 1], "a frame with unknown flags"),
        ("a frame without end", greeting + ready() + [Zmtp.long, 255, 255, 255, 255, 255, 255, 255, 255], "a frame of 18446744073709551615 bytes"),
    ]

    @Test(arguments: breaches.indices)
    func `what breaks the protocol ends the connection, and the others' go on`(index: Int) throws {
        let (what, bytes, reason) = Self.breaches[index]
        for parts in [1, .max] {
            #expect(throws: ZmtpSession.Breach(reason: reason), "\(what)") { try Self.hear(bytes, parts: parts) }
        }
        let reception = try Reception(.ours), client = try reception.dealer()
        let stranger = try Stranger(reception.folder.path + "/socket")
        stranger.say(bytes)
        client.send([[7]])
        #expect(reception.hear()?.last == [7])
        // Its greeting comes before the end.
        while let heard = stranger.hear(reception) { #expect(!heard.isEmpty) }
    }

    @Test func `a name goes to who asked for it last`() throws {
        let reception = try Reception(.ours)
        let strangers = try (0..<2).map { _ in try Stranger(reception.folder.path + "/socket") }
        for (number, stranger) in strangers.enumerated() {
            stranger.say(Self.greeting + Self.ready(identity: Array("me".utf8)) + Self.frame([UInt8(number)]))
            #expect(reception.hear() == [Array("me".utf8), [UInt8(number)]])
        }
        #expect(reception.say([Array("me".utf8), [9]]))
        while strangers[0].hear(reception) != nil {}
        var heard: [UInt8] = []
        while !heard.ends(with: Self.frame([9])) { heard += try #require(strangers[1].hear(reception)) }
        #expect(heard == Zmtp.greeting + Zmtp.readyRouter + Self.frame([9]))
    }

    @Test func `a message of more than is taken is dropped, and what it took is given back`() throws {
        var session = ZmtpSession(identity: [0, 0, 0, 0, 1]), messages: [[[UInt8]]] = [], replies: [UInt8] = []
        func take(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try session.take($0, replies: &replies) { messages.append($0.frames) } } }
        try take(Self.greeting + Self.ready())
        let part = Self.frame([UInt8](repeating: 1, count: 1 << 20), isLast: false)
        for _ in 0...ZmtpSession.messageBytesMax >> 20 { try take(part) }
        try take(Self.frame([1]))
        #expect(messages.isEmpty)
        try take(Self.frame([2]))
        #expect(messages == [[[0, 0, 0, 0, 1], [2]]])
    }
}

extension [UInt8] {
    fileprivate func ends(with other: [UInt8]) -> Bool { suffix(other.count).elementsEqual(other) }
}

/// A connection that says what it likes.
final class Stranger {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let isThere = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 }
        }
        try #require(isThere)
    }
    deinit { close(descriptor) }

    func say(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } }

    /// What comes next, the router being served meanwhile; nil once the connection has ended.
    func hear(_ reception: Reception) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<1000 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count >= 0 { return count == 0 ? nil : Array(buffer[..<count]) }
            guard errno == EAGAIN else { return nil }
            _ = reception.hear(seconds: 0.05)
        }
        Issue.record("nothing came, and no end")
        return nil
    }
}
