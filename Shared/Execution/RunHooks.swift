public import Compilation
public import Kernel
public import Project
public import WarehouseKit

/// `on-run-start` and `on-run-end`: hook after hook, the project's before the packages', as in dbt. Behind one that the warehouse refuses
/// the rest are skipped.
public struct RunHooks {
    private let compiler: Compiler
    private let session: any WarehouseSession
    private let clock: () -> Timestamp

    /// As dbt names the thread that runs hooks.
    private static let thread = "main"

    public init(_ compiler: Compiler, session: any WarehouseSession, clock: @escaping () -> Timestamp) {
        self.compiler = compiler
        self.session = session
        self.clock = clock
    }

    /// What the hooks of the end see besides: `results`, in which dbt leaves out the hooks that ended well, and the `schemas` and
    /// `database_schemas` of the relations that were made.
    private func words(after results: [NodeResult], _ records: [JSON]) -> [(String, JSON)] {
        let manifest: Manifest = compiler.manifest
        let relations = compiler.relationNames()
        let nodes = results.filter { !$0.isFailure && $0.status != .skipped }.compactMap { manifest.nodes[$0.uniqueID] }.filter { $0.resourceType.isReferable || compiler.failuresRelation(of: $0) != nil }
        let schemas = Set(nodes.map(\.schema)).sorted()
        let pairs = Set(nodes.map { [$0.database, $0.schema] }).sorted { $0.lexicographicallyPrecedes($1) }
        return [
            ("results", .array(records + results.filter { $0.thread != Self.thread || $0.status == .error }.map { $0.record(of: compiler, relations: relations) })), ("schemas", .array(schemas.map(JSON.string))),
            ("database_schemas", .array(pairs.map { .array($0.map(JSON.string)) })),
        ]
    }

    /// - Parameters:
    ///   - ran: what has run, for the hooks of the end.
    ///   - records: what else has run and is no node's result.
    ///   - carryOut: does what it is given in a transaction: one for each hook, or one around all of them.
    ///   - start: told before a hook that is not skipped runs; the place counts from 1.
    ///   - end: told of each hook's result.
    ///   - failure: what the result of a hook says that the warehouse refused.
    /// - Returns: a result for each hook.
    /// - Throws: where a hook cannot even be written down: that ends the run, as in dbt.
    public func run(
        atStart: Bool, after ran: [NodeResult] = [], records: [JSON] = [], carryOut: (Manifest.Hook, () throws -> Void) throws -> Void,
        start: @escaping (Manifest.Hook, _ place: Int) -> Void = { _, _ in }, end: (NodeResult, Manifest.Hook, _ place: Int) -> Void = { _, _, _ in },
        failure: (any Error, Manifest.Hook) -> String
    ) throws -> [NodeResult] {
        let hooks = compiler.manifest.hooks.filter { $0.isAtStart == atStart }
        let words = atStart || hooks.isEmpty ? [] : words(after: ran, records)
        var results: [NodeResult] = []
        for hook in hooks {
            let startedAt = clock()
            let title = hook.title(results.count + 1)
            var result = NodeResult(uniqueID: hook.node.uniqueID, status: .success, message: "\(title) passed", failures: 0, startedAt: startedAt, finishedAt: startedAt)
            result.thread = Self.thread
            result.response = [:]
            if results.contains(where: { $0.isFailure || $0.status == .skipped }) {
                (result.status, result.message, result.failures) = (.skipped, "\(title) skipped", 1)
                results.append(result)
                end(result, hook, results.count)
                continue
            }
            var isRendered = false
            do {
                try carryOut(hook) {
                    let sql = try compiler.render(hook.node.rawCode, for: hook.node, with: words)
                    isRendered = true
                    start(hook, results.count + 1)
                    result.compiledSQL = sql
                    result.compiledAt = clock()
                    if sql.utf8.contains(where: { $0 > 0x20 && $0 != UInt8(ascii: ";") }) { try session.execute(try compiler.sending(sql, of: hook.node)) }
                }
            } catch {
                guard isRendered else { throw error }
                (result.status, result.message, result.failures) = (.error, "\(title) failed, error:\n \(failure(error, hook))", 1)
            }
            result.finishedAt = clock()
            results.append(result)
            end(result, hook, results.count)
        }
        return results
    }
}
