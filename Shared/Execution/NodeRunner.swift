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

    public init(_ compiler: Compiler, session: any WarehouseSession, clock: @escaping () -> Timestamp) {
        self.compiler = compiler
        self.session = session
        self.clock = clock
    }

    /// Builds a model or seed. Must run inside a transaction.
    public func build(_ node: Node) throws -> NodeResult {
        let startedAt = clock()
        do {
            let (message, rows, sql) = try inHooks(of: node) { () -> (String, Int?, String?) in
                switch node.resourceType {
                case .model:
                    let compiled = try compiler.compile(node)
                    let (message, rows) = try Materializer(runner: self, node: node, sql: compiled.sql).materialize()
                    return (message, rows, compiled.sql)
                case .seed:
                    let rows = try SeedLoader(session: session, node: node).load(into: compiler.relationName(of: node))
                    return ("INSERT \(rows)", rows, nil)
                default:
                    throw ExecutionError.unsupported("building a \(node.resourceType.rawValue)", in: node, remedy: "select models, seeds and tests")
                }
            }
            return NodeResult(
                uniqueID: node.uniqueID, status: .success, message: message, rowsAffected: rows, startedAt: startedAt, finishedAt: clock(),
                compiledSQL: sql, relationName: node.isEphemeral ? nil : session.render(compiler.relationName(of: node)))
        } catch {
            throw ExecutionError.of(error, running: node)
        }
    }

    private func inHooks<T>(of node: Node, _ body: () throws -> T) throws -> T {
        try run(node.config.preHooks, for: node)
        let value = try body()
        try run(node.config.postHooks, for: node)
        return value
    }

    /// Renders and runs hooks one by one: a later one may look at what an earlier one did.
    public func run(_ hooks: [String], for node: Node?, with extra: [(String, JSON)] = []) throws {
        for hook in hooks {
            let sql = try compiler.render(hook, for: node, with: extra)
            guard sql.utf8.contains(where: { $0 > 0x20 && $0 != UInt8(ascii: ";") }) else { continue }
            try session.execute(sql)
        }
    }

    // MARK: Tests

    /// Runs a test; the result says whether it passed. It reads only, but for a test whose failing rows are kept: that one
    /// writes them anew and must run inside a transaction.
    public func test(_ node: Node) throws -> NodeResult {
        let startedAt = clock()
        do {
            let compiled = try compiler.compile(node)
            let limits = TestLimits(node.config)
            let rows = limits.limited(compiled.sql)
            let row = try session.query(limits.query(try store(rows, of: node) ?? rows)).rows.first ?? []
            guard row.count == 3, let failures = Self.number(row[0]) else {
                throw ExecutionError(
                    "execute.bad_test", "test '\(node.name)' counts no failures", at: node.location,
                    remedy: "let its fail_calc give a number, for example count(*)")
            }
            let (status, message) = limits.judge(failures, isAboveWarning: Self.isTrue(row[1]), isAboveError: Self.isTrue(row[2]))
            // As in dbt, what passed has no failures; what was counted all the same is told beside it.
            return NodeResult(
                uniqueID: node.uniqueID, status: status, message: message, failures: status == .pass ? 0 : failures, rowsAffected: failures,
                startedAt: startedAt, finishedAt: clock(), compiledSQL: compiled.sql, relationName: compiled.relationName)
        } catch {
            throw ExecutionError.of(error, running: node)
        }
    }

    /// Keeps the failing rows in the place of those of the last run; the query that reads them back, or nil where none are kept.
    private func store(_ rows: String, of node: Node) throws -> String? {
        guard let kind = compiler.failuresRelation(of: node) else { return nil }
        guard kind == "table" || kind == "view" else {
            throw ExecutionError.unsupported("store_failures_as '\(kind)'", in: node, remedy: "choose table, view or ephemeral")
        }
        let target = compiler.relationName(of: node)
        if let old = try session.relation(target) { try session.drop(old) }
        try session.execute("create \(kind) \(session.render(target)) as\n\(rows)")
        return "select * from \(session.render(target))"
    }

    private static func number(_ value: SQLValue) -> Int? {
        switch value {
        case .integer(let number): Int(number)
        case .double(let number): Int(exactly: number.rounded())
        case .text(let text): Int(text)
        case .null, .blob: nil
        }
    }
    private static func isTrue(_ value: SQLValue) -> Bool {
        switch value {
        case .integer(let number): number != 0
        case .text(let text): ["t", "true", "1"].contains(text.lowercased())
        default: false
        }
    }
}

/// How many failing rows a test bears.
struct TestLimits {
    private let failCalc: String
    let warnIf: String
    let errorIf: String
    private let limit: Int?
    let isError: Bool

    init(_ config: NodeConfig) {
        failCalc = config["fail_calc"]?.stringValue ?? "count(*)"
        warnIf = config["warn_if"]?.stringValue ?? "!= 0"
        errorIf = config["error_if"]?.stringValue ?? "!= 0"
        limit = config["limit"]?.intValue
        isError = (config["severity"]?.stringValue ?? "ERROR").uppercased() == "ERROR"
    }

    func query(_ sql: String) -> String {
        """
        select
            \(failCalc) as failures,
            \(failCalc) \(warnIf) as should_warn,
            \(failCalc) \(errorIf) as should_error
        from (
        \(sql)
        ) dbt_internal_test
        """
    }

    /// The failing rows, as many as are wanted.
    func limited(_ sql: String) -> String { limit.map { "\(sql)\nlimit \($0)" } ?? sql }

    func judge(_ failures: Int, isAboveWarning: Bool, isAboveError: Bool) -> (NodeResult.Status, String) {
        let results = "Got \(failures) result\(failures == 1 ? "" : "s")"
        if isError, isAboveError { return (.fail, "\(results), configured to fail if \(errorIf)") }
        if isAboveWarning { return (.warn, "\(results), configured to warn if \(warnIf)") }
        return (.pass, "")
    }
}
