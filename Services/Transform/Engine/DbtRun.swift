internal import Compilation
internal import Contracts
internal import Execution
internal import Kernel
internal import Project
internal import WarehouseKit

/// One command of `sluice dbt` at work: node after node in the plan's order.
struct DbtRun {
    let manifest: Manifest
    let plan: RunPlan
    let compiler: Compiler
    let session: any WarehouseSession
    let folder: RunFolder
    let invocation: Invocation
    let now: @Sendable () -> Timestamp
    let log: (String) -> Void

    private var runner: NodeRunner { NodeRunner(compiler, session: session, clock: now) }

    func execute(failsFast: Bool) throws -> Int32 {
        guard !plan.order.isEmpty else {
            log("Nothing to do. Try checking your model configs and model specification args")
            try write([])
            return 0
        }
        if plan.command == .compile { return try compile() }
        let ledger = try Ledger(on: session)
        session.onNotice = { if $0.hasPrefix("WARNING") { log($0) } }
        try open(ledger)
        var results: [NodeResult] = []
        var stopped: Set<String> = []
        for (index, id) in plan.order.enumerated() {
            guard let node = manifest[id] else { continue }
            let place = "\(index + 1) of \(plan.order.count)"
            let result: NodeResult
            if !stopped.isDisjoint(with: plan.waitsFor[id] ?? []) || (failsFast && !stopped.isEmpty) {
                let at = now()
                result = NodeResult(uniqueID: id, status: .skipped, message: "Skipped", startedAt: at, finishedAt: at)
            } else {
                log("\(place) START \(title(node)) \(dots) [RUN]")
                result = run(node, ledger)
            }
            if result.isFailure || result.status == .skipped { stopped.insert(id) }
            tell(result, node, place)
            results.append(result)
        }
        try close(ledger, results)
        try write(results)
        return summary(results)
    }

    private func run(_ node: Node, _ ledger: Ledger) -> NodeResult {
        let startedAt = now()
        do {
            let result: NodeResult
            let isTest = node.resourceType == .test
            if isTest, compiler.failuresRelation(of: node) == nil {
                result = try runner.test(node)
            } else {
                var built: NodeResult?
                _ = try ledger.effect(run: run, task: TaskID(node.uniqueID), fence: fence(node.uniqueID)) {
                    built = isTest ? try runner.test(node) : try runner.build(node)
                    return Completion(report: TaskReport(message: built?.message ?? ""))
                }
                guard let built else { throw PlainProblem("dbt.superseded", "a newer command has built '\(node.name)'", at: node.location, remedy: "run one command at a time") }
                result = built
            }
            if let sql = result.compiledSQL { try folder.writeCompiled(sql, of: node) }
            return result
        } catch {
            let text = ProblemRecord(any: error, code: "dbt.failed").text
            return NodeResult(uniqueID: node.uniqueID, status: .error, message: text, startedAt: startedAt, finishedAt: now())
        }
    }

    // MARK: The run as a whole

    private var run: RunID { RunID("dbt/\(invocation.id)") }
    /// Of a space of its own: a person's command is never late, so it must not hold up a pipeline's tokens.
    private func fence(_ part: String) -> Fence { Fence("dbt/\(part)", token: UInt64(invocation.startedAt.microseconds)) }

    private func open(_ ledger: Ledger) throws {
        _ = try ledger.effect(run: run, task: "open", fence: fence("open")) {
            let nodes = plan.order.compactMap { manifest.nodes[$0] }
            let written = nodes.filter { $0.resourceType != .test || compiler.failuresRelation(of: $0) != nil }
            for schema in Set(written.map(\.schema)).sorted() { try session.createSchema(schema) }
            try runner.run(manifest.packages.flatMap(\.onRunStart), for: nil)
            return Completion(report: TaskReport())
        }
    }

