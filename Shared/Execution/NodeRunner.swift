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

    /// Runs a test. It reads only; the result says whether it passed.
    public func test(_ node: Node) throws -> NodeResult {
        let startedAt = clock()
        do {
            let compiled = try compiler.compile(node)
            if node.config["store_failures"]?.boolValue == true {
                compiler.onMessage("[WARNING]: test '\(node.name)': failing rows are not stored: store_failures is not supported yet")
            }
            let limits = TestLimits(node.config)
            let row = try session.query(limits.query(compiled.sql)).rows.first ?? []
            guard row.count == 3, let failures = Self.number(row[0]) else {
                throw ExecutionError(
                    "execute.bad_test", "test '\(node.name)' counts no failures", at: node.location,
                    remedy: "let its fail_calc give a number, for example count(*)")
            }
            let (status, message) = limits.judge(failures, isAboveWarning: Self.isTrue(row[1]), isAboveError: Self.isTrue(row[2]))
            return NodeResult(
                uniqueID: node.uniqueID, status: status, message: message, failures: failures, startedAt: startedAt, finishedAt: clock(),
                compiledSQL: compiled.sql)
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
    private let warnIf: String
    private let errorIf: String
    private let limit: Int?
    private let isError: Bool

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
        \(limit.map { "limit \($0)" } ?? "")
        ) dbt_internal_test
        """
    }

    func judge(_ failures: Int, isAboveWarning: Bool, isAboveError: Bool) -> (NodeResult.Status, String) {
        let results = "Got \(failures) result\(failures == 1 ? "" : "s")"
        if isError, isAboveError { return (.fail, "\(results), configured to fail if \(errorIf)") }
        if isAboveWarning { return (.warn, "\(results), configured to warn if \(warnIf)") }
        return (.pass, "")
    }
}
