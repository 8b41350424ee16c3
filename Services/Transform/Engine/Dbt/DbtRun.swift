internal import Compilation
internal import Execution
internal import Kernel
internal import Project
internal import WarehouseKit

/// `build`, `run`, `test`, `seed`, `snapshot` and `compile` at work: hooks, then the nodes in the plan's order.
struct DbtRun {
    private let site: DbtSite
    private let plan: RunPlan
    /// How many are counted though they are not in the plan.
    private let idle: Int
    private let compiler: Compiler
    private let session: any WarehouseSession
    private let progress: DbtProgress

    static func execute(_ site: DbtSite) throws -> Int32 {
        // A command that nobody thought of must not build the warehouse.
        guard let command = RunPlan.Command(rawValue: site.arguments.command) else { preconditionFailure("\(site.arguments.command) is no command that runs nodes") }
        let chosen = try site.select()
        let plan = RunPlan(command, manifest: site.manifest, selected: chosen, keepsIdle: true, repeatsEarlier: site.only != nil)
        site.narrow(to: plan.order)
        // As in dbt: unit tests that are chosen without their model are counted, and not run.
        let idle = command == .build ? chosen.subtracting(plan.order).count { site.manifest[$0]?.resourceType == .unitTest } : 0
        // As in dbt, nobody asks the warehouse for nothing, so it need not be there.
        return plan.order.isEmpty ? try nothing(site, command) : try DbtRun(site, plan, idle: idle).execute()
    }

    private static func nothing(_ site: DbtSite, _ command: RunPlan.Command) throws -> Int32 {
        try site.writeManifest()
        try site.tellNothing()
        try write([], of: site)
        // As in dbt, which ends no other command so.
        return command == .seed ? DbtProgress(log: site.log, manifest: site.manifest, folder: site.folder).end([]) : 0
    }

    private init(_ site: DbtSite, _ plan: RunPlan, idle: Int) throws {
        (self.site, self.plan, self.idle) = (site, plan, idle)
        (compiler, session) = try site.open()
        progress = DbtProgress(log: site.log, manifest: site.manifest, folder: site.folder)
    }

    private var manifest: Manifest { site.manifest }
    private var invocation: Invocation { site.invocation }
    private var log: DbtLog { site.log }
    private var now: @Sendable () -> Timestamp { site.command.now }

    private func execute() throws -> Int32 {
        // Once more than at reading, as now the warehouse can say how relations are written.
        try site.writeManifest(compiled: compiler.compiledNames())
        site.tellConcurrency()
        let chosen = plan.command == .compile ? [] : told.compactMap { manifest.nodes[$0] }
        do { try site.checkDatabases(making: chosen) } catch {
            if plan.command != .compile { progress.finished([], seconds: now() - invocation.startedAt) }
            throw error
        }
        if plan.command == .compile { return try compile() }
        let progress = progress
        let lane = try DbtLane(
            compiler, session, folder: site.folder, now: now, name: NodeResult.thread(1), earlierBatches: site.earlierBatches,
            onBatch: { progress.batch($0) })
        try createSchemas(lane)
        var results = try hooks(atStart: true, lane, [])
        var ephemerals: [NodeResult] = []
        // As in dbt, a hook that fails stops the nodes only where the project says so.
        if results.contains(where: \.isFailure), manifest.project.flags["skip_nodes_if_on_run_start_fails"]?.boolValue ?? false {
            let left = told.map { skipped($0) }
            for (index, result) in left.enumerated() { if let node = manifest[result.uniqueID] { progress.end(result, node, "\(index + 1) of \(left.count)") } }
            results += left
        } else {
            let done = try nodes(lane)
            (results, ephemerals) = (results + done.results, done.ephemerals)
        }
        do { results += try hooks(atStart: false, lane, results) } catch {
            // A hook that cannot even be written down ends the command, which tells all the same what was done before it.
            if let stopped = error as? DbtHooks.Stopped { results += stopped.done }
            try write(results)
            if error is DbtHooks.Stopped { _ = progress.end(results, isInterrupted: true) }
            progress.finished(results, seconds: now() - invocation.startedAt)
            throw (error as? DbtHooks.Stopped)?.cause ?? error
        }
        try close(lane, results)
        try writeManifest(after: results + ephemerals)
        try write(results)
        if Sharing.isDue(after: results, of: manifest) { try Sharing(manifest, compiler: compiler).publish(on: session) }
        progress.finished(results, seconds: now() - invocation.startedAt)
        if plan.command == .seed, site.arguments.flag("show") { try showSeeds(results) }
        // Of nothing but ephemeral models there is nothing to say, as in dbt.
        let code = results.isEmpty && plan.command != .seed ? 0 : progress.end(results)
        // What is skipped without a failure among the results is skipped for an ephemeral model, which has none of its own.
        return results.contains { $0.status == .skipped } ? 1 : code
    }

