import ArgumentParser
import Bus
import CLIEngine
import Glibc
import Kernel
import Pipelines
import Platform
import ServiceKit
import Wire

/// `sluice init`: all that the programs would make by themselves, before they do. Twice changes nothing.
struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the home's folders and the journal, and read the pipelines. Doing it again changes nothing.")

    @Option(help: "The folder of <name>/pipeline.yml.") var pipelines = Environment.current()["SLUICE_PIPELINES"] ?? "pipelines"

    func run() async throws {
        let installation = try Installation()
        let settings = installation.settings
        var made = 0
        // The home holds raw data and reports: nobody else's business.
        for (folder, mode) in [(settings.home, 0o700)] + ["journal", "raw", "warehouse", "projects", "logs", "run"].map({ ("\(settings.home)/\($0)", 0o755) }) {
            let isThere = Files.exists(folder)
            if !isThere {
                try Files.createFolder(folder, mode: UInt32(mode))
                made += 1
            }
            Terminal.say("\(isThere ? "there" : "made ")  \(folder)")
        }
        if try await makeJournal(installation) { made += 1 }
        for name in try definitions() { Terminal.say("valid  \(name)") }
        Terminal.say(made == 0 ? "nothing to do: all was there" : "ready: sluice up --pipelines \(pipelines)")
    }

    /// The broker makes its journal; over TCP it is on another machine or in another container, which has its own.
    private func makeJournal(_ installation: Installation) async throws -> Bool {
        let settings = installation.settings
        let journal = "\(settings.home)/journal/journal.db"
        guard settings.socketFolder != nil else {
            Terminal.say("left   the journal to the broker of \(settings.bus.commands)")
            return false
        }
        guard !Files.exists(journal) else {
            Terminal.say("there  \(journal)")
            return false
        }
        var environment = settings.environment
        environment["SLUICE_PORT_BASE"] = "0"
        environment["SLUICE_SUPERVISOR"] = String(getpid())
        let broker = try ChildProcess("\(installation.folder)/sluice-broker", [], environment: environment, log: "\(settings.logFolder)/broker.log")
        defer {
            broker.signal(SIGTERM)
            _ = broker.wait()
        }
        let client = BusClient(settings.bus, context: WireContext(), topics: [])
        _ = try await client.inspect(.status)
        await client.stop()
        Terminal.say("made   \(journal)")
        return true
    }

    /// Every definition is read, so that all mistakes show at once.
    private func definitions() throws -> [String] {
        guard Files.exists(pipelines) else {
            throw PlainProblem(
                "cli.no_pipelines", "the folder of pipelines does not exist", at: .file(Files.absolute(pipelines)),
                remedy: "name the folder of <name>/pipeline.yml with --pipelines or SLUICE_PIPELINES")
        }
        var read: [String] = [], problems = 0
        for name in try Files.list(pipelines).sorted() where Files.exists("\(pipelines)/\(name)/pipeline.yml") {
            let file = "\(pipelines)/\(name)/pipeline.yml"
            do {
                _ = try PipelineReader.read(file)
                read.append(file)
            } catch {
                Terminal.complain("\(error)")
                problems += 1
            }
        }
        guard problems == 0 else { throw ExitCode(2) }
        return read
    }
}
