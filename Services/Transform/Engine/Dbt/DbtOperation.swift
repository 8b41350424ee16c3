internal import Compilation
internal import Execution
internal import Kernel
internal import Project
internal import WarehouseKit

/// `dbt run-operation MACRO --args '{…}'`: calls a macro.
struct DbtOperation {
    private let site: DbtSite
    init(_ site: DbtSite) { self.site = site }

    func run() throws -> Int32 {
        guard let name = site.arguments.words.first else { throw DbtArguments.wrong("Missing argument 'MACRO'.", "write run-operation and the macro's name") }
        var given = JSONObject()
        if let text = site.arguments.value("args"), let written = (try? YAMLValue.object(text)) ?? nil { given = written }
        let manifest = site.manifest
        // As in dbt the first dot ends the package; a name may be empty, and is not found then.
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let bare = parts[parts.count - 1]
        let owners = parts.count == 2 ? [parts[0]] : [manifest.project.name] + manifest.packages.map(\.name) + ["dbt"]
        let macro = owners.compactMap { manifest.macros["macro.\($0).\(bare)"] }.first
        let id = macro?.uniqueID ?? "macro.\(manifest.project.name).\(name)"
        let startedAt = site.command.now()
        let compiler: Compiler, session: any WarehouseSession
        do { (compiler, session) = try site.open() } catch {
            // As in dbt: a macro that there is has failed then; one that there is not is an error of its own.
            guard macro != nil else { throw error }
            return try end(failed(error, NodeResult(uniqueID: id, status: .error, message: "", startedAt: startedAt, finishedAt: startedAt)))
        }
        try site.writeManifest(compiled: compiler.compiledNames())
        if macro == nil, try !compiler.hasMacro(named: name) {
            let known = manifest.macros.values.map(\.name)
            site.log("Encountered an error while running operation: Runtime Error\n  dbt could not find a macro with the name \"\(bare)\" in \(parts.count == 2 ? "the \"\(parts[0])\" package" : "any package")", .error, name: "RunningOperationCaughtError")
            throw CompilationError(
                "compile.macro_not_found",
                "dbt could not find a macro with the name '\(bare)' in any package. This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with \"dbt deps\".",
                at: .named("run-operation \(name)"), remedy: known.first { $0.lowercased() == name.lowercased() }.map { "did you mean '\($0)'?" } ?? "add it to a file below macros/")
        }
        var result = NodeResult(uniqueID: id, status: .success, message: "", failures: 0, startedAt: startedAt, finishedAt: startedAt)
        do {
            let words = given.pairs.map { "\($0.key)=_operation_arguments['\($0.key)']" }.joined(separator: ", ")
            let text = "\(macro.map { "\($0.packageName)." } ?? "")\(macro?.name ?? name)(\(words))"
            compiler.connectionName = "macro_\(name)"
            func call() throws { try compiler.run(macro, text, with: .object(given)) }
            // As in dbt, each statement takes effect at once, whatever comes of the next; one writer's log is written once.
            defer { session.rollback() }
            if session.hasOneWriter { try session.transaction(call) } else { try call() }
        } catch {
            result = failed(error, result)
        }
        return try end(result)
    }

    /// As in dbt, the result itself does not say why.
    private func failed(_ error: any Error, _ result: NodeResult) -> NodeResult {
        var result = result
        (result.status, result.failures) = (.error, 1)
        site.log("Encountered an error while running operation: \(DbtFailure.text(error))", .error, name: "RunningOperationCaughtError")
        return result
    }

    private func end(_ result: NodeResult) throws -> Int32 {
        var result = result
        result.finishedAt = site.command.now()
        try site.folder.write(
            RunResults(
                [result], invocationID: site.invocation.id, generatedAt: site.command.now(), startedAt: site.invocation.startedAt, command: "run-operation",
                arguments: .object(site.invocation.options)))
        return result.isFailure ? 1 : 0
    }
}
