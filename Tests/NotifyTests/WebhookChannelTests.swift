import Kernel
import NotifyChannels
import NotifyKit
import Support
import Testing

/// Webhooks to a receiver in Python, which verifies the signature with its own library.
@Suite(.serialized) struct WebhookChannelTests {
    static let secret = "planted-secret-4K"
    let folder: TemporaryFolder
    init() throws {
        folder = try TemporaryFolder("hook")
        try folder.write(Self.secret, to: "secret")
    }

    private func channel(_ port: Int, _ extra: [String: String] = [:]) -> WebhookChannel {
        let environment = ["SLUICE_WEBHOOK_URL": "http://127.0.0.1:\(port)/planted-path", "SLUICE_WEBHOOK_SECRET": Self.secret].merging(extra) { _, new in new }
        return WebhookChannel(context: ChannelContext(folder: folder.path, environment: environment))
    }
    private let notice = Notice(
        channel: "webhook", outcome: .recovered, pipeline: "shop", run: "shop@1", endedAt: Timestamp(rfc3339: "2026-01-02T03:04:05Z")!, seconds: 2,
        summary: "3 tasks succeeded ✓", since: Timestamp(rfc3339: "2026-01-01T00:00:00Z")!, failedRuns: 2)

    private func lines(_ name: String) -> [JSON] {
        ((try? folder.read(name)) ?? []).split(separator: 0x0a).compactMap { try? JSON(parsing: Array($0)) }
    }
    private func problem(_ body: () async throws -> Void) async throws -> any Problem {
        do { try await body() } catch let problem as any Problem { return problem }
        throw Companion.Failure(description: "nothing was thrown")
    }

    @Test func `the receiver finds the signature right, and acts once for a key that comes twice`() async throws {
        let receiver = try Companion("webhook.py", folder: folder.path, "200")
        for _ in 0..<2 { try await channel(receiver.port).send(notice) }
        #expect(lines("calls.jsonl").map { $0["good"] } == [true, true])
        #expect(lines("calls.jsonl").first?["kind"] == "application/json")
        let acts = lines("acts.jsonl")
        #expect(acts.map { $0["key"] } == ["shop@1/recovered/webhook"])
        #expect(acts.first?["notice"]?["severity"] == "success")
        #expect(acts.first?["notice"]?["failing_since"] == "2026-01-01T00:00:00Z")
        #expect(acts.first?["notice"]?["headline"] == "shop works again: shop@1")
    }

    @Test func `answers that may pass are tried again later, the others are for a person`() async throws {
        let receiver = try Companion("webhook.py", folder: folder.path, "500,429,404,302,200")
        let channel = channel(receiver.port)
        #expect(try await problem { try await channel.send(notice) }.response == .retry(afterSeconds: nil))
        #expect(try await problem { try await channel.send(notice) }.response == .retry(afterSeconds: 1))
        for _ in 0..<2 {
            let problem = try await problem { try await channel.send(notice) }
            #expect(problem.response == .stop)
            #expect(problem.code == "notify.webhook_refused")
        }
        try await channel.send(notice)
        #expect(lines("acts.jsonl").count == 1)
    }

    @Test func `a wrong secret is refused by the receiver, and the error shows neither secret nor path`() async throws {
        let receiver = try Companion("webhook.py", folder: folder.path, "200")
        let problem = try await problem { try await channel(receiver.port, ["SLUICE_WEBHOOK_SECRET": "planted-other"]).send(notice) }
        #expect("\(problem)".contains("the webhook answered 401"))
        #expect("\(problem)".contains("webhook at 127.0.0.1:\(receiver.port)"))
        #expect(!"\(problem)".contains("planted"))
        #expect(lines("acts.jsonl").isEmpty)
    }

    @Test func `a receiver that never answers costs no more than the time limit`() async throws {
        let receiver = try Companion("webhook.py", folder: folder.path, "0")
        let begin = ContinuousClock.now
        let problem = try await problem { try await channel(receiver.port, ["SLUICE_WEBHOOK_TIMEOUT_SECONDS": "1"]).send(notice) }
        #expect(problem.code == "http.timeout")
        #expect(problem.response == .retry(afterSeconds: nil))
        #expect(ContinuousClock.now - begin < .seconds(12))
    }

    @Test func `without a secret nothing is sent`() async throws {
        let problem = try await problem { try channel(1, ["SLUICE_WEBHOOK_SECRET": ""]).check([:]) }
        #expect(problem.summary.contains("SLUICE_WEBHOOK_SECRET is not set"))
        #expect(try await self.problem { try channel(1).check(["url": "ftp://x"]) }.summary.contains("no web address"))
    }

    @Test func `an examination connects and asks nothing; of the address it shows the host alone`() async throws {
        let receiver = try Companion("webhook.py", folder: folder.path, "200")
        #expect(try await channel(receiver.port).examine([:]) == "127.0.0.1:\(receiver.port) takes connections")
        #expect(lines("calls.jsonl").isEmpty)
        let away = try await problem { _ = try await channel(1).examine([:]) }
        #expect(away.code == "http.refused" && "\(away)".contains("webhook at 127.0.0.1:1") && !"\(away)".contains("planted"))
    }
}
