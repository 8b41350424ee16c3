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
        // Over TCP the broker is on another machine or in another container, and has its journal there.
        let isWhole = settings.socketFolder != nil
        let folders = [settings.home] + ((isWhole ? ["journal"] : []) + ["raw", "warehouse", "projects", "logs", "run"]).map { "\(settings.home)/\($0)" }
        let there = Set(folders.filter(Files.exists))
        try settings.makeFolders()
        for folder in folders {
            try Files.createFolder(folder)
            Terminal.say("\(there.contains(folder) ? "there" : "made ")  \(folder)")
        }
        var made = folders.count - there.count
        if isOpenToOthers(settings.home) { Terminal.say("open   others on this machine may read the home: chmod 700 \(settings.home)") }
        if isWhole {
            if try await makeJournal(installation) { made += 1 }
        } else {
            Terminal.say("left   the journal to the broker of \(settings.bus.commands)")
        }
        for name in try definitions() { Terminal.say("valid  \(name)") }
        Terminal.say(made == 0 ? "nothing to do: all was there" : isWhole ? "ready: sluice up --pipelines \(pipelines)" : "ready")
    }

    /// A folder that somebody made by hand keeps the mode that they gave it.
    private func isOpenToOthers(_ folder: String) -> Bool {
        var info = stat()
        return stat(folder, &info) == 0 && info.st_mode & 0o007 != 0
    }

    /// The broker makes its journal.
    private func makeJournal(_ installation: Installation) async throws -> Bool {
        let settings = installation.settings
        let journal = "\(settings.home)/journal/journal.db"
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
        let folder = try PipelineFolder(pipelines)
        guard DefinitionsText.tell(of: folder) == 0 else { throw ExitCode(2) }
        return folder.definitions.map(\.path)
    }
}

/// What is wrong with definitions, for whoever reads the terminal.
enum DefinitionsText {
    /// - Returns: how many files no run can follow; oddities are told and not counted.
    @discardableResult static func tell(of folder: PipelineFolder) -> Int {
        for (_, problem) in folder.broken { Terminal.complain("\(problem)") }
        for (_, problem) in folder.contradictions { Terminal.complain("\(problem)") }
        for (_, problem) in folder.oddities { Terminal.complain("\(problem)".replacingFirst("error[", with: "warning[")) }
        let count = folder.broken.count + folder.contradictions.count
        if count > 0 { Terminal.complain("sluice: \(count) of \(folder.broken.count + folder.definitions.count) definitions are not taken until that is mended") }
        return count
    }
}

extension String {
    fileprivate func replacingFirst(_ head: String, with other: String) -> String { hasPrefix(head) ? other + dropFirst(head.count) : self }
}
