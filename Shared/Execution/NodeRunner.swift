public import Compilation
public import Kernel
public import Project
public import WarehouseKit

/// Runs single nodes on a session. Everything that a node writes happens inside the caller's transaction, so a reader sees
/// the relation as it was or as it will be, and a node that fails leaves nothing behind.
public struct NodeRunner {
    let compiler: Compiler
    let session: any WarehouseSession
    let clock: () -> Timestamp
    /// Told how each batch of a microbatch model goes.
    public var onBatch: (BatchEvent) throws -> Void = { _ in }
    /// Whether a batch that fails undoes itself alone, and the result says so; otherwise the first to fail fails the node.
    public var goesOnBehindFailedBatches = false
    /// Of models that an earlier command built in part, by unique id: only what failed is built again.
    public var earlierBatches: [String: BatchResults] = [:]

    public init(_ compiler: Compiler, session: any WarehouseSession, clock: @escaping () -> Timestamp) {
        self.compiler = compiler
        self.session = session
        self.clock = clock
    }

    /// Builds a model, seed or snapshot by the macro of its materialization. Must run inside a transaction.
    public func build(_ node: Node) throws -> NodeResult {
        let startedAt = clock()
        do {
            if compiler.manifest.isBuiltInBatches(node) { return try buildBatches(of: node) }
            let (compiled, compiledAt, result) = try buildOnce(node)
            var done = NodeResult(
                uniqueID: node.uniqueID, status: .success, message: result.message, rowsAffected: try rows(result, of: node), startedAt: startedAt,
                finishedAt: clock(), compiledSQL: node.resourceType == .seed ? nil : compiled.sql, relationName: compiled.relationName)
            done.response = Self.response(result, rows: done.rowsAffected)
            done.builtBy = result.sql
            done.compiledAt = compiledAt
            done.ephemerals = compiled.ephemerals
            return done
        } catch {
            throw ExecutionError.of(error, running: node)
        }
    }

    /// Does whatever a node is there for, its hooks outside the transaction around it.
    /// - Parameter carryOut: does what it is given, once. Where it is told that the node writes, in one transaction with its own
    ///   note of what is done; where that note says that it was done before, not at all.
    public func run<Outcome>(_ node: Node, _ carryOut: (_ isWriter: Bool, _ body: () throws -> NodeResult) throws -> Outcome) throws -> Outcome {
        switch node.resourceType {
        case .unitTest: return try carryOut(false) { try unitTest(node) }
        case .test:
            let isWriter = compiler.failuresRelation(of: node) != nil
            return try carryOut(isWriter) {
                // What a macro of the test has begun by itself and left open, or broken, must not reach the next node.
                defer { if !isWriter { session.rollback() } }
                return try test(node)
            }
        default:
            // These have no note of their own: they run each time that the node is asked for.
            try runOutside(.before, of: node)
            var endsWhole = true
            let outcome = try carryOut(true) {
                let done = try build(node)
                endsWhole = done.batches?.endsWhole ?? true
                return done
            }
            // Of a model in batches these are the last one's.
            if endsWhole { try runOutside(.after, of: node) }
            return outcome
        }
    }

    func buildOnce(_ node: Node) throws -> (CompiledNode, Timestamp, MaterializationResult) {
        let compiled = try compiled(node)
        let compiledAt = clock()
        let keepsZones = compiler.manifest.target.type == "sqlite"
        compiler.readSeed = { try SeedReader(node: $0, keepsZones: keepsZones).read() }
        return (compiled, compiledAt, try compiler.materialize(compiled))
    }

    private func compiled(_ node: Node) throws -> CompiledNode {
        switch node.resourceType {
        case .model, .snapshot, .function: return try compiler.compile(node)
        case .seed: return CompiledNode(node: node, sql: "", relationName: compiler.relationText(of: node), ephemerals: [])
        default: throw ExecutionError.unsupported("building a \(node.resourceType.rawValue)", in: node, remedy: "select models, seeds, snapshots and tests")
        }
    }

    /// The engine's answer without what it left open, and with the rows that were counted afterwards.
    static func response(_ result: MaterializationResult, rows: Int?) -> JSON {
        var pairs = (result.adapterResponse.objectValue?.pairs ?? []).map { ($0.key, $0.value) }.filter { !$0.1.isNull && $0.0 != "rows_affected" }
        if let rows = rows.map({ JSON($0) }) ?? result.adapterResponse["rows_affected"], !rows.isNull { pairs.append(("rows_affected", rows)) }
        return JSON(pairs)
    }

