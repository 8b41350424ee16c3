import Support
import Testing
import Wire

/// Two sockets over `ipc://` in a folder of their own.
struct Pair {
    let folder: TemporaryFolder
    let context = WireContext()
    let server: Socket
    let client: Socket
    private let wakeup = Wakeup()

    init(_ server: Socket.Kind = .router, _ client: Socket.Kind = .dealer) throws {
        folder = try TemporaryFolder("wire")
        self.server = try Socket(context, server)
        self.client = try Socket(context, client)
        try self.server.bind(endpoint)
        try self.client.connect(endpoint)
    }
    var endpoint: String { "ipc://\(folder.path)/socket" }

    /// The next message at `socket`; nil where none comes in `seconds`.
    func next(_ socket: Socket, seconds: Double = 10) -> [[UInt8]]? {
        for _ in 0..<Int(seconds * 10) {
            if let frames = socket.receive() { return frames }
            Poller.wait([socket], wakeup, timeoutSeconds: 0.1)
        }
        return nil
    }
}

@Suite(.timeLimit(.minutes(1))) struct SocketTests {
    @Test func `messages arrive whole and in order, whatever their frames`() throws {
        let pair = try Pair()
        var random = Seed("messages arrive whole")
        let sent = (0..<200).map { number in
            [[UInt8(number)]] + (0..<Int.random(in: 0...9, using: &random)).map { _ in
                [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: Int.random(in: 0...5000, using: &random))
            }
        }
        for message in sent { #expect(pair.client.send(message)) }
        for message in sent { #expect(try #require(pair.next(pair.server)).dropFirst().elementsEqual(message)) }
        #expect(pair.server.receive() == nil)
    }

    @Test func `an answer reaches the client that asked and a client that is unknown is told of`() throws {
        let pair = try Pair()
        pair.client.send([[1], []])
        let request = try #require(pair.next(pair.server))
        #expect(pair.server.send([request[0], [2], []]))
        #expect(pair.next(pair.client) == [[2], []])
        #expect(!pair.server.send([[0xde, 0xad], [2]]))
        #expect(pair.client.receive() == nil)
    }

    @Test func `the largest envelope and its neighbours travel`() throws {
        let pair = try Pair()
        let frame = [UInt8](repeating: 7, count: 1 << 20)
        pair.client.send([[1], frame, frame, frame])
        #expect(try #require(pair.next(pair.server)).map(\.count) == [5, 1, 1 << 20, 1 << 20, 1 << 20])
    }

    @Test func `a frame beyond the bound ends its connection and harms nobody else`() throws {
        let pair = try Pair()
        let other = try Socket(pair.context, .dealer)
        try other.connect(pair.endpoint)
        pair.client.send([[UInt8](repeating: 7, count: Socket.frameBytesMax + 1)])
        other.send([[2]])
        #expect(pair.next(pair.server)?.last == [2])
        // The client connects anew by itself; what it says then is heard.
        var heard: [UInt8]?
        for _ in 0..<100 where heard == nil {
            pair.client.send([[3]])
            heard = pair.next(pair.server, seconds: 0.1)?.last
        }
        #expect(heard == [3])
    }

    @Test func `a message of too many frames is dropped whole and the next one is heard`() throws {
        let pair = try Pair()
        pair.client.send([[UInt8]](repeating: [1], count: Socket.framesMax))
        pair.client.send([[UInt8]](repeating: [2], count: Socket.framesMax - 1))
        pair.client.send([[3]])
        // The router's own frame counts too: the first has one too many, the second just fits.
        #expect(try #require(pair.next(pair.server)).dropFirst().allSatisfy { $0 == [2] })
        #expect(pair.next(pair.server)?.last == [3])
    }

    @Test func `a subscriber hears its prefixes and the publisher hears of each subscriber`() throws {
        let pair = try Pair(.publisher, .subscriber)
        try pair.client.subscribe("run.")
        #expect(pair.next(pair.server) == [[1] + Array("run.".utf8)])
        let second = try Socket(pair.context, .subscriber)
        try second.connect(pair.endpoint)
        try second.subscribe("run.")
        #expect(pair.next(pair.server) == [[1] + Array("run.".utf8)])
        pair.server.send([Array("task.ready/".utf8), [1]])
        pair.server.send([Array("run.started/".utf8), [2]])
        for subscriber in [pair.client, second] {
            #expect(pair.next(subscriber) == [Array("run.started/".utf8), [2]])
            #expect(subscriber.receive() == nil)
        }
    }

    @Test func `an endpoint that cannot be is an error that names it`() throws {
        let context = WireContext()
        let socket = try Socket(context, .dealer)
        #expect { try socket.connect("tcp:/nonsense") } throws: { ($0 as? WireError)?.endpoint == "tcp:/nonsense" }
        #expect { try socket.bind("ipc:///no/such/folder/socket") } throws: { ($0 as? WireError)?.action == "bind" }
    }

    @Test func `a socket may be the last to hold its context`() async {
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let thread = Task.detached {
            // Ending a context waits for its sockets: in the wrong order this would never return.
            _ = try? Socket(WireContext(), .dealer)
            end.finish()
        }
        for await _ in ended {}
        await thread.value
    }
}
