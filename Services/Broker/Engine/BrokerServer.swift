public import Bus
import Contracts
import FoundationEssentials
import Journal
import Kernel
import Platform
public import Wire

/// The broker on its sockets: one thread that drains the ROUTER, takes one turn, and tells the feed.
public final class BrokerServer {
    private let broker: Broker
    private let commands: any Router
    private let feed: Socket
    private let door: DoorKeeper?
    private let wakeup = Wakeup()
    private let incarnation: [UInt8]
    private let reach: (String) -> Void
    private let note: (String) -> Void
    private let shared: Shared
    private var tickAt = 0.0
    private var wasAvailable = true
    private var refusedAtDoor: UInt64 = 0
    /// Somebody has subscribed since the start; until then nothing need be said.
    private var isFollowed = false
    private var checkpointedAt: UInt64 = 0
    /// After so many commits the write-ahead log is moved into the file, as soon as nobody asks for anything.
    static let commitsPerCheckpoint: UInt64 = 1000
    /// Messages kept for a subscriber that is behind, and the largest envelope that travels on the feed: together the bound
    /// on what a subscriber that never reads costs (32 MiB). A larger envelope is left out, for the feed is a hint.
    static let feedQueueMax: Int32 = 4096
    static let feedEnvelopeBytesMax = 8192
    /// Answers kept for a client that does not read them.
    static let answersQueueMax = 10_000

    /// Room made for the requests of a turn at once.
    private static let requestsUsual = 64
    /// Reads taken in one turn: each may be answered with a page of megabytes.
    static let readsPerTurnMax = 16
    /// Bytes of large answers that wait for one client; while there are more, its reads are refused.
    static let answersBytesMax = 16 << 20

