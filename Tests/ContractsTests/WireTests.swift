@testable import Contracts
import Foundation
import Kernel
import Support
import Testing

/// What was once written to a log is read for ever, and `Wire.md` says all that a stranger may meet there.
@Suite struct WireTests {
    /// One event of each type with every member that it can have. A type or a member more is a line more in `golden.jsonl`.
    static let examples: [Payload] = {
        let time = EventTests.time, spec = EventTests.spec, report = EventTests.report
        let rule = NotifyRule(on: [.failed, .slaMissed], channel: "email", options: ["recipients": ["a@b.c"]], place: "pipelines/p/pipeline.yml:7")
        let policy = PipelinePolicy(
            overlap: .cancelRunning, activeMax: 2, timeoutSeconds: 60, slaSeconds: 30, slow: .init(expectedSeconds: 10),
            steps: ["ingest": .init(attemptsMax: 4, backoffSeconds: 1, backoffSecondsMax: 9, timeoutSeconds: 8, slaSeconds: 7, priority: 6, pool: "api")], pools: ["api": 2])
        let reference = EventReference(sequence: 7, source: "s", id: "i")
        let ended = RunEnded(succeeded: 1, failed: 1, skipped: 2, summary: "one failed", causes: ["ingest"], cancelled: 1, warned: 1, warnings: ["t: warn: 3 failing rows"])
        return [
            .pipelineRegistered(PipelineRegistered(
                hash: "h", tasks: [spec], steps: ["ingest"], notify: [rule], schedule: Schedule(cron: "0 6 * * *", timezone: "Europe/Berlin", catchUp: .all), policy: policy,
                triggers: TriggerRule(mode: .any, [
                    .upstream(pipeline: "q", on: .succeeded), .file(pattern: "/in/*.csv", settleSeconds: 2), .webhook(secret: "SHOP_SECRET", windowSeconds: 300), .message(type: "shop.paid"),
                ], debounceSeconds: 5, intervalSeconds: 600, ignoresBackfills: true))),
            .pipelineRegistered(PipelineRegistered(hash: "h", tasks: [], steps: [], notify: [], schedule: Schedule(everySeconds: 90, catchUp: .none))),
            .runRequested(RunRequested(cause: .manual)),
            .runRequested(RunRequested(cause: .backfill, logicalDate: time, isFullRefresh: true, steps: ["ingest"], backfill: BackfillReference(id: "b", activeMax: 2), consumes: [reference])),
            .runRequested(RunRequested(cause: .rerun, from: "build", rerun: Rerun(of: "p@1", .from(step: "build")))),
            .runRejected(RunRejected(request: "r", reason: "no such pipeline", code: RunRejected.unknownPipeline, consumed: [reference])),
            .runStarted(RunStarted(
                request: "r", pipelineHash: "h", logicalDate: time, isFullRefresh: false, steps: ["ingest"], omitted: ["build"], tasks: [spec], notify: [rule], policy: policy,
                backfill: BackfillReference(id: "b", activeMax: 2), rerun: Rerun(of: "p@1", .failed), consumed: [reference])),
            .tasksAdded(TasksAdded(tasks: [spec])), .taskReady(TaskReady(spec: spec, attempt: 1, logicalDate: time, isFullRefresh: true)),
            .taskSucceeded(report), .taskFailed(report), .taskSkipped(TaskSkipped(because: "ingest")),
            .taskDeadLettered(TaskDeadLettered(deliveries: 5, reason: "no report", entry: 7)), .taskRequeued(TaskRequeued(entry: 7, deliveries: 5, by: "me")),
            .alertRaised(AlertRaised(code: "broker.forged", summary: "s", location: "l", remedy: "r")),
            .runSucceeded(ended), .runFailed(ended), .runCancelled(ended),
            .runCancelRequested(RunCancelRequested(cause: .overlap, reason: "a newer run")), .pipelinePaused(PipelinePaused(reason: "month's end")), .pipelineUnpaused(PipelineUnpaused()),
            .slaMissed(SLAMissed(due: time, deadline: time, step: "ingest", standing: "not started", notify: [rule])),
            .runSlow(RunSlow(expectedSeconds: 10, factor: 2, startedAt: time, notify: [rule])),
            .fileArrived(FileArrived(pattern: "/in/*.csv", path: "/in/a.csv", sha256: "00", bytes: 3)), .webhookReceived(WebhookReceived(signature: "00", body: ["order": 1])),
            .backfillRequested(BackfillRequested(from: time, to: time, activeMax: 2, everySeconds: 3600, isFullRefresh: true)),
            .backfillPlanned(BackfillPlanned(backfill: "b", runs: 0, refusal: "no schedule")),
            .other(type: "weather.changed.v9", data: ["wind": 3]),
        ]
    }()
    static func event(_ payload: Payload) -> Event {
        Event(source: "golden", id: "1", time: EventTests.time, pipeline: "p", role: .load, run: "p@1", task: "ingest", priority: 3, traceparent: "00-aa", payload: payload)
    }
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    static func golden() throws -> [String] {
        try String(contentsOfFile: "\(repository)/Tests/Fixtures/wire/golden.jsonl", encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test func `every line that was ever written is read, and written again as it was`() throws {
        let lines = try Self.golden()
        for line in lines {
            let event = try Event(envelope: Array(line.utf8))
            if case .other(let type, _) = event.payload { #expect(type == "weather.changed.v9", "\(line)") }
            #expect(String(decoding: try event.envelope(), as: UTF8.self) == line)
        }
        #expect(Set(lines).count == lines.count && lines.count >= Self.examples.count)
    }

    /// A shape that differs from all before is appended to `golden.jsonl`; no line of it is ever changed.
    @Test func `what is written today is among the golden lines`() throws {
        let lines = Set(try Self.golden())
        for payload in Self.examples {
            let line = String(decoding: try Self.event(payload).envelope(), as: UTF8.self)
            #expect(lines.contains(line), "append to Tests/Fixtures/wire/golden.jsonl, once readers of before can read it:\n\(line)")
        }
    }

    /// A member that is forgotten in `PlainEnvelope` would be lost on the way.
    @Test func `each member travels, whoever writes the envelope`() throws {
        for payload in Self.examples { #expect(try Self.event(payload).envelope() == Self.event(payload).codedEnvelope()) }
    }

    @Test func `the page of the wire names each type and each member of its data, and no other`() throws {
        let page = try String(contentsOfFile: "\(Self.repository)/Shared/Bus/Bus.docc/Wire.md", encoding: .utf8)
        func words(_ text: some StringProtocol) -> Set<String> {
            Set(text.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) })
        }
        var members: [String: Set<String>] = [:], row: [String: Set<String>] = [:]
        for payload in Self.examples {
            if case .other = payload { continue }
            members[payload.type, default: []].formUnion(try #require(JSON(parsing: Self.event(payload).envelope())["data"]?.objectValue).keys)
        }
        let report = try #require(page.split(separator: "\n\n").joined(separator: "\n").components(separatedBy: "\n- A report: ").last?.components(separatedBy: ". It must").first)
        for line in page.split(separator: "\n").drop(while: { !$0.hasPrefix("| Type |") }).dropFirst(2).prefix(while: { $0.hasPrefix("|") }) {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            // In brackets stand the values of a member, behind a full stop what is to be said of it.
            let names = cells[2].split(separator: ". ")[0].replacing(/\([^)]*\)/, with: "")
            for type in words(cells[1]) { row[type] = names.contains("a report") ? words(report) : words(names) }
        }
        #expect(Set(row.keys) == Set(members.keys))
        for (type, names) in members.sorted(by: { $0.key < $1.key }) {
            #expect(row[type] == names, "\(type): the page says \(row[type]?.sorted() ?? []), an event has \(names.sorted())")
        }
    }
}
