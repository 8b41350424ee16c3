internal import Compilation
import Kernel
public import Project

/// What happens to one batch of a microbatch model.
public struct BatchEvent: Sendable {
    public enum Kind: Sendable { case started, built(String), failed(any Error), skipped }

    public var kind: Kind
    public var node: Node
    /// From 1.
    public var number: Int
    public var count: Int
    /// Where the batch begins, as exact as its size: `2026-01-31`, `2026-01-31T07`.
    public var name: String
    public var seconds = 0.0
    /// What was made of the model for this batch, and the statement that built it.
    public var compiledSQL: String?
    public var builtBy: String?
}

extension NodeRunner {
    /// Batch after batch in the one transaction of the node, so that readers see all of them at once. Behind a first one that
    /// fails the rest are skipped, as there may be no table to add to.
    func buildBatches(of node: Node) throws -> NodeResult {
        let startedAt = clock()
        let earlier = earlierBatches[node.uniqueID]
        let plan = try BatchPlan(node)
        let stretches = try earlier?.failed ?? plan.stretches(of: compiler.invocation, isIncremental: isIncremental(node), now: clock())
        defer { compiler.batch = nil }
        var results = BatchResults()
        var rows = 0
        for (index, stretch) in stretches.enumerated() {
            var event = BatchEvent(kind: .started, node: node, number: index + 1, count: stretches.count, name: plan.name(of: stretch))
            guard index == 0 || !results.successful.isEmpty else {
                event.kind = .skipped
                try onBatch(event)
                results.failed.append(stretch)
                continue
            }
            try onBatch(event)
            let batchStartedAt = clock()
            do {
                try session.execute("savepoint sluice_batch")
                let part = Self.part(of: node, isFirst: index == 0, isLast: index == stretches.count - 1)
                let (compiled, result) = try build(part, plan.batch(of: stretch), keepsTable: index > 0 || earlier != nil)
                try session.execute("release savepoint sluice_batch")
                rows += result.rows ?? 0
                results.successful.append(stretch)
                event.kind = .built(result.message)
                event.compiledSQL = compiled.sql
                event.builtBy = result.sql
            } catch {
                guard goesOnBehindFailedBatches else { throw error }
                for sql in ["rollback to savepoint sluice_batch", "release savepoint sluice_batch"] { try session.execute(sql) }
                results.failed.append(stretch)
                event.kind = .failed(ExecutionError.of(error, running: node))
                event.compiledSQL = compiler.lastCompiled?.sql
            }
            event.seconds = clock() - batchStartedAt
            try onBatch(event)
        }
        let (status, message) = Self.outcome(of: results)
        var done = NodeResult(
            uniqueID: node.uniqueID, status: status, message: message, failures: 0, rowsAffected: rows, startedAt: startedAt, finishedAt: clock(),
            relationName: compiler.relationText(of: node))
        done.response = [:]
        results.endsWhole = results.failed.last != stretches.last
        results.successful += earlier?.successful ?? []
        done.batches = results
        return done
    }

    private func isIncremental(_ node: Node) throws -> Bool {
        try !compiler.isFullRefresh(node) && session.relation(compiler.catalogueName(of: compiler.relationName(of: node)))?.kind == .table
    }

    /// The model's own text sees the full refresh that was asked for; what is done with its rows keeps the batches before.
    private func build(_ node: Node, _ batch: Batch, keepsTable: Bool) throws -> (CompiledNode, MaterializationResult) {
        compiler.batch = batch
        let compiled = try compiler.compile(node)
        compiler.batch?.keepsTable = keepsTable
        return (compiled, try compiler.materialize(compiled))
    }

    /// The model's hooks are run once: before the first batch and after the last.
    private static func part(of node: Node, isFirst: Bool, isLast: Bool) -> Node {
        var part = node
        if !isFirst { part.config.values["pre-hook"] = [] }
        if !isLast { part.config.values["post-hook"] = [] }
        return part
    }

    private static func outcome(of results: BatchResults) -> (NodeResult.Status, String) {
        let (built, failed) = (results.successful.count, results.failed.count)
        if failed == 0 { return (.success, "SUCCESS") }
        return built == 0 ? (.error, "ERROR") : (.partialSuccess, "PARTIAL SUCCESS (\(built)/\(built + failed))")
    }
}
