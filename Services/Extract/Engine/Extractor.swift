public import ConnectorKit
public import Contracts
public import HTTP
public import Kernel
public import Landing
internal import Platform
internal import Synchronization

/// Reads a stream of a source and lands it. Its commit is the manifest; the tasks that load it follow from that alone.
///
/// Crash points: `extract.before_manifest`, `extract.after_manifest`.
public struct Extractor: Sendable {
    private let connectors: ConnectorRegistry
    private let store: LandingStore
    private let environment: [String: String]
    private let now: @Sendable () -> Timestamp
    private let reach: @Sendable (String) -> Void
    private let http: any HTTPTransport
    private let sleep: @Sendable (_ seconds: Double) async throws -> Void
    private let limiters = Limiters()

    public init(
        connectors: ConnectorRegistry, store: LandingStore, environment: [String: String], http: any HTTPTransport = HTTPClient(),
        now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) },
        reach: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.http = http
        self.sleep = sleep
        self.connectors = connectors
        self.store = store
        self.environment = environment
        self.now = now
        self.reach = reach
    }

    /// Does an `extract_stream` task. A redelivery finds the manifest and reads the source no second time.
    public func extract(_ assignment: Assignment) async throws -> Completion {
        let startedAt = now()
        let task = assignment.spec
        guard task.kind == "extract_stream" else { throw Self.unknown(task) }
        var arguments = try StreamArguments(task.args, of: task.id)
        // What the connector says of its stream stands behind what the pipeline says, here and for the tasks that load it.
        arguments.config = try connectors.loading(task.args["connector"]?.stringValue ?? "", stream: arguments.stream, config: arguments.config)
        let path = store.manifestPath(
            run: assignment.run, task: task.id, pipeline: assignment.pipeline, stream: arguments.stream, date: assignment.logicalDate)
        let manifest: LandingManifest
        if let present = try store.manifestIfPresent(path) { manifest = present } else { manifest = try await land(assignment, arguments) }
        return Self.completion(of: manifest, at: path, arguments, task).signed(assignment, from: startedAt, to: now())
    }

    private func land(_ assignment: Assignment, _ arguments: StreamArguments) async throws -> LandingManifest {
        let args = assignment.spec.args
        let name = args["connector"]?.stringValue ?? ""
        let settings = try Substitution.expand(args["settings"] ?? [:], environment: environment, file: Files.secret)
        let config = try connectors.spec(of: name).validated(
            stream: arguments.stream, config: Substitution.expand(arguments.config, environment: environment, file: Files.secret))
        let context = ConnectorContext(now: now, http: http, limiter: limiters.limiter(of: name, settings), sleep: sleep)
        let connector = try connectors.connector(name, settings: settings, context: context)
        let sink = LandingSink(
            try store.attempt(
                run: assignment.run, task: assignment.spec.id, pipeline: assignment.pipeline, stream: arguments.stream,
                date: assignment.logicalDate), cursor: args["cursor"] ?? .null)
        do {
            try await connector.read(ReadRequest(stream: arguments.stream, config: config, cursor: args["cursor"] ?? .null), into: sink)
            reach("extract.before_manifest")
            // A task that was withdrawn lands nothing: without a manifest its files are nobody's.
            try Task.checkCancellation()
            let manifest = try await sink.seal()
            reach("extract.after_manifest")
            return manifest
        } catch {
            await sink.discard()
            throw error
        }
    }

    // MARK: What follows from a manifest

    /// The same manifest gives the same words and tasks, whoever made it.
    static func completion(of manifest: LandingManifest, at path: String, _ arguments: StreamArguments, _ task: TaskSpec) -> Completion {
        let tally = manifest.tally
        let count = manifest.batches.count
        let word = manifest.batches.allSatisfy { $0.format.kind == .json } ? "page" : "file"
        let amount = count == 0 ? "nothing new" : "\(grouped(tally.count)) rows in \(count) \(count == 1 ? word : word + "s")"
        let message = ([amount] + manifest.notes).joined(separator: "; ")
        var details: JSON = ["manifest": .string(path)]
        if !manifest.notes.isEmpty { details["notes"] = .array(manifest.notes.map(JSON.string)) }
        if manifest.facts != [:] { details["facts"] = manifest.facts }
        let books = manifest.batches.map { BookEntry(stream: manifest.stream, batch: $0.ordinal, point: .landed, tally: $0.tally) }
        return Completion(
            report: TaskReport(rows: tally.count, message: message, books: books, details: details),
            adds: tasks(of: manifest, at: path, arguments, task))
    }

    private static func tasks(of manifest: LandingManifest, at path: String, _ arguments: StreamArguments, _ task: TaskSpec) -> [TaskSpec] {
        var common = arguments.json
        common["manifest"] = .string(path)
        // Merging takes batches in their order; the others may go side by side where the warehouse allows.
        let isOrdered = arguments.disposition == .merge
        var tasks: [TaskSpec] = []
        for batch in manifest.batches {
            var args = common
            args["ordinal"] = JSON(batch.ordinal)
            let after = isOrdered ? tasks.last.map { [Edge.task($0.id)] } : nil
            tasks.append(
                TaskSpec(
                    id: TaskID("\(task.step).load.\(arguments.stream).\(batch.ordinal)"), step: task.step, role: .load, kind: "load_batch",
                    title: "\(arguments.stream) \(batch.source)", args: args, after: after ?? [.task(task.id)],
                    attemptsMax: task.attemptsMax, backoffSeconds: task.backoffSeconds, priority: task.priority, pool: arguments.pool))
        }
        let before = tasks.isEmpty ? [Edge.task(task.id)] : tasks.map { Edge.task($0.id) }
        tasks.append(
            TaskSpec(
                id: TaskID("\(task.step).seal.\(arguments.stream)"), step: task.step, role: .load, kind: "seal", title: arguments.stream,
                args: common, after: before, attemptsMax: task.attemptsMax, backoffSeconds: task.backoffSeconds, priority: task.priority,
                pool: arguments.pool))
        return tasks
    }

    private static func unknown(_ task: TaskSpec) -> PlainProblem {
        PlainProblem(
            "extract.unknown_kind", "an extract worker does not know tasks of kind '\(task.kind)'", at: .named("task \(task.id)"),
            remedy: "run programs of one version")
    }

    /// `27,004`.
    static func grouped(_ number: Int) -> String {
        var digits = Array(String(number).utf8)
        var place = digits.count - 3
        while place > 0 {
            digits.insert(UInt8(ascii: ","), at: place)
            place -= 3
        }
        return String(decoding: digits, as: UTF8.self)
    }
}

/// One limiter for each connector and settings: the slots of this process share what a source allows one account, and a
/// pause of one account is none of another.
private final class Limiters: Sendable {
    private struct Account: Hashable {
        let connector: String
        /// Their hash: they hold secrets.
        let settings: Int
    }
    private static let accountsMax = 1000
    private let known = Mutex<[Account: RateLimiter]>([:])

    func limiter(of connector: String, _ settings: JSON) -> RateLimiter {
        known.withLock { known in
            let account = Account(connector: connector, settings: settings.hashValue)
            if let limiter = known[account] { return limiter }
            // Settings that nobody uses any more are not told from the others: who still waits asks once and is told again.
            if known.count >= Self.accountsMax { known = [:] }
            let limiter = RateLimiter()
            known[account] = limiter
            return limiter
        }
    }
}
