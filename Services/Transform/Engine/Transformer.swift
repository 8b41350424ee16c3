public import Contracts
internal import Execution
public import Kernel
public import WarehouseKit
internal import Compilation
internal import Project

/// Builds a dbt project's models, seeds, snapshots and functions, task by task.
///
/// Kinds: `plan` seals the project and adds the other tasks; `open` creates schemas and runs on-run-start; `node` builds one
/// of them; `close` runs on-run-end and writes the artifacts and the tests' history; `docs` writes the documentation. Crash points: `transform.after_seal`,
/// `transform.before_commit`, `transform.after_commit`, `transform.after_artifacts`, `transform.after_docs`.
public struct Transformer: Sendable {
    let warehouses: WarehouseRegistry
    let environment: [String: String]
    let now: @Sendable () -> Timestamp
    let reach: @Sendable (String) -> Void
    private let cache = ProjectCache()

    public init(
        warehouses: WarehouseRegistry, environment: [String: String], now: @escaping @Sendable () -> Timestamp,
        reach: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.warehouses = warehouses
        self.environment = environment
        self.now = now
        self.reach = reach
    }

    /// Does a task of the transform role. Blocks: call it on a thread that may.
    public func perform(_ assignment: Assignment) throws -> Completion {
        let startedAt = now()
        let completion = switch assignment.spec.kind {
        case "plan": try Planner(self, assignment, startedAt: startedAt).plan()
        case "open": try open(assignment)
        case "node": try node(assignment)
        case "close": try close(assignment)
        case "docs": try docs(assignment)
        default:
            throw PlainProblem(
                "transform.unknown_kind", "a transform worker does not know tasks of kind '\(assignment.spec.kind)'",
                at: .named("task \(assignment.spec.id)"), remedy: "run programs of one version")
        }
        return completion.signed(assignment, from: startedAt, to: now())
    }

    private func opened(_ assignment: Assignment) throws -> (SealedTask, OpenedTask) {
        let task = try SealedTask(args: assignment.spec.args)
        return (task, try OpenedTask(assignment, cache: cache, warehouses: warehouses, environment: environment))
    }

    // MARK: Kinds

