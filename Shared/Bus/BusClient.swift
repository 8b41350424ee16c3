public import Contracts
import FoundationEssentials
public import Kernel
import Platform
public import Wire

/// A connection to the broker: commands and their answers, and the feed's hints.
///
/// A request is sent again when the broker comes back under a new incarnation; every command bears that: events are
/// unique by (source, id), a report of a finished lease is answered as before, and a claim that was lost leased nothing
/// that its lease time does not give back.
public actor BusClient {
    public struct Answer: Sendable {
        public var body: [UInt8]
        public var events: [SequencedEvent]
        /// Events whose envelope cannot be read, by sequence: a durable reader steps over them and says so.
        public var unreadable: [UInt64]

        /// `[correlation, status, body, (topic, sequence, envelope)…]`; nil for a message of any other shape.
        package init?(frames: [[UInt8]]) {
            guard frames.count >= 3 else { return nil }
            body = frames[2]
            events = []
            unreadable = []
            for place in stride(from: 3, to: frames.count - 2, by: 3) {
                guard let sequence = SequenceFrame.value(frames[place + 1]) else { continue }
                if let event = try? Event(envelope: frames[place + 2]) {
                    events.append(SequencedEvent(sequence: sequence, event: event))
                } else {
                    unreadable.append(sequence)
                }
            }
        }
    }

    private struct Pending {
        let frames: [[UInt8]]
        let verb: Verb
        let continuation: CheckedContinuation<Answer, any Error>
    }

    public nonisolated let endpoints: BusEndpoints
    private nonisolated let thread: WireThread
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private var commands: Socket?
    private var feed: Socket?
    private var pending: [UInt64: Pending] = [:]
    private var lastCorrelation: UInt64 = 0
    private var incarnation: String?
    private var newest: UInt64 = 0
    private var hintListeners: [UInt64: AsyncStream<UInt64>.Continuation] = [:]
    /// Monotonic seconds at which the broker was last heard; 0 before the first time.
    public private(set) var heardAt = 0.0
    private var isStopped = false
    private var openProblem: (any Error)?

    /// Connects in the background; the first answer shows whether anybody is there.
    /// - Parameter topics: prefixes of the feed that count as hints; none still gives the tick of each second.
    public init(_ endpoints: BusEndpoints, context: WireContext, topics: [String] = []) {
        self.endpoints = endpoints
        thread = WireThread()
        Task {
            do { try await self.open(context, topics) } catch { await self.noteUnopened(error) }
        }
    }

    /// An endpoint that is none: nobody shall wait for an answer from there.
    private func noteUnopened(_ error: any Error) {
        openProblem = error
        for correlation in pending.keys { fail(correlation, error) }
    }

    private func open(_ context: WireContext, _ topics: [String]) throws {
        guard !isStopped else { return }
        let security = endpoints.keys?.security ?? .none
        let commands = try Socket(context, .dealer, security: security)
        let feed = try Socket(context, .subscriber, security: security)
        try feed.subscribe(Tick.topic)
        for topic in topics { try feed.subscribe(topic) }
        try commands.connect(endpoints.commands)
        try feed.connect(endpoints.feed)
        self.commands = commands
        self.feed = feed
        thread.watch(commands) { [weak self] in self?.assumeIsolated { $0.receiveAnswers() } }
        thread.watch(feed) { [weak self] in self?.assumeIsolated { $0.receiveHints() } }
        for entry in pending.values { commands.send(entry.frames) }
    }

    /// Closes the sockets; every request in flight fails with `stopped`.
    public func stop() {
        isStopped = true
        for entry in pending.values {
            entry.continuation.resume(throwing: BusProblem(reason: .stopped, verb: entry.verb.rawValue, endpoint: endpoints.commands))
        }
        pending = [:]
        for listener in hintListeners.values { listener.finish() }
        hintListeners = [:]
        commands = nil
        feed = nil
        thread.closeSockets()
    }

    // MARK: Commands

    /// Makes events durable; returns their sequences once they are.
    @discardableResult public func publish(_ events: [Event], epoch: UInt64? = nil) async throws -> [UInt64] {
        let answer: PublishedReply = try await call(.publish, PublishCommand(epoch: epoch), events)
        return answer.sequences
    }

    public func read(_ command: ReadCommand) async throws -> (events: [SequencedEvent], reply: ReadReply) {
        let answer = try await request(.read, command)
        return (answer.events, try decode(answer, .read))
    }

    /// - Parameters:
    ///   - keep: events below the position that the reader goes on needing; nil leaves what it said before.
    ///   - memory: what it wants to be told by `resume`; at most 1 MiB with all else.
    public func confirm(reader: String, position: UInt64, keep: [UInt64]? = nil, memory: String? = nil) async throws {
        let _: Acknowledged = try await call(.confirm, ConfirmCommand(reader: reader, position: position, keep: keep, memory: memory))
    }
    /// What a reader confirmed last.
    public func resume(reader: String) async throws -> ResumeReply { try await call(.resume, ReaderCommand(reader: reader)) }
    /// Takes a reader off the list, so that nothing is kept for it.
    public func forget(reader: String) async throws { let _: Acknowledged = try await call(.forget, ReaderCommand(reader: reader)) }

    /// Waits for work; nil where none came in `waitSeconds`.
    public func claim(_ role: Role, worker: String, waitSeconds: Double) async throws -> (ClaimReply, SequencedEvent)? {
        let command = ClaimCommand(role: role, worker: worker, waitMilliseconds: Int(waitSeconds * 1000))
        let answer = try await request(.claim, command, timeoutSeconds: waitSeconds + 5)
        let reply: ClaimReply = try decode(answer, .claim)
        guard reply.lease != nil, let event = answer.events.first else { return nil }
        return (reply, event)
    }

    public func extend(_ lease: String) async throws -> ExtendReply { try await call(.extend, LeaseCommand(lease: lease)) }

    @discardableResult public func complete(_ lease: String, _ events: [Event]) async throws -> [UInt64] {
        let answer: PublishedReply = try await call(.complete, LeaseCommand(lease: lease), events)
        return answer.sequences
    }

    public func release(_ lease: String, afterSeconds: Double) async throws {
        let _: Acknowledged = try await call(.release, LeaseCommand(lease: lease, afterMilliseconds: Int(afterSeconds * 1000)))
    }
    /// - Returns: how many of the run's entries a worker still holds.
    @discardableResult public func withdraw(_ run: RunID) async throws -> Int {
        let reply: WithdrawReply = try await call(.withdraw, WithdrawCommand(run: run))
        return reply.held
    }
    public func lead(_ name: String, epoch: UInt64?) async throws -> LeadReply {
        try await call(.lead, LeadCommand(name: name, epoch: epoch), timeoutSeconds: 5)
    }
    public func inspect(_ subject: InspectCommand.Subject, entry: UInt64? = nil) async throws -> JSON {
        try await call(.inspect, InspectCommand(subject, entry: entry), timeoutSeconds: 5)
    }
    public func requeue(_ entry: UInt64, by: String? = nil) async throws {
        let _: Acknowledged = try await call(.requeue, RequeueCommand(entry: entry, by: by))
    }

    private func call<T: Decodable>(_ verb: Verb, _ body: some Encodable & Sendable, _ events: [Event] = [], timeoutSeconds: Double = 30) async throws -> T {
        try decode(try await request(verb, body, events, timeoutSeconds: timeoutSeconds), verb)
    }

    private func decode<T: Decodable>(_ answer: Answer, _ verb: Verb) throws -> T {
        do {
            return try JSONDecoder().decode(T.self, from: Data(answer.body))
        } catch {
            throw BusProblem(reason: .unreadable("\(error)"), verb: verb.rawValue, endpoint: endpoints.commands)
        }
    }

    private func request(_ verb: Verb, _ body: some Encodable & Sendable, _ events: [Event] = [], timeoutSeconds: Double = 30) async throws -> Answer {
        var frames: [[UInt8]] = [[], Array(verb.rawValue.utf8), [UInt8](try JSONEncoder().encode(body))]
        for event in events {
            frames.append(Array(event.topic.utf8))
            frames.append(try event.envelope())
        }
        guard !isStopped else { throw BusProblem(reason: .stopped, verb: verb.rawValue, endpoint: endpoints.commands) }
        if let openProblem { throw openProblem }
        lastCorrelation += 1
        let correlation = lastCorrelation
        frames[0] = SequenceFrame.bytes(correlation)
        let deadline = Task {
            try await Task.sleep(for: .seconds(timeoutSeconds))
            self.fail(correlation, BusProblem(reason: .noAnswer(seconds: timeoutSeconds), verb: verb.rawValue, endpoint: self.endpoints.commands))
        }
        defer { deadline.cancel() }
        let sent = frames
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                pending[correlation] = Pending(frames: sent, verb: verb, continuation: continuation)
                commands?.send(sent)
            }
        } onCancel: {
            Task { await self.fail(correlation, CancellationError()) }
        }
    }

    private func fail(_ correlation: UInt64, _ error: any Error) {
        pending.removeValue(forKey: correlation)?.continuation.resume(throwing: error)
    }

    // MARK: What arrives

    private func receiveAnswers() {
        while let frames = commands?.receive() {
            guard let correlation = frames.first.flatMap(SequenceFrame.value), let answer = Answer(frames: frames) else { continue }
            heardAt = SystemClock.monotonicSeconds()
            guard let waiting = pending.removeValue(forKey: correlation) else {
                giveBack(frames)
                continue
            }
            if frames[1].elementsEqual("ok".utf8) {
                waiting.continuation.resume(returning: answer)
            } else if let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(frames[2])) {
                waiting.continuation.resume(throwing: refusal)
            } else {
                waiting.continuation.resume(throwing: BusProblem(
                    reason: .unreadable("neither ok nor an error"), verb: waiting.verb.rawValue, endpoint: endpoints.commands))
            }
        }
    }

    /// An answer that nobody waits for any more. If it leases work, that goes back at once and not after its lease time.
    private func giveBack(_ frames: [[UInt8]]) {
        guard frames.count > 3, frames[1].elementsEqual("ok".utf8),
            let lease = (try? JSONDecoder().decode(ClaimReply.self, from: Data(frames[2])))?.lease,
            let body = try? JSONEncoder().encode(LeaseCommand(lease: lease))
        else { return }
        lastCorrelation += 1
        commands?.send([SequenceFrame.bytes(lastCorrelation), Array(Verb.release.rawValue.utf8), [UInt8](body)])
    }

    private func receiveHints() {
        var isNews = false
        while let frames = feed?.receive() {
            guard frames.count == 3, let sequence = SequenceFrame.value(frames[1]) else { continue }
            heardAt = SystemClock.monotonicSeconds()
            if frames[0].elementsEqual(Tick.topic.utf8) { noteIncarnation(String(decoding: frames[2], as: UTF8.self)) }
            isNews = isNews || sequence > newest
            newest = max(newest, sequence)
        }
        if isNews { for listener in hintListeners.values { listener.yield(newest) } }
    }

    /// A broker that was born anew knows nothing of our requests: they are all said again. So may the first one that is heard of,
    /// for another may have taken them with it before it had said its name.
    private func noteIncarnation(_ text: String) {
        guard incarnation != text else { return }
        incarnation = text
        for (_, entry) in pending.sorted(by: { $0.key < $1.key }) { commands?.send(entry.frames) }
    }

    // MARK: Hints

    /// The newest sequence, each time that the feed tells of a newer one. Only the latest is kept for a slow listener.
    public func hints() -> AsyncStream<UInt64> {
        let (stream, continuation) = AsyncStream.makeStream(of: UInt64.self, bufferingPolicy: .bufferingNewest(1))
        lastCorrelation += 1
        let key = lastCorrelation
        guard !isStopped else {
            continuation.finish()
            return stream
        }
        hintListeners[key] = continuation
        continuation.onTermination = { _ in Task { await self.forgetListener(key) } }
        if newest > 0 { continuation.yield(newest) }
        return stream
    }

    private func forgetListener(_ key: UInt64) { hintListeners[key] = nil }
}
