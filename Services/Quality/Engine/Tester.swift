public import Contracts
internal import Execution
public import Kernel
public import WarehouseKit
internal import Compilation
internal import Project

/// Runs a dbt project's tests, one a task. It writes nothing to the warehouse, so a second delivery just asks again.
///
/// Kind: `test`. Crash point: `quality.after_query`.
public struct Tester: Sendable {
    private let warehouses: WarehouseRegistry
    private let environment: [String: String]
    private let now: @Sendable () -> Timestamp
    private let reach: @Sendable (String) -> Void
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

    /// Does a task of the quality role. Blocks: call it on a thread that may.
    public func perform(_ assignment: Assignment) throws -> Completion {
        guard assignment.spec.kind == "test" else {
            throw PlainProblem(
                "quality.unknown_kind", "a quality worker does not know tasks of kind '\(assignment.spec.kind)'",
                at: .named("task \(assignment.spec.id)"), remedy: "run programs of one version")
        }
        let startedAt = now()
        let task = try SealedTask(args: assignment.spec.args)
        let opened = try OpenedTask(task, cache: cache, warehouses: warehouses, environment: environment)
        let node = try opened.node(task.uniqueID)
        let result: NodeResult
        do {
            result = try NodeRunner(opened.compiler, session: opened.session, clock: now).test(node)
        } catch {
            let problem = ProblemRecord(any: error, code: "quality.failed")
            try? opened.folder.keep(NodeResult(
                uniqueID: node.uniqueID, status: .error, message: problem.text, startedAt: startedAt, finishedAt: now()))
            throw error
        }
        reach("quality.after_query")
        let compiled = try opened.folder.writeCompiled(result.compiledSQL ?? "", of: node)
        try opened.folder.keep(result)
        return Completion(report: report(result, node, opened, compiled, assignment, startedAt))
    }

    private func report(
        _ result: NodeResult, _ node: Node, _ opened: OpenedTask, _ compiled: String, _ assignment: Assignment, _ startedAt: Timestamp
    ) -> TaskReport {
        let tested = node.attachedNode.flatMap { opened.manifest.nodes[$0]?.name } ?? node.dependsOn.compactMap { id in
            opened.manifest.nodes[id]?.name ?? opened.manifest.sources[id].map { "\($0.sourceName).\($0.name)" }
        }.joined(separator: ", ")
        let failures = result.failures ?? 0
        let rows = "\(failures) failing row\(failures == 1 ? "" : "s")"
        var report = TaskReport(
            attempt: assignment.attempt, startedAt: startedAt, finishedAt: now(), worker: assignment.worker, rows: failures,
            message: result.status == .pass ? "passed" : "\(result.status.rawValue): \(rows)",
            details: [
                "status": .string(result.status.rawValue), "failures": JSON(failures), "model": .string(tested), "compiled": .string(compiled),
                "file": .string(node.location.description),
            ])
        if result.status == .fail {
            report.problem = ProblemRecord(
                code: "quality.test_failed", summary: "test '\(node.name)' on '\(tested)' found \(rows)", location: node.location.description,
                remedy: "look at the rows with the query in \(compiled)", isRetryable: false)
        }
        return report
    }
}
