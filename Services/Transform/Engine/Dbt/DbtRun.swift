internal import Compilation
internal import Contracts
internal import Execution
internal import Kernel
internal import Project
internal import WarehouseKit

/// `build`, `run`, `test`, `seed`, `snapshot` and `compile` at work: hooks, then node after node in the plan's order.
struct DbtRun {
    private let site: DbtSite
    private let plan: RunPlan
    private let compiler: Compiler
    private let session: any WarehouseSession
    private let progress: DbtProgress
    /// What `build` names and nothing runs for: exposures and saved queries.
    private let idle: [String]

    init(_ site: DbtSite) throws {
        self.site = site
        (compiler, session) = try site.open()
        let command = RunPlan.Command(rawValue: site.arguments.command) ?? .build
        let chosen = try site.select()
        plan = RunPlan(command, manifest: site.manifest, selected: chosen)
        idle = command == .build ? chosen.filter { [.exposure, .savedQuery].contains(site.manifest.others[$0]?.resourceType) }.sorted() : []
        progress = DbtProgress(log: site.log, manifest: site.manifest, folder: site.folder)
    }

    private var manifest: Manifest { site.manifest }
    private var invocation: Invocation { site.invocation }
    private var log: DbtLog { site.log }
    private var now: @Sendable () -> Timestamp { site.command.now }
    private var runner: NodeRunner { NodeRunner(compiler, session: session, clock: now) }
    private var run: RunID { RunID("dbt/\(invocation.id)") }
    /// Of a space of its own: a person's command is never late, so it must not hold up a pipeline's tokens.
    private func fence(_ part: String) -> Fence { Fence("dbt/\(part)", token: UInt64(invocation.startedAt.microseconds)) }

    func execute() throws -> Int32 {
        // Once more than at reading, as now the warehouse can say how relations are written.
        try site.writeManifest(compiled: compiler.relationNames(on: session))
        guard !plan.order.isEmpty || !idle.isEmpty else {
            try site.warn("Nothing to do. Try checking your model configs and model specification args")
            try write([])
            return 0
        }
        if plan.command == .compile { return try compile() }
        log("\nConcurrency: \(manifest.target.threads) threads (target='\(manifest.target.name)')\n", name: "ConcurrencyLine")
        let ledger = try Ledger(on: session)
        let log = log
        session.onNotice = { if $0.hasPrefix("WARNING") { log($0, .warn) } }
        try createSchemas(ledger)
        var results = try hooks(atStart: true, ledger, [])
        if results.contains(where: \.isFailure) {
            results += plan.order.map { skipped($0, "Skipped: a hook failed") }
        } else {
            results += try nodes(ledger)
        }
        results += try hooks(atStart: false, ledger, results)
        try close(ledger, results)
        try write(results)
        if Sharing.isDue(after: results, of: manifest) { try Sharing(manifest, compiler: compiler).publish(on: session) }
        let code = progress.summary(results, seconds: now() - invocation.startedAt)
        // What is skipped without a failure before it is skipped for an ephemeral model, which has no result of its own.
        return results.contains { $0.status == .skipped } ? 1 : code
    }

    // MARK: Nodes

    private func nodes(_ ledger: Ledger) throws -> [NodeResult] {
        var results: [NodeResult] = []
        var stopped: Set<String> = []
        let failsFast = site.arguments.stated("fail-fast") ?? manifest.project.flags["fail_fast"]?.boolValue ?? false
        let total = plan.order.count + idle.count
        for (index, id) in plan.order.enumerated() {
            guard let node = manifest[id] else { continue }
            let place = "\(index + 1) of \(total)"
            let result: NodeResult
            if !stopped.isDisjoint(with: plan.waitsFor[id] ?? []) || (failsFast && results.contains(where: \.isFailure)) {
                result = skipped(id, "Skipped")
            } else {
                progress.start(node, place)
                result = run(node, ledger)
            }
            if result.isFailure || result.status == .skipped { stopped.insert(id) }
            progress.end(result, node, place)
            results.append(result)
        }
        for (index, id) in idle.enumerated() {
            guard let node = manifest[id] else { continue }
            let isStopped = !manifest.graph.ancestors(of: [id]).isDisjoint(with: stopped)
            let result = isStopped ? skipped(id, "Skipped") : NodeResult(uniqueID: id, status: .noOp, message: "NO-OP", startedAt: now(), finishedAt: now())
            progress.end(result, node, "\(plan.order.count + index + 1) of \(total)")
            results.append(result)
        }
        return results
    }

