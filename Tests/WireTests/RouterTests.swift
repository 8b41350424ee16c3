import Glibc
import Support
import Testing
@testable import Wire

/// A router and who talks to it, over a socket that is a file.
final class Reception {
    enum Kind: CaseIterable, Sendable { case ours, library }

    let folder: TemporaryFolder
    let context = WireContext()
    let router: any Router
    private let wakeup = Wakeup()
    private var unheard: [[[UInt8]]] = []
    var endpoint: String { "ipc://\(folder.path)/socket" }

    init(_ kind: Kind, queueMax: Int = 10_000) throws {
        folder = try TemporaryFolder("router")
        let endpoint = "ipc://\(folder.path)/socket"
        router = switch kind {
        case .ours: try PlainRouter(endpoint, queueMax: queueMax)
        case .library: try CurveRouter(endpoint, queueMax: queueMax, security: .none, context: context)
        }
    }

    func dealer(queueMax: Int32 = 100_000) throws -> Socket {
        let dealer = try Socket(context, .dealer, queueMax: queueMax)
        try dealer.connect(endpoint)
        return dealer
    }

    /// The next message that the router hears; nil where none comes in `seconds`.
    func hear(seconds: Double = 10) -> [[UInt8]]? {
        for _ in 0..<Int(seconds * 20) {
            if !unheard.isEmpty { return unheard.removeFirst() }
            if let message = router.receiveMessage() { return message.frames }
            Poller.wait([router], wakeup, timeoutSeconds: 0.05)
        }
        return nil
    }

    /// The next message of a client, the router being served meanwhile.
    func hear(_ client: Socket, seconds: Double = 10) -> [[UInt8]]? {
        for _ in 0..<Int(seconds * 20) {
            if let frames = client.receive() { return frames }
            Poller.wait([client, router], wakeup, timeoutSeconds: 0.05)
            // What a peer had no room for leaves here.
            if let message = router.receiveMessage() { unheard.append(message.frames) }
        }
        return nil
    }

    @discardableResult func say(_ frames: [[UInt8]]) -> Bool {
        let isTaken = router.send(frames)
        router.flush()
        return isTaken
    }
}