    // MARK: Nodes

    /// Each node as soon as a lane is free and it waits for nothing; with one lane that is the plan's order.
    /// - Returns: their results, and those of the ephemeral models among them.
    private func nodes(_ lane: DbtLane) throws -> (results: [NodeResult], ephemerals: [NodeResult]) {
        let count = threads
        let team = count > 1 ? DbtTeam(try site.team(), count: count) : nil
        defer { team?.end() }
        var queue = DbtQueue(plan)
        var results: [NodeResult] = []
        var ephemerals: [NodeResult] = []
        var places: [String: String] = [:]
        let failsFast = site.arguments.flag("fail-fast")
        let total = told.count + idle
        func end(_ result: NodeResult, _ node: Node) {
            queue.end(node.uniqueID, isStopping: result.isFailure || result.status == .skipped)
            // What a command other than `build` skips passes no blame on.
            if result.isFailure || result.status == .skipped && plan.command == .build { queue.blame(result, isEphemeral: node.isEphemeral) }
            guard !node.isEphemeral else { return ephemerals.append(result) }
            progress.end(result, node, places[node.uniqueID] ?? "", for: result.status == .skipped ? queue.cause(of: node.uniqueID) : nil)
            results.append(result)
        }
        var atWork = 0
        while true {
            while atWork < count, let id = queue.next() {
                guard let node = manifest[id] else { continue }
                // As in dbt, a model and its unit tests come to their end together.
                if failsFast, results.contains(where: \.isFailure), !isGated(id, by: queue.stopped) { continue }
                if !node.isEphemeral { places[id] = "\(places.count + 1) of \(total)" }
                if !queue.stopped.isDisjoint(with: plan.waitsFor[id] ?? []) {
                    end(skipped(id, for: queue.cause(of: id)), node)
                    continue
                }
                if node.isIdle, !node.isEphemeral {
                    end(NodeResult(uniqueID: id, status: .noOp, message: "NO-OP", failures: 0, startedAt: now(), finishedAt: now()), node)
                    continue
                }
                if !node.isEphemeral { progress.start(node, places[id] ?? "") }
                if let team {
                    team.give(node)
                    atWork += 1
                } else {
                    end(lane.perform(node), node)
                }
            }
            guard atWork > 0, let team else { break }
            switch team.take() {
            case .said(let message): site.tell(message)
            case .batch(let event): progress.batch(event)
            case .ended(let result):
                atWork -= 1
                if let node = manifest[result.uniqueID] { end(result, node) }
            case .gone: break
            }
        }
        if failsFast, let failure = results.first(where: \.isFailure) { return (results + stopped(by: failure, results), ephemerals) }
        return (results, ephemerals)
    }

    /// What `--fail-fast` leaves undone, without a line of its own; of unit tests `build` says nothing.
    private func stopped(by failure: NodeResult, _ results: [NodeResult]) -> [NodeResult] {
        progress.failure(failure)
        let done = Set(results.map(\.uniqueID))
        return told.filter { !done.contains($0) && (plan.command != .build || manifest[$0]?.resourceType != .unitTest) }.map { skipped($0, "Skipping due to fail_fast") }
    }

    private func isGated(_ id: String, by stopped: Set<String>) -> Bool {
        plan.waitsFor[id]?.contains { stopped.contains($0) && manifest[$0]?.resourceType == .unitTest } ?? false
    }

