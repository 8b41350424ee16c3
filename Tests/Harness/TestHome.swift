public import Contracts
public import Bus
import Foundation
public import Kernel
public import Runs
import Support
import Wire

/// A scratch `SLUICE_HOME` with real programs in it. Everything that it started dies with it; a failed test keeps the folder.
public final class TestHome: @unchecked Sendable {
    // Safe: each test has its own home and uses it from its own task only, but for the processes, which are behind `lock`: `revive`
    // starts some beside it, and the deadline ends them.
    public let path: String
    public var environment: [String: String]
    private let lock = NSLock()
    private var processes: [String: Child] = [:]
    /// Nothing is started any more.
    private var isEnding = false
    private var client: BusClient?
    private var history: [SequencedEvent] = []

    /// Where the built programs lie: beside the test's own executable.
    public static let binaries: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return ProcessInfo.processInfo.environment["SLUICE_BINARIES"] ?? (own as NSString).deletingLastPathComponent
    }()
    public static let repository: String = {
        var folder = (#filePath as NSString).deletingLastPathComponent
        while !FileManager.default.fileExists(atPath: folder + "/Package.swift"), folder != "/" { folder = (folder as NSString).deletingLastPathComponent }
        return folder
    }()

    public init(_ extra: [String: String] = [:]) throws {
        path = "/tmp/sluice-test-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path + "/pipelines", withIntermediateDirectories: true)
        environment = ProcessInfo.processInfo.environment
        environment.merge([
            "SLUICE_HOME": path, "SLUICE_PORT_BASE": "0", "SLUICE_PIPELINES": path + "/pipelines", "SLUICE_LEASE_SECONDS": "1", "SLUICE_TEST": "1",
            "SLUICE_CONSOLE_PORT": "0",
        ]) { _, new in new }
        environment.merge(extra) { _, new in new }
    }

    /// Runs `body` in a fresh home; afterwards every program is ended, and the folder removed where the test passed.
    ///
    /// - Parameter alone: no other home stands beside it: for a test that measures time.
    public static func with(_ extra: [String: String] = [:], alone: Bool = false, _ body: @escaping @Sendable (TestHome) async throws -> Void) async throws {
        try await Turns.shared.with(alone: alone) { try await inFreshHome(extra, body) }
    }

    private static func inFreshHome(_ extra: [String: String], _ body: @escaping @Sendable (TestHome) async throws -> Void) async throws {
        let home = try TestHome(extra)
        do {
            try await home.bounded(body)
        } catch {
            await home.end()
            print("the home is kept: \(home.path)")
            home.printLogs()
            throw error
        }
        await home.end()
        try? FileManager.default.removeItem(atPath: home.path)
    }

    /// A test that waits for what never comes fails, and says what its programs did, rather than keeping all others from their end.
    private func bounded(_ body: @escaping @Sendable (TestHome) async throws -> Void) async throws {
        let seconds = Child.secondsMax
        let deadline = Deadline(seconds: seconds) { [self] in
            print("the test in \(path) has not ended in \(Int(seconds)) s; its programs are ended")
            printLogs()
            for process in started.values { process.signal(SIGKILL) }
        }
        defer { deadline.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body(self) }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw Failure("the test has not ended in \(Int(seconds)) s")
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    public func write(_ text: String, to relative: String) throws {
        let file = path + "/" + relative
        try FileManager.default.createDirectory(atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
    }

    // MARK: Programs

    /// Starts a program and returns when its probe answers; what it says goes to `logs/<instance>.log`.
    public func start(_ program: String, instance: String? = nil, _ extra: [String: String] = [:]) async throws {
        let instance = instance ?? program
        try? FileManager.default.removeItem(atPath: "\(path)/run/\(instance).json")
        try spawn(program, instance: instance, extra)
        try await until("\(instance) listens", seconds: 20) { FileManager.default.fileExists(atPath: "\(self.path)/run/\(instance).json") }
    }

    /// - Parameter wrapper: a command that runs the program, such as one that puts it into a network of its own.
    public func spawn(_ program: String, instance: String, _ extra: [String: String] = [:], through wrapper: [String] = []) throws {
        try FileManager.default.createDirectory(atPath: path + "/logs", withIntermediateDirectories: true)
        let environment = environment.merging(extra) { _, new in new }.merging(["SLUICE_INSTANCE": instance]) { _, new in new }
        let command = (wrapper.isEmpty ? [] : ["/usr/bin/env"] + wrapper) + ["\(Self.binaries)/sluice-\(program)"]
        try keep(instance) {
            try Child(command[0], Array(command.dropFirst()), environment: environment, output: .file("\(path)/logs/\(instance).log"), errors: nil)
        }
    }

    /// Starts what is to end with this home; one that `revive` started as it ends would be waited for without end.
    @discardableResult private func keep(_ instance: String, _ start: () throws -> Child) throws -> Child {
        try lock.withLock {
            guard !isEnding else { throw Failure("\(instance) is not started: its home ends") }
            let child = try start()
            processes[instance] = child
            return child
        }
    }
    private var started: [String: Child] { lock.withLock { processes } }

    /// Starts all programs as a user does, by `sluice up`, and waits until it says that they are ready.
    public func startAll(_ arguments: [String] = []) async throws {
        let process = try keep("up") {
            try Child("\(Self.binaries)/sluice", ["up", "--pipelines", "\(path)/pipelines"] + arguments, environment: environment, output: .pipe)
        }
        guard await process.line(with: "ready") != nil else { throw Failure("sluice up ended before it was ready") }
    }

    /// The process ids of `sluice up` and of all that it runs.
    public func allProcesses() -> [Int32] {
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: path + "/run")) ?? []).filter { $0.hasSuffix(".json") && $0 != "ports.json" }
        let children = files.compactMap { name in
            FileManager.default.contents(atPath: "\(path)/run/\(name)").flatMap { try? JSON(parsing: [UInt8]($0))["pid"]?.intValue }.map(Int32.init)
        }
        return children + started.values.filter(\.isRunning).map(\.pid)
    }

    public func kill(_ instance: String) {
        guard let process = started[instance], process.isRunning else { return }
        process.signal(SIGKILL)
        process.wait()
    }
    /// The process ids of what was started here, by instance.
    public func pids() -> [String: Int32] { started.filter { $0.value.isRunning }.mapValues(\.pid) }
    public func signal(_ instance: String, _ number: Int32) { started[instance]?.signal(number) }
    public func isRunning(_ instance: String) -> Bool { started[instance]?.isRunning ?? false }

    /// Starts again whatever has died, as `sluice up` does, until cancelled.
    public func revive(_ programs: [String: String]) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                for (instance, program) in programs where !isRunning(instance) { try? spawn(program, instance: instance) }
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    public func end() async {
        await client?.stop()
        client = nil
        lock.withLock { isEnding = true }
        for (name, process) in started { process.signal(name == "up" ? SIGTERM : SIGKILL) }
        for process in started.values { _ = await process.end() }
    }

    public func probe(_ instance: String, _ page: String) -> (status: Int, body: String)? {
        guard let file = FileManager.default.contents(atPath: "\(path)/run/\(instance).json"), let port = try? JSON(parsing: [UInt8](file))["probe"]?.intValue else { return nil }
        return TestHTTP.get("http://127.0.0.1:\(port)\(page)")
    }

    /// Runs a program to its end.
    public func run(_ program: String, _ arguments: [String], _ extra: [String: String] = [:]) async throws -> (status: Int32, output: String) {
        let file = "\(path)/output-\(UInt32.random(in: 0 ... .max))"
        let process = try Child(
            program.hasPrefix("/") ? program : "\(Self.binaries)/\(program)", arguments, environment: environment.merging(extra) { _, new in new },
            output: .file(file), errors: nil)
        let status = await process.end()
        return (status, String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self))
    }

    // MARK: The bus

    public var bus: BusClient {
        if let client { return client }
        // On a bus with keys a test is somebody at the command line.
        let keys = environment["SLUICE_KEYS"].flatMap { try? KeyFolder($0).client("cli") }
        let made = BusClient(
            BusEndpoints(
                commands: environment["SLUICE_BUS_COMMANDS"] ?? "ipc://\(path)/run/commands", feed: environment["SLUICE_BUS_FEED"] ?? "ipc://\(path)/run/feed",
                keys: keys),
            context: WireContext(), topics: ["run.", "task."])
        client = made
        return made
    }

    public func request(_ pipeline: String, id: String? = nil) async throws -> RunID {
        let id = id ?? "\(pipeline)@\(UInt32.random(in: 0 ... .max))"
        try await bus.publish([Event(source: "test", id: id, time: Timestamp(seconds: Date().timeIntervalSince1970), pipeline: pipeline, payload: .runRequested(RunRequested(cause: .manual)))])
        return RunID(id)
    }

    /// Follows a run to its end.
    public func finish(_ run: RunID, seconds: Double = 60) async throws -> RunState {
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            if let state = try await state(of: run), state.isEnded { return state }
            await news(within: min(deadline.timeIntervalSinceNow, 1))
        }
        throw Failure("\(run) did not end in \(seconds) s")
    }

    /// Until the feed tells of something newer, or the time is over: a broker that stays away tells nothing, and one that has lost its
    /// journal counts from one again.
    private func news(within seconds: Double) async {
        let hints = await bus.hints()
        let newest = history.last?.sequence ?? 0
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await sequence in hints where sequence > newest { return } }
            group.addTask { try? await Task.sleep(for: .seconds(max(seconds, 0))) }
            await group.next()
            group.cancelAll()
        }
    }

    public func state(of run: RunID) async throws -> RunState? {
        try await readLog()
        guard let start = history.first(where: { $0.event.run == run && $0.event.type == EventType.runStarted }), var state = RunState(start.event) else { return nil }
        for entry in history where entry.event.run == run { state.apply(entry.event) }
        return state
    }

    /// The whole log.
    public func log() async throws -> [SequencedEvent] {
        try await readLog()
        return history
    }
    private func readLog() async throws {
        var after = history.last?.sequence ?? 0
        while true {
            let (events, reply): ([SequencedEvent], ReadReply)
            do { (events, reply) = try await bus.read(ReadCommand(after: after, prefixes: [], limit: 2000)) } catch let refusal as Refusal where refusal.reason == .gone {
                // A test that cuts the log reads on from where it begins now.
                after = refusal.floor ?? after
                continue
            }
            history += events
            after = reply.upTo
            if reply.upTo >= reply.newest { return }
        }
    }

    /// Forgets what was read of the log, for a journal that begins anew.
    public func forget() async {
        await client?.stop()
        client = nil
        history = []
    }

    // MARK: Waiting

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public init(_ description: String) { self.description = description }
    }

    public func until(_ what: String, seconds: Double = 30, _ condition: () async throws -> Bool) async throws {
        let deadline = Date().addingTimeInterval(seconds)
        while !(try await condition()) {
            guard Date() < deadline else { throw Failure("not within \(seconds) s: \(what)") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func printLogs() {
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: path + "/logs")) ?? []).sorted() {
            let text = (try? String(contentsOfFile: "\(path)/logs/\(name)", encoding: .utf8)) ?? ""
            print("--- \(name)\n\(text.split(separator: "\n").suffix(12).joined(separator: "\n"))")
        }
    }
}
