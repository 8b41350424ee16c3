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
            dispatcher.fold([event], upTo: event.sequence)
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
        let expected = ["shop@1/failed/file", "shop@0/succeeded/file"]
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
            #expect(Set(told) == ["shop@1/failed/wall", "shop@0/succeeded/wall"])
            #expect(told.count <= 3)
            guard wasKilled.withLock({ $0 }) else {
                #expect(step == 13)
                return
            }
        }
    }

    @Test func `killed again and again, nothing is lost`() async throws {
        try await WallChannel.$wall.withValue(Wall()) {
            for _ in 0..<4 { _ = try? await live(log) { if $0 == "notify.after_send" { throw Killed() } } }
            #expect(lines == ["shop@1/failed/file"])
            _ = try await live(log)
            #expect(lines == ["shop@1/failed/file", "shop@0/succeeded/file"])
        }
    }

    @Test func `a line torn at any byte is taken away and written whole`() async throws {
        var routes = Routes(logFolder: "/logs")
        for event in log.events { routes.apply(event) }
        let notices = routes.due.filter { $0.channel == "file" }
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

    @Test func `an unknown channel is one line of the log and keeps nobody else waiting`() async throws {
        var log = Log()
        log.failingRun("shop@1", [NotifyRule(on: [.failed], channel: "pigeon"), NotifyRule(on: [.failed], channel: "file")])
        let notes = Mutex<[String]>([])
        for _ in 0..<2 { _ = try await live(log) { text in notes.withLock { $0.append(text) } } }
        #expect(notes.withLock { $0.count } == 1)
        #expect(notes.withLock { $0.first }?.contains("'pigeon', which does not exist; write file or wall or refusing") == true)
        #expect(lines == ["shop@1/failed/file"])
        let store = try NoticeStore(path: "\(folder.path)/notify.db", now: Timestamp(microseconds: 0))
        #expect(try store.keys() == ["shop@1/failed/pigeon", "shop@1/failed/file"])
    }

    @Test func `a channel that fails keeps its notice and the position, and holds no other up`() async throws {
        var log = Log()
        log.failingRun("shop@1", [NotifyRule(on: [.failed], channel: "refusing"), NotifyRule(on: [.failed], channel: "file")])
        let notes = Mutex<[String]>([])
        let dispatcher = try await live(log) { text in notes.withLock { $0.append(text) } }
        try await dispatcher.send()
        #expect(dispatcher.hasDue)
        #expect(dispatcher.confirmable == 0)
        #expect(lines == ["shop@1/failed/file"])
        #expect(notes.withLock { $0.count } == 1)
    }

    @Test func `what is settled is confirmed and a new log is read from its start`() async throws {
        try await WallChannel.$wall.withValue(Wall()) {
            let log = self.log
            let dispatcher = try await live(log)
            #expect(dispatcher.confirmable == UInt64(log.events.count))
            try dispatcher.startOver()
            #expect(dispatcher.position == 0)
            dispatcher.fold(log.events, upTo: 99)
            try await dispatcher.send()
            #expect(lines.count == 2)
        }
    }
}

extension DurableReaderTests {
    private func live(_ log: Log, note: @escaping @Sendable (String) -> Void) async throws -> Dispatcher { try await live(log, reach: { _ in }, note: note) }
}
