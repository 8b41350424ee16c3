public import Contracts
import Kernel
public import NotifyKit
import Platform

/// The steps of a durable reader, without the bus: fold, send, remember. Used from one thread at a time.
///
/// The order is send, then store, so a kill in between sends again: exactly once where the channel knows the key
/// (`ChannelDelivery.once`), *at least once* where it cannot. Store-then-send would lose instead, and a lost alarm is worse.
public final class Dispatcher {
    /// The position is stored without any notice only every so many events: it costs a sync of the disk.
    static let quietEventsMax: UInt64 = 2000

    private let store: NoticeStore
    private let channels: ChannelRegistry
    private let reach: @Sendable (String) throws -> Void
    private let note: @Sendable (String) -> Void
    private let logFolder: String
    private let since: Timestamp
    private var routes: Routes
    private var stored: UInt64
    private var complained: Set<String> = []
    public private(set) var sentCount = 0
    public private(set) var failedCount = 0

    /// - Parameters:
    ///   - historySeconds: a first start tells of runs that ended this long before it, and of no older ones.
    ///   - reach: is told each crash point; a test throws from it.
    public init(
        store: NoticeStore, channels: ChannelRegistry, logFolder: String, historySeconds: Double = 3600,
        reach: @escaping @Sendable (String) throws -> Void, note: @escaping @Sendable (String) -> Void
    ) throws {
        self.store = store
        self.channels = channels
        self.reach = reach
        self.note = note
        self.logFolder = logFolder
        since = try store.firstStart().adding(seconds: -historySeconds)
        stored = try store.position()
        routes = Routes(after: stored, logFolder: logFolder, since: since)
    }

    /// Read on behind this.
    public var position: UInt64 { routes.position }
    /// What the broker may be told: everything up to here is settled and stored.
    public var confirmable: UInt64 { stored }
    public var hasDue: Bool { !routes.due.isEmpty }

    public func fold(_ events: [SequencedEvent], upTo: UInt64) {
        for event in events { routes.apply(event) }
        routes.advance(to: upTo)
    }

    /// The log is another one: it ends before our position. It is read from its start; keys that were sent stay sent.
    public func startOver() throws {
        note("the broker's log ends before position \(routes.position), so it is a new one; reading it from its start")
        routes = Routes(logFolder: logFolder, since: since)
        try store.store(position: 0)
        stored = 0
    }

    /// Sends what is due. A channel that fails keeps its notice for the next time and holds no other channel up.
    public nonisolated(nonsending) func send() async throws {
        for notice in routes.due {
            if try store.holds(notice.key) {
                routes.settle(notice.key)
                continue
            }
            try reach("notify.before_send")
            guard let fate = await deliver(notice) else { continue }
            try reach("notify.after_send")
            routes.settle(notice.key)
            stored = routes.floor
            try store.store(notice, fate, position: stored, at: SystemClock.now())
            try reach("notify.after_store")
        }
        let floor = routes.floor
        if floor >= stored + Self.quietEventsMax {
            try store.store(position: floor)
            stored = floor
        }
    }

    private nonisolated(nonsending) func deliver(_ notice: Notice) async -> NoticeStore.Fate? {
        guard let channel = channels[notice.channel] else {
            note("""
                pipeline \(notice.pipeline): a notify rule names the channel '\(notice.channel)', which does not exist; write \
                \(channels.names.joined(separator: " or ")). Kept in notify.db, not sent: \(notice.headline): \(notice.summary)
                """)
            return .unknownChannel
        }
        do {
            try await channel.send(notice)
            sentCount += 1
            complained.remove(notice.key)
            return .sent
        } catch {
            failedCount += 1
            // Once for each notice: it is tried again until it is out.
            if complained.insert(notice.key).inserted { note("\(notice.key) is not sent yet: \(error)") }
            return nil
        }
    }
}
