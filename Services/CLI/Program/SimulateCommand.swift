import ArgumentParser
import Bus
import CLIEngine
import Contracts
import Kernel
import Platform
import ServiceKit
import Simulation

/// `sluice simulate`: a month of the project's own schedule in seconds, with faults.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Live through a month of your pipelines in seconds: schedules, retries, pools, deadlines, under faults.",
        discussion: """
            Reads the folder of pipelines as `sluice up` does and lets them run under a clock of its own. What decides there \
            decides here: cron with its time zones, intervals, chains, overlap, back-off, timeouts, pools, deadlines. \
            Sources, workers and the broker are played: nothing is read, written or sent. Tasks take as long as in the runs \
            of this home, and files, webhooks and messages come when they came there; what is not known the report says.

            The same definitions, history, days and seed give the same report, to the last byte.

            Faults, with commas between them, or all:
            \(Fault.allCases.map { Terminal.wrapped($0.words, after: "  \($0.rawValue)", column: 13, columns: 79) }.joined(separator: "\n"))

            Ends with status 1 where a promise was broken: a report was lost, an effect happened twice, a run never ended. \
            That would be a bug of Sluice. Late or failed runs and missed deadlines are what it shows, and end with 0.
            """)

    @Argument(help: ArgumentHelp("Only these pipelines; all without a name.", valueName: "pipeline")) var only: [String] = []
    @Option(help: "The folder of <name>/pipeline.yml.") var pipelines = Environment.current()["SLUICE_PIPELINES"] ?? "pipelines"
    @Option(parsing: .unconditional, help: ArgumentHelp("How many days.", valueName: "count")) var days = "31"
    @Option(help: ArgumentHelp("The first day, as 2026-03-01, in UTC; today without it.", valueName: "date")) var from: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Another seed is another month.", valueName: "number")) var seed = "1"
    @Option(help: ArgumentHelp("What goes wrong: net, disk, 429, late, duplicate; all or none.", valueName: "names")) var faults = "none"
    @Option(help: ArgumentHelp("How many tasks a role does at once, for example load=2.", valueName: "role=count")) var scale: [String] = []
    @Flag(help: "Take no durations and no arrivals from the log of this home.") var noHistory = false
    @Flag(help: "Print the report as one JSON object.") var json = false

    func run() async throws {
        let definitions = try SimulationSetup.pipelines(in: pipelines, names: only)
        let installation = try Installation()
        var plan = SimulationPlan(
            pipelines: definitions, from: try SimulationSetup.start(from, today: SystemClock.now()), days: try SimulationSetup.days(days),
            seed: try SimulationSetup.seed(seed), faults: try SimulationSetup.faults(faults), slots: try SimulationSetup.slots(scale),
            models: SimulationSetup.models(of: definitions),
            writers: SimulationSetup.writers(of: definitions, environment: installation.settings.environment))
        if !noHistory { (plan.history, plan.arrivals) = try await history(installation, of: definitions) }
        let report = plan.run()
        Terminal.say(json ? report.json.text(isPretty: Terminal.isInteractive) : SimulationText(Terminal.text).report(report))
        if report.violationCount > 0 { throw ExitCode(1) }
    }

    private func history(_ installation: Installation, of definitions: [String: PipelineRegistered]) async throws -> (TaskHistory, ArrivalHistory) {
        var (tasks, arrivals) = (TaskHistory(), ArrivalHistory())
        guard installation.isBrokerUp || installation.settings.socketFolder != nil && Files.exists("\(installation.settings.home)/journal/journal.db") else { return (tasks, arrivals) }
        let messages = definitions.values.flatMap { $0.triggers?.triggers ?? [] }.compactMap { if case .message(let type) = $0 { type } else { nil } }
        let prefixes = ["run.", "task.succeeded", "tasks.", "file.", "webhook."] + Set(messages).sorted()
        return try await installation.withBroker { client in
            var position: UInt64 = 0
            while true {
                let (events, reply) = try await client.read(ReadCommand(after: position, prefixes: prefixes, limit: 2000))
                for entry in events {
                    tasks.apply(entry.event)
                    arrivals.apply(entry.event)
                }
                position = max(position, reply.upTo)
                if reply.upTo >= reply.newest { return (tasks, arrivals) }
            }
        }
    }
}
