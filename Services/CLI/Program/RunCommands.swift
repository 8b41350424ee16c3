import ArgumentParser
import Bus
import CLIEngine
import Contracts
import Kernel
import Pipelines
import Platform
import Runs
import ServiceKit
import Wire

/// `sluice run <pipeline>`: asks the running programs for a run.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run a pipeline on the programs that are up, and follow it.")

    @Argument(help: "The pipeline's name.") var pipeline: String
    @Flag(help: "Re-read the sources from the start and rebuild incremental models.") var fullRefresh = false
    @Option(help: ArgumentHelp("The time that the run stands for, as 2026-01-31T06:00:00Z.", valueName: "time")) var logicalDate: String?
    @Option(help: ArgumentHelp("Run this step alone; may be given several times.", valueName: "step")) var step: [String] = []
    @Option(help: ArgumentHelp("Run this step and all behind it.", valueName: "step")) var from: String?
    @Flag(help: "Print the run's name and do not wait for its end.") var detach = false

    func validate() throws {
        if from != nil, !step.isEmpty { throw ValidationError("--step and --from exclude each other") }
    }

    func run() async throws {
        guard Name.isValid(pipeline) else { throw ValidationError("'\(pipeline)' is no pipeline's name") }
        var date: Timestamp?
        if let logicalDate {
            guard let time = Timestamp(rfc3339: logicalDate) else { throw ValidationError("'\(logicalDate)' is not a time like 2026-01-31T06:00:00Z") }
            date = time
        }
        let request = Event.asking(RunRequested(cause: .manual, logicalDate: date, isFullRefresh: fullRefresh, steps: step, from: from), of: pipeline, by: "cli")
        let installation = try Installation()
        let state: RunState? = try await installation.withBroker(topics: ["run.", "task."], needsPrograms: true) { client in
            guard !detach else {
                try await client.publish([request])
                Terminal.say(request.id)
                return nil
            }
            RunFollower.sayOnStop(request.id)
            return try await RunFollower(client: client).run(request)
        }
        if state?.end?.isSuccess == false { throw ExitCode(1) }
    }
}

/// `sluice runs`: what has run.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List runs, show one, end one, or do one over.", subcommands: [List.self, Show.self, Cancel.self, Again.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The newest runs.")
        @Option(help: "How many at most.") var limit = 20
        @Option(help: "Only runs of this pipeline.") var pipeline: String?

        func validate() throws {
            if limit < 1 { throw ValidationError("--limit is a number from 1 on") }
        }

        func run() async throws {
            try await Installation().withBroker { client in
                var history = RunHistory(client)
                try await history.catchUp()
                let board = try await PipelineBoard(client)
                let lines = Terminal.text.list(history, board, pipeline: pipeline, limit: limit, now: SystemClock.now())
                if lines.isEmpty { Terminal.say("no runs yet") }
                for line in lines { Terminal.say(line) }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The task graph of a run and its balance sheet.")
        @Argument(help: "The run's name; the newest run without it.") var run: String?

        func run() async throws {
            try await Installation().withBroker { client in
                var history = RunHistory(client)
                try await history.catchUp()
                guard let id = run.map({ RunID($0) }) ?? history.order.last else {
                    throw PlainProblem("cli.unknown_run", "nothing has run yet", at: .named("sluice runs show"), remedy: "ask for a run with sluice run PIPELINE")
                }
                if let state = history.runs[id] {
                    Terminal.say(Terminal.text.graph(state))
                } else if let lines = Terminal.text.request(id, history, try await PipelineBoard(client)) {
                    Terminal.say(lines)
                } else {
                    throw RunHistory.unknown(id.description, "sluice runs show")
                }
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a run before its time: what waits is dropped, what works is stopped without a half effect.")
        @Argument(help: "The run's name.") var run: String?
        @Option(help: ArgumentHelp("End what is left of this pipeline's backfills instead.", valueName: "pipeline")) var backfill: String?
        @Option(help: "Why, for those who look at it later.") var reason = ""
        @Flag(help: "Do not wait for its end.") var detach = false

        func validate() throws {
            if (run == nil) == (backfill == nil) { throw ValidationError("name a run, or a pipeline with --backfill") }
        }

        func run() async throws {
            try await Installation().withBroker(topics: ["run.", "task."], needsPrograms: true) { client in
                var history = RunHistory(client)
                try await history.catchUp()
                if let backfill { return try await end(history.openBackfill(of: backfill), of: backfill, history, client) }
                let run = run ?? "", id = RunID(run)
                guard let pipeline = history.requested[id]?.pipeline ?? history.runs[id]?.pipeline else { throw RunHistory.unknown(run, "sluice runs cancel") }
                if let outcome = history.runs[id]?.end?.outcome {
                    Terminal.say("\(id) has \(outcome.rawValue) already")
                    return
                }
                try await client.publish([.saying(.runCancelRequested(RunCancelRequested(reason: reason)), of: pipeline, run: id, by: "cli")])
                guard !detach else { return }
                do {
                    let state = try await history.follow(id) { _ in }
                    let outcome = state.end?.outcome ?? .cancelled, words = state.end?.summary.summary ?? ""
                    Terminal.say("\(id) \(Terminal.text.word(outcome))\(words == outcome.rawValue ? "" : ": \(words)")")
                } catch let problem as PlainProblem where problem.code == "cli.run_rejected" {
                    Terminal.say("\(id): \(problem.summary)")
                }
            }
        }

        private func end(_ runs: [RunID], of pipeline: String, _ history: RunHistory, _ client: BusClient) async throws {
            let words = "\(runs.count) \(runs.count == 1 ? "run" : "runs") of backfills of \(pipeline)"
            // The last ones first: none of them begins while the others are being ended.
            for part in stride(from: runs.count, to: 0, by: -500).map({ runs[max(0, $0 - 500)..<$0] }) {
                try await client.publish(part.reversed().map { .saying(.runCancelRequested(RunCancelRequested(reason: reason)), of: pipeline, run: $0, by: "cli") })
            }
            var history = history
            if !detach, !runs.isEmpty { try await history.waitForEnds(of: runs) }
            Terminal.say(runs.isEmpty ? "nothing of a backfill of \(pipeline) is left" : detach ? "\(words) are to end" : "\(words) ended")
        }
    }
}

extension RunsCommand {
    struct Again: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rerun", abstract: "Do a run over, under a name of its own: whole, from a step on, or only what did not succeed.",
            discussion: "It stands for the same logical date, and follows the definition as it is now. The earlier run stays as it was.")
        @Argument(help: "The run's name.") var run: String
        @Option(help: ArgumentHelp("This step and those after it.", valueName: "step")) var from: String?
        @Flag(help: "Only the steps, streams and models that did not succeed.") var failed = false
        @Flag(help: "Print the new run's name and do not wait for its end.") var detach = false

        func validate() throws {
            if from != nil, failed { throw ValidationError("--from and --failed exclude each other") }
        }

        func run() async throws {
            let state: RunState? = try await Installation().withBroker(topics: ["run.", "task."], needsPrograms: true) { client in
                var history = RunHistory(client)
                try await history.catchUp()
                let id = RunID(run)
                guard let pipeline = history.runs[id]?.pipeline else { throw RunHistory.unknown(run, "sluice runs rerun") }
                let request = Event.asking(
                    RunRequested(cause: .rerun, rerun: Rerun(of: id, failed ? .failed : from.map { .from(step: $0) } ?? .whole)), of: pipeline, by: "cli")
                guard !detach else {
                    try await client.publish([request])
                    Terminal.say(request.id)
                    return nil
                }
                RunFollower.sayOnStop(request.id)
                return try await RunFollower(client: client).run(request)
            }
            if let end = state?.end, !end.isSuccess { throw ExitCode(1) }
        }
    }
}