    private func open(_ assignment: Assignment) throws -> Completion {
        let (_, opened) = try opened(assignment)
        let schemas = assignment.spec.args["schemas"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let completion = try effect(assignment, opened, scope: scope(assignment, "open")) {
            for schema in schemas { try opened.session.createSchema(schema) }
            let hooks = try self.hooks(opened, atStart: true)
            return Completion(report: TaskReport(
                message: "\(schemas.count) schema\(schemas.count == 1 ? "" : "s"), \(hooks.count) on-run-start", details: ["hooks": .array(hooks.map(\.json))]))
        }
        for result in Self.hookResults(completion) { try opened.folder.keep(result) }
        return completion
    }

    private static func hookResults(_ completion: Completion) -> [NodeResult] {
        completion.report.details["hooks"]?.arrayValue?.compactMap(NodeResult.init(json:)) ?? []
    }

    /// All in the transaction of their task: one that fails undoes those before it, and the task with them.
    private func hooks(_ opened: OpenedTask, atStart: Bool, after results: [NodeResult] = []) throws -> [NodeResult] {
        var cause: (any Error)?
        let done = try RunHooks(opened.compiler, session: opened.session, clock: now).run(
            atStart: atStart, after: results, carryOut: { _, body in try body() },
            failure: { error, _ in
                cause = error
                return ProblemRecord(any: error, code: "transform.failed").text
            })
        guard let cause else { return done }
        if atStart { for result in done { try? opened.folder.keep(result) } }
        throw cause
    }

    private func node(_ assignment: Assignment) throws -> Completion {
        let (task, opened) = try opened(assignment)
        let node = try opened.node(task.uniqueID)
        let startedAt = now()
        let completion: Completion
        do {
            let relation = opened.session.render(opened.compiler.relationName(of: node))
            var runner = NodeRunner(opened.compiler, session: opened.session, clock: now)
            runner.onBatch = { if let sql = $0.compiledSQL { try opened.folder.writeCompiled(sql, of: $0.node, batch: $0.name) } }
            completion = try runner.run(node) { _, body in
                try effect(assignment, opened, scope: relation) {
                    let result = try body()
                    if let sql = result.compiledSQL { try opened.folder.writeCompiled(sql, of: node) }
                    return Completion(report: Self.report(result, of: node))
                }
            }
        } catch {
            let problem = ProblemRecord(any: error, code: "transform.failed")
            // An attempt that will be made again is no result yet; the last one's stays.
            try? opened.folder.keep(NodeResult(
                uniqueID: node.uniqueID, status: .error, message: problem.text, startedAt: startedAt, finishedAt: now()))
            throw error
        }
        if let result = completion.report.details["result"].flatMap(NodeResult.init(json:)) { try opened.folder.keep(result) }
        return completion
    }

    private static func report(_ result: NodeResult, of node: Node) -> TaskReport {
        var kept = result
        kept.compiledSQL = nil
        let what = node.resourceType == .model ? node.config.materialized : node.resourceType.rawValue
        let rows = result.rowsAffected.map { ", \($0) rows" } ?? ""
        return TaskReport(
            rows: result.rowsAffected, message: "\(what) \(result.relationName ?? node.name)\(rows)",
            details: ["result": kept.json, "relation": JSON(result.relationName), "compiled": JSON(result.compiledSQL != nil ? "compiled/\(node.packageName)/\(node.originalFilePath)" : nil)])
    }

    private func close(_ assignment: Assignment) throws -> Completion {
        let (_, opened) = try opened(assignment)
        let ids = assignment.spec.args["nodes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let kept = try opened.folder.results()
        let at = now()
        let started = opened.manifest.hooks.filter(\.isAtStart).compactMap { kept[$0.node.uniqueID] }
        let results = ids.map { id in
            guard var result = kept[id] else { return NodeResult(uniqueID: id, status: .skipped, message: "", startedAt: at, finishedAt: at) }
            if !result.isFailure || result.status == .fail { result.compiledSQL = opened.manifest[id].flatMap(opened.folder.compiled) }
            return result
        }
        let failed = results.filter(\.isFailure).count
        let skipped = results.filter { $0.status == .skipped }.count
        let completion = try effect(assignment, opened, scope: scope(assignment, "close")) {
            let hooks = try self.hooks(opened, atStart: false, after: started + results)
            try TestHistory(on: opened.session).record(results, of: opened.manifest, compiler: opened.compiler, run: assignment.run, at: at)
            return Completion(report: TaskReport(
                message: "\(results.count - failed - skipped) done, \(failed) failed, \(skipped) skipped", details: ["artifacts": .string(opened.folder.path), "hooks": .array(hooks.map(\.json))]))
        }
        let record = opened.record
        try opened.folder.write(
            RunResults(started + results + Self.hookResults(completion), invocationID: record.id, generatedAt: now(), startedAt: record.startedAt, command: record.command))
        try opened.folder.write(ManifestWriter(
            opened.manifest, invocationID: record.id, generatedAt: record.startedAt, compiled: opened.compiler.compiledNames()))
        if Sharing.isDue(after: results, of: opened.manifest) { try Sharing(opened.manifest, compiler: opened.compiler).publish(on: opened.session) }
        reach("transform.after_artifacts")
        return completion
    }

    /// Reads the warehouse and writes files, each of them whole: a second delivery writes them again.
    private func docs(_ assignment: Assignment) throws -> Completion {
        let (_, opened) = try opened(assignment)
        let selected = Set(assignment.spec.args["nodes"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        let site = try (assignment.spec.args["docs"]?.stringValue).map { RunFolder(try Substitution.expand($0, environment: environment)) }
        let result = try DocsWriter(
            manifest: opened.manifest, compiler: opened.compiler, session: opened.session, invocation: opened.record.invocation(), now: now
        ).write(selected: selected, to: [opened.folder] + (site.map { [$0] } ?? []), compiledIn: opened.folder)
        reach("transform.after_docs")
        let folder = site ?? opened.folder
        var report = TaskReport(
            message: "\(result.message) in \(folder.path)/index.html", details: ["site": .string(folder.path), "artifacts": .string(opened.folder.path)])
        if !result.problems.isEmpty {
            report.details["warnings"] = .array(result.problems.map(JSON.string))
            report.message += "; \(result.problems.count) without SQL"
        }
        return Completion(report: report)
    }

    // MARK: The ledger

    private func scope(_ assignment: Assignment, _ part: String) -> String { "dbt/\(assignment.pipeline)/\(assignment.spec.step)/\(part)" }

    private func effect(_ assignment: Assignment, _ opened: OpenedTask, scope: String, _ body: () throws -> Completion) throws -> Completion {
        let completion = try Ledger(on: opened.session).effect(of: assignment, scope: scope, mayEnd: true) {
            let warnings = Warnings(of: opened.session)
            var completion = try opened.noting(body)
            if !warnings.texts.isEmpty { completion.report.details["warnings"] = .array(warnings.texts.map(JSON.string)) }
            reach("transform.before_commit")
            return completion
        }
        reach("transform.after_commit")
        return completion
    }
}
