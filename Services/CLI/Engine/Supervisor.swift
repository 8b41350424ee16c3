import Glibc
import Kernel
import Platform
public import ServiceKit

/// Runs all programs as local processes: starts them together, restarts one that dies, ends them in order.
public actor Supervisor {
    /// What to run: a program and how many replicas of it.
    public struct Plan: Hashable, Sendable {
        public var replicas: [(program: String, count: Int)]

        /// One of each that is installed beside `sluice`, with `scale` replicas where it says so.
        public init(folder: String, scale: [String: Int]) throws {
            let known = ["broker", "orchestrator", "extract", "load", "transform", "quality", "notify", "console"]
            for (program, count) in scale where !known.contains(program) || program == "broker" || count < 0 || count > 64 {
                throw PlainProblem(
                    "cli.bad_scale", "--scale \(program)=\(count) cannot be", at: .named("--scale"),
                    remedy: "scale extract, load, transform, quality, notify, console or orchestrator from 0 to 64; there is one broker")
            }
            replicas = known.filter { Files.exists("\(folder)/sluice-\($0)") }.map { ($0, scale[$0] ?? 1) }
        }

        public static func == (a: Plan, b: Plan) -> Bool { a.replicas.elementsEqual(b.replicas) { $0 == $1 } }
        public func hash(into hasher: inout Hasher) { for replica in replicas { hasher.combine(replica.program) } }
        public var instances: [(program: String, instance: String)] {
            replicas.flatMap { replica in
                (0..<replica.count).map { (replica.program, $0 == 0 ? replica.program : "\(replica.program)-\($0 + 1)") }
            }
        }
    }

    private struct Member {
        let program: String
        let instance: String
        var child: ChildProcess
        var startedAt: Double
        var failures = 0
        /// Monotonic seconds before which it is not started again.
        var restartAt: Double?
    }

    /// The longest pause before a program that keeps dying is started again.
    static let backoffSecondsMax = 10.0
    static let stopSeconds = 25.0

    private let folder: String
    private let settings: Settings
    private let note: @Sendable (String) -> Void
    private var members: [Member] = []
    private var isStopping = false

    public init(folder: String, settings: Settings, note: @escaping @Sendable (String) -> Void) {
        self.folder = folder
        self.settings = settings
        self.note = note
    }

    /// Starts the programs of `plan` and waits until all are ready.
    /// - Returns: the seconds that it took.
    public func start(_ plan: Plan, timeoutSeconds: Double = 30) async throws -> Double {
        let begin = SystemClock.monotonicSeconds()
        try settings.makeFolders()
        try takeHome()
        for (program, instance) in plan.instances {
            Files.remove("\(settings.runFolder)/\(instance).json")
            members.append(Member(program: program, instance: instance, child: try launch(program, instance), startedAt: begin))
        }
        while true {
            let waiting = members.filter { !Self.isReady($0.instance, settings) }
            if waiting.isEmpty { break }
            if SystemClock.monotonicSeconds() - begin > timeoutSeconds {
                throw PlainProblem(
                    "cli.not_ready", "\(waiting.map(\.instance).joined(separator: ", ")) did not become ready in \(Int(timeoutSeconds)) s",
                    at: .file("\(settings.logFolder)/\(waiting[0].instance).log"), remedy: "read the log")
            }
            try revive()
            try await Task.sleep(for: .milliseconds(10))
        }
        try writePorts()
        return SystemClock.monotonicSeconds() - begin
    }

    /// One `sluice up` for each home: two brokers on one journal must never be.
    private func takeHome() throws {
        let file = open("\(settings.runFolder)/up.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0, flock(file, LOCK_EX | LOCK_NB) == 0 else {
            throw PlainProblem(
                "cli.already_up", "another sluice up runs on this home", at: .file(settings.home),
                remedy: "stop it, or set SLUICE_HOME to another folder")
        }
    }

    private func launch(_ program: String, _ instance: String) throws -> ChildProcess {
        var environment = settings.environment
        environment["SLUICE_INSTANCE"] = instance
        environment["SLUICE_SUPERVISOR"] = String(getpid())
        return try ChildProcess("\(folder)/sluice-\(program)", [], environment: environment, log: "\(settings.logFolder)/\(instance).log")
    }

    static func isReady(_ instance: String, _ settings: Settings) -> Bool {
        guard let file = try? JSON(parsing: Files.readAll("\(settings.runFolder)/\(instance).json")), let port = file["probe"]?.intValue else { return false }
        return ProbeClient.get("/readyz", port: port)?.status == 200
    }

    /// Starts what has died, each time a little later. Runs until it is cancelled.
    public func watch() async {
        while !Task.isCancelled, !isStopping {
            do { try revive() } catch { note("\(error)") }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func revive() throws {
        guard !isStopping else { return }
        let now = SystemClock.monotonicSeconds()
        for index in members.indices {
            if let due = members[index].restartAt {
                guard due <= now else { continue }
                members[index].child = try launch(members[index].program, members[index].instance)
                members[index].startedAt = now
                members[index].restartAt = nil
            } else if let status = members[index].child.poll() {
                let instance = members[index].instance
                guard status != 2 else {
                    // It has ended and stays so: whoever stops the others must not wait for it.
                    members.remove(at: index)
                    let words = lastWords(of: instance)
                    // A problem says itself where and what to do.
                    let isWhole = words.contains("\n  try  ")
                    throw PlainProblem(
                        "cli.bad_settings", "\(instance) refuses its settings: \(words)",
                        at: isWhole ? .named("") : .file("\(settings.logFolder)/\(instance).log"), remedy: isWhole ? "" : "mend the setting that it names")
                }
                if now - members[index].startedAt > 30 { members[index].failures = 0 }
                let pause = min(0.1 * Double(1 << min(members[index].failures, 8)), Self.backoffSecondsMax)
                members[index].failures += 1
                members[index].restartAt = now + pause
                note("\(instance) ended with \(status > 128 ? "signal \(status - 128)" : "status \(status)"); starting it again in \(pause) s")
            }
        }
    }

    /// The problem at the end of its log, or its last lines.
    private func lastWords(of instance: String) -> String {
        let bytes = (try? Files.readAll("\(settings.logFolder)/\(instance).log")) ?? []
        let lines = String(decoding: bytes.suffix(600), as: UTF8.self).split(separator: "\n").suffix(3).joined(separator: "\n")
        guard let problem = lines.ranges(of: "error[").last else { return lines }
        return String(lines[problem.lowerBound...])
    }

    /// `run/ports.json`: where everybody listens, for whom 0 let the system choose.
    private func writePorts() throws {
        var ports = JSONObject()
        for member in members {
            if let file = try? JSON(parsing: Files.readAll("\(settings.runFolder)/\(member.instance).json")) { ports[member.instance] = file }
        }
        try Files.writeAtomically(JSON.object(ports).bytes, to: "\(settings.runFolder)/ports.json")
    }

    /// Ends the programs: those that work first, then the orchestrator, the broker last, so that every report finds it.
    public func stop() async {
        isStopping = true
        for wave in [["extract", "load", "transform", "quality", "notify", "console"], ["orchestrator"], ["broker"]] {
            var open = members.filter { wave.contains($0.program) && $0.restartAt == nil }
            for member in open { member.child.signal(SIGTERM) }
            let deadline = SystemClock.monotonicSeconds() + Self.stopSeconds
            while !open.isEmpty {
                open.removeAll { $0.child.poll() != nil }
                if SystemClock.monotonicSeconds() > deadline { for member in open { member.child.signal(SIGKILL) } }
                if !open.isEmpty { try? await Task.sleep(for: .milliseconds(10)) }
            }
        }
        members = []
    }

    public var processes: [(instance: String, pid: Int32)] { members.filter { $0.restartAt == nil }.map { ($0.instance, $0.child.pid) } }
}
