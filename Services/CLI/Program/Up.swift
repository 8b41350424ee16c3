import ArgumentParser
import Bus
import CLIEngine
import Contracts
import Glibc
import Kernel
import Pipelines
import Platform
import Runs
import ServiceKit
import Wire

/// `sluice up`: all programs as local processes.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run all programs as local processes, and restart one that dies.",
        discussion: "With --run the named pipelines run once, one after the other, and their reports are printed; --exit then ends everything.")

    @Option(help: "The folder of <name>/pipeline.yml.") var pipelines = Environment.current()["SLUICE_PIPELINES"] ?? "pipelines"
    @Option(help: ArgumentHelp("How many replicas of a program, for example load=2.", valueName: "program=count")) var scale: [String] = []
    @Option(help: ArgumentHelp("Run this pipeline once when all is ready.", valueName: "pipeline")) var run: [String] = []
    @Flag(help: "Rebuild the pipelines' incremental models and re-read their sources.") var fullRefresh = false
    @Option(help: ArgumentHelp("After the runs, print the rows of a query on a pipeline's warehouse: 'pipeline=select …'; without a name, the last one's.", valueName: "sql"))
    var show: [String] = []
    @Flag(help: "End when the runs have ended, with status 1 where one failed.") var exit = false

    func run() async throws {
        let signals = Signals()
        guard Files.exists(pipelines) else {
            throw PlainProblem(
                "cli.no_pipelines", "the folder of pipelines does not exist", at: .file(Files.absolute(pipelines)),
                remedy: "name the folder of <name>/pipeline.yml with --pipelines or SLUICE_PIPELINES")
        }
        // A definition with mistakes would leave the one that the log knows in force; here it is told instead.
        for name in run { _ = try PipelineReader.read("\(Files.absolute(pipelines))/\(name)/pipeline.yml") }
        DefinitionsText.tell(of: try PipelineFolder(Files.absolute(pipelines)))
        var environment = Environment.current()
        environment["SLUICE_PIPELINES"] = Files.absolute(pipelines)
        let settings = try Settings(program: "sluice", environment: environment)
        let installation = try Installation()
        let supervisor = Supervisor(folder: installation.folder, settings: settings, note: { Terminal.complain("sluice: \($0)") })
        let plan = try Supervisor.Plan(folder: installation.folder, scale: try scales())
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        signals.onStop {
            if Terminal.isInteractive { Terminal.complain("\nsluice: stopping") }
            stop.yield()
        }

        let work = Task { try await serve(supervisor, plan, settings) }
        let waiter = Task {
            for await _ in stops {
                work.cancel()
                return
            }
        }
        var status: Int32 = 0
        do { status = try await work.value } catch is CancellationError {} catch {
            await supervisor.stop()
            throw error
        }
        waiter.cancel()
        await supervisor.stop()
        if status != 0 { throw ExitCode(status) }
    }

    private func serve(_ supervisor: Supervisor, _ plan: Supervisor.Plan, _ settings: Settings) async throws -> Int32 {
        let seconds = try await supervisor.start(plan)
        let text = Terminal.text
        Terminal.say("\(text.green("●")) \(plan.instances.count) programs ready in \(decimal(seconds)) s \(text.dim("(home \(settings.home))"))")
        let watch = Task { await supervisor.watch() }
        defer { watch.cancel() }
        var status: Int32 = 0
        if !run.isEmpty {
            let client = BusClient(settings.bus, context: WireContext(), topics: ["run.", "task."])
            for pipeline in run {
                let state = try await RunFollower(client: client).run(.asking(RunRequested(cause: .manual, isFullRefresh: fullRefresh), of: pipeline, by: "cli"))
                if state.end?.isSuccess != true { status = 1 }
            }
            await client.stop()
            try describe(settings, text)
        }
        if exit { return status }
        if run.isEmpty, let console = consoleAddress(settings) { Terminal.say("\(text.dim("console"))  \(console)") }
        Terminal.say(text.dim("Ctrl-C stops everything."))
        while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
        return status
    }

    /// Where the results lie, and a look into them.
    private func describe(_ settings: Settings, _ text: RunText) throws {
        for pipeline in run { Terminal.say("\(text.dim("warehouse"))  \(WarehouseURL.shown(try warehouse(of: pipeline, settings)))") }
        if let console = consoleAddress(settings) { Terminal.say("\(text.dim("console"))    \(console)") }
        Terminal.say("\(text.dim("details"))    sluice runs show\n")
        for query in show {
            let (pipeline, sql) = try Self.question(query, last: run.last ?? "")
            Terminal.say(text.dim(pipeline))
            let url = try warehouse(of: pipeline, settings)
            let child = try ChildProcess("\(Installation().folder)/sluice-load", ["query", url, sql], environment: settings.environment, log: nil)
            _ = child.wait()
            Terminal.say("")
        }
    }

    private func consoleAddress(_ settings: Settings) -> String? {
        (try? Files.readAll("\(settings.runFolder)/console.address")).map { String(decoding: $0, as: UTF8.self).trimmed }
    }

    private func warehouse(of pipeline: String, _ settings: Settings) throws -> String {
        let definition = try PipelineReader.read("\(Files.absolute(pipelines))/\(pipeline)/pipeline.yml")
        return try Substitution.expand(definition.warehouse, environment: settings.environment, file: Files.secret)
    }

    /// `nyc_flights=select …`: what stands before the sign is a pipeline where it is one word; SQL begins with more than one.
    private static func question(_ text: String, last: String) throws -> (pipeline: String, sql: String) {
        guard let sign = text.firstIndex(of: "="), case let name = text[..<sign], !name.isEmpty,
            name.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f })
        else { return (last, text) }
        return (String(name), String(text[text.index(after: sign)...]))
    }

    private func scales() throws -> [String: Int] {
        var result: [String: Int] = [:]
        for word in scale {
            let parts = word.split(separator: "=")
            guard parts.count == 2, let count = Int(parts[1]) else { throw ValidationError("--scale takes program=count, for example load=2") }
            result[String(parts[0])] = count
        }
        return result
    }

    private func decimal(_ seconds: Double) -> String { String(Double(Int(seconds * 100)) / 100) }
}