    private func close(_ ledger: Ledger, _ results: [NodeResult]) throws {
        let hooks = manifest.packages.flatMap(\.onRunEnd)
        guard !hooks.isEmpty || results.contains(where: { manifest.nodes[$0.uniqueID]?.resourceType == .test }) else { return }
        let schemas = Set(results.compactMap { manifest.nodes[$0.uniqueID]?.schema }).sorted().map(JSON.string)
        _ = try ledger.effect(run: run, task: "close", fence: fence("close")) {
            try runner.run(hooks, for: nil, with: [("results", .array(results.map(\.json))), ("schemas", .array(schemas))])
            try TestHistory(on: session).record(results, of: manifest, compiler: compiler, run: run, at: now())
            return Completion(report: TaskReport())
        }
    }

    private func write(_ results: [NodeResult]) throws {
        try folder.write(
            RunResults.json(results, invocationID: invocation.id, generatedAt: now(), startedAt: invocation.startedAt, command: invocation.command),
            as: "run_results.json")
    }

    private func compile() throws -> Int32 {
        var results: [NodeResult] = []
        for id in plan.order {
            guard let node = manifest.nodes[id] else { continue }
            let startedAt = now()
            do {
                let compiled = try compiler.compile(node)
                try folder.writeCompiled(compiled.sql, of: node)
                results.append(NodeResult(
                    uniqueID: id, status: .success, message: "", startedAt: startedAt, finishedAt: now(), compiledSQL: compiled.sql, relationName: compiled.relationName))
            } catch {
                log(String(describing: error))
                results.append(NodeResult(uniqueID: id, status: .error, message: String(describing: error), startedAt: startedAt, finishedAt: now()))
            }
        }
        try write(results)
        return results.contains(where: \.isFailure) ? 1 : 0
    }

    // MARK: Words

    private let dots = "...................."

    private func title(_ node: Node) -> String {
        switch node.resourceType {
        case .test: "test \(node.name)"
        case .seed: "seed file \(node.schema).\(node.alias)"
        default: "sql \(node.config.materialized) model \(node.schema).\(node.alias)"
        }
    }

    private func tell(_ result: NodeResult, _ node: Node, _ place: String) {
        let seconds = Int((result.seconds * 100).rounded())
        let time = "in \(seconds / 100).\(seconds % 100 < 10 ? "0" : "")\(seconds % 100)s"
        switch result.status {
        case .success:
            let verb = node.resourceType == .seed ? "loaded" : "created"
            log("\(place) OK \(verb) \(title(node)) \(dots) [\(result.message) \(time)]")
        case .pass: log("\(place) PASS \(node.name) \(dots) [PASS \(time)]")
        case .warn: log("\(place) WARN \(result.failures ?? 0) \(node.name) \(dots) [WARN \(result.failures ?? 0) \(time)]")
        case .fail: log("\(place) FAIL \(result.failures ?? 0) \(node.name) \(dots) [FAIL \(result.failures ?? 0) \(time)]")
        case .error: log("\(place) ERROR \(title(node)) \(dots) [ERROR \(time)]")
        case .skipped: log("\(place) SKIP \(title(node)) \(dots) [SKIP]")
        }
    }

    private func summary(_ results: [NodeResult]) -> Int32 {
        func count(_ statuses: NodeResult.Status...) -> Int { results.filter { statuses.contains($0.status) }.count }
        for result in results where result.isFailure || result.status == .warn {
            guard let node = manifest.nodes[result.uniqueID] else { continue }
            let word = result.status == .warn ? "Warning" : "Failure"
            log("")
            log("\(word) in \(node.resourceType.rawValue) \(node.name) (\(node.originalFilePath))")
            log("  \(result.message)")
            if node.resourceType == .test {
                log("  compiled code at \(folder.compiledPath(of: node))")
                if let relation = result.relationName { log("  See test failures: select * from \(relation)") }
            }
        }
        log("")
        log(
            "Done. PASS=\(count(.success, .pass)) WARN=\(count(.warn)) ERROR=\(count(.error, .fail)) SKIP=\(count(.skipped)) NO-OP=0 TOTAL=\(results.count)")
        return results.contains(where: \.isFailure) ? 1 : 0
    }
}
