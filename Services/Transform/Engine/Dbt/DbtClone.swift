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
        try site.writeManifest(compiled: compiler.compiledNames(on: session))
        let chosen = try site.select().compactMap { site.manifest.nodes[$0] }.filter { $0.resourceType.isReferable && !$0.isEphemeral }.sorted { $0.uniqueID < $1.uniqueID }
        site.tellConcurrency()
        try site.checkDatabases(making: chosen)
        let progress = DbtProgress(log: site.log, manifest: site.manifest, folder: site.folder)
        var results: [NodeResult] = []
        for (index, node) in chosen.enumerated() {
            // Only what goes wrong has a line, as in dbt.
            site.log("\(index + 1) of \(chosen.count) START clone \(node.schema).\(node.alias)", .debug)
            let startedAt = site.command.now()
            var result = NodeResult(uniqueID: node.uniqueID, status: .success, message: "No-op", startedAt: startedAt, finishedAt: startedAt, relationName: compiler.relationText(of: node))
            do { result.message = try clone(node, old["nodes"]?[node.uniqueID], compiler, session) } catch {
                result.status = .error
                result.message = DbtFailure.message(error, resource: node.resourceType.rawValue, name: node.name, path: node.originalFilePath, compiled: nil)
            }
            result.finishedAt = site.command.now()
            results.append(result)
        }
        try site.folder.write(
            RunResults(
                results, invocationID: site.invocation.id, generatedAt: site.command.now(), startedAt: site.invocation.startedAt, command: "clone", arguments: .object(site.invocation.options)))
        return progress.end(results)
    }

    private func clone(_ node: Node, _ there: JSON?, _ compiler: Compiler, _ session: any WarehouseSession) throws -> String {
        guard let there, let alias = there["alias"]?.stringValue, let schema = there["schema"]?.stringValue else { return skipped("No relation found in state manifest for \(node.uniqueID)") }
        let own = compiler.relationName(of: node)
        let other = RelationName(database: there["database"]?.stringValue ?? own.database, schema: schema, identifier: alias)
        let existing = try session.relation(own)
        if existing != nil, !compiler.isFullRefresh(node) || session.render(own) == session.render(other) { return skipped("Relation \(session.render(own)) already exists") }
        guard try session.relation(other) != nil else {
            throw PlainProblem(
                "warehouse.no_relation", "relation \(session.render(other)) does not exist", at: node.location, remedy: "build '\(node.name)' in the environment of the state, or leave it out")
        }
        try session.transaction {
            try session.createSchema(own.schema)
            if let existing { try session.drop(existing) }
            try session.execute("create view \(session.render(own)) as\nselect * from \(session.render(other))")
        }
        return "CREATE VIEW"
    }

    /// Why nothing is to do; the result says that nothing was done, as dbt's does.
    private func skipped(_ reason: String) -> String {
        site.log(reason)
        return "No-op"
    }
}
