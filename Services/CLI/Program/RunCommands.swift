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
        let request = Event.manualRequest(pipeline, logicalDate: date, isFullRefresh: fullRefresh, steps: step, from: from)
        let installation = try Installation()
        let state: RunState? = try await installation.withBroker(topics: ["run.", "task."], needsPrograms: true) { client in
            guard !detach else {
                try await client.publish([request])
                Terminal.say(request.id)
                return nil
            }
            return try await RunFollower(client: client).run(request)
        }
        if state?.end?.isSuccess == false { throw ExitCode(1) }
    }
}

/// `sluice runs`: what has run.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List runs, or show one: its task graph and its balance sheet.", subcommands: [List.self, Show.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The newest runs.")
        @Option(help: "How many at most.") var limit = 20

        func run() async throws {
            try await Installation().withBroker { client in
                var history = RunHistory(client)
                try await history.catchUp()
                let text = Terminal.text
                if history.order.isEmpty { Terminal.say("no runs yet") }
                for id in history.order.suffix(limit).reversed() {
                    guard let state = history.runs[id] else { continue }
                    let word = state.end.map { $0.isSuccess ? text.green("succeeded") : text.red("failed   ") } ?? "running  "
                    let waiting = text.waiting(state, now: SystemClock.now())
                    Terminal.say("\(word)  \(id)  \(text.dim("\(state.startedAt)  \(state.tasks.count) tasks"))\(waiting.isEmpty ? "" : "  " + text.yellow(waiting))")
                }
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
                guard let id = run.map({ RunID($0) }) ?? history.order.last, let state = history.runs[id] else {
                    throw PlainProblem(
                        "cli.unknown_run", "no run is named '\(run ?? "")'", at: .named("sluice runs show"), remedy: "see sluice runs for the names")
                }
                Terminal.say(Terminal.text.graph(state))
            }
        }
    }
}

/// `sluice status`: who is ready, what waits.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Which programs are ready, and what waits in the queue.")

    func run() async throws {
        let installation = try Installation()
        let text = Terminal.text
        var isReady = true
        let names = (try? Files.list(installation.settings.runFolder)) ?? []
        let programs = names.filter { $0.hasSuffix(".json") && $0 != "ports.json" }
        if programs.isEmpty { Terminal.complain("no programs have run on \(installation.settings.home); start them with sluice up") }
        for name in programs {
            guard let file = try? JSON(parsing: Files.readAll("\(installation.settings.runFolder)/\(name)")), let port = file["probe"]?.intValue else { continue }
            let answer = ProbeClient.get("/readyz", port: port)
            isReady = isReady && answer?.status == 200
            let word = answer.map { $0.status == 200 ? text.green("ready") : text.red("not ready") } ?? text.red("down")
            Terminal.say("  \(name.dropLast(5))  \(word)  \(text.dim("pid \(file["pid"]?.intValue ?? 0), probes on 127.0.0.1:\(port)"))")
        }
        guard isReady, !programs.isEmpty else { throw ExitCode(3) }
        let (status, runs) = try await installation.withBroker { client in
            var history = RunHistory(client)
            try await history.catchUp()
            return (try await client.inspect(.status), history.order.compactMap { history.runs[$0] })
        }
        for run in runs where !run.isEnded {
            let waiting = text.waiting(run, now: SystemClock.now())
            let ended = run.tasks.values.count { $0.phase.isEnded }
            Terminal.say("  \(run.id)  \(waiting.isEmpty ? "running" : text.yellow(waiting))  \(text.dim("\(ended) of \(run.tasks.count) tasks"))")
        }
        Terminal.say(status.text(isPretty: true))
    }
}

/// `sluice validate`: the mistakes of a definition, before anything runs.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check pipeline.yml files and files of routes, and print every mistake with its line.",
        discussion: "Whether each notify rule leads to somebody is said by sluice-notify, which links the channels.")
    @Argument(help: "The files.") var files: [String]

    func run() throws {
        for file in files {
            switch try PipelineReader.definition(file) {
            case .pipeline(let pipeline): Terminal.say("\(file): \(pipeline.name), steps \(pipeline.steps.map(\.name).joined(separator: ", "))")
            case .routes(let routes): Terminal.say("\(file): \(routes.count) \(routes.count == 1 ? "route" : "routes")")
            }
        }
        try Installation().become("sluice-notify", ["check"] + files)
    }
}

/// `sluice dbt …`: the sibling that links the modelling engine.
struct Dbt: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "dbt's own commands, run by sluice-transform.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
    func run() throws { try Installation().become("sluice-transform", ["dbt"] + arguments) }
}

/// `sluice query <warehouse> <sql>`: the sibling that links the engines.
struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "query", abstract: "Print the rows of a query on a warehouse.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
    func run() throws { try Installation().become("sluice-load", ["query"] + arguments) }
}

/// `sluice connectors list | spec NAME | check NAME SETTING=VALUE…`: the sibling that links them.
struct ConnectorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "connectors", abstract: "Show the connectors and try their settings.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
    func run() throws { try Installation().become("sluice-extract", ["connectors"] + arguments) }
}
