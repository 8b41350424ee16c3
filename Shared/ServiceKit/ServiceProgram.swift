public import Bus
import Glibc
import Kernel
import Platform
import Synchronization
public import Wire

/// What a program is given: its settings, its log, its place on the bus, its probes.
public struct Site: Sendable {
    public let settings: Settings
    public let log: Log
    public let health: Health
    public let crash: CrashPoints
    public let context: WireContext

    /// Connects to the broker; readiness asks from now on that it be heard.
    public func connect(topics: [String] = []) -> BusClient {
        let client = BusClient(settings.bus, context: context, topics: topics)
        let pulse = Pulse()
        health.require("broker") { SystemClock.monotonicSeconds() - pulse.heardAt < 3.5 }
        let health = self.health
        // A question is answered as soon as there is a broker; the next tick may be a second away.
        Task { _ = try? await client.inspect(.status) }
        Task {
            while !Task.isCancelled {
                // One hop to the bus's thread and back: if either the pool or that thread hangs, the heart stops.
                pulse.set(await client.heardAt)
                health.beat()
                try? await Task.sleep(for: .seconds(pulse.heardAt == 0 ? 0.05 : 1))
            }
        }
        return client
    }
}

/// When the broker was last heard, where the probe's thread may read it without waiting.
private final class Pulse: Sendable {
    private let heard = Mutex(0.0)
    var heardAt: Double { heard.withLock { $0 } }
    func set(_ time: Double) { heard.withLock { $0 = time } }
}

/// The skeleton of every program: settings, signals, probes, an orderly end.
///
/// Exit status: 0 done, 2 settings are wrong, 3 the environment is unreachable or the program failed.
public enum ServiceProgram {
    /// How long a program may finish what it has in hand after SIGTERM.
    static let graceSeconds = 20.0

    public static func run(_ program: String, _ body: @escaping @Sendable (Site) async throws -> Void) async -> Never {
        let signals = Signals()
        let environment = Environment.current()
        do {
            let settings = try Settings(program: program, environment: environment)
            if CommandLine.arguments.dropFirst().first == "--probe" { probe(settings) }
            try prepare(settings)
            let health = Health()
            let site = Site(
                settings: settings, log: Log(name: settings.instance, environment: environment), health: health,
                crash: try CrashPoints(environment: environment, runFolder: settings.runFolder), context: WireContext())
            let host = environment["SLUICE_PROBE_HOST"] ?? "127.0.0.1"
            let listener = try ProbeListener(host: host, port: settings.probePort, name: settings.instance, health: health)
            try Files.writeAtomically(
                JSON([("pid", JSON(Int(getpid()))), ("probe", JSON(listener.port))]).bytes, to: "\(settings.runFolder)/\(settings.instance).json")
            watchParent(environment)
            await supervise(site, signals, body)
        } catch {
            say("sluice-\(program): \(error)")
            exit(2)
        }
    }

    private static func supervise(_ site: Site, _ signals: Signals, _ body: @escaping @Sendable (Site) async throws -> Void) async -> Never {
        let work = Task { try await body(site) }
        signals.onStop {
            site.log.info("stopping")
            work.cancel()
            SystemThread.start {
                usleep(UInt32(graceSeconds * 1_000_000))
                exit(3)
            }
        }
        do {
            try await work.value
            exit(0)
        } catch is CancellationError {
            exit(0)
        } catch {
            site.log.error("\(error)")
            exit(3)
        }
    }

    private static func prepare(_ settings: Settings) throws {
        try settings.makeFolders()
        // Only we may reach the sockets: the folder is the lock on a local bus.
        if let folder = settings.socketFolder {
            try Files.createFolder(folder)
            // It may lie below /tmp under a name that anybody can work out: what is not ours is not trusted.
            guard chmod(folder, 0o700) == 0 else {
                throw PlainProblem(
                    "settings.socket_folder", "the folder of the bus's sockets belongs to somebody else", at: .file(folder),
                    remedy: "remove it, or set SLUICE_BUS_COMMANDS and SLUICE_BUS_FEED to endpoints elsewhere")
            }
        }
    }

    /// `<program> --probe`: 0 where the running program of this home is ready, else 1. For container health checks.
    private static func probe(_ settings: Settings) -> Never {
        let file = (try? Files.readAll("\(settings.runFolder)/\(settings.instance).json")).flatMap { try? JSON(parsing: $0) }
        let port = file?["probe"]?.intValue ?? settings.probePort
        guard port > 0, let answer = ProbeClient.get("/readyz", port: port) else {
            say("\(settings.instance) does not answer")
            exit(1)
        }
        print(answer.body, terminator: "")
        exit(answer.status == 200 ? 0 : 1)
    }

    /// A program that `sluice up` started ends with it, however it ended.
    private static func watchParent(_ environment: [String: String]) {
        guard let parent = environment["SLUICE_SUPERVISOR"].flatMap({ Int32($0) }) else { return }
        SystemThread.start {
            while getppid() == parent { usleep(500_000) }
            kill(getpid(), SIGTERM)
        }
    }

    static func say(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(2, bytes, bytes.count)
    }
}

/// The end of a pipe that the signal handler writes to.
///
/// Safe: written once, before the handlers that read it are installed, and never after.
private nonisolated(unsafe) var signalPipe: Int32 = -1

/// SIGTERM and SIGINT as a call on a thread of our own, where anything may be done.
///
/// By handlers and not by blocked signals: which threads exist before ours, and what they block, is the runtime's affair,
/// and process 1 of a container is sent no signal that has no handler.
public final class Signals: Sendable {
    private let descriptor: Int32

    /// One for each process.
    public init() {
        guard let ends = Descriptors.pipe() else { preconditionFailure("the system gives no pipe") }
        descriptor = ends.reading
        signalPipe = ends.writing
        signal(SIGPIPE, SIG_IGN)
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in
                var byte: UInt8 = 1
                _ = write(signalPipe, &byte, 1)
            }
        }
    }

    /// Calls `body` once, at the first of the signals.
    public func onStop(_ body: @escaping @Sendable () -> Void) {
        let descriptor = self.descriptor
        SystemThread.start {
            var byte: UInt8 = 0
            while read(descriptor, &byte, 1) < 0, errno == EINTR {}
            body()
        }
    }
}
