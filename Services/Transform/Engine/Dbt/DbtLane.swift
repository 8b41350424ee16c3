internal import Compilation
internal import Contracts
internal import Execution
internal import Kernel
internal import Project
internal import WarehouseKit

/// Does one node after another for a command, on a session of its own: one of dbt's threads.
final class DbtLane {
    private let compiler: Compiler
    private let session: any WarehouseSession
    private let folder: RunFolder
    private let now: @Sendable () -> Timestamp
    private let onBatch: (BatchEvent) -> Void
    private let earlierBatches: [String: BatchResults]
    /// Of a warehouse that a pipeline writes to as well; a project that is run by its commands alone needs none, and gets none.
    private let ledger: Ledger?
    /// dbt's `thread_id`.
    private let name: String

    /// - Parameter earlierBatches: of a run that is repeated, by the models' unique ids.
    init(
        _ compiler: Compiler, _ session: any WarehouseSession, folder: RunFolder, now: @escaping @Sendable () -> Timestamp, name: String,
        earlierBatches: [String: BatchResults], onBatch: @escaping (BatchEvent) -> Void
    ) throws {
        self.compiler = compiler
        self.session = session
        self.folder = folder
        self.now = now
        self.name = name
        self.onBatch = onBatch
        self.earlierBatches = earlierBatches
        ledger = try Ledger.existing(on: session)
    }

    /// Does something for the command as a whole, in a transaction of its own.
    func effect(_ part: String, _ body: () throws -> Void) throws {
        guard let ledger else {
            do { return try session.repeatedAtConflict { try session.transaction(body) } } catch let problem as any Problem where problem.code == WarehouseEnded.code {
                // As in dbt: a macro may say begin and commit itself, and what it does afterwards stays at once.
                return
            }
        }
        _ = try ledger.effect(run: Self.run(compiler.invocation), task: TaskID(part), fence: fence(part)) {
            try body()
            return Completion(report: TaskReport())
        }
    }

    static func run(_ invocation: Invocation) -> RunID { RunID("dbt/\(invocation.id)") }
    /// Of a space of its own: a person's command is never late, so it must not hold up a pipeline's tokens.
    private func fence(_ part: String) -> Fence { Fence("dbt/\(part)", token: UInt64(compiler.invocation.startedAt.microseconds)) }

    /// How the node ended; it throws nothing.
    func perform(_ node: Node) -> NodeResult {
        var result = ended(node)
        result.thread = name
        if result.status == .warn, compiler.invocation.failsOnWarnings {
            result.status = .fail
            result.message = result.message.replacing("configured to warn if", with: "configured to fail if")
        }
        return result
    }

    private func ended(_ node: Node) -> NodeResult {
        let startedAt = now()
        do {
            // Compiled by itself and not run; what is wrong with it is its own error, and its readers are skipped.
            if node.isEphemeral {
                let compiled = try compiler.undoing { try compiler.compile(node) }
                try writeCompiled(of: node)
                var result = NodeResult(uniqueID: node.uniqueID, status: .success, message: "", startedAt: startedAt, finishedAt: now(), compiledSQL: compiled.sql)
                result.ephemerals = compiled.ephemerals
                return result
            }
            var runner = NodeRunner(compiler, session: session, clock: now)
            runner.goesOnBehindFailedBatches = true
            runner.earlierBatches = earlierBatches
            runner.onBatch = { [folder, onBatch] event in
                if let sql = event.compiledSQL { try folder.writeCompiled(sql, of: event.node, batch: event.name) }
                if let sql = event.builtBy { try folder.writeRun(sql, of: event.node, batch: event.name) }
                onBatch(event)
            }
            let result = try runner.run(node) { isWriter, body in
                // A unit test ends its own transaction.
                guard isWriter else { return try node.resourceType == .test ? compiler.undoing(body) : body() }
                var built: NodeResult?
                try effect(node.uniqueID) { built = try body() }
                guard let built else { throw PlainProblem("dbt.superseded", "a newer command has built '\(node.name)'", at: node.location, remedy: "run one command at a time") }
                return built
            }
            if result.batches != nil { return result }
            if node.resourceType == .unitTest, let sql = result.compiledSQL { try folder.writeCompiled(sql, of: node) } else { try writeCompiled(of: node) }
            if let sql = result.builtBy, node.resourceType != .seed { try folder.writeRun(sql, of: node) }
            return result
        } catch {
            // What was compiled before the warehouse refused it is what one looks at first.
            let compiled = compiler.lastCompiled.flatMap { $0.node.uniqueID == node.uniqueID ? $0 : nil }
            try? writeCompiled(of: node)
            // dbt names the statement that was sent, where there was one.
            let refused = compiler.lastMain.flatMap { $0.node == node.uniqueID && node.resourceType != .seed ? $0.sql : nil }
            let place = refused.flatMap { try? folder.writeRun($0, of: node) }
            var result = Self.failed(node, error, startedAt: startedAt, at: now(), compiled: place)
            // Where an ephemeral model inside it is at fault, the error names that one, as in dbt.
            if compiled == nil, !node.isEphemeral, let (culprit, cause) = brokenEphemeral(in: node) {
                result.message = DbtFailure.message(cause, resource: "model", name: culprit.name, path: culprit.originalFilePath, compiled: nil)
            }
            result.compiledSQL = compiled?.sql
            result.ephemerals = compiled?.ephemerals ?? []
            result.builtBy = refused
            let hasRelation = (node.resourceType.isReferable && !node.isEphemeral) || compiler.failuresRelation(of: node) != nil
            result.relationName = compiled?.relationName ?? (hasRelation ? compiler.relationText(of: node) : nil)
            return result
        }
    }

    private func writeCompiled(of node: Node) throws {
        guard let compiled = compiler.lastCompiled, compiled.node.uniqueID == node.uniqueID else { return }
        try Self.write(compiled, in: folder, by: compiler)
    }

    /// Writes the node's SQL, and that of each ephemeral model inside it. As in dbt, neither what comes to nothing nor a snapshot has a file.
    /// - Returns: the node's own file, if any.
    @discardableResult
    static func write(_ compiled: CompiledNode, in folder: RunFolder, by compiler: Compiler) throws -> String? {
        for injection in compiled.ephemerals {
            guard let ephemeral = compiler.manifest.nodes[injection.id] else { continue }
            try folder.writeCompiled(compiler.undoing { try compiler.compile(ephemeral).sql }, of: ephemeral)
        }
        return compiled.sql.isEmpty || compiled.node.resourceType == .snapshot ? nil : try folder.writeCompiled(compiled.sql, of: compiled.node)
    }

    static func failed(_ node: Node, _ error: any Error, startedAt: Timestamp, at: Timestamp, compiled: String? = nil) -> NodeResult {
        let text = DbtFailure.message(error, resource: node.resourceType.rawValue, name: node.name, path: node.originalFilePath, compiled: compiled)
        return NodeResult(uniqueID: node.uniqueID, status: .error, message: text, startedAt: startedAt, finishedAt: at)
    }

    /// The first ephemeral model below a node that does not compile by itself.
    private func brokenEphemeral(in node: Node) -> (Node, any Error)? {
        for parent in node.dependsOn.compactMap({ compiler.manifest.nodes[$0] }) where parent.isEphemeral {
            if let deeper = brokenEphemeral(in: parent) { return deeper }
            do { _ = try compiler.undoing { try compiler.compile(parent) } } catch { return (parent, error) }
        }
        return nil
    }
}
