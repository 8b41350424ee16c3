public import Compilation
public import Kernel
public import Project
public import WarehouseKit

/// How one test ended in one run.
public struct TestRecord: Hashable, Sendable {
    public var recordedAt: Timestamp
    public var run: String
    /// The test's unique id, its name, and what it looks at.
    public var test: String
    public var name: String
    public var model: String
    public var status: NodeResult.Status
    /// What the test counted, also where its limits let it pass; nil where it never came to count.
    public var failures: Int?
    public var severity: String
    public var warnIf: String
    public var errorIf: String
    /// The relation with the failing rows, as SQL writes it; empty where none are kept.
    public var storedIn: String
    public var message: String
    public var startedAt: Timestamp
    public var finishedAt: Timestamp
}

/// What became of each test in each run: a table of the warehouse, beside the ledger's own.
///
/// - The results of a run are written in one transaction, when it closes: tests that only read leave the writer alone.
/// - A result is kept for `daysMax` days.
public struct TestHistory {
    public static let table = "_sluice_test_results"
    static let daysMax = 400.0
    /// Rows of one statement: their values stay below any engine's bound.
    private static let rowsPerStatement = 60

    private let session: any WarehouseSession
    public init(on session: any WarehouseSession) { self.session = session }

    private var name: RelationName { RelationName(schema: session.defaultSchema, identifier: Self.table) }

    private static let columns = [
        "recorded_at", "run", "test", "name", "model", "status", "failures", "severity", "warn_if", "error_if", "stored_in", "message",
        "started_at", "finished_at",
    ]

    // MARK: Writing

    /// Whether the warehouse keeps a history: one that a pipeline writes to.
    public func isKept() throws -> Bool { try session.relation(name) != nil }

    /// Adds the tests among `results` and drops what is too old. Must run inside an effect of the run that they belong to.
    public func record(_ results: [NodeResult], of manifest: Manifest, compiler: Compiler, run: RunID, at time: Timestamp) throws {
        let tests = results.filter { manifest.nodes[$0.uniqueID]?.resourceType == .test && $0.status != .skipped }
        guard !tests.isEmpty else { return }
        let table = session.render(name)
        try session.execute("delete from \(table) where recorded_at < ?", [.text(time.adding(seconds: -Self.daysMax * 86_400).description)])
        let places = "(" + Self.columns.map { _ in "?" }.joined(separator: ", ") + ")"
        for start in stride(from: 0, to: tests.count, by: Self.rowsPerStatement) {
            let chunk = tests[start..<min(start + Self.rowsPerStatement, tests.count)]
            let values = chunk.flatMap { row(of: $0, manifest, compiler, run, time) }
            try session.execute("insert into \(table) (\(Self.columns.joined(separator: ", "))) values " + chunk.map { _ in places }.joined(separator: ", "), values)
        }
    }

    private func row(of result: NodeResult, _ manifest: Manifest, _ compiler: Compiler, _ run: RunID, _ time: Timestamp) -> [SQLValue] {
        guard let node = manifest.nodes[result.uniqueID] else { return [] }
        let limits = TestLimits(node.config)
        let stored = compiler.failuresRelation(of: node) == nil ? "" : session.render(compiler.relationName(of: node))
        let counted = result.rowsAffected ?? result.failures
        return [
            .text(time.description), .text(run.description), .text(node.uniqueID), .text(node.name), .text(manifest.tested(by: node)),
            .text(result.status.rawValue), counted.map { .integer(Int64($0)) } ?? .null, .text(limits.isError ? "error" : "warn"), .text(limits.warnIf),
            .text(limits.errorIf), .text(stored), .text(result.message), .text(result.startedAt.description), .text(result.finishedAt.description),
        ]
    }

    // MARK: Reading

    /// Each test's newest result, by unique id.
    public func latest() throws -> [String: TestRecord] {
        let table = session.render(name)
        let found = try read(
            "join (select test as t, max(recorded_at) as at from \(table) group by test) newest on newest.t = test and newest.at = recorded_at", [], rowsMax: nil)
        return Dictionary(found.map { ($0.test, $0) }) { first, _ in first }
    }

    /// The newest results, newest first; only those whose test's or model's name holds `word`, where one is given.
    public func results(about word: String? = nil, rowsMax: Int) throws -> [TestRecord] {
        guard let word else { return try read("order by recorded_at desc, name", [], rowsMax: rowsMax) }
        var pattern = "%"
        for character in word { pattern += "\\%_".contains(character) ? "\\\(character)" : "\(character)" }
        pattern += "%"
        let condition = "where name like ? escape '\\' or model like ? escape '\\'"
        return try read("\(condition) order by recorded_at desc, name", [.text(pattern), .text(pattern)], rowsMax: rowsMax)
    }

    private func read(_ clause: String, _ values: [SQLValue], rowsMax: Int?) throws -> [TestRecord] {
        guard try session.relation(name) != nil else { return [] }
        let columns = Self.columns.joined(separator: ", ")
        return try session.query("select \(columns) from \(session.render(name)) \(clause)", values, rowsMax: rowsMax).rows.compactMap(TestRecord.init(row:))
    }
}

extension TestRecord {
    fileprivate init?(row: [SQLValue]) {
        func text(_ place: Int) -> String { if case .text(let text) = row[place] { text } else { "" } }
        func time(_ place: Int) -> Timestamp { Timestamp(rfc3339: text(place)) ?? Timestamp(microseconds: 0) }
        guard let status = NodeResult.Status(rawValue: text(5)) else { return nil }
        let failures: Int? = if case .integer(let number) = row[6] { Int(number) } else { nil }
        self.init(
            recordedAt: time(0), run: text(1), test: text(2), name: text(3), model: text(4), status: status, failures: failures, severity: text(7),
            warnIf: text(8), errorIf: text(9), storedIn: text(10), message: text(11), startedAt: time(12), finishedAt: time(13))
    }
}

extension Manifest {
    /// What a test looks at, as people name it: the model it was written under, otherwise all that it reads.
    public func tested(by test: Node) -> String {
        test.attachedNode.flatMap { nodes[$0]?.name } ?? test.dependsOn.compactMap { id in
            nodes[id]?.name ?? sources[id].map { "\($0.sourceName).\($0.name)" }
        }.joined(separator: ", ")
    }
}
