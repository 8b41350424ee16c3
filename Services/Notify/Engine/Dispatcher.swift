public import Contracts
public import Kernel
public import NotifyKit
public import Pipelines
public import Platform

/// The steps of a durable reader, without the bus: fold, decide, send, remember. Used from one thread at a time.
///
/// - What is decided is stored before it is sent, so the log need not wait for a mail server.
/// - The order is send, then remember, so a kill in between sends again: exactly once where the channel or its far side
///   knows the key, *at least once* where neither can. Remember-then-send would lose instead, and a lost alarm is worse.
/// - A target that fails waits, longer each time; it holds no other target up. What no target takes is kept.
public final class Dispatcher {
    /// The position is stored without any decision only every so many events: it costs a sync of the disk.
    static let quietEventsMax: UInt64 = 2000
    /// After a failure that may pass: 5 s, doubled up to a quarter of an hour.
    static let pauseSeconds = 5.0
    static let pauseSecondsMax = 900.0
    /// After one that a person must end, such as a wrong password: no server should take us for somebody who guesses.
    static let refusalPauseSeconds = 3600.0
    /// A notice that nobody has taken for so long is no news any more.
    static let keepSeconds = 7 * 86_400.0

    /// What stands in the way of a target.
    private struct Obstacle {
        var failures = 0
        /// On the monotonic clock.
        var until = 0.0
        var code = ""
    }

    private let store: NoticeStore
    private let channels: ChannelRegistry
    private let globalRoutes: [Route]
    private let reminderSeconds: Double
    private let reach: @Sendable (String) throws -> Void
    private let note: @Sendable (String) -> Void
    private let clock: @Sendable () -> Double
    private let now: @Sendable () -> Timestamp
    private let logFolder: String
    private let since: Timestamp
    private var routes: Routes
    private var stored: UInt64
    private var outbox: [NoticeStore.Waiting]
    private var obstacles: [String: Obstacle] = [:]
    public private(set) var sentCount = 0
    public private(set) var failedCount = 0

    /// - Parameters:
    ///   - historySeconds: a first start tells of runs that ended this long before it, and of no older ones.
    ///   - reach: is told each crash point; a test throws from it.
    ///   - clock: the monotonic one, in seconds.
    public init(
        store: NoticeStore, channels: ChannelRegistry, routes globalRoutes: [Route] = [], logFolder: String, historySeconds: Double = 3600,
        reminderSeconds: Double = 86_400, reach: @escaping @Sendable (String) throws -> Void, note: @escaping @Sendable (String) -> Void,
        clock: @escaping @Sendable () -> Double = { SystemClock.monotonicSeconds() }, now: @escaping @Sendable () -> Timestamp = { SystemClock.now() }
    ) throws {
        self.store = store
        self.channels = channels
        self.globalRoutes = globalRoutes
        self.reminderSeconds = reminderSeconds
        self.reach = reach
        self.note = note
        self.clock = clock
        self.now = now
        self.logFolder = logFolder
        since = try store.firstStart().adding(seconds: -historySeconds)
        stored = try store.position()
        outbox = try store.outbox()
        routes = Routes(
            after: stored, decidedThrough: try store.decidedThrough(), standings: try store.standings(), routes: globalRoutes, logFolder: logFolder,
            since: since, reminderSeconds: reminderSeconds)
        for route in globalRoutes { announce(route) }
    }

    /// Read on behind this.
    public var position: UInt64 { routes.position }
    /// What the broker may be told: everything up to here is decided and stored.
    public var confirmable: UInt64 { stored }
    /// How many notices are not sent yet.
    public var waitingCount: Int { outbox.count }
    /// In how many seconds a target may be tried again; nil where nothing waits.
    public var secondsToNextTry: Double? {
        let now = clock()
        return outbox.map { max(0, (obstacles[$0.notice.target]?.until ?? now) - now) }.min()
    }

    public func fold(_ events: [SequencedEvent], upTo: UInt64) throws {
        announce(events)
        for event in events {
            // Said here too, for a house whose routes lead such news to nobody.
            if case .alertRaised(let alert) = event.event.payload, event.event.time >= since {
                note("\(PlainProblem(ProblemCode(alert.code), alert.summary, at: .named(alert.location), remedy: alert.remedy))")
            }
            routes.apply(event)
        }
        routes.advance(to: upTo)
        let floor = routes.floor
        if let decision = routes.take() {
            outbox += try store.store(decision, position: floor, at: now())
            stored = floor
            try reach("notify.after_decide")
        } else if floor >= stored + Self.quietEventsMax {
            try store.store(position: floor)
            stored = floor
        }
    }

