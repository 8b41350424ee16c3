import Bus
import Contracts
import Kernel
import Support
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct BusClientTests {
    @Test func `what is published is read back, once for each source and id`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder)
        let client = broker.client()
        let first = try await client.publish([request("p@1"), request("p@2")])
        #expect(first == [1, 2])
        let second = try await client.publish([request("p@2"), request("p@3")])
        // Sequences grow; they need not count.
        #expect(second[0] == 2 && second[1] > 2)
        let (events, reply) = try await client.read(ReadCommand(after: 1, prefixes: ["run.requested.v1/-/p/"]))
        #expect(events.map(\.event.id) == ["p@2", "p@3"] && events.map(\.sequence) == second)
        #expect(reply == ReadReply(upTo: second[1], newest: second[1]))
        await client.stop()
        await broker.stop()
    }

    @Test func `a claim in flight is made again with a broker of another incarnation and leases once`() async throws {
        let folder = try TemporaryFolder("bus")
        let first = try await TestBroker.start(in: folder)
        let worker = first.client()
        let other = first.client()
        async let claim = worker.claim(.load, worker: "w", waitSeconds: 30)
        while try await other.inspect(.status)["parked_claims"] != 1 { await Task.yield() }
        await first.stop()
        let second = try await TestBroker.start(in: folder)
        // Whether the claim travels before this or after it, it is answered.
        try await other.publish([ready("a")])
        let (reply, event) = try #require(try await claim)
        #expect(event.event.task == "a")
        #expect(try await worker.extend(try #require(reply.lease)).isWithdrawn == false)
        let queue = try await other.inspect(.queue)
        #expect(queue[0]?["state"] == "leased" && queue[1] == nil)
        await worker.stop()
        await other.stop()
        await second.stop()
    }

    @Test func `what a broker took with it before anybody had heard of it is said again to the next one`() async throws {
        let folder = try TemporaryFolder("bus")
        let endpoints = BusEndpoints(commands: "ipc://\(folder.path)/commands", feed: "ipc://\(folder.path)/feed")
        let client = BusClient(endpoints, context: WireContext(), topics: ["run."])
        var dying: Socket? = try Socket(WireContext(), .router)
        try dying?.bind(endpoints.commands)
        async let published = client.publish([request("p@1")])
        let wakeup = Wakeup()
        while let socket = dying, socket.receive() == nil { Poller.wait([socket], wakeup, timeoutSeconds: 1) }
        dying = nil
        let broker = try await TestBroker.start(in: folder)
        #expect(try await published.count == 1)
        await client.stop()
        await broker.stop()
    }

    @Test func `what is leased to a worker that has gone is offered to the next one at once`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder, leaseSeconds: 3600)
        let client = broker.client()
        try await leaveClaim(broker, client)
        // Two answers lie between the other's end and the announcement: the broker has seen that it has gone.
        for _ in 0..<2 { _ = try await client.inspect(.status) }
        try await client.publish([ready("a")])
        let claim = try #require(try await client.claim(.load, worker: "w", waitSeconds: 20))
        #expect(claim.0.delivery == 2)
        await client.stop()
        await broker.stop()
    }

    /// A worker that claims and is gone.
    private func leaveClaim(_ broker: TestBroker, _ client: BusClient) async throws {
        let socket = try Socket(WireContext(), .dealer)
        try socket.connect(broker.endpoints.commands)
        socket.send([[1], Array("claim".utf8), Array(#"{"role":"load","worker":"ghost","waitMilliseconds":60000}"#.utf8)])
        while try await client.inspect(.status)["parked_claims"] != 1 { await Task.yield() }
    }

    @Test func `after stop whoever asks hears no and nobody waits`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder)
        let client = broker.client()
        let early = await client.hints()
        let parked = Task { try await client.claim(.load, worker: "w", waitSeconds: 60) }
        while try await client.inspect(.status)["parked_claims"] != 1 { await Task.yield() }
        await client.stop()
        await #expect { _ = try await parked.value } throws: { ($0 as? BusProblem)?.reason == .stopped }
        await #expect { try await client.publish([request("p@1")]) } throws: { ($0 as? BusProblem)?.reason == .stopped }
        for await _ in early {}
        for await _ in await client.hints() {}
        #expect(await client.heardAt > 0)
        await broker.stop()
    }

    @Test func `an endpoint that is none is told and not waited for`() async {
        let client = BusClient(BusEndpoints(commands: "tcp:/nonsense", feed: "tcp://127.0.0.1:1"), context: WireContext())
        await #expect(throws: WireError.self) { try await client.publish([request("p@1")]) }
        await client.stop()
    }

    @Test func `a refusal says which of its reasons it has`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder)
        let client = broker.client()
        func reason(_ body: () async throws -> Void) async -> Refusal.Reason? {
            do { try await body() } catch { return (error as? Refusal)?.reason }
            return nil
        }
        #expect(await reason { _ = try await client.extend("7.1") } == .staleLease)
        #expect(await reason { try await client.complete("7.1", []) } == .staleLease)
        #expect(await reason { try await client.requeue(7) } == .badRequest)
        #expect(await reason { try await client.publish([request("p@1")], epoch: 7) } == .staleEpoch)
        // It leads for two seconds, and this thread may have to wait longer for its turn: then it leads once more.
        var answer: Refusal.Reason?
        for _ in 0..<50 where answer == nil {
            try await client.lead("a", epoch: nil)
            answer = await reason { _ = try await client.lead("b", epoch: nil) }
        }
        #expect(answer == .ledByAnother)
        await client.stop()
        await broker.stop()
    }
}

@Suite(.timeLimit(.minutes(1))) struct LogReaderTests {
    @Test func `a reader far behind reads page after page without any further hint`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder)
        let client = broker.client()
        try await client.publish((0..<2500).map { request("p@\($0)") })
        var reader = await LogReader(client, after: 0)
        var ids: [String] = []
        while ids.count < 2500, await reader.waitForNews() { ids += try await reader.catchUp().map(\.event.id) }
        #expect(ids == (0..<2500).map { "p@\($0)" })
        #expect(reader.position == 2500)
        await client.stop()
        await broker.stop()
    }

    @Test func `a stretch of the log without one of ours is no end`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder)
        let client = broker.client()
        for part in 0..<3 { try await client.publish((0..<4000).map { request("q@\(part)-\($0)", pipeline: "q") }) }
        try await client.publish([request("p@1")])
        var reader = await LogReader(client, after: 0, prefixes: ["run.requested.v1/-/p/"])
        #expect(try await reader.catchUp().map(\.event.id) == ["p@1"])
        #expect(try await reader.catchUp().isEmpty)
        try await client.publish([request("p@2")])
        #expect(await reader.waitForNews())
        #expect(try await reader.catchUp().map(\.event.id) == ["p@2"])
        await client.stop()
        #expect(await reader.waitForNews() == false)
        await broker.stop()
    }
}