    private func skipped(_ id: String, _ message: String) -> NodeResult {
        let at = now()
        return NodeResult(uniqueID: id, status: .skipped, message: message, startedAt: at, finishedAt: at)
    }

    private func run(_ node: Node, _ ledger: Ledger) -> NodeResult {
        let startedAt = now()
        do {
            let result = try runner.run(node) { isWriter, body in
                guard isWriter else { return try body() }
                var built: NodeResult?
                _ = try ledger.effect(run: run, task: TaskID(node.uniqueID), fence: fence(node.uniqueID)) {
                    built = try body()
                    return Completion(report: TaskReport(message: built?.message ?? ""))
                }
                guard let built else { throw PlainProblem("dbt.superseded", "a newer command has built '\(node.name)'", at: node.location, remedy: "run one command at a time") }
                return built
            }
            if let sql = result.compiledSQL { try site.folder.writeCompiled(sql, of: node) }
            if let sql = result.builtBy, node.resourceType != .seed { try site.folder.writeRun(sql, of: node) }
            return result
        } catch {
            // Where an ephemeral model inside it is at fault, that one failed and this one is skipped, as in dbt.
            if let (culprit, cause) = brokenEphemeral(in: node) {
                let text = DbtFailure.message(cause, resource: "model", name: culprit.name, path: culprit.originalFilePath, compiled: nil)
                log(text, .error)
                return NodeResult(uniqueID: node.uniqueID, status: .skipped, message: text, startedAt: startedAt, finishedAt: now())
            }
            let text = DbtFailure.message(error, resource: node.resourceType.rawValue, name: node.name, path: node.originalFilePath, compiled: nil)
            return NodeResult(uniqueID: node.uniqueID, status: .error, message: text, startedAt: startedAt, finishedAt: now())
        }
    }

    /// The first ephemeral model below a node that does not compile by itself.
    private func brokenEphemeral(in node: Node) -> (Node, any Error)? {
        for parent in node.dependsOn.compactMap({ manifest.nodes[$0] }) where parent.isEphemeral {
            if let deeper = brokenEphemeral(in: parent) { return deeper }
            do { _ = try compiler.compile(parent) } catch { return (parent, error) }
        }
        return nil
    }

    // MARK: The run as a whole

    private func createSchemas(_ ledger: Ledger) throws {
        _ = try ledger.effect(run: run, task: "open", fence: fence("open")) {
            let nodes = plan.order.compactMap { manifest.nodes[$0] }
            let written = nodes.filter { $0.resourceType != .test || compiler.failuresRelation(of: $0) != nil }
            for schema in Set(written.map(\.schema)).sorted() { try session.createSchema(schema) }
            return Completion(report: TaskReport())
        }
    }

