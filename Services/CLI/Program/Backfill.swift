import ArgumentParser
import Bus
import CLIEngine
import Contracts
import Glibc
import Kernel
import Pipelines
import Runs
import ServiceKit

/// `sluice backfill <pipeline>`: a run for each due time of a range.
struct Backfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a pipeline for each time at which it was due in a range, and follow that to its end.",
        discussion: "Runs of a backfill wait for regular ones. A pipeline without a schedule has a run for each day.")

    @Argument(help: "The pipeline's name.") var pipeline: String
    @Option(help: ArgumentHelp("The first time, as 2026-01-31 or 2026-01-31T06:00:00Z, in UTC.", valueName: "date")) var from: String
    @Option(help: ArgumentHelp("The last time; a day alone is meant to its end.", valueName: "date")) var to: String
    @Option(help: ArgumentHelp("How many of its runs at once.", valueName: "count")) var maxActive = 1
    @Option(help: ArgumentHelp("The step between two runs instead of the pipeline's schedule, as 1h or 1d.", valueName: "duration")) var every: String?
    @Flag(help: "Re-read the sources from the start and rebuild incremental models, in each run.") var fullRefresh = false
    @Flag(help: "Do not wait for its end.") var detach = false

    func run() async throws {
        guard let first = Self.time(from, isEnd: false) else { throw ValidationError("--from '\(from)' is no date like 2026-01-31") }
        guard let last = Self.time(to, isEnd: true) else { throw ValidationError("--to '\(to)' is no date like 2026-01-31") }
        guard (1...100).contains(maxActive) else { throw ValidationError("--max-active is a number from 1 to 100") }
        let step = try every.map { text in
            guard let seconds = DurationText.seconds(text), seconds >= 1 else { throw ValidationError("--every '\(text)' is no duration like 1d") }
            return seconds
        }
        let wish = BackfillRequested(from: first, to: last, activeMax: maxActive, everySeconds: step, isFullRefresh: fullRefresh ? true : nil)
        let request = Event.saying(.backfillRequested(wish), of: pipeline, by: "cli")
        let failed = try await Installation().withBroker(topics: ["run.", "backfill."], needsPrograms: true) { client in
            try await client.publish([request])
            var progress = BackfillProgress(client, id: request.id)
            let planned = try await progress.plan()
            if let refusal = planned.refusal { throw PlainProblem("cli.backfill_refused", "the backfill was refused: \(refusal)", at: .named(pipeline), remedy: "ask for another range") }
            Terminal.say("\(planned.runs) \(planned.runs == 1 ? "run" : "runs") of \(pipeline) asked for")
            if maxActive > 1, try await PipelineBoard(client).entries[pipeline]?.definition.hasCursors == true {
                Terminal.complain("sluice: the runs of \(pipeline) go one at a time: each goes on from the cursors of the one before")
            }
            guard !detach else { return 0 }
            Signals().onStop {
                Terminal.complain("sluice: the runs that were asked for go on; sluice runs cancel --backfill \(pipeline) ends them")
                _exit(130)
            }
            return try await progress.finish { state in
                let why = state.end.map { $0.isSuccess ? "" : "  \($0.summary.summary)" } ?? ""
                Terminal.say("\(Terminal.text.padded(Terminal.text.word(state.end?.outcome ?? .failed), 9))  \(state.id)\(why)")
            }
        }
        if failed > 0 { throw ExitCode(1) }
    }

    private static func time(_ text: String, isEnd: Bool) -> Timestamp? {
        if let time = Timestamp(rfc3339: text) { return time }
        return Timestamp(rfc3339: "\(text)T\(isEnd ? "23:59:59.999999" : "00:00:00")Z")
    }
}
