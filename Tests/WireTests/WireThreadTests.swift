import Glibc
import Support
import Synchronization
import Testing
import Wire

/// Echoes what it hears, as a client of a `WireThread` does it.
private actor Echo {
    private nonisolated let thread = WireThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private var socket: Socket?
    private(set) var count = 0

    func bind(_ endpoint: String) throws -> String {
        let socket = try Socket(WireContext(), .router)
        try socket.bind(endpoint)
        self.socket = socket
        thread.watch(socket) { [weak self] in self?.assumeIsolated { $0.answer() } }
        return socket.boundEndpoint
    }
    private func answer() {
        while let frames = socket?.receive() {
            count += 1
            socket?.send(frames)
        }
    }
    func increment() -> UInt {
        count += 1
        return UInt(pthread_self())
    }
    func pause() async -> (UInt, UInt) {
        let before = UInt(pthread_self())
        await Task.yield()
        return (before, UInt(pthread_self()))
    }
    func close() {
        socket = nil
        thread.closeSockets()
    }
    nonisolated var isHere: Bool? { thread.isIsolatingCurrentContext() }
    func isInside() -> Bool? { thread.isIsolatingCurrentContext() }
}

@Suite(.timeLimit(.minutes(1))) struct WireThreadTests {
    @Test func `all jobs of an actor run on its one thread, also after it has waited`() async {
        let echo = Echo()
        let threads = await withTaskGroup(of: Set<UInt>.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    let (before, after) = await echo.pause()
                    return [await echo.increment(), before, after]
                }
            }
            return await group.reduce(into: Set<UInt>()) { $0.formUnion($1) }
        }
        #expect(threads.count == 1)
        #expect(await echo.count == 200)
        #expect(echo.isHere == false)
        #expect(await echo.isInside() == true)
    }

    @Test func `a message and a job wake the thread, neither waiting for the other`() async throws {
        let echo = Echo()
        let folder = try TemporaryFolder("wire")
        let endpoint = try await echo.bind("ipc://\(folder.path)/echo")
        let context = WireContext()
        let client = try Socket(context, .dealer)
        try client.connect(endpoint)
        let wakeup = Wakeup()
        for number in 0..<50 {
            client.send([[UInt8(number)]])
            var answer: [[UInt8]]?
            while answer == nil {
                Poller.wait([client], wakeup, timeoutSeconds: 5)
                answer = client.receive()
            }
            #expect(answer == [[UInt8(number)]])
            #expect(await echo.count == number + 1)
        }
    }

    @Test func `whoever comes after the sockets are closed is answered all the same`() async throws {
        let echo = Echo()
        _ = try await echo.bind("tcp://127.0.0.1:*")
        await echo.close()
        for _ in 0..<3 { #expect(await echo.isInside() == true) }
    }

    @Test func `the thread ends with its actor and the endpoint is free again`() async throws {
        var echo: Echo? = Echo()
        let endpoint = try await #require(echo).bind("tcp://127.0.0.1:*")
        let context = WireContext()
        let successor = try Socket(context, .router)
        #expect(throws: WireError.self) { try successor.bind(endpoint) }
        echo = nil
        var isBound = false
        while !isBound {
            isBound = (try? successor.bind(endpoint)) != nil
            if !isBound { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test func `a wake-up is heard once, also where it came before the wait`() async {
        let wakeup = Wakeup()
        wakeup.signal()
        wakeup.signal()
        Poller.wait([], wakeup, timeoutSeconds: nil)
        // Nothing is left of it: this wait lasts.
        let start = ContinuousClock.now
        Poller.wait([], wakeup, timeoutSeconds: 0.02)
        #expect(ContinuousClock.now - start >= .milliseconds(20))

        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let sleeper = Task.detached {
            Poller.wait([], wakeup, timeoutSeconds: nil)
            end.finish()
        }
        wakeup.signal()
        for await _ in ended {}
        await sleeper.value
    }
}
