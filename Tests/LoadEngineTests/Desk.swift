import ConnectorKit
import Contracts
import ExtractConnectors
import ExtractEngine
import Glibc
import HTTP
import Kernel
import Landing
@testable import LoadEngine
import Support
import WarehouseKit
import WarehousePostgreSQL
import WarehouseSQLite

/// An orchestrator small enough to hold in one's head: it does each task once its edges are met, and again if told so.
struct Desk {
    let folder: TemporaryFolder
    let loader: Loader
    let extractor: Extractor
    let engine = Engine.current
    /// As a pipeline writes it.
    let warehouse: String
    static let clock: @Sendable () -> Timestamp = { Timestamp(rfc3339: "2013-02-01T06:00:00Z")! }

    init(
        fault: LoadFault? = nil, http: any HTTPTransport = HTTPClient(),
        reach: @escaping @Sendable (String) -> Void = { _ in }, now: @escaping @Sendable () -> Timestamp = Desk.clock
    ) throws {
        try self.init(TemporaryFolder("desk"), fault: fault, http: http, reach: reach, now: now)
    }

    init(
        _ folder: TemporaryFolder, fault: LoadFault? = nil, http: any HTTPTransport = HTTPClient(),
        reach: @escaping @Sendable (String) -> Void = { _ in }, now: @escaping @Sendable () -> Timestamp = Desk.clock
    ) throws {
        self.folder = folder
        let store = LandingStore(home: folder.path)
        warehouse = try Self.warehouse(on: engine, folder)
        let environment = ["SLUICE_HOME": folder.path, "WAREHOUSE": warehouse, "INBOX": folder.path + "/inbox", "TOKEN_FILE": folder.path + "/secrets/token"]
        var loader = Loader(
            warehouses: Self.warehouses, store: store, environment: environment, now: Self.clock, reach: reach)
        loader.fault = fault
        self.loader = loader
        extractor = Extractor(
            connectors: ConnectorRegistry([CSVFolder.self, FacebookPages.self, LineSource.self]), store: store, environment: environment, http: http,
            now: now, reach: reach)
        mkdir(folder.path + "/inbox", 0o755)
    }

    func deliver(_ text: String, as name: String) throws { try folder.write(text, to: "inbox/\(name)") }

    static let warehouses = WarehouseRegistry([KillingWarehouse<SQLiteWarehouse>.self, KillingWarehouse<PostgreSQLWarehouse>.self])

    /// A file in the folder, or a database that the folder names: a second desk on one folder has the first one's warehouse.
    private static func warehouse(on engine: Engine, _ folder: TemporaryFolder) throws -> String {
        guard engine == .postgresql else { return "sqlite://\(folder.path)/warehouse/w.db" }
        let server = try PostgresServer.shared.get()
        if let name = try? folder.read("database") { return server.address(String(decoding: name, as: UTF8.self)) }
        let name = try server.makeDatabase()
        try folder.write(name, to: "database")
        return server.address(name)
    }

    func session() throws -> any WarehouseSession { try Self.warehouses.warehouse(at: warehouse).open() }
    /// SQL with SQLite's names: `raw__t` is the relation `raw.t`.
    func named(_ sql: String) -> String {
        engine == .sqlite ? sql : sql.split(separator: "raw__", omittingEmptySubsequences: false).joined(separator: "raw.")
    }
    /// Decimals as doubles, whatever the engine has for them: `texts` gives them as they are.
    func rows(_ sql: String) throws -> [[SQLValue]] {
        let result = try session().query(named(sql))
        return result.rows.map { row in
            row.indices.map { place in
                guard result.types[place].hasPrefix("numeric"), case .text(let text) = row[place] else { return row[place] }
                return Double(text).map(SQLValue.double) ?? row[place]
            }
        }
    }
    /// The first column, as the engine writes it.
    func texts(_ sql: String) throws -> [String] {
        try session().query(named(sql)).rows.map { if case .text(let text) = $0[0] { text } else { "\($0[0])" } }
    }
    func execute(_ sql: String) throws { try session().execute(named(sql)) }
    /// Tables that the loader keeps for itself while it works.
    func scratchTables() throws -> [String] {
        let session = try session()
        return try session.relations(inSchema: session.defaultSchema).map(\.name.identifier).filter { $0.contains("_merge_") || $0.contains("_stage_") }
    }
    func number(_ sql: String) throws -> Int64 {
        switch try rows(sql).first?.first {
        case .integer(let number)?: return number
        // A sum of whole numbers is `numeric` where the engine has that.
        case .text(let text)?: return Int64(text) ?? -1
        case .double(let number)?: return Int64(exactly: number) ?? -1
        default: return -1
        }
    }

