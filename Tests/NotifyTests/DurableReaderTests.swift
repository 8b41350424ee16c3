import Contracts
import Kernel
import NotifyChannels
import NotifyEngine
import NotifyKit
import Support
import Synchronization
import Testing

/// Keeps what it was asked to send; cannot be asked for a key.
private final class Wall: Sendable {
    let texts = Mutex<[String]>([])
}
private struct WallChannel: Channel {
    static let name = "wall"
    static let summary = "a list"
    static let delivery = ChannelDelivery.atLeastOnce
    @TaskLocal static var wall = Wall()
    init(context: ChannelContext) {}
    nonisolated(nonsending) func send(_ notice: Notice) async throws { Self.wall.texts.withLock { $0.append(notice.key) } }
}
private struct Refusing: Channel {
    static let name = "refusing"
    static let summary = "nothing"
    static let delivery = ChannelDelivery.once
    init(context: ChannelContext) {}
    nonisolated(nonsending) func send(_ notice: Notice) async throws { throw Killed() }
}
private struct Killed: Error {}

@Suite struct DurableReaderTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder("notify") }

    private func registry() throws -> ChannelRegistry {
        try ChannelRegistry([FileChannel.self, WallChannel.self, Refusing.self], context: ChannelContext(folder: folder.path, environment: [:]))
    }

    private var lines: [String] {
        let bytes = (try? folder.read("notifications.jsonl")) ?? []
        return bytes.split(separator: 0x0a).map { (try? JSON(parsing: Array($0)))?["key"]?.stringValue ?? "unreadable" }
    }

    /// One life of the program: reads `log` from where the last life stored its position, in small steps.
    private func live(_ log: Log, reach: @escaping @Sendable (String) throws -> Void = { _ in }, note: @escaping @Sendable (String) -> Void = { _ in }) async throws -> Dispatcher {
        let store = try NoticeStore(path: "\(folder.path)/notify.db", now: Timestamp(rfc3339: "2026-01-01T00:00:00Z")!)
        let dispatcher = try Dispatcher(store: store, channels: registry(), logFolder: "/logs", reach: reach, note: note)
        try await dispatcher.send()
        for event in log.events where event.sequence > dispatcher.position {
            try dispatcher.fold([event], upTo: event.sequence)
            try await dispatcher.send()
        }
        return dispatcher
    }

    private var log: Log {
        var log = Log()
        let rules = both + [NotifyRule(on: [.failed, .succeeded], channel: "wall")]
        log.start("shop@0", rules)
        log.failingRun("shop@1", rules)
        log.failingRun("shop@2", [])
        log.succeed("shop@0")
        return log
    }

    @Test func `killed at any step, the file holds each notice once and the wall at least once`() async throws {
        let expected = ["shop@1/failed/file", "shop@0/recovered/file"]
        for step in 1... {
            let home = try DurableReaderTests()
            let wall = Wall()
            let passed = Mutex(0)
            let wasKilled = Mutex(false)
            try await WallChannel.$wall.withValue(wall) {
                do {
                    _ = try await home.live(log) { _ in
                        guard passed.withLock({ $0 += 1; return $0 }) == step else { return }
                        wasKilled.withLock { $0 = true }
                        throw Killed()
                    }
                } catch is Killed {
                    _ = try await home.live(log)
                }
            }
            #expect(home.lines == expected, "killed at step \(step)")
            let told = wall.texts.withLock { $0 }
            #expect(Set(told) == ["shop@1/failed/wall", "shop@0/recovered/wall"])
            #expect(told.count <= 3)
            guard wasKilled.withLock({ $0 }) else {
                // Two decisions and four notices of three steps each.
                #expect(step == 15)
                return
            }
        }
    }

    @Test func `killed again and again, nothing is lost`() async throws {
        try await WallChannel.$wall.withValue(Wall()) {
            for _ in 0..<4 { _ = try? await live(log) { if $0 == "notify.after_send" { throw Killed() } } }
            #expect(lines == ["shop@1/failed/file"])
            _ = try await live(log)
            #expect(lines == ["shop@1/failed/file", "shop@0/recovered/file"])
        }
    }

    @Test func `a line torn at any byte is taken away and written whole`() async throws {
        var routes = Routes(logFolder: "/logs")
        for event in log.events { routes.apply(event) }
        let notices = routes.decision.notices.filter { $0.channel == "file" }
        let channel = FileChannel(context: ChannelContext(folder: folder.path, environment: [:]))
        try await channel.send(notices[0])
        let first = try folder.read("notifications.jsonl")
        let second = notices[1].json.bytes + [0x0a]
        for count in 0...second.count {
            try folder.write(first + second.prefix(count), to: "notifications.jsonl")
            try await channel.send(notices[1])
            #expect(lines == notices.map(\.key), "torn behind \(count) bytes")
        }
    }

    @Test func `an unknown channel is one line of the log, its notice is kept and nobody else waits`() async throws {
        var log = Log()
        log.failingRun("shop@1", [NotifyRule(on: [.failed], channel: "pigeon"), NotifyRule(on: [.failed], channel: "file")])
        log.failingRun("shop@2", [NotifyRule(on: [.failed], channel: "pigeon")], ["ingest.other"])
        let notes = Mutex<[String]>([])
        let dispatcher = try await live(log) { text in notes.withLock { $0.append(text) } }
        try await dispatcher.send()
        #expect(notes.withLock { $0.count } == 1)
        #expect(notes.withLock { $0.first }?.contains("notify rule 'to: pigeon' of pipeline shop: not sent, kept in notify.db") == true)
        #expect(notes.withLock { $0.first }?.contains("there is no channel 'pigeon'") == true)
        #expect(notes.withLock { $0.first }?.contains("write file or wall or refusing") == true)
        #expect(lines == ["shop@1/failed/file"])
        let store = try NoticeStore(path: "\(folder.path)/notify.db", now: Timestamp(microseconds: 0))
        #expect(try store.keys() == ["shop@1/failed/file"])
        #expect(try store.outbox().map(\.notice.key) == ["shop@1/failed/pigeon", "shop@2/failed/pigeon"])
    }

    @Test func `a rule to nowhere is told when its definition comes, by file and line, and again in the place of what it would tell`() async throws {
        var log = Log()
        let lost = NotifyRule(on: [.failed], channel: "pigeon", place: "/p/shop/pipeline.yml:12")
        let rules = [lost, NotifyRule(on: [.failed], channel: "file", options: ["colour": "red"], place: "/p/shop/pipeline.yml:13"), both[0]]
        log.append("shop@0", nil, .pipelineRegistered(PipelineRegistered(hash: "h", tasks: [], steps: [], notify: rules)))
        let notes = Mutex<[String]>([])
        _ = try await live(log) { text in notes.withLock { $0.append(text) } }
        let told = notes.withLock { $0 }
        #expect(told.count == 2)
        #expect(told.first?.hasPrefix("notify rule 'to: pigeon' of pipeline shop (/p/shop/pipeline.yml:12) leads nowhere") == true)
        #expect(told.last?.contains("/p/shop/pipeline.yml:13") == true && told.last?.contains("has no option 'colour'") == true)
        log.failingRun("shop@1", [lost])
        _ = try await live(log) { text in notes.withLock { $0.append(text) } }
        #expect(notes.withLock { $0.last }?.hasPrefix("notify rule 'to: pigeon' of pipeline shop (/p/shop/pipeline.yml:12): not sent, kept in notify.db") == true)
    }

    @Test func `a channel that fails is asked less and less often, keeps its notices and holds neither another nor the log up`() async throws {
        var log = Log()
        log.failingRun("shop@1", [NotifyRule(on: [.failed], channel: "refusing"), NotifyRule(on: [.failed], channel: "file")])
        let notes = Mutex<[String]>([])
        let time = Mutex(1000.0)
        let store = try NoticeStore(path: "\(folder.path)/notify.db", now: Timestamp(rfc3339: "2026-01-01T00:00:00Z")!)
        let dispatcher = try Dispatcher(
            store: store, channels: registry(), logFolder: "/logs", reach: { _ in }, note: { text in notes.withLock { $0.append(text) } },
            clock: { time.withLock { $0 } })
        try dispatcher.fold(log.events, upTo: 4)
        #expect(dispatcher.confirmable == 4)
        try await dispatcher.send()
        #expect(lines == ["shop@1/failed/file"])
        var pauses: [Double] = []
        for _ in 0..<10 {
            let pause = try #require(dispatcher.secondsToNextTry)
            pauses.append(pause)
            try await dispatcher.send()
            time.withLock { $0 += pause }
            try await dispatcher.send()
        }
        #expect(pauses == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900])
        #expect(dispatcher.failedCount == 11)
        #expect(notes.withLock { $0.count } == 1)
        #expect(dispatcher.waitingCount == 1)
    }

    @Test func `of a channel that fails, one notice is tried at a time, and the others go out meanwhile`() async throws {
        var log = Log()
        let targets = (1...3).map { NotifyRule(on: [.failed], channel: "refusing", options: ["room": JSON($0)]) }
        log.failingRun("shop@1", targets + [NotifyRule(on: [.failed], channel: "file")])
        let store = try NoticeStore(path: "\(folder.path)/notify.db", now: Timestamp(rfc3339: "2026-01-01T00:00:00Z")!)
        let dispatcher = try Dispatcher(store: store, channels: registry(), logFolder: "/logs", reach: { _ in }, note: { _ in }, clock: { 1000 })
        try dispatcher.fold(log.events, upTo: UInt64(log.events.count))
        try await dispatcher.send()
        #expect(dispatcher.failedCount == 1 && lines == ["shop@1/failed/file"] && dispatcher.waitingCount == 3)
        // The next one may be tried at once, when the log has been looked at.
        #expect(dispatcher.secondsToNextTry == 0)
        for count in 2...3 {
            try await dispatcher.send()
            #expect(dispatcher.failedCount == count)
        }
        #expect(dispatcher.secondsToNextTry == 5)
        try await dispatcher.send()
        #expect(dispatcher.failedCount == 3)
    }

    @Test func `what nobody takes for a week is given up, and its text stays`() async throws {
        var log = Log()
        log.failingRun("shop@1", [NotifyRule(on: [.failed], channel: "refusing")])
        let today = Mutex(log.now)
        let notes = Mutex<[String]>([])
        let store = try NoticeStore(path: "\(folder.path)/notify.db", now: Timestamp(rfc3339: "2026-01-01T00:00:00Z")!)
        func life() throws -> Dispatcher {
            try Dispatcher(store: store, channels: registry(), logFolder: "/logs", reach: { _ in }, note: { text in notes.withLock { $0.append(text) } }, now: { today.withLock { $0 } })
        }
        let first = try life()
        try first.fold(log.events, upTo: UInt64(log.events.count))
        try await first.send()
        today.withLock { $0 = $0.adding(seconds: 8 * 86_400) }
        let second = try life()
        #expect(second.waitingCount == 1)
        try await second.send()
        #expect(second.waitingCount == 0)
        #expect(try store.keys() == ["shop@1/failed/refusing"])
        #expect(notes.withLock { $0.last } == "notify rule 'to: refusing' of pipeline shop: given up after 7 days; its text stays in notify.db: shop failed: shop@1")
    }

    @Test func `what is settled is confirmed and a new log is read from its start`() async throws {
        try await WallChannel.$wall.withValue(Wall()) {
            let log = self.log
            let dispatcher = try await live(log)
            #expect(dispatcher.confirmable == UInt64(log.events.count))
            try dispatcher.startOver()
            #expect(dispatcher.position == 0)
            try dispatcher.fold(log.events, upTo: 99)
            try await dispatcher.send()
            #expect(lines.count == 2)
        }
    }
}

extension DurableReaderTests {
    private func live(_ log: Log, note: @escaping @Sendable (String) -> Void) async throws -> Dispatcher { try await live(log, reach: { _ in }, note: note) }
}
