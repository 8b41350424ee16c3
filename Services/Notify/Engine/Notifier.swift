public import Bus
import Contracts
import Kernel
public import NotifyKit
public import Platform

/// The durable reader `notify`: follows the log, tells people, confirms its position.
///
/// An actor with a thread of its own, because SQLite and files block.
public actor Notifier {
    public static let readerName = "notify"
    /// How long a notice waits whose channel has failed; the feed's news try it sooner.
    static let retrySeconds = 15.0

    private let executor: BlockingExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let client: BusClient
    private let folder: String
    private let logFolder: String
    private let channels: ChannelRegistry
    private let reach: @Sendable (String) -> Void
    private let note: @Sendable (String) -> Void
    private let count: @Sendable (_ sent: Int, _ failed: Int) -> Void
    /// Nil until we have told the broker for the first time that we are there: it keeps the log for readers that it knows.
    private var confirmed: UInt64?
    private var isRetryDue = false

    /// - Parameters:
    ///   - folder: holds `notify.db`; it exists and belongs to us alone.
    ///   - count: is told the totals after each round, for `/metrics`.
    public init(
        client: BusClient, folder: String, logFolder: String, channels: ChannelRegistry, executor: BlockingExecutor,
        reach: @escaping @Sendable (String) -> Void, note: @escaping @Sendable (String) -> Void,
        count: @escaping @Sendable (_ sent: Int, _ failed: Int) -> Void
    ) {
        self.client = client
        self.folder = folder
        self.logFolder = logFolder
        self.channels = channels
        self.executor = executor
        self.reach = reach
        self.note = note
        self.count = count
    }

    /// Works until it is cancelled.
    /// - Throws: where its own database cannot be used; the process then ends and recovers on its next start.
    public func run(onReady: @Sendable () -> Void) async throws {
        let store = try NoticeStore(path: "\(folder)/notify.db", now: SystemClock.now())
        let dispatcher = try Dispatcher(store: store, channels: channels, logFolder: logFolder, reach: reach, note: note)
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
                try await dispatcher.send()
                try await confirm(dispatcher)
            } catch let problem as any Problem {
                if case BusProblem.Reason.stopped? = (problem as? BusProblem)?.reason { return }
                note("\(problem)")
                retry(wake, afterSeconds: 1)
            }
            if dispatcher.hasDue { retry(wake, afterSeconds: Self.retrySeconds) }
            count(dispatcher.sentCount, dispatcher.failedCount)
        }
    }

    private func catchUp(_ dispatcher: Dispatcher) async throws {
        while true {
            let (events, reply) = try await client.read(ReadCommand(after: dispatcher.position, prefixes: Routes.prefixes))
            if reply.newest < dispatcher.position {
                try dispatcher.startOver()
                continue
            }
            dispatcher.fold(events, upTo: reply.upTo)
            if reply.upTo >= reply.newest { return }
        }
    }

    private func confirm(_ dispatcher: Dispatcher) async throws {
        guard dispatcher.confirmable != confirmed else { return }
        try await client.confirm(reader: Self.readerName, position: dispatcher.confirmable)
        confirmed = dispatcher.confirmable
        reach("notify.after_confirm")
    }

    /// One alarm at a time, however many rounds the news start meanwhile.
    private func retry(_ wake: AsyncStream<Void>.Continuation, afterSeconds: Double) {
        guard !isRetryDue else { return }
        isRetryDue = true
        Task {
            try? await Task.sleep(for: .seconds(afterSeconds))
            self.isRetryDue = false
            wake.yield()
        }
    }
}
