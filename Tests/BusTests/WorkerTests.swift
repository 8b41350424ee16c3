import Bus
import Contracts
import Kernel
import Support
import Testing

/// A worker of the role `load` against a real broker.
@Suite(.timeLimit(.minutes(1))) struct WorkerTests {
    let notes = Signal()

    func start(_ client: BusClient, name: String = "load-1", reach: @escaping @Sendable (String) -> Void = { _ in }, _ perform: @escaping Worker.Perform) -> Task<Void, Never> {
        let notes = self.notes
        let worker = Worker(role: .load, name: name, client: client, reach: reach, note: { notes.give($0) }, perform: perform)
        return Task { await worker.run() }
    }

    func log(_ client: BusClient) async throws -> [Event] { try await client.read(ReadCommand(after: 0)).events.map(\.event) }

    /// Reads the log until it holds so many events.
    func log(_ client: BusClient, until count: Int) async throws -> [Event] {
        for await newest in await client.hints() where newest >= count { break }
        return try await log(client)
    }

    @Test func `a report is published together with the end of its entry, the new tasks before it`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder)
        let client = broker.client()
        let points = Signal()
        let worker = start(client, reach: { points.give($0) }) { assignment in
            #expect(assignment.token == 1 && assignment.worker == "load-1" && assignment.attempt == 1)
            let adds = (0..<250).map { TaskSpec(id: TaskID("new.\($0)"), step: "s", role: .load, kind: "test", title: "t") }
            return Completion(report: TaskReport(rows: 7), adds: adds)
        }
        try await client.publish([ready("a")])
        await points.wait("load.after_complete")
        let events = try await log(client)
        #expect(events.map(\.type) == [EventType.taskReady] + Array(repeating: EventType.tasksAdded, count: 3) + [EventType.taskSucceeded])
        let added = events.flatMap { if case .tasksAdded(let added) = $0.payload { added.tasks.map(\.id.description) } else { [String]() } }
        #expect(added == (0..<250).map { "new.\($0)" })
        guard case .taskSucceeded(let report) = events.last?.payload else { return #expect(Bool(false), "no report") }
        #expect(report.rows == 7 && report.attempt == 1 && report.worker == "load-1" && report.finishedAt >= report.startedAt)
        #expect(try await client.inspect(.queue) == [])
        worker.cancel()
        await worker.value
        await client.stop()
        await broker.stop()
    }

    @Test func `what an engine throws is a failure in its own words and a foreign error may be tried again`() async throws {
        struct Foreign: Error {}
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder)
        let client = broker.client()
        let points = Signal()
        let worker = start(client, reach: { points.give($0) }) { assignment in
            if assignment.spec.id == "a" { throw PlainProblem("load.broken", "it broke", remedy: "mend it") }
            throw Foreign()
        }
        try await client.publish([ready("a"), ready("b")])
        for _ in 0..<2 { await points.wait("load.after_complete") }
        let problems = try await log(client).compactMap { if case .taskFailed(let report) = $0.payload { report.problem } else { nil } }
        #expect(problems.map(\.code) == ["load.broken", "load.unexpected"])
        #expect(problems.map(\.isRetryable) == [false, true])
        worker.cancel()
        await worker.value
        await client.stop()
        await broker.stop()
    }

    @Test func `a lease that was lost cancels the work, and only the other delivery's report stands`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder, leaseSeconds: 9)
        let client = broker.client()
        let began = Signal(), ended = Signal()
        // It obeys the cancellation and reports all the same, as an engine may.
        let slow = start(client, name: "load-1") { _ in
            began.give()
            try? await Task.sleep(for: .seconds(3600))
            ended.give()
            return Completion(report: TaskReport(message: "too late"))
        }
        try await client.publish([ready("a")])
        await began.wait()
        let quick = start(client, name: "load-2") { _ in Completion(report: TaskReport(message: "done")) }
        // As if the time had run out: the entry is free, its first holder learns it when it next extends.
        try await client.release("1.1", afterSeconds: 0)
        await ended.wait()
        await notes.wait("the lease was lost")
        let events = try await log(client, until: 2)
        let messages = events.compactMap { if case .taskSucceeded(let report) = $0.payload { "\(report.worker) \(report.message)" } else { nil } }
        #expect(messages == ["load-2 done"] && events.count == 2)
        for worker in [slow, quick] {
            worker.cancel()
            await worker.value
        }
        await client.stop()
        await broker.stop()
    }

    @Test func `a task that is withdrawn is cancelled and reports nothing, however long it meant to rest`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder, leaseSeconds: 9)
        let client = broker.client()
        let worker = start(client) { _ in throw PlainProblem("load.test", "a noop needs no engine", remedy: "") }
        // No clock holds so many seconds; the number must not end the program.
        try await client.publish([ready("a", kind: "noop", args: ["seconds": 1e300])])
        while try await client.inspect(.queue)[0]?["state"] != "leased" { await Task.yield() }
        #expect(try await client.withdraw("p@1") == 1)
        await notes.wait("the lease was lost")
        // It lets go as soon as it has stopped, long before its lease would have run out.
        while try await client.withdraw("p@1") > 0 { await Task.yield() }
        #expect(try await log(client).map(\.type) == [EventType.taskReady])
        worker.cancel()
        await worker.value
        await client.stop()
        await broker.stop()
    }

    @Test func `an attempt that works for longer than its timeout is stopped and reported so that it is tried again`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder)
        let client = broker.client()
        let worker = start(client) { assignment in
            // What ends only because it is cancelled fails in words of its own; what was done in spite of it is done.
            while !Task.isCancelled { await Task.yield() }
            if assignment.spec.id == "done" { return Completion(report: TaskReport(message: "done in spite of it")) }
            throw PlainProblem("load.torn", "the connection was torn", remedy: "")
        }
        var timed = [ready("a", kind: "noop", args: ["seconds": 600]), ready("b", kind: "x"), ready("done", kind: "x")]
        for place in timed.indices {
            guard case .taskReady(var task) = timed[place].payload else { continue }
            task.spec.timeoutSeconds = 0.05
            timed[place].payload = .taskReady(task)
        }
        try await client.publish(timed)
        let reports = try await log(client, until: 6).compactMap { event -> TaskReport? in
            switch event.payload {
            case .taskFailed(let report), .taskSucceeded(let report): report
            default: nil
            }
        }
        #expect(reports.compactMap(\.problem?.code) == ["worker.timed_out", "worker.timed_out"])
        #expect(reports.allSatisfy { $0.problem?.isRetryable != false })
        #expect(reports.map(\.message).contains("done in spite of it"))
        worker.cancel()
        await worker.value
        await client.stop()
        await broker.stop()
    }

    @Test func `a noop succeeds in every role, whatever it says of its seconds`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder)
        let client = broker.client()
        let worker = start(client) { _ in throw PlainProblem("load.test", "a noop needs no engine", remedy: "") }
        let args: [JSON] = [[:], ["seconds": 0.001], ["seconds": -1e300], ["seconds": "soon"], []]
        try await client.publish(args.enumerated().map { ready("t\($0.offset)", kind: "noop", args: $0.element) })
        let events = try await log(client, until: 2 * args.count)
        #expect(events.filter { $0.type == EventType.taskSucceeded }.count == args.count)
        worker.cancel()
        await worker.value
        await client.stop()
        await broker.stop()
    }

    @Test func `a report too large to travel becomes the failure of its task`() async throws {
        let folder = try TemporaryFolder("bus")
        let broker = try await TestBroker.start(in: folder)
        let client = broker.client()
        let worker = start(client) { _ in
            Completion(report: TaskReport(details: ["text": .string(String(repeating: "x", count: Event.envelopeBytesMax))]))
        }
        try await client.publish([ready("a")])
        let events = try await log(client, until: 2)
        guard case .taskFailed(let report) = events.last?.payload else { return #expect(Bool(false), "no failure") }
        #expect(report.problem?.code == "contracts.bad_envelope" && report.attempt == 1 && report.worker == "load-1")
        #expect(try await client.inspect(.queue) == [])
        worker.cancel()
        await worker.value
        await client.stop()
        await broker.stop()
    }

    @Test func `a finished report is kept until a broker of another incarnation has answered it, and stands once`() async throws {
        let folder = try TemporaryFolder("bus")
        let first = try await TestBroker.start(in: folder)
        let client = first.client()
        let began = Signal(), gate = Signal(), points = Signal()
        let worker = start(client, reach: { points.give($0) }) { _ in
            began.give()
            await gate.wait()
            return Completion(report: TaskReport(message: "kept"))
        }
        try await client.publish([ready("a")])
        await began.wait()
        await first.stop()
        // Stopping does not tear what is in hand: the task ends and is reported although the worker is to stop.
        worker.cancel()
        gate.give()
        await points.wait("load.before_complete")
        let second = try await TestBroker.start(in: folder)
        await worker.value
        let other = second.client()
        #expect(try await log(other).map(\.type) == [EventType.taskReady, EventType.taskSucceeded])
        #expect(try await other.inspect(.queue) == [])
        await client.stop()
        await other.stop()
        await second.stop()
    }
}
