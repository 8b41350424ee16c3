import ConnectorKit
import Contracts
import ExtractConnectors
import ExtractEngine
import Foundation
import Kernel
import Landing
import LoadEngine
import Support
import WarehouseKit
import WarehousePostgreSQL
import WarehouseSQLite

/// One file into one engine, by the loader and by the engine's own tool.
struct Side {
    var file: URL
    var home: String
    var nullToken: String
    let registry = WarehouseRegistry([SQLiteWarehouse.self, PostgreSQLWarehouse.self])

    /// Lands the file, untimed by the caller, and loads it.
    func load(into warehouse: String) async throws -> (extract: Cost, load: Cost) {
        let now: @Sendable () -> Timestamp = { Timestamp(seconds: Date().timeIntervalSince1970) }
        let store = LandingStore(home: home)
        let loader = Loader(warehouses: registry, store: store, environment: [:], now: now)
        let extractor = Extractor(connectors: ConnectorRegistry([CSVFolder.self]), store: store, environment: [:], now: now)
        func assignment(_ spec: TaskSpec) -> Assignment {
            Assignment(
                run: "benchmark@1", pipeline: "benchmark", spec: spec, attempt: 1, logicalDate: now(), isFullRefresh: false, token: 1, worker: "benchmark")
        }
        let settings: JSON = ["folder": .string(file.deletingLastPathComponent().path), "null_tokens": [.string(nullToken)]]
        let state = TaskSpec(
            id: "in.state", step: "in", role: .load, kind: "read_state", title: "state",
            args: [
                "warehouse": .string(warehouse),
                "connections": [["connector": "csv", "settings": settings, "streams": ["rows": ["path": .string(file.lastPathComponent)]]]],
            ])
        let extracts = try loader.load(assignment(state)).adds
        var loads: [TaskSpec] = []
        let extract = try await Cost.of(.us) { loads = try await extractor.extract(assignment(extracts[0])).adds }
        let load = try await Cost.of(.us) { for task in loads { _ = try loader.load(assignment(task)) } }
        return (extract, load)
    }

    func rows(_ warehouse: String, _ table: String) throws -> SQLValue {
        try registry.warehouse(at: warehouse).open().query("select count(*) from \(table)").rows[0][0]
    }

    static func run(_ arguments: [String]) throws {
        let status = try Child(arguments[0], Array(arguments.dropFirst()), output: .inherited).wait()
        precondition(status == 0, "\(arguments[0]) failed")
    }

    /// The shell infers no types, keeps no ledger and syncs nothing.
    func sqliteShell() async throws -> Cost {
        try await Cost.of(.children) {
            try Self.run(["sqlite3", "\(home)/shell.db", "-cmd", ".mode csv", ".import '\(file.path)' rows"])
        }
    }

    /// Into a table that is ready, with the types that the loader found.
    func psqlCopy(_ server: PostgresServer, _ database: String) async throws -> Cost {
        try server.psql(database, "create table ready (like raw.rows); alter table ready drop column _sluice_batch, drop column _sluice_row")
        // The CPU is psql's own: the server's is counted on neither side.
        return try await Cost.of(.children) {
            try Self.run([
                "psql", "-X", "-q", "-h", server.folder, "-p", "\(server.port)", "-U", PostgresServer.user, "-d", database, "-c",
                "\\copy ready from '\(file.path)' with (format csv, header, null '\(nullToken)')",
            ])
        }
    }
}