/// Asks for a run, shows how it goes, prints its report.
struct RunFollower {
    let client: BusClient

    /// Whoever stops looking ends no run, and is told so. For commands that do nothing but follow one.
    static func sayOnStop(_ run: String) {
        Signals().onStop {
            if Terminal.isInteractive { Terminal.show("") }
            Terminal.complain("sluice: \(run) goes on; sluice runs show \(run) tells how, sluice runs cancel \(run) ends it")
            _exit(130)
        }
    }

    func run(_ request: Event) async throws -> RunState {
        var history = RunHistory(client)
        try await client.publish([request])
        var shown = 0
        var told: Set<SourceWait> = []
        let reminder = Task {
            // Long enough for a run that only has to be seen.
            try await Task.sleep(for: .seconds(2))
            var look = RunHistory(client)
            try await look.catchUp()
            if let why = look.reason(of: RunID(request.id), try await PipelineBoard(client)) { return Terminal.complain("sluice: \(request.id) has not begun: \(why)") }
            try await Task.sleep(for: .seconds(8))
            Terminal.complain("sluice: \(request.id) has not begun after 10 s; is an orchestrator up? (sluice status)")
        }
        defer { reminder.cancel() }
        let state = try await history.follow(RunID(request.id)) { state in
            reminder.cancel()
            // An hour without a word would look like a program that hangs.
            for wait in state.waits where !told.contains(wait) {
                told.insert(wait)
                Terminal.complain("sluice: \(state.id) is \(Terminal.text.waiting(wait, now: SystemClock.now())): \(wait.why)")
            }
            guard Terminal.isInteractive else { return }
            let ended = state.tasks.values.filter(\.phase.isEnded).count
            if ended != shown {
                shown = ended
                Terminal.show("  \(ended) of \(state.tasks.count) tasks")
            }
        }
        if Terminal.isInteractive { Terminal.show("") }
        Terminal.say("\n" + Terminal.text.report(state))
        return state
    }
}

/// A warehouse's URL for people: the file's path where it is one, no password ever.
enum WarehouseURL {
    static func shown(_ url: String) -> String {
        guard let mark = url.firstRange(of: "://") else { return url }
        // What follows the ? may hold a password too.
        let rest = String(url[mark.upperBound...].prefix { $0 != "?" })
        guard !url[mark.upperBound...].dropFirst(rest.count).contains("@") else { return "\(url[..<mark.upperBound])…" }
        guard let at = rest.lastIndex(of: "@") else { return url.hasPrefix("sqlite://") ? Files.absolute(rest) : "\(url[..<mark.upperBound])\(rest)" }
        return "\(url[..<mark.upperBound])…\(rest[at...])"
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
}
