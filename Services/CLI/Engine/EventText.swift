public import Contracts
import Kernel

/// An event as one line for people: time, sequence, type, what it is about, and what it says in short.
public struct EventText: Sendable {
    static let typeColumns = 18
    private let paint: RunText

    public init(isColoured: Bool) { paint = RunText(isColoured: isColoured) }

    public func line(_ entry: SequencedEvent) -> String {
        let event = entry.event
        let sequence = String(entry.sequence)
        let word = Self.word(event.type)
        let type = word + String(repeating: " ", count: max(0, Self.typeColumns - word.count))
        let space = String(repeating: " ", count: max(0, 14 - sequence.count))
        var words = [paint.dim("\(Self.time(event.time))\(space)\(sequence)"), coloured(type, event.payload), subject(event)]
        let says = says(event.payload)
        if !says.isEmpty { words.append(says) }
        return words.joined(separator: "  ")
    }

    /// The envelope on one line, with `sequence` before its members.
    public static func json(_ entry: SequencedEvent) throws -> String {
        var json: JSON = ["sequence": .integer(Int64(clamping: entry.sequence))]
        for (key, value) in try JSON(parsing: entry.event.envelope()).objectValue?.pairs ?? [] { json[key] = value }
        return json.text()
    }

    /// `task.succeeded`: the version is for programs.
    private static func word(_ type: String) -> String {
        let parts = type.split(separator: ".")
        guard let last = parts.last, last.first == "v", last.dropFirst().allSatisfy(\.isNumber), parts.count > 1 else { return printable(type) }
        return printable(parts.dropLast().joined(separator: "."))
    }

    /// `2026-01-31 06:00:00.123`, UTC.
    private static func time(_ time: Timestamp) -> String {
        let clock = time.civil
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(clock.year, 4))-\(padded(clock.month, 2))-\(padded(clock.day, 2)) "
            + "\(padded(clock.hour, 2)):\(padded(clock.minute, 2)):\(padded(clock.second, 2)).\(padded(clock.microsecond / 1000, 3))"
    }

    /// A run's name begins with its pipeline's, so that is said once.
    private func subject(_ event: Event) -> String {
        let run = event.run?.description ?? { if case .runRequested = event.payload { event.id } else { nil } }()
        let words = Self.printable(run.map { $0.hasPrefix("\(event.pipeline)@") ? $0 : "\(event.pipeline) \($0)" } ?? event.pipeline)
        return event.task.map { "\(words) \(paint.bold(Self.shortened(Self.printable($0.description), 64)))" } ?? words
    }

    private func says(_ payload: Payload) -> String {
        let text: String = switch payload {
        case .pipelineRegistered(let pipeline): "steps \(pipeline.steps.joined(separator: ", "))"
        case .runRequested(let wish):
            ([wish.cause.rawValue] + (wish.isFullRefresh ? ["full refresh"] : []) + (wish.steps.isEmpty ? [] : ["steps \(wish.steps.joined(separator: ", "))"])
                + (wish.from.map { ["from \($0)"] } ?? [])).joined(separator: ", ")
        case .runRejected(let rejected): rejected.reason
        case .runStarted(let started): "\(started.isPartial ? "partial, " : "")steps \(started.steps.joined(separator: ", "))"
        case .tasksAdded(let added): added.tasks.count == 1 ? "1 task" : "\(added.tasks.count) tasks"
        case .taskReady(let ready): "for \(ready.spec.role.rawValue)\(ready.attempt > 1 ? ", attempt \(ready.attempt)" : "")"
        case .taskSucceeded(let report): report.message
        case .taskFailed(let report): report.problem.map { "\($0.code): \($0.summary)" } ?? report.message
        case .taskSkipped(let skipped): "because of \(skipped.because)"
        case .taskDeadLettered(let letter): "\(letter.reason); entry \(letter.entry)"
        case .taskRequeued(let fact): "offered again\(fact.by.isEmpty ? "" : " by \(fact.by)"); entry \(fact.entry)"
        case .alertRaised(let alert): "\(alert.code): \(alert.summary)"
        case .runSucceeded(let ended), .runFailed(let ended), .runCancelled(let ended): ended.summary
        case .runCancelRequested(let wish): wish.reason.isEmpty ? wish.cause.rawValue : "\(wish.cause.rawValue): \(wish.reason)"
        case .pipelinePaused(let pause): pause.reason
        case .pipelineUnpaused: ""
        case .slaMissed(let missed): "\(missed.step.map { "step \($0), " } ?? "")deadline \(missed.deadline): \(missed.standing)"
        case .runSlow(let slow): "more than \(slow.factor) times \(slow.expectedSeconds) s"
        case .fileArrived(let file): "\(file.path), \(file.bytes) bytes"
        case .webhookReceived(let webhook): webhook.body.text()
        case .backfillRequested(let wish): "\(wish.from) to \(wish.to)"
        case .backfillPlanned(let plan): plan.refusal ?? "\(plan.runs) runs"
        case .other(_, let data): data.isNull ? "" : data.text()
        }
        return Self.shortened(Self.printable(text), 120)
    }

    private func coloured(_ type: String, _ payload: Payload) -> String {
        switch payload {
        case .runSucceeded, .taskSucceeded: paint.green(type)
        case .runFailed, .taskFailed, .taskDeadLettered, .runRejected, .slaMissed, .alertRaised: paint.red(type)
        case .taskSkipped, .runCancelled, .runCancelRequested, .runSlow, .pipelinePaused: paint.yellow(type)
        default: type
        }
    }

    private static func shortened(_ text: String, _ columns: Int) -> String { text.count <= columns ? text : text.prefix(columns - 1) + "…" }

    /// On one line and without what a terminal would obey: a message may hold any text.
    static func printable(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) ? " " : scalar) }
        return String(scalars)
    }
}