    static func start(_ streams: JSON, nullTokens: JSON = [""]) -> TaskSpec {
        start(connections: [["connector": "csv", "settings": ["folder": "${INBOX}", "null_tokens": nullTokens], "streams": streams]])
    }

    static func start(connections: JSON) -> TaskSpec {
        TaskSpec(
            id: "ingest.state", step: "ingest", role: .load, kind: "read_state", title: "state",
            args: [
                "warehouse": "${WAREHOUSE}", "schema": "raw", "pool": "warehouse",
                "connections": connections,
            ])
    }

    func assignment(_ spec: TaskSpec, run: RunID, token: UInt64, isFullRefresh: Bool = false, logicalDate: Timestamp = Desk.clock()) -> Assignment {
        Assignment(
            run: run, pipeline: "p", spec: spec, attempt: 1, logicalDate: logicalDate, isFullRefresh: isFullRefresh, token: token, worker: "w-1")
    }

    func perform(_ assignment: Assignment) async throws -> Completion {
        assignment.spec.role == .extract ? try await extractor.extract(assignment) : try loader.load(assignment)
    }

    /// What a run has done, and what it has not.
    struct Progress {
        var run: RunID
        var token: UInt64
        var done: [TaskID: Completion] = [:]
        var waiting: [TaskSpec]
        var assignments: [TaskID: Assignment] = [:]
        var isFullRefresh = false
        var logicalDate = Desk.clock()

        func message(_ task: TaskID) -> String { done[task]?.report.message ?? "not done" }
        var books: [BookEntry.Point: Tally] {
            var sums: [BookEntry.Point: Tally] = [:]
            for entry in done.values.flatMap(\.report.books) { sums[entry.point, default: .zero] += entry.tally }
            return sums
        }
    }

    func begin(_ run: RunID, token: UInt64, _ streams: JSON, nullTokens: JSON = [""], isFullRefresh: Bool = false) -> Progress {
        Progress(run: run, token: token, waiting: [Self.start(streams, nullTokens: nullTokens)], isFullRefresh: isFullRefresh)
    }

    /// Does what is ready until nothing is, or until `stop` says so of the next task.
    func advance(
        _ progress: inout Progress, deliveries: Int = 1, isReversed: Bool = false, stop: (TaskSpec) -> Bool = { _ in false }
    ) async throws {
        while true {
            let ready = progress.waiting.filter { spec in
                spec.after.allSatisfy { edge in
                    if case .task(let id) = edge.target { progress.done[id] != nil } else { true }
                }
            }
            guard let next = isReversed ? ready.last : ready.first, !stop(next) else { return }
            progress.waiting.removeAll { $0.id == next.id }
            progress.token += 1
            // The state task's own token is the run's generation.
            let assignment = assignment(next, run: progress.run, token: progress.token, isFullRefresh: progress.isFullRefresh, logicalDate: progress.logicalDate)
            progress.assignments[next.id] = assignment
            let completion = try await perform(assignment)
            for _ in 1..<deliveries {
                let again = try await perform(assignment)
                guard again == completion else { throw Different(first: completion, second: again) }
            }
            progress.done[next.id] = completion
            progress.waiting += completion.adds
        }
    }

    struct Different: Error { var first: Completion, second: Completion }

    @discardableResult func run(
        _ run: RunID, token: UInt64, _ streams: JSON, nullTokens: JSON = [""], deliveries: Int = 1, isReversed: Bool = false, isFullRefresh: Bool = false
    ) async throws -> Progress {
        var progress = begin(run, token: token, streams, nullTokens: nullTokens, isFullRefresh: isFullRefresh)
        try await advance(&progress, deliveries: deliveries, isReversed: isReversed)
        return progress
    }

    /// A run of other connections than the watched folder.
    @discardableResult func run(_ run: RunID, token: UInt64, connections: JSON, at date: String = "2013-02-01T06:00:00Z", deliveries: Int = 1) async throws -> Progress {
        var progress = Progress(run: run, token: token, waiting: [Self.start(connections: connections)], logicalDate: Timestamp(rfc3339: date)!)
        try await advance(&progress, deliveries: deliveries)
        return progress
    }
}