    /// The log is another one: it ends before our position. It is read from its start; keys that were sent stay sent.
    public func startOver() throws {
        note("the broker's log ends before position \(routes.position), so it is a new one; reading it from its start")
        try store.startOver()
        routes = Routes(standings: try store.standings(), routes: globalRoutes, logFolder: logFolder, since: since, reminderSeconds: reminderSeconds)
        stored = 0
    }

    /// Sends what may be sent now. Targets that have failed come last: theirs is the waiting. A channel that fails is left alone
    /// until the next call: behind ten mails for a server that hangs, a webhook and the news of the log wait for one of them.
    public nonisolated(nonsending) func send() async throws {
        var stuck: Set<String> = []
        let order = outbox.filter { obstacles[$0.notice.target] == nil } + outbox.filter { obstacles[$0.notice.target] != nil }
        for waiting in order where clock() >= obstacles[waiting.notice.target]?.until ?? 0 {
            let notice = waiting.notice
            guard !stuck.contains(notice.channel) else { continue }
            try reach("notify.before_send")
            if let error = await deliver(notice) {
                if Task.isCancelled { return }
                try hold(waiting, error)
                if Self.mayPass(error) { stuck.insert(notice.channel) }
                continue
            }
            try reach("notify.after_send")
            obstacles[notice.target] = nil
            sentCount += 1
            try settle(notice, .sent)
            try reach("notify.after_store")
        }
    }

    private nonisolated(nonsending) func deliver(_ notice: Notice) async -> (any Error)? {
        do {
            try await channels.channel(notice.channel).send(notice)
            return nil
        } catch {
            return error
        }
    }

    private static func mayPass(_ error: any Error) -> Bool {
        switch (error as? any Problem)?.response {
        case .stop, .deadLetter: false
        case .retry, nil: true
        }
    }

    private func settle(_ notice: Notice, _ fate: NoticeStore.Fate) throws {
        try store.settle(notice, fate, at: now())
        outbox.removeAll { $0.notice.key == notice.key }
    }

    /// The notice stays where it is, and its target rests. One line of the log for one kind of trouble of a target.
    private func hold(_ waiting: NoticeStore.Waiting, _ error: any Error) throws {
        let notice = waiting.notice
        failedCount += 1
        var obstacle = obstacles[notice.target] ?? Obstacle()
        obstacle.failures += 1
        let growing = min(Self.pauseSecondsMax, Self.pauseSeconds * Double(1 << min(obstacle.failures - 1, 20)))
        let pause = switch (error as? any Problem)?.response {
        case .stop, .deadLetter: Self.refusalPauseSeconds
        case .retry(let seconds): min(Self.refusalPauseSeconds, max(growing, seconds ?? 0))
        case nil: growing
        }
        obstacle.until = clock() + pause
        let code = (error as? any Problem)?.code.description ?? "\(type(of: error))"
        if code != obstacle.code {
            note("\(notice.route): not sent, kept in notify.db and tried again in \(Int(pause)) s: \(notice.headline)\n\(error)")
        }
        obstacle.code = code
        obstacles[notice.target] = obstacle
        try store.note("\(error)", for: notice.key)
        guard now() - waiting.decidedAt > Self.keepSeconds else { return }
        note("\(notice.route): given up after \(Int(Self.keepSeconds / 86_400)) days; its text stays in notify.db: \(notice.headline)")
        try settle(notice, .givenUp)
    }

    // MARK: Routes to nowhere

    /// The rules of definitions that come, each pipeline's newest.
    private func announce(_ events: [SequencedEvent]) {
        var newest: [String: [NotifyRule]] = [:]
        for entry in events {
            if case .pipelineRegistered(let pipeline) = entry.event.payload { newest[entry.event.pipeline] = pipeline.notify }
        }
        for (pipeline, rules) in newest.sorted(by: { $0.key < $1.key }) {
            for rule in rules { announce(Route(rule, of: pipeline)) }
        }
    }

    /// Says at the start, or when a definition comes, what would be found out only when it is needed.
    private func announce(_ route: Route) {
        do {
            try channels.channel(route.rule.channel).check(route.rule.options)
        } catch {
            note("\(route.name) leads nowhere; what it would tell is kept in notify.db\n\(error)")
        }
    }
}