    /// As many as the target says and the engine bears.
    private var threads: Int {
        // What templates put into `graph` for those that come later is one lane's own, so there is one lane then.
        manifest.macros.values.contains { macro in Self.changesOfGraph.contains(where: macro.text.contains) } ? 1 : min(manifest.target.threads, site.writersMax, plan.order.count, DbtTeam.lanesMax)
    }
    private static let changesOfGraph = ["graph.setdefault(", "graph.update(", "do graph.", "do graph["]

    /// What has a line and a result of its own.
    private var told: [String] { plan.order.filter { !(manifest[$0]?.isEphemeral ?? false) } }

    private func skipped(_ id: String, for cause: NodeResult?) -> NodeResult {
        guard let cause else { return skipped(id) }
        return skipped(id, "Compilation Error in \(id), caused by compilation error in referenced ephemeral model \(cause.uniqueID)")
    }

    private func skipped(_ id: String, _ reason: String = "") -> NodeResult {
        let at = now()
        var result = NodeResult(uniqueID: id, status: .skipped, message: reason, startedAt: at, finishedAt: at)
        if let node = manifest.nodes[id], node.resourceType.isReferable || compiler.failuresRelation(of: node) != nil {
            result.relationName = compiler.relationText(of: node)
        }
        return result
    }

    /// `--show`: ten rows of each seed.
    private func showSeeds(_ results: [NodeResult]) throws {
        for node in results.filter({ $0.status == .success }).compactMap({ manifest.nodes[$0.uniqueID] }) where node.resourceType == .seed {
            let heading = "Random sample of table: \(node.schema).\(node.alias)"
            log("\n\(heading)", name: "SeedHeader")
            log(String(repeating: "-", count: heading.count))
            log.result(TablePrinter(try session.query("select * from \(session.render(compiler.relationName(of: node))) order by random() limit 10")).text, name: "PrintEvent")
        }
    }

    // MARK: The run as a whole

    private func createSchemas(_ lane: DbtLane) throws {
        try lane.effect("open") {
            let nodes = told.compactMap { manifest.nodes[$0] }
            let written = nodes.filter { $0.resourceType != .test || compiler.failuresRelation(of: $0) != nil }
            let schemas = Set(written.map(\.schema)).sorted()
            if compiler.isOverridden(["list_schemas", "create_schema", "list_relations_without_caching"]) {
                let relational = manifest.nodes.values.filter { !$0.isEphemeral && [.model, .seed, .snapshot].contains($0.resourceType) }
                try compiler.openSchemas(schemas, all: Set(relational.map(\.schema)).sorted())
            } else {
                for schema in schemas { try session.createSchema(schema) }
            }
        }
    }

    private func hooks(atStart: Bool, _ lane: DbtLane, _ results: [NodeResult]) throws -> [NodeResult] {
        do { return try DbtHooks(site, compiler, session, lane).run(atStart: atStart, after: results) } catch let stopped as DbtHooks.Stopped where atStart {
            throw stopped.cause
        }
    }

    private func close(_ lane: DbtLane, _ results: [NodeResult]) throws {
        let history = TestHistory(on: session)
        guard results.contains(where: { manifest.nodes[$0.uniqueID]?.resourceType == .test }), try history.isKept() else { return }
        try lane.effect("close") {
            try history.record(results.filter { manifest.nodes[$0.uniqueID] != nil }, of: manifest, compiler: compiler, run: DbtLane.run(invocation), at: now())
        }
    }

    /// As in dbt, the manifest that a run leaves says what it compiled and built.
    private func writeManifest(after results: [NodeResult]) throws {
        var names = compiler.compiledNames()
        let folder = site.folder
        var hooks: [Bool: Int] = [:]
        for result in results {
            let hook = manifest.hooks.first { $0.node.uniqueID == result.uniqueID }
            if let hook { hooks[hook.isAtStart, default: 0] += 1 }
            guard let node = manifest.nodes[result.uniqueID] ?? hook?.node else { continue }
            var own = names[node.uniqueID] ?? .init()
            if let sql = result.compiledSQL {
                own.sql = sql
                if !sql.isEmpty, node.resourceType != .snapshot { own.path = { folder.compiledPath(of: node) } }
                own.relationName = result.relationName
                own.macros = site.macros(ofTest: node, isRun: true)
                own.injected = result.ephemerals.map { ($0.id, $0.sql) }
            }
            // Also of one that did not run, behind another that failed.
            own.index = hook.flatMap { hooks[$0.isAtStart] }
            if result.builtBy != nil || node.resourceType == .seed && result.status == .success { own.buildPath = { folder.runPath(of: node) } }
            names[node.uniqueID] = own
        }
        compiler.noteEphemerals(in: &names, folder: site.folder)
        try site.writeManifest(compiled: names)
    }

