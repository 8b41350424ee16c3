public import Contracts
public import Kernel
public import Landing
internal import Platform
public import WarehouseKit

/// Puts landed batches into a warehouse, exactly once, and keeps the cursors.
///
/// Kinds: `read_state` opens the warehouse and adds one extract task for each stream; `load_batch` loads one batch; `seal`
/// ends a stream. Crash points: `load.before_commit`, `load.after_commit`, `seal.before_commit`, `seal.after_commit`.
public struct Loader: Sendable {
    private let warehouses: WarehouseRegistry
    private let store: LandingStore
    private let environment: [String: String]
    private let now: @Sendable () -> Timestamp
    private let reach: @Sendable (String) -> Void
    /// Set by tests of the books.
    var fault: LoadFault?

    public init(
        warehouses: WarehouseRegistry, store: LandingStore, environment: [String: String],
        now: @escaping @Sendable () -> Timestamp, reach: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.warehouses = warehouses
        self.store = store
        self.environment = environment
        self.now = now
        self.reach = reach
    }

    /// Does a task of the load role. Blocks: call it on a thread that may.
    public func load(_ assignment: Assignment) throws -> Completion {
        let startedAt = now()
        let completion = switch assignment.spec.kind {
        case "read_state": try readState(assignment)
        case "load_batch": try loadBatch(assignment, startedAt)
        case "seal": try seal(assignment, startedAt)
        default:
            throw PlainProblem(
                "load.unknown_kind", "a load worker does not know tasks of kind '\(assignment.spec.kind)'", at: .named("task \(assignment.spec.id)"),
                remedy: "run programs of one version")
        }
        return completion.signed(assignment, from: startedAt, to: now())
    }

    // MARK: Kinds

    private func readState(_ assignment: Assignment) throws -> Completion {
        let warehouse = try warehouse(assignment.spec.args["warehouse"]?.stringValue ?? "")
        let ledger = try Ledger(on: warehouse.open())
        let state = try StatePlan(assignment)
        let adds = try state.tasks { try ledger.cursor(pipeline: assignment.pipeline, stream: $0) }
        var report = TaskReport(message: adds.count == 1 ? "1 stream" : "\(adds.count) streams")
        if let pool = state.pool { report.pools = [pool: warehouse.capabilities.writersMax] }
        return Completion(report: report, adds: adds)
    }

    private func loadBatch(_ assignment: Assignment, _ startedAt: Timestamp) throws -> Completion {
        let (arguments, manifest, _) = try opened(assignment)
        let ordinal = assignment.spec.args["ordinal"]?.intValue ?? -1
        guard let landed = manifest.batches.first(where: { $0.ordinal == ordinal }) else {
            throw PlainProblem(
                "load.batch_unknown", "the manifest lists no batch \(ordinal)", at: .named("task \(assignment.spec.id)"),
                remedy: "start the run again; if this comes back, the programs are of different versions")
        }
        let ledger = try Ledger(on: warehouse(arguments.warehouse).open())
        let load = BatchLoad(
            ledger: ledger, assignment: assignment, arguments: arguments, manifest: manifest, landed: landed,
            reader: LandingReader(store), now: startedAt, fault: fault)
        if landed.bytes > Self.manyBytes { try ledger.session.expectManyRows(areNew: arguments.disposition != .merge) }
        let completion = try effect(assignment, ledger, scope: load.scope, arguments, startedAt, "load.before_commit") { try load.run() }
        reach("load.after_commit")
        return completion
    }

    /// Of a landed file, as it lies there.
    private static let manyBytes = 4 << 20

    private func seal(_ assignment: Assignment, _ startedAt: Timestamp) throws -> Completion {
        let (arguments, manifest, path) = try opened(assignment)
        let ledger = try Ledger(on: warehouse(arguments.warehouse).open())
        let seal = Seal(ledger: ledger, assignment: assignment, arguments: arguments, manifest: manifest, path: path, now: startedAt)
        let completion = try effect(assignment, ledger, scope: seal.scope, arguments, startedAt, "seal.before_commit") { try seal.run() }
        reach("seal.after_commit")
        return completion
    }

    private func effect(
        _ assignment: Assignment, _ ledger: Ledger, scope: String, _ arguments: StreamArguments, _ startedAt: Timestamp, _ point: String,
        _ body: () throws -> Completion
    ) throws -> Completion {
        // The run's generation and not the task's own token: batches of one window are tasks of one run, in any order.
        let fence = Fence(scope, token: arguments.generation, owner: .run)
        return try ledger.effect(run: assignment.run, task: assignment.spec.id, fence: fence) {
            let warnings = Warnings(of: ledger.session)
            var completion = try body().signed(assignment, from: startedAt, to: now())
            if !warnings.texts.isEmpty { completion.report.details["warnings"] = .array(warnings.texts.map(JSON.string)) }
            reach(point)
            return completion
        }
    }

    private func opened(_ assignment: Assignment) throws -> (StreamArguments, LandingManifest, String) {
        var arguments = try StreamArguments(assignment.spec.args, of: assignment.spec.id)
        arguments.config = try Substitution.expand(arguments.config, environment: environment, file: Files.secret)
        let path = assignment.spec.args["manifest"]?.stringValue ?? ""
        return (arguments, try LandingReader(store).manifest(path), path)
    }

    private func warehouse(_ url: String) throws -> any Warehouse {
        try warehouses.warehouse(at: Substitution.expand(url, environment: environment, file: Files.secret))
    }
}