/// What the broker's clients may count on, of our router and of libzmq's.
@Suite(.timeLimit(.minutes(2))) struct RouterTests {
    @Test(arguments: Reception.Kind.allCases)
    func `messages arrive whole and in order, whatever their frames, and so do the answers`(kind: Reception.Kind) throws {
        let reception = try Reception(kind), client = try reception.dealer()
        var random = Seed("messages arrive whole")
        let sent = (0..<200).map { number in
            [[UInt8(number)]] + (0..<Int.random(in: 0...9, using: &random)).map { _ in
                let size = [0, 1, 255, 256, 257, 65_535, 70_000].randomElement(using: &random)!
                return [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: size)
            }
        }
        for message in sent { #expect(client.send(message)) }
        for message in sent {
            let heard = try #require(reception.hear())
            #expect(heard.dropFirst().elementsEqual(message) as Bool)
            #expect(reception.say(heard))
        }
        for message in sent { #expect((reception.hear(client) == message) as Bool) }
        #expect(reception.router.receiveMessage() == nil)
    }

    @Test(arguments: Reception.Kind.allCases)
    func `each of two hundred peers gets its own answers`(kind: Reception.Kind) throws {
        let reception = try Reception(kind)
        let clients = try (0..<200).map { _ in try reception.dealer() }
        for round in 0..<5 { for (number, client) in clients.enumerated() { client.send([[UInt8(number)], [UInt8(round)]]) } }
        for _ in 0..<clients.count * 5 { #expect(reception.say(try #require(reception.hear()))) }
        for round in 0..<5 { for (number, client) in clients.enumerated() { #expect(reception.hear(client) == [[UInt8(number)], [UInt8(round)]]) } }
    }

    @Test(arguments: Reception.Kind.allCases)
    func `a peer that is unknown, or has gone, is told of`(kind: Reception.Kind) throws {
        let reception = try Reception(kind)
        #expect(!reception.say([[0xde, 0xad], [2]]))
        #expect(!reception.say([[0, 1, 2, 3, 4], [2]]))
        var client: Socket? = try reception.dealer()
        client?.send([[1]])
        let name = try #require(reception.hear())[0]
        #expect(reception.say([name, [2]]))
        if let client { #expect(reception.hear(client) == [[2]]) }
        client = nil
        var isThere = true
        for _ in 0..<200 where isThere {
            _ = reception.hear(seconds: 0.05)
            isThere = reception.say([name, [3]])
        }
        #expect(!isThere)
    }

    @Test(arguments: Reception.Kind.allCases)
    func `the largest frame travels, and one beyond it ends its connection and harms nobody else`(kind: Reception.Kind) throws {
        let reception = try Reception(kind), client = try reception.dealer(), other = try reception.dealer()
        let largest = [UInt8](repeating: 7, count: Socket.frameBytesMax)
        client.send([[1], largest, largest])
        #expect(try #require(reception.hear()).dropFirst().map(\.count) == [1, largest.count, largest.count])
        client.send([largest + [7]])
        other.send([[2]])
        #expect(reception.hear()?.last == [2])
        // The client connects anew by itself; what it says then is heard.
        var heard: [UInt8]?
        for _ in 0..<100 where heard == nil {
            client.send([[3]])
            heard = reception.hear(seconds: 0.1)?.last
        }
        #expect(heard == [3])
    }

    @Test(arguments: Reception.Kind.allCases)
    func `a message of too many frames is dropped whole and the next one is heard`(kind: Reception.Kind) throws {
        let reception = try Reception(kind), client = try reception.dealer()
        client.send([[UInt8]](repeating: [1], count: 3 * Socket.framesMax))
        client.send([[UInt8]](repeating: [2], count: Socket.framesMax - 1))
        client.send([[3]])
        // The router's own frame counts too: the second just fits.
        #expect(try #require(reception.hear()).dropFirst().allSatisfy { $0 == [2] } as Bool)
        #expect(reception.hear()?.last == [3])
    }

    @Test(arguments: Reception.Kind.allCases)
    func `who does not read is refused at last, and everybody else is served`(kind: Reception.Kind) throws {
        let reception = try Reception(kind, queueMax: 100), deaf = try reception.dealer(queueMax: 1), client = try reception.dealer()
        deaf.send([[1]])
        let name = try #require(reception.hear())[0]
        let large = [UInt8](repeating: 7, count: 100_000)
        // What the system keeps and what is on its way is not the router's to bound.
        let taken = (0..<1000).prefix { _ in reception.say([name, large]) }
        #expect(taken.count >= 100 && taken.count < 400, "\(taken.count)")
        #expect(reception.router.waitingBytes(for: name) > 50 * large.count)
        client.send([[2]])
        let request = try #require(reception.hear())
        #expect(reception.say(request) && reception.hear(client) == [[2]])
        // Having read all of it, it is one like the others.
        for _ in taken { #expect((reception.hear(deaf) == [large]) as Bool) }
        #expect(reception.say([name, [4]]) && reception.hear(deaf) == [[4]])
        #expect(reception.router.waitingBytes(for: name) == 0)
    }

    @Test(arguments: Reception.Kind.allCases)
    func `who reads, but is always a little behind, is never refused`(kind: Reception.Kind) throws {
        let reception = try Reception(kind, queueMax: 100), slow = try reception.dealer(queueMax: 1)
        slow.send([[1]])
        let name = try #require(reception.hear())[0]
        let large = [UInt8](repeating: 7, count: 100_000)
        // More than the system holds is on its way from now on, and less than the router keeps.
        var owed = 0
        for _ in 0..<40 where reception.say([name, large]) { owed += 1 }
        #expect(owed == 40)
        for _ in 0..<300 {
            #expect(reception.say([name, large]))
            #expect((reception.hear(slow) == [large]) as Bool)
        }
        #expect(reception.router.waitingBytes(for: name) < 50 * large.count)
        for _ in 0..<owed { #expect((reception.hear(slow) == [large]) as Bool) }
    }

    @Test(arguments: Reception.Kind.allCases)
    func `an endpoint is bound anew where a killed process has left its file, and one that cannot be is an error that names it`(kind: Reception.Kind) throws {
        let folder = try TemporaryFolder("router"), context = WireContext()
        func bind(_ endpoint: String) throws -> any Router {
            kind == .ours ? try PlainRouter(endpoint, queueMax: 10) : try CurveRouter(endpoint, queueMax: 10, security: .none, context: context)
        }
        try folder.write("", to: "socket")
        #expect(try bind("ipc://\(folder.path)/socket").boundEndpoint == "ipc://\(folder.path)/socket")
        #expect(try bind("ipc://@sluice-\(folder.path)").boundEndpoint.hasPrefix("ipc://@"))
        for address in ["127.0.0.1:0", "127.0.0.1:*", "*:0"] + (kind == .ours ? ["localhost:*"] : []) {
            let bound = try bind("tcp://\(address)").boundEndpoint
            #expect(bound.hasPrefix("tcp://\(address.hasPrefix("*") ? "0.0.0.0" : "127.0.0.1"):") && !bound.hasSuffix(":0") && !bound.hasSuffix("*"))
        }
        let taken = try bind("tcp://127.0.0.1:*")
        for endpoint in [taken.boundEndpoint, "tcp://192.0.2.1:5555", "tcp://127.0.0.1", "ipc:///no/such/folder/socket", "nonsense://x"] {
            #expect { _ = try bind(endpoint) } throws: { ($0 as? WireError)?.endpoint == endpoint && ($0 as? WireError)?.action == "bind" }
        }
    }
}