    /// Binds both endpoints. The broker's counters are read through the returned object's `state`.
    /// - Parameter keys: the broker's own; without them whoever reaches the sockets may do everything.
    public init(
        _ broker: Broker, endpoints: BusEndpoints, keys: BrokerKeys? = nil, context: WireContext, reach: @escaping (String) -> Void,
        note: @escaping (String) -> Void
    ) throws {
        self.broker = broker
        self.reach = reach
        self.note = note
        shared = Shared()
        incarnation = Array(#"{"incarnation":"\#(Entropy.hex(16))"}"#.utf8)
        // The door is kept before it is opened.
        door = try keys.map { keys in try DoorKeeper(context) { key in keys.role(of: key)?.rawValue } }
        let security = keys.map { WireSecurity.server($0.own) } ?? .none
        commands = try Routers.bind(endpoints.commands, queueMax: Self.answersQueueMax, security: security, context: context)
        feed = try Socket(context, .publisher, queueMax: Self.feedQueueMax, security: security, decidesSubscriptions: true)
        try feed.bind(endpoints.feed)
    }

    deinit { door?.stop() }

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
            Poller.wait([commands, feed], wakeup, timeoutSeconds: commands.holdsMessages ? 0 : max(0, deadline - now))
            while let frames = feed.receive() { decide(frames) }
            try turn()
        }
    }

    /// A subscription begins (first byte 1) or ends (0).
    private func decide(_ frames: [[UInt8]]) {
        guard let first = frames.first, let kind = first.first else { return }
        let prefix = Array(first.dropFirst())
        guard kind == 1 else { return feed.cancel(prefix) }
        if door != nil {
            guard let role = feed.sender.flatMap({ BusRole(rawValue: $0) }), role.mayRead(String(decoding: prefix, as: UTF8.self)) else {
                broker.noteForgery(role: feed.sender ?? "-", "subscribe to '\(String(decoding: prefix.prefix(60), as: UTF8.self))'", now: SystemClock.monotonicSeconds())
                return
            }
        }
        feed.accept(prefix)
        isFollowed = true
        // A new subscriber is greeted with a tick at once: nobody should wait a second to learn that we live.
        tickAt = 0
    }

    private func turn() throws {
        var requests: [Request] = [], reads = 0
        requests.reserveCapacity(Self.requestsUsual)
        while requests.count < Broker.requestsPerTurnMax, reads < Self.readsPerTurnMax, let message = commands.receiveMessage() {
            guard var request = request(message) else { continue }
            if request.isRead {
                reads += 1
                request.isBehind = commands.waitingBytes(for: request.client) > Self.answersBytesMax
            }
            requests.append(request)
        }
        let now = SystemClock.monotonicSeconds()
        let turn = try broker.turn(requests, now: now, time: SystemClock.now())
        if !turn.news.isEmpty { reach("broker.after_commit") }
        for response in turn.responses where !send(response) {
            if let lease = response.lease { broker.noteUndelivered(lease) }
        }
        commands.flush()
        if isFollowed { for event in turn.news { tell(event) } }
        if broker.isAvailable != wasAvailable {
            wasAvailable = broker.isAvailable
            note(wasAvailable ? "the journal commits again" : "the journal cannot commit; clients are told 'unavailable'")
        }
        if requests.isEmpty { broker.journal.warmUp() }
        if requests.isEmpty, broker.journal.commits - checkpointedAt >= Self.commitsPerCheckpoint {
            broker.journal.checkpoint()
            checkpointedAt = broker.journal.commits
        }
        shared.update(broker, now: now)
    }

    private func tick(_ now: Double) {
        feed.send([Array(Tick.topic.utf8), SequenceFrame.bytes(broker.journal.newest), incarnation])
        tickAt = now + Tick.intervalSeconds
        guard let refusals = door?.refusals, refusals.count > refusedAtDoor else { return }
        refusedAtDoor = refusals.count
        broker.raise(
            AlertRaised(
                code: "broker.unknown_key", summary: "somebody with a key that is not on the allow-list tried to connect (\(refusals.count) times since the start)",
                location: refusals.lastAddress, remedy: "if it is one of yours, make its key with sluice keys and restart the broker"), now: now)
    }

    /// What a message asks for; nil where nobody is to be answered.
    private func request(_ message: Message) -> Request? {
        guard var request = Request(message) else { return nil }
        if door != nil {
            // The door lets in nobody without a role; whoever has none all the same is nobody.
            guard let role = commands.sender.flatMap({ BusRole(rawValue: $0) }) else { return nil }
            request.role = role
        }
        return request
    }

    private func tell(_ event: News) {
        let isLarge = event.message.withFrame(event.frame + 1) { $0.count > Self.feedEnvelopeBytesMax }
        guard event.message.withFrame(event.frame, { feed.send(frame: $0, isLast: false) }),
            withUnsafeBytes(of: event.sequence.bigEndian, { feed.send(frame: $0.assumingMemoryBound(to: UInt8.self), isLast: false) })
        else { return }
        _ = event.message.withFrame(event.frame + 1) { feed.send(frame: isLarge ? UnsafeBufferPointer(rebasing: $0[..<0]) : $0, isLast: true) }
    }

    private static let ok = Array("ok".utf8), error = Array("error".utf8)

    private func send(_ response: Response) -> Bool {
        if response.events.isEmpty {
            return response.request.withFrame(0) { commands.send(frame: $0, isLast: false) }
                && response.request.withFrame(1) { commands.send(frame: $0, isLast: false) }
                && (response.isOK ? Self.ok : Self.error).withUnsafeBufferPointer { commands.send(frame: $0, isLast: false) }
                && response.body.withUnsafeBufferPointer { commands.send(frame: $0, isLast: true) }
        }
        var frames: [[UInt8]] = [response.client, response.correlation, response.isOK ? Self.ok : Self.error, response.body]
        for event in response.events {
            frames.append(Array(event.topic.utf8))
            frames.append(SequenceFrame.bytes(event.sequence))
            frames.append(event.envelope)
        }
        return commands.send(frames)
    }
}
