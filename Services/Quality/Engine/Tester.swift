internal import Compilation
public import Contracts
internal import Execution
public import Kernel
internal import Project
public import WarehouseKit

/// Runs a dbt project's tests and unit tests, one a task. Most only read, so a second delivery just asks again; one whose failing rows are
/// kept writes them anew in one transaction with the ledger's entry, and a second delivery answers with the first one's words.
///
/// Kind: `test`. Crash points: `quality.after_query`, `quality.before_commit`, `quality.after_commit`.
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
        let opened = try OpenedTask(assignment, cache: cache, warehouses: warehouses, environment: environment)
        let node = try opened.node(task.uniqueID)
        var completion: Completion
        do {
            completion = try NodeRunner(opened.compiler, session: opened.session, clock: now).run(node) { isWriter, body in
                isWriter ? try store(node, opened, assignment, body) : try ask(node, opened, body)
            }
        } catch {
            let problem = ProblemRecord(any: error, code: "quality.failed")
            try? opened.folder.keep(NodeResult(
                uniqueID: node.uniqueID, status: .error, message: problem.text, startedAt: startedAt, finishedAt: now()))
            throw error
        }
        if let result = completion.report.details["result"].flatMap(NodeResult.init(json:)) { try opened.folder.keep(result) }
        return completion.signed(assignment, from: startedAt, to: now())
    }

    private func ask(_ node: Node, _ opened: OpenedTask, _ body: () throws -> NodeResult) throws -> Completion {
        let result = try opened.noting(body)
        reach("quality.after_query")
        return Completion(report: try report(result, node, opened))
    }

    /// A test that fails commits too: its rows are what people will look for.
    private func store(_ node: Node, _ opened: OpenedTask, _ assignment: Assignment, _ body: () throws -> NodeResult) throws -> Completion {
        let relation = opened.session.render(opened.compiler.relationName(of: node))
        let completion = try Ledger(on: opened.session).effect(of: assignment, scope: relation, mayEnd: true) {
            let completion = try ask(node, opened, body)
            reach("quality.before_commit")
            return completion
        }
        reach("quality.after_commit")
        return completion
    }

    private func report(_ result: NodeResult, _ node: Node, _ opened: OpenedTask) throws -> TaskReport {
        let compiled = try opened.folder.writeCompiled(result.compiledSQL ?? "", of: node)
        let tested = node.unitTest?.model ?? opened.manifest.tested(by: node)
        let counted = result.rowsAffected ?? 0
        let rows = "\(counted) failing row\(counted == 1 ? "" : "s")"
        var kept = result
        kept.compiledSQL = nil
        // What a limit lets pass is told all the same: it is how a table goes bad slowly.
        let message = result.status != .pass ? "\(result.status.rawValue): \(node.unitTest == nil ? rows : "other rows than expected")" : counted > 0 ? "passed with \(rows)" : "passed"
        var report = TaskReport(
            rows: counted, message: message,
            details: [
                "status": .string(result.status.rawValue), "failures": JSON(counted), "model": .string(tested), "compiled": .string(compiled),
                "file": .string(node.location.description), "limits": .string(result.message), "stored": JSON(result.relationName), "result": kept.json,
            ])
        if result.status == .fail, node.unitTest != nil {
            report.problem = ProblemRecord(
                code: "quality.unit_test_failed", summary: "unit test '\(node.name)' got other rows of '\(tested)' than it expects:\(result.message)",
                location: node.location.description, remedy: "correct the model or what the test expects; its query is in \(compiled)", isRetryable: false)
        } else if result.status == .fail {
            let look = result.relationName.map { "the rows are in \($0), the query in \(compiled)" } ?? "look at the rows with the query in \(compiled)"
            report.problem = ProblemRecord(
                code: "quality.test_failed", summary: "test '\(node.name)' on '\(tested)' found \(rows)\(Self.limit(of: node))",
                location: node.location.description, remedy: look, isRetryable: false)
        }
        return report
    }

    /// The limit that was passed, where the project states one of its own.
    private static func limit(of node: Node) -> String {
        guard let limit = node.config["error_if"]?.stringValue, limit != "!= 0" else { return "" }
        return ", and fails if \(limit)"
    }
}