    /// Some engines do not tell how many rows `create table as` made.
    private func rows(_ result: MaterializationResult, of node: Node) throws -> Int? {
        guard result.rows == 0, !result.message.hasSuffix(" 0"), ["table", "incremental"].contains(node.config.materialized) else { return ["view", "function"].contains(node.config.materialized) ? nil : result.rows }
        let name = compiler.relationName(of: node)
        guard try session.relation(name)?.kind == .table, case .integer(let rows)? = try session.query("select count(*) from \(session.render(name))").rows.first?.first else { return 0 }
        return Int(rows)
    }

    enum HookPhase { case before, after }

    /// Runs the hooks that stand outside the node's transaction: those that prepare it, or those that follow its commit.
    func runOutside(_ phase: HookPhase, of node: Node) throws {
        let hooks = Hook.all(node.config[phase == .before ? "pre-hook" : "post-hook"])
        guard hooks.contains(where: { !$0.isInTransaction }) else { return }
        // What they are to see of the node's own SQL has to be there before the transaction in which it is built.
        if phase == .before, hooks.contains(where: { !$0.isInTransaction && $0.sql.contains("{{") && ($0.sql.contains("sql") || $0.sql.contains("compiled")) }) {
            _ = try compiled(node)
        }
        do { try compiler.runHooks(hooks, of: node) { try session.execute($0) } } catch { throw ExecutionError.of(error, running: node) }
    }

    // MARK: Tests

    /// Runs a test; the result says whether it passed. It reads only, but for a test whose failing rows are kept: that one
    /// writes them anew and must run inside a transaction.
    public func test(_ node: Node) throws -> NodeResult {
        let startedAt = clock()
        do {
            let compiled = try compiler.compile(node)
            let compiledAt = clock()
            let limits = TestLimits(node.config)
            let outcome = try compiler.materialize(compiled)
            let row = outcome.table?.rows.first ?? []
            guard row.count == 3, let failures = Self.number(row[0]) else {
                throw ExecutionError(
                    "execute.bad_test", "test '\(node.name)' counts no failures", at: node.location,
                    remedy: "let its fail_calc give a number, for example count(*)")
            }
            let (status, message) = try limits.judge(failures, isAboveWarning: Self.isTrue(row[1], of: node), isAboveError: Self.isTrue(row[2], of: node))
            // As in dbt, what passed has no failures; what was counted all the same is told beside it.
            var done = NodeResult(
                uniqueID: node.uniqueID, status: status, message: message, failures: status == .pass ? 0 : failures, rowsAffected: failures,
                startedAt: startedAt, finishedAt: clock(), compiledSQL: compiled.sql, relationName: compiled.relationName)
            if session.answer != nil { done.response = Self.response(outcome, rows: nil) }
            done.ephemerals = compiled.ephemerals
            done.compiledAt = compiledAt
            done.builtBy = outcome.sql
            return done
        } catch {
            throw ExecutionError.of(error, running: node)
        }
    }

    /// Runs a unit test: its model on the given rows, compared with what is expected. All that it makes is gone at its end.
    public func unitTest(_ node: Node) throws -> NodeResult {
        let startedAt = clock()
        do {
            try session.begin()
            defer { session.rollback() }
            let compiled = try compiler.compile(unitTest: node)
            let compiledAt = clock()
            let counted = try compiler.materialize(compiled)
            let difference = RowDifference(counted.table ?? Table(names: ["actual_or_expected"], kinds: [.text], rows: []))
            var done = NodeResult(
                uniqueID: node.uniqueID, status: difference.isEmpty ? .pass : .fail,
                message: difference.isEmpty ? "" : "\n\nactual differs from expected:\n\n\(difference.text)\n", failures: difference.isEmpty ? 0 : 1,
                startedAt: startedAt, finishedAt: clock(), compiledSQL: compiled.sql)
            done.compiledAt = compiledAt
            done.builtBy = counted.sql
            return done
        } catch {
            throw ExecutionError.of(error, running: node)
        }
    }

    private static func number(_ value: SQLValue) -> Int? {
        switch value {
        case .integer(let number): Int(number)
        case .double(let number): Int(exactly: number.rounded())
        case .text(let text): Int(text)
        case .null, .blob: nil
        }
    }
    /// As dbt reads a truth value, whatever the project's own `get_test_sql` gives.
    private static func isTrue(_ value: SQLValue, of node: Node) throws -> Bool {
        switch value {
        case .integer(let number): return number != 0
        case .double(let number): return number != 0
        case .text(let text):
            let word = text.lowercased()
            if ["y", "yes", "t", "true", "on", "1"].contains(word) { return true }
            if ["n", "no", "f", "false", "off", "0"].contains(word) { return false }
            throw CompilationError(
                "compile.bad_test", "Macro 'get_test_sql' returns '\(text)'.  It is not type 'bool' and cannot not be converted reliably to a bool.", at: node.location,
                remedy: "let it give should_warn and should_error as truth values")
        default: return false
        }
    }
}
