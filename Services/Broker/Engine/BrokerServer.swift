public import Bus
import FoundationEssentials
import Kernel
import Platform
import Synchronization
public import Wire

/// The broker on its sockets: one thread that drains the ROUTER, takes one turn, and tells the feed.
public final class BrokerServer {
    private let broker: Broker
    private let commands: Socket
    private let feed: Socket
    private let wakeup = Wakeup()
    private let incarnation: [UInt8]
    private let reach: (String) -> Void
    private let note: (String) -> Void
    private let shared: Shared
    private var tickAt = 0.0
    private var wasAvailable = true
    private var checkpointedAt: UInt64 = 0
    /// After so many commits the write-ahead log is moved into the file, as soon as nobody asks for anything.
    static let commitsPerCheckpoint: UInt64 = 1000

    /// What other threads may ask of the loop.
    public final class Shared: Sendable {
        private struct State {
            var isStopped = false
            var isAvailable = true
            var beatAt = 0.0
            var newest: UInt64 = 0
            var commits: UInt64 = 0
            var parked = 0
            var counters = Broker.Counters()
        }
        private let state = Mutex(State())
        fileprivate init() {}

        public var isAvailable: Bool { state.withLock { $0.isAvailable } }
        /// Monotonic seconds at which the loop last turned.
        public var beatAt: Double { state.withLock { $0.beatAt } }
        public var newest: UInt64 { state.withLock { $0.newest } }
        public var commits: UInt64 { state.withLock { $0.commits } }
        public var parkedClaims: Int { state.withLock { $0.parked } }
        public var counters: Broker.Counters { state.withLock { $0.counters } }

        fileprivate var isStopped: Bool { state.withLock { $0.isStopped } }
        fileprivate func stop() { state.withLock { $0.isStopped = true } }
        fileprivate func update(_ broker: Broker, now: Double) {
            state.withLock { state in
                state.isAvailable = broker.isAvailable
                state.beatAt = now
                state.newest = broker.journal.newest
                state.commits = broker.journal.commits
                state.parked = broker.parkedClaims
                state.counters = broker.counters
            }
        }
    }

    /// Binds both endpoints. The broker's counters are read through the returned object's `state`.
    public init(
        _ broker: Broker, endpoints: BusEndpoints, context: WireContext, reach: @escaping (String) -> Void, note: @escaping (String) -> Void
    ) throws {
        self.broker = broker
        self.reach = reach
        self.note = note
        shared = Shared()
        incarnation = Array(#"{"incarnation":"\#(Entropy.hex(16))"}"#.utf8)
        commands = try Socket(context, .router)
        // A slow subscriber loses hints and nothing else; its queue must not become the broker's memory.
        feed = try Socket(context, .publisher, queueMax: 10_000)
        try commands.bind(endpoints.commands)
        try feed.bind(endpoints.feed)
    }

    public var state: Shared { shared }
    public var boundEndpoints: BusEndpoints { BusEndpoints(commands: commands.boundEndpoint, feed: feed.boundEndpoint) }

    /// Returns a function that any thread may call to end `run`.
    public func stopper() -> @Sendable () -> Void {
        let shared = self.shared
        let wakeup = self.wakeup
        return {
            shared.stop()
            wakeup.signal()
        }
    }

    /// Serves until stopped. Blocks its thread.
    /// - Throws: `SQLiteError` for an I/O error of the journal: the process must end and recover.
    public func run() throws {
        while !shared.isStopped {
            let now = SystemClock.monotonicSeconds()
            if now >= tickAt { tick(now) }
            let deadline = min(tickAt, broker.nextDeadline(after: now) ?? tickAt)
            Poller.wait([commands, feed], wakeup, timeoutSeconds: max(0, deadline - now))
            // A new subscriber is greeted with a tick at once: nobody should wait a second to learn that we live.
            while let frames = feed.receive() { if frames.first?.first == 1 { tickAt = 0 } }
            try turn()
        }
    }

    private func turn() throws {
        var requests: [Request] = []
        while requests.count < Broker.requestsPerTurnMax, let frames = commands.receive() {
            if let request = Self.request(frames) { requests.append(request) }
        }
        let now = SystemClock.monotonicSeconds()
        let turn = try broker.turn(requests, now: now, time: SystemClock.now())
        if !turn.news.isEmpty { reach("broker.after_commit") }
        for response in turn.responses where !send(response) {
            if let lease = response.lease { broker.noteUndelivered(lease) }
        }
        for event in turn.news { feed.send([Array(event.topic.utf8), SequenceFrame.bytes(event.sequence), event.envelope]) }
        if broker.isAvailable != wasAvailable {
            wasAvailable = broker.isAvailable
            note(wasAvailable ? "the journal commits again" : "the journal cannot commit; clients are told 'unavailable'")
        }
        if requests.isEmpty, broker.journal.commits - checkpointedAt >= Self.commitsPerCheckpoint {
            broker.journal.checkpoint()
            checkpointedAt = broker.journal.commits
        }
        shared.update(broker, now: now)
    }

    private func tick(_ now: Double) {
        feed.send([Array(Tick.topic.utf8), SequenceFrame.bytes(broker.journal.newest), incarnation])
        tickAt = now + Tick.intervalSeconds
    }

    /// `[client, correlation, verb, body, (topic, envelope)…]`; nil for a message of any other shape, which gets no answer
    /// because nobody could tell what it answers.
    private static func request(_ frames: [[UInt8]]) -> Request? {
        guard frames.count >= 3, frames.count % 2 == 0, frames[1].count <= 64 else { return nil }
        var request = Request(client: frames[0], correlation: frames[1], verb: frames[2], body: frames.count > 3 ? frames[3] : [])
        var place = 4
        while place + 1 < frames.count {
            request.events.append((frames[place], frames[place + 1]))
            place += 2
        }
        return request
    }

    private func send(_ response: Response) -> Bool {
        var frames: [[UInt8]] = [response.client, response.correlation, Array((response.isOK ? "ok" : "error").utf8), response.body]
        for event in response.events {
            frames.append(Array(event.topic.utf8))
            frames.append(SequenceFrame.bytes(event.sequence))
            frames.append(event.envelope)
        }
        return commands.send(frames)
    }
}
