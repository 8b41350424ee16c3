// sluice: the command people type.
//
// Does      `up` runs the other programs as local processes; `run`, `runs`, `events`, `status`, `dead-letters` speak with the
//           broker; `doctor` has each program examine what it can reach; `dbt`, `load`, `quarantine`, `trace`, `query`,
//           `connectors` run the sibling program that links the engine, as git does.
// Reads     SLUICE_HOME and what the programs read, also from .env or the file of --env-file.
// Writes    SLUICE_HOME/run and logs, by the programs that it starts; it changes state only by publishing a message.
// Promises  the exit status: 0 done, 1 the run failed, 2 settings or project are wrong, 3 the environment is unreachable.
// Stops     on Ctrl-C; `up` then ends its programs in order.

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

@main struct SluiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice", abstract: "Data from its sources into a warehouse, modelled, checked and told.", discussion: EnvironmentFileOption.discussion, version: "0.1.0",
        subcommands: [
            Init.self, DoctorCommand.self, Up.self, Run.self, RunsCommand.self, Backfill.self, Pause.self, Unpause.self, EventsCommand.self, Status.self,
            SimulateCommand.self, DeadLetters.self, Readers.self, KeysCommand.self, Validate.self, Dbt.self, LoadFile.self, QuarantineRows.self, Trace.self,
            QueryCommand.self, ConnectorsCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot(EnvironmentFileOption.apply(Array(CommandLine.arguments.dropFirst())))
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let problem as any Problem {
            Terminal.complain("\(problem)")
            Self.exit(withError: ExitCode(Terminal.status(of: problem)))
        } catch where Self.exitCode(for: error) == .validationFailure {
            // The parser's own status for words that are wrong is 64; ours is that of settings that are.
            Terminal.complain(Self.fullMessage(for: error))
            Self.exit(withError: ExitCode(2))
        } catch {
            Self.exit(withError: error)
        }
    }
}

/// Where words go and whether anybody sees them.
enum Terminal {
    static let isInteractive = isatty(1) == 1
    static var isColoured: Bool { isInteractive && Environment.current()["NO_COLOR"] == nil }
    static var text: RunText { RunText(isColoured: isColoured) }

    static func complain(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(2, bytes, bytes.count)
    }

    /// Says a line now, even where the output is a pipe. False where nobody listens any more.
    @discardableResult static func say(_ line: String) -> Bool {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Whether whoever reads our output has gone; a terminal and a file never do.
    static var isUnheard: Bool {
        var output = pollfd(fd: 1, events: 0, revents: 0)
        return poll(&output, 1, 0) > 0 && output.revents & Int16(POLLERR) != 0
    }

    /// `words` in lines that end before `columns`, from `column` on, the first behind `head`.
    static func wrapped(_ words: String, after head: String, column: Int, columns: Int) -> String {
        var lines = [text.padded(head, column)]
        for word in words.split(separator: " ") {
            if lines[lines.count - 1].count + 1 + word.count > columns { lines.append(text.padded("", column)) }
            lines[lines.count - 1] += (lines[lines.count - 1].count <= column ? "" : " ") + word
        }
        return lines.joined(separator: "\n")
    }

    /// Replaces the line that is being written: how far a run is, for those who watch.
    static func show(_ line: String) {
        let bytes = Array("\r\u{1b}[2K\(line)".utf8)
        _ = write(2, bytes, bytes.count)
    }

    static func status(of problem: any Problem) -> Int32 {
        let code = problem.code.description
        return code.hasPrefix("bus.") || code.hasPrefix("broker.") || code.hasPrefix("platform.") || code.hasPrefix("cli.cannot") || code.hasPrefix("cli.not_ready") || code.hasPrefix("cli.not_up") ? 3 : 2
    }
}

/// The programs beside this one, and the broker that they share.
struct Installation {
    let settings: Settings
    let folder: String

    init() throws {
        // Most of what is asked for here never speaks with the broker.
        settings = try Settings(program: "sluice", environment: Environment.current(), needsKeys: false)
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    /// Runs the sibling `program` in our place and never returns.
    func become(_ program: String, _ arguments: [String]) throws -> Never {
        let path = "\(folder)/\(program)"
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        execv(path, &words)
        throw PlainProblem(
            "cli.cannot_start", "\(path) cannot be started: \(String(cString: strerror(errno)))", at: .file(path),
            remedy: "build it (swift build -c release), or put it beside the program sluice")
    }

    /// Where the broker is, with the key of the command line where the bus has keys.
    /// - Throws: `PlainProblem` where the folder that was named does not hold it.
    var bus: BusEndpoints {
        get throws { try Settings(program: "sluice", environment: settings.environment).bus }
    }

    /// Speaks with the broker. Where none runs on this home, one is started for as long as `body` takes: to look, not to run,
    /// for nobody would do the work (`needsPrograms`).
    func withBroker<T>(topics: [String] = [], needsPrograms: Bool = false, _ body: (BusClient) async throws -> T) async throws -> T {
        let bus = try bus
        var helper: ChildProcess?
        if !isBrokerUp, settings.socketFolder != nil {
            guard !needsPrograms else {
                throw PlainProblem(
                    "cli.not_up", "no programs run on this home", at: .file(settings.home),
                    remedy: "start them with sluice up --pipelines FOLDER, or run once with sluice up --run PIPELINE --exit")
            }
            guard Files.exists("\(settings.home)/journal/journal.db") else {
                throw PlainProblem(
                    "cli.nothing_here", "nothing has run in this home yet", at: .file(settings.home),
                    remedy: "start the programs with sluice up, or set SLUICE_HOME")
            }
            try Files.createFolder(settings.logFolder)
            var environment = settings.environment
            environment["SLUICE_PORT_BASE"] = "0"
            environment["SLUICE_SUPERVISOR"] = String(getpid())
            helper = try ChildProcess("\(folder)/sluice-broker", [], environment: environment, log: "\(settings.logFolder)/broker.log")
        }
        let client = BusClient(bus, context: WireContext(), topics: topics)
        defer {
            helper?.signal(SIGTERM)
            _ = helper?.wait()
        }
        let result = try await body(client)
        await client.stop()
        return result
    }

    var isBrokerUp: Bool {
        guard let file = try? JSON(parsing: Files.readAll("\(settings.runFolder)/broker.json")), let port = file["probe"]?.intValue,
            let pid = file["pid"]?.intValue, kill(Int32(pid), 0) == 0
        else { return false }
        return ProbeClient.get("/livez", port: port) != nil
    }
}
