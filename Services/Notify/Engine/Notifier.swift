public import Bus
import Contracts
import Kernel
public import NotifyKit
public import Pipelines
public import Platform

/// The durable reader `notify`: follows the log, tells people, confirms its position.
///
/// An actor with a thread of its own, because SQLite and files block.
public actor Notifier {
    public static let readerName = "notify"
    private let executor: BlockingExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let client: BusClient
    private let folder: String
    private let logFolder: String
    private let channels: ChannelRegistry
    private let routes: [Route]
    private let reminderSeconds: Double
    private let reach: @Sendable (String) -> Void
    private let note: @Sendable (String) -> Void
    private let count: @Sendable (_ sent: Int, _ failed: Int, _ waiting: Int) -> Void
    /// Nil until we have told the broker for the first time that we are there: it keeps the log for readers that it knows.
    private var confirmed: UInt64?
    /// When the next alarm goes off, on the monotonic clock.
    private var alarmAt: Double?

    /// - Parameters:
    ///   - folder: holds `notify.db`; it exists and belongs to us alone.
    ///   - routes: speak for every pipeline that they cover.
    ///   - reminderSeconds: how often people are told that a pipeline still fails for the same cause.
    ///   - count: is told the totals, and how many notices wait, after each round, for `/metrics`.
    public init(
        client: BusClient, folder: String, logFolder: String, channels: ChannelRegistry, routes: [Route] = [], reminderSeconds: Double = 86_400,
        executor: BlockingExecutor,
        reach: @escaping @Sendable (String) -> Void, note: @escaping @Sendable (String) -> Void,
        count: @escaping @Sendable (_ sent: Int, _ failed: Int, _ waiting: Int) -> Void
    ) {
        self.client = client
        self.folder = folder
        self.logFolder = logFolder
        self.channels = channels
        self.routes = routes
        self.reminderSeconds = reminderSeconds
        self.executor = executor
        self.reach = reach
        self.note = note
        self.count = count
    }

    /// Works until it is cancelled.
    /// - Throws: where its own database cannot be used; the process then ends and recovers on its next start.
    public func run(onReady: @Sendable () -> Void) async throws {
        let store = try NoticeStore(path: "\(folder)/notify.db", now: SystemClock.now())
        let dispatcher = try Dispatcher(store: store, channels: channels, routes: routes, logFolder: logFolder, reminderSeconds: reminderSeconds, reach: reach, note: note)
        let (rounds, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let client = self.client
        let ears = Task { for await _ in await client.hints() { wake.yield() } }
        defer { ears.cancel() }
        wake.yield()
        var isReady = false
        for await _ in rounds {
            do {
                try await catchUp(dispatcher)
                if !isReady {
                    isReady = true
                    onReady()
                }
                // What is decided is stored: the broker need not keep its log for a mail server that hangs.
                try await confirm(dispatcher)
                try await dispatcher.send()
            } catch let problem as any Problem {
                if case BusProblem.Reason.stopped? = (problem as? BusProblem)?.reason { return }
                note("\(problem)")
                retry(wake, afterSeconds: 1)
            }
            if let seconds = dispatcher.secondsToNextTry { retry(wake, afterSeconds: max(0.1, seconds)) }
            count(dispatcher.sentCount, dispatcher.failedCount, dispatcher.waitingCount)
        }
    }

    private func catchUp(_ dispatcher: Dispatcher) async throws {
        while true {
            let (events, reply): ([SequencedEvent], ReadReply)
            do {
                (events, reply) = try await client.read(ReadCommand(after: dispatcher.position, prefixes: Routes.prefixes))
            } catch let refusal as Refusal where refusal.reason == .gone {
                // We were away for so long that the log could not wait: whoever reads this knows that notices are missing.
                note("\(refusal)")
                try dispatcher.fold([], upTo: refusal.floor ?? dispatcher.position)
                continue
            }
            if reply.newest < dispatcher.position {
                try dispatcher.startOver()
                continue
            }
            try dispatcher.fold(events, upTo: reply.upTo)
            if reply.upTo >= reply.newest { return }
        }
    }

    private func confirm(_ dispatcher: Dispatcher) async throws {
        guard dispatcher.confirmable != confirmed else { return }
        try await client.confirm(reader: Self.readerName, position: dispatcher.confirmable)
        confirmed = dispatcher.confirmable
        reach("notify.after_confirm")
    }

    /// One alarm at a time, the soonest, however many rounds the news start meanwhile.
    private func retry(_ wake: AsyncStream<Void>.Continuation, afterSeconds: Double) {
        let time = SystemClock.monotonicSeconds() + afterSeconds
        if let alarmAt, alarmAt <= time { return }
        alarmAt = time
        Task {
            try? await Task.sleep(for: .seconds(afterSeconds))
            if self.alarmAt == time { self.alarmAt = nil }
            wake.yield()
        }
    }
}
