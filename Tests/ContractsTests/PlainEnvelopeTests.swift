@testable import Contracts
import Kernel
import Support
import Testing

/// Equal events are equal bytes, whoever writes them.
@Suite struct PlainEnvelopeTests {
    static let texts = ["", "a", "p@1", "é/ü 😀", "with \"quotes\"", "a\\b", "two\nlines", "</script>", "2026-01-02", "\u{7f}\u{2028}"]

    static func event(_ seed: inout Seed) -> Event {
        var random = seed
        defer { seed = random }
        // A function for each of the many small choices.
        func text() -> String { texts[Int.random(in: 0..<(Int.random(in: 0..<4, using: &random) == 0 ? texts.count : 4), using: &random)] }
        func flip() -> Bool { Bool.random(using: &random) }
        func seconds() -> Double { [0, 1, 2.5, 1e9, 3600, -0.0, 86_400][Int.random(in: 0..<7, using: &random)] }
        func time() -> Timestamp { Timestamp(microseconds: Int64.random(in: 0...4_000_000_000_000_000, using: &random) / (flip() ? 1 : 1_000_000) * (flip() ? 1 : 1)) }
        func args() -> JSON {
            switch Int.random(in: 0..<5, using: &random) {
            case 0: [:]
            case 1: ["b": 1, "a": .string(text()), "B": true]
            case 2: ["list": [1, 2]]
            case 3: ["half": 0.5]
            default: ["a": nil]
            }
        }
        func spec() -> TaskSpec {
            var spec = TaskSpec(
                id: TaskID(text()), step: text(), role: .transform, kind: "node", title: text(), args: args(),
                after: (0..<Int.random(in: 0...3, using: &random)).map { _ in flip() ? .task(TaskID(text()), on: flip() ? .ended : .succeeded) : .step(text()) },
                attemptsMax: Int.random(in: 1...5, using: &random), backoffSeconds: seconds(), priority: Int.random(in: -2...2, using: &random), pool: flip() ? text() : nil)
            if flip() { spec.backoffSecondsMax = seconds() }
            if flip() { spec.timeoutSeconds = seconds() }
            if flip() { spec.stepPool = text() }
            return spec
        }
        func report() -> TaskReport {
            var report = TaskReport(attempt: 2, startedAt: time(), finishedAt: time(), worker: text(), rows: flip() ? 7 : nil, message: text(), pools: flip() ? ["w": 1, "b": 3, "é": 2] : [:], details: args())
            if flip() { report.problem = ProblemRecord(code: "a.b", summary: text(), location: text(), remedy: text(), isRetryable: flip(), retryAfterSeconds: flip() ? seconds() : nil) }
            if Int.random(in: 0..<5, using: &random) == 0 { report.books = [BookEntry(stream: "s", batch: 1, point: .landed, tally: Tally(count: 2, sum: 5))] }
            return report
        }
        let payload: Payload = switch Int.random(in: 0..<9, using: &random) {
        case 0: .taskReady(TaskReady(spec: spec(), attempt: 3, logicalDate: time(), isFullRefresh: flip()))
        case 1: .taskSucceeded(report())
        case 2: .taskFailed(report())
        case 3: .tasksAdded(TasksAdded(tasks: (0..<Int.random(in: 0...3, using: &random)).map { _ in spec() }))
        case 4: .taskSkipped(TaskSkipped(because: text()))
        case 5:
            .runStarted(RunStarted(
                request: text(), pipelineHash: text(), logicalDate: time(), isFullRefresh: flip(), steps: [text(), text()], omitted: flip() ? [text()] : [], tasks: [spec()],
                notify: flip() ? [NotifyRule(on: [.failed], channel: "c")] : [], policy: flip() ? PipelinePolicy() : nil))
        case 6:
            .runFailed(RunEnded(
                succeeded: 1, failed: 2, skipped: 3, summary: text(), causes: flip() ? [TaskID(text())] : [], cancelled: flip() ? 1 : 0, warned: flip() ? 1 : 0, warnings: flip() ? [text()] : []))
        case 7:
            .pipelineRegistered(PipelineRegistered(
                hash: text(), tasks: [spec(), spec()], steps: [text()], notify: flip() ? [NotifyRule(on: [.failed], channel: "c")] : [], policy: flip() ? PipelinePolicy() : nil))
        default:
            .runRequested(RunRequested(
                cause: .cron, logicalDate: flip() ? time() : nil, isFullRefresh: flip(), steps: flip() ? [text()] : [], from: flip() ? text() : nil,
                consumes: flip() ? [] : nil))
        }
        return Event(
            source: text(), id: text(), time: time(), pipeline: text(), role: flip() ? .load : nil, run: flip() ? RunID(text()) : nil, task: flip() ? TaskID(text()) : nil,
            priority: Int.random(in: -1...1, using: &random), traceparent: flip() ? text() : nil, payload: payload)
    }

    @Test func `what is written without the coder is what the coder writes`() throws {
        var random = Seed(state: 7), plain = 0
        for _ in 0..<3000 {
            let event = Self.event(&random)
            let coded = try event.codedEnvelope()
            if let bytes = PlainEnvelope.bytes(of: event) {
                plain += 1
                try #require(bytes == coded, "\(String(decoding: bytes, as: UTF8.self))\n\(String(decoding: coded, as: UTF8.self))")
            }
            #expect(try event.envelope() == coded)
        }
        #expect(plain > 300)
    }
}
