internal import Compilation
internal import Execution
internal import Kernel
internal import Project
internal import WarehouseKit

/// `dbt clone --state FOLDER`: stands in for relations of another environment, by views on them.
struct DbtClone {
    private let site: DbtSite
    init(_ site: DbtSite) { self.site = site }

    func run() throws -> Int32 {
        guard let folder = site.arguments.value("state") ?? site.arguments.value("defer-state") else {
            throw PlainProblem("dbt.no_state", "--state or --defer-state are required for deferral, but neither was provided", at: .named("clone"), remedy: "name the folder of the other environment's artifacts with --state")
        }
        guard DbtFiles.absolute(folder) != DbtFiles.absolute(site.folder.path) else {
            site.log(
                "The state and target directories are the same: '\(folder)'. This command writes its own artifacts there: keep the other environment's in a folder of their own.",
                .error, name: "WarnStateTargetEqual")
            return 1
        }
        let old = try PreviousState(folder: folder, targetFolder: site.folder.path).manifest()
        let (compiler, session) = try site.open()
        try site.writeManifest(compiled: compiler.compiledNames())
        let chosen = try site.select().compactMap { site.manifest.nodes[$0] }.filter { $0.resourceType.isReferable && !$0.isEphemeral }.sorted { $0.uniqueID < $1.uniqueID }
        for schema in Set(chosen.map { compiler.relationName(of: $0).schema }).sorted() { try session.createSchema(schema) }
        site.tellConcurrency()
        try site.checkDatabases(making: chosen)
        let progress = DbtProgress(log: site.log, manifest: site.manifest, folder: site.folder)
        var results: [NodeResult] = []
        for (index, node) in chosen.enumerated() {
            // Only what goes wrong has a line, as in dbt.
            site.log("\(index + 1) of \(chosen.count) START clone \(node.schema).\(node.alias)", .debug)
            let startedAt = site.command.now()
            var result = NodeResult(uniqueID: node.uniqueID, status: .success, message: "No-op", startedAt: startedAt, finishedAt: startedAt, relationName: compiler.relationText(of: node))
            do {
                if let cloned = try clone(node, old["nodes"]?[node.uniqueID], compiler, session) { result = cloned }
                if let sql = result.builtBy { try site.folder.writeRun(sql, of: node) }
            } catch {
                let refused = compiler.lastMain.flatMap { $0.node == node.uniqueID ? $0.sql : nil }
                result.status = .error
                result.message = DbtFailure.message(
                    error, resource: node.resourceType.rawValue, name: node.name, path: node.originalFilePath, compiled: refused.flatMap { try? site.folder.writeRun($0, of: node) })
            }
            result.finishedAt = site.command.now()
            results.append(result)
        }
        try site.folder.write(
            RunResults(
                results, invocationID: site.invocation.id, generatedAt: site.command.now(), startedAt: site.invocation.startedAt, command: "clone", arguments: .object(site.invocation.options)))
        return progress.end(results)
    }

    /// nil where nothing is to do.
    private func clone(_ node: Node, _ there: JSON?, _ compiler: Compiler, _ session: any WarehouseSession) throws -> NodeResult? {
        guard let there, there["config"]?["materialized"] != "ephemeral", let alias = there["alias"]?.stringValue, let schema = there["schema"]?.stringValue else {
            return skipped("No relation found in state manifest for \(node.uniqueID)")
        }
        let own = compiler.relationName(of: node)
        let other = RelationName(database: there["database"]?.stringValue ?? own.database, schema: schema, identifier: alias)
        // Asked before hooks run. dbt would make a relation stand in for itself, and lose it.
        if try session.relation(compiler.catalogueName(of: own)) != nil, !compiler.invocation.isFullRefresh || session.render(own) == session.render(other) {
            return skipped("Relation \(session.render(own)) already exists")
        }
        return try NodeRunner(compiler, session: session, clock: site.command.now).clone(node, of: other)
    }

    /// Why nothing is to do; the result says that nothing was done, as dbt's does.
    private func skipped(_ reason: String) -> NodeResult? {
        site.log(reason)
        return nil
    }
}