    private func write(_ results: [NodeResult]) throws { try Self.write(results, of: site) }

    private static func write(_ results: [NodeResult], of site: DbtSite) throws {
        guard site.arguments.flag("write-json", byDefault: true) else { return }
        try site.folder.write(
            RunResults(
                results, invocationID: site.invocation.id, generatedAt: site.command.now(), startedAt: site.invocation.startedAt, command: site.arguments.word,
                arguments: .object(site.invocation.options), environment: site.manifest.metadataEnvironment))
    }

    // MARK: Compiling alone

    private func compile() throws -> Int32 {
        var results: [NodeResult] = []
        var names = compiler.compiledNames()
        // As in dbt, the hooks of the run are among what is compiled where nothing is chosen.
        let hooks = site.arguments.select.isEmpty && site.arguments.exclude.isEmpty ? manifest.hooks.map(\.node).sorted { $0.uniqueID < $1.uniqueID } : []
        let roots = plan.order.prefix { $0 < "operation" && plan.waitsFor[$0]?.isEmpty ?? true }.compactMap { manifest.nodes[$0] }
        for node in roots + hooks + plan.order.dropFirst(roots.count).compactMap({ manifest.nodes[$0] }) {
            let (id, startedAt) = (node.uniqueID, now())
            do {
                if node.resourceType == .seed {
                    results.append(NodeResult(uniqueID: id, status: .success, message: "", startedAt: startedAt, finishedAt: now()))
                    continue
                }
                let compiled = try compiler.undoing { try compiler.compile(node) }
                let path = try DbtLane.write(compiled, in: site.folder, by: compiler)
                names[id] = .init(sql: compiled.sql, path: ManifestWriter.Compiled.place(path), relationName: compiled.relationName, injected: compiled.ephemerals.map { ($0.id, $0.sql) }, macros: site.macros(ofTest: node, isRun: false))
                // As in dbt, an ephemeral model has a result where somebody asked for it.
                guard !node.isEphemeral || !site.arguments.select.isEmpty else { continue }
                results.append(NodeResult(
                    uniqueID: id, status: .success, message: "", startedAt: startedAt, finishedAt: now(), compiledSQL: compiled.sql, relationName: compiled.relationName))
            } catch {
                // As in dbt, the first that cannot be compiled ends the command.
                let text = DbtFailure.message(error, resource: node.resourceType.rawValue, name: node.name, path: node.originalFilePath, compiled: nil)
                throw PlainProblem("dbt.compile_failed", text, remedy: "")
            }
        }
        compiler.noteEphemerals(in: &names, folder: site.folder)
        try site.writeManifest(compiled: names)
        try write(results)
        // As in dbt: of all that was compiled, what the first of the selected words names.
        let word = site.arguments.select.first ?? ""
        for result in results {
            guard let node = manifest.nodes[result.uniqueID], word.contains(node.name) else { continue }
            let sql = result.compiledSQL ?? ""
            let isJSON = site.arguments.value("output") == "json"
            if isJSON {
                log.result(JSON([("node", .string(node.name)), ("compiled", .string(sql))]).text(isPretty: true), name: "CompiledNode", with: [("node_name", .string(node.name)), ("compiled", .string(sql)), ("is_inline", false), ("output_format", "json"), ("unique_id", .string(node.uniqueID)), log.quietness])
            } else {
                log.result("Compiled node '\(node.name)' is:", sql, name: "CompiledNode", with: [("node_name", .string(node.name)), ("compiled", .string(sql)), ("is_inline", false), ("output_format", "text"), ("unique_id", .string(node.uniqueID)), log.quietness])
            }
        }
        return 0
    }
}