    /// Runs the hooks of the start or of the end one by one; behind one that fails the rest are skipped.
    private func hooks(atStart: Bool, _ ledger: Ledger, _ results: [NodeResult]) throws -> [NodeResult] {
        let hooks = manifest.hooks.filter { $0.isAtStart == atStart }
        var extra: [(String, JSON)] = []
        if !atStart {
            let schemas = Set(results.compactMap { manifest.nodes[$0.uniqueID] }.filter { $0.resourceType != .operation }.map(\.schema)).sorted()
            let databases = Set(results.compactMap { manifest.nodes[$0.uniqueID] }.map { [$0.database, $0.schema] })
            extra = [
                ("results", .array(results.map(\.json))), ("schemas", .array(schemas.map(JSON.string))),
                ("database_schemas", .array(databases.sorted { $0.joined(separator: ".") < $1.joined(separator: ".") }.map { .array($0.map(JSON.string)) })),
            ]
        }
        var done: [NodeResult] = []
        for (index, hook) in hooks.enumerated() {
            let place = "\(index + 1) of \(hooks.count)"
            if done.contains(where: \.isFailure) {
                done.append(skipped(hook.node.uniqueID, "Skipped"))
                log.progress(place, "SKIP hook: \(hook.title)", "SKIP")
                continue
            }
            log.progress(place, "START hook: \(hook.title)", "RUN")
            let startedAt = now()
            var isRendered = false
            var result = NodeResult(uniqueID: hook.node.uniqueID, status: .success, message: "OK", startedAt: startedAt, finishedAt: startedAt)
            do {
                _ = try ledger.effect(run: run, task: TaskID(hook.node.uniqueID), fence: fence(hook.node.uniqueID)) {
                    let sql = try compiler.render(hook.node.rawCode, for: nil, with: extra)
                    isRendered = true
                    if sql.utf8.contains(where: { $0 > 0x20 && $0 != UInt8(ascii: ";") }) { try session.execute(try compiler.sending(sql, of: hook.node)) }
                    return Completion(report: TaskReport())
                }
            } catch {
                // A hook that cannot even be written down ends the command, as in dbt; one that the warehouse refuses is a result.
                guard isRendered else { throw error }
                result.status = .error
                result.message = DbtFailure.message(error, resource: "operation", name: hook.node.name, path: "./dbt_project.yml", compiled: nil)
            }
            result.finishedAt = now()
            log.progress(place, "\(result.isFailure ? "ERROR" : "OK") hook: \(hook.title)", result.isFailure ? "ERROR" : "OK", seconds: result.seconds, result.isFailure ? .error : .info)
            done.append(result)
        }
        if !hooks.isEmpty { log("") }
        return done
    }

    private func close(_ ledger: Ledger, _ results: [NodeResult]) throws {
        guard results.contains(where: { manifest.nodes[$0.uniqueID]?.resourceType == .test }) else { return }
        _ = try ledger.effect(run: run, task: "close", fence: fence("close")) {
            try TestHistory(on: session).record(results.filter { manifest.nodes[$0.uniqueID] != nil }, of: manifest, compiler: compiler, run: run, at: now())
            return Completion(report: TaskReport())
        }
    }

    private func write(_ results: [NodeResult]) throws {
        guard site.arguments.flag("write-json", byDefault: true) else { return }
        try site.folder.write(
            RunResults.json(
                results, invocationID: invocation.id, generatedAt: now(), startedAt: invocation.startedAt, command: site.arguments.word, arguments: .object(invocation.options), environment: manifest.metadataEnvironment),
            as: "run_results.json")
    }

    // MARK: Compiling alone

    private func compile() throws -> Int32 {
        var results: [NodeResult] = []
        var names = compiler.relationNames(on: session)
        for id in plan.order {
            guard let node = manifest.nodes[id] else { continue }
            let startedAt = now()
            do {
                let compiled = try compiler.compile(node)
                let path = try site.folder.writeCompiled(compiled.sql, of: node)
                names[id] = .init(sql: compiled.sql, path: path, relationName: compiled.relationName)
                results.append(NodeResult(
                    uniqueID: id, status: .success, message: "", startedAt: startedAt, finishedAt: now(), compiledSQL: compiled.sql, relationName: compiled.relationName))
            } catch {
                let text = DbtFailure.message(error, resource: node.resourceType.rawValue, name: node.name, path: node.originalFilePath, compiled: nil)
                log(text, .error)
                results.append(NodeResult(uniqueID: id, status: .error, message: text, startedAt: startedAt, finishedAt: now()))
            }
        }
        try site.writeManifest(compiled: names)
        try write(results)
        if !site.arguments.select.isEmpty, results.count == 1, let sql = results[0].compiledSQL, let node = manifest.nodes[results[0].uniqueID] {
            let isJSON = site.arguments.value("output") == "json"
            log.result(isJSON ? JSON([("node", .string(node.name)), ("compiled", .string(sql))]).text(isPretty: true) : "Compiled node '\(node.name)' is:\n\(sql)", name: "CompiledNode")
        }
        return results.contains(where: \.isFailure) ? 1 : 0
    }
}