/// `sluice pause <pipeline>`: no run of it begins until it is unpaused.
struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Let no run of a pipeline begin; what runs goes on.")
    @Argument(help: "The pipeline's name.") var pipeline: String
    @Option(help: "Why, for those who look at it later.") var reason = ""

    func run() async throws {
        try await PipelineWord.publish(.pipelinePaused(PipelinePaused(reason: reason)), of: pipeline, "sluice pause")
        Terminal.say("\(pipeline) is paused")
    }
}

/// `sluice unpause <pipeline>`.
struct Unpause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Let a pipeline's runs begin again, those that waited first.")
    @Argument(help: "The pipeline's name.") var pipeline: String

    func run() async throws {
        try await PipelineWord.publish(.pipelineUnpaused(PipelineUnpaused()), of: pipeline, "sluice unpause")
        Terminal.say("\(pipeline) is not paused")
    }
}

/// Says something of a pipeline that the log knows.
enum PipelineWord {
    static func publish(_ payload: Payload, of pipeline: String, _ command: String) async throws {
        try await Installation().withBroker { client in
            let board = try await PipelineBoard(client)
            guard board.entries[pipeline] != nil else {
                throw PlainProblem(
                    "cli.unknown_pipeline", "no pipeline is named '\(pipeline)'", at: .named(command),
                    remedy: board.entries.isEmpty ? "start the programs with sluice up --pipelines FOLDER" : "name one of \(board.entries.keys.sorted().joined(separator: ", "))")
            }
            try await client.publish([.saying(payload, of: pipeline, by: "cli")])
        }
    }
}

/// `sluice dbt …`: the sibling that links the modelling engine.
struct Dbt: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "dbt's own commands, run by sluice-dbt.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
    func run() throws { try Installation().become("sluice-dbt", arguments) }
}

/// `sluice query <warehouse> <sql>`: the sibling that links the engines.
struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "query", abstract: "Print the rows of a query on a warehouse.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
    func run() throws { try Installation().become("sluice-load", ["query"] + arguments) }
}

/// `sluice load <file> --into <table> --warehouse <url>`: the sibling that links the engines.
struct LoadFile: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "load", abstract: "Load one file into a warehouse's table, exactly once.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
    func run() throws { try Installation().become("sluice-load", ["load"] + arguments) }
}

/// `sluice quarantine list | retry`: the same sibling.
struct QuarantineRows: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "quarantine", abstract: "List rows that could not be loaded, or load them again.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
    func run() throws { try Installation().become("sluice-load", ["quarantine"] + arguments) }
}

/// `sluice trace <table> <key>`: the same sibling.
struct Trace: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Say where a row of a raw table comes from, to the bytes of a landed file.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
    func run() throws { try Installation().become("sluice-load", ["trace"] + arguments) }
}

/// `sluice connectors list | spec NAME | check NAME SETTING=VALUE…`: the sibling that links them.
struct ConnectorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "connectors", abstract: "Show the connectors and try their settings.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
    func run() throws { try Installation().become("sluice-extract", ["connectors"] + arguments) }
}
