internal import Compilation
internal import Execution
internal import Kernel
internal import Project
internal import WarehouseKit

/// The hooks of a command's start or end, each in a transaction of its own, with what is told of them.
struct DbtHooks {
    private let site: DbtSite
    private let compiler: Compiler
    private let session: any WarehouseSession
    private let lane: DbtLane

    /// What broke off, and the hooks that were done before it.
    struct Stopped: Error {
        let cause: any Error
        let done: [NodeResult]
    }

    init(_ site: DbtSite, _ compiler: Compiler, _ session: any WarehouseSession, _ lane: DbtLane) {
        (self.site, self.compiler, self.session, self.lane) = (site, compiler, session, lane)
    }

    /// - Parameter records: what has run and is no node's result, as hooks of the end see it.
    func run(atStart: Bool, after results: [NodeResult] = [], records: [JSON] = []) throws -> [NodeResult] {
        let log = site.log
        let hooks = site.manifest.hooks.filter { $0.isAtStart == atStart }
        func place(_ number: Int) -> String { "\(number) of \(hooks.count)" }
        func members(_ hook: Manifest.Hook, _ number: Int, _ result: NodeResult?) -> [(String, JSON)] {
            let info = DbtLog.nodeInfo(hook.node, status: result?.status.rawValue ?? "started", startedAt: result?.startedAt ?? log.now(), finishedAt: result?.finishedAt)
            return [("statement", .string(hook.title(number))), ("node_info", info)] + (result.map { [("status", .string($0.status.rawValue))] } ?? [])
        }
        if !hooks.isEmpty, !atStart { log("") }
        var atWork: Manifest.Hook?
        var ended: [NodeResult] = []
        let done: [NodeResult]
        do {
            done = try RunHooks(compiler, session: session, clock: site.command.now).run(
                atStart: atStart, after: results, records: records,
                carryOut: { hook, body in
                    atWork = hook
                    try lane.effect(hook.node.uniqueID, body)
                },
                start: { hook, number in log.progress(place(number), "START hook: \(hook.title(number))", "RUN", name: "LogHookStartLine", with: members(hook, number, nil)) },
                end: { result, hook, number in
                    ended.append(result)
                    if let sql = result.compiledSQL, !sql.isEmpty { _ = try? site.folder.writeCompiled(sql, of: hook.node) }
                    let word = result.status == .skipped ? "SKIP" : result.isFailure ? "ERROR" : "OK"
                    log.progress(
                        place(number), "\(word) hook: \(hook.title(number))", word, seconds: result.status == .skipped ? 0 : result.seconds, result.isFailure ? .error : .info,
                        name: "LogHookEndLine", with: members(hook, number, result))
                },
                failure: { error, _ in DbtFailure.cause(error) })
        } catch {
            throw Stopped(cause: Self.named(error, atWork), done: ended)
        }
        if !hooks.isEmpty, atStart { log("") }
        return done
    }

    /// What cannot even be written down is told with the hook's name.
    private static func named(_ error: any Error, _ hook: Manifest.Hook?) -> any Error {
        guard let hook, let problem = error as? any Problem, DbtFailure.kind(problem.code) == "Compilation Error" else { return error }
        return ProjectProblem(problem.code, problem.summary, at: .named(""), remedy: "", subject: "operation \(hook.node.name) (./dbt_project.yml)")
    }
}
