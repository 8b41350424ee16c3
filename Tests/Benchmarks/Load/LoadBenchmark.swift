// What loading a CSV file costs, beside the engines' own tools: the `sqlite3` shell's `.import`, and psql's `\copy` into a table
// that is ready. Those infer no types and keep no ledger; ours does all of it. Both run in turn, each time into something new.
//
//     Tests/Benchmarks/Load/run [--rows N]            makes a file and measures it
//     swift run -c release load-benchmark FILE.csv [rounds] [null token]
//
// Prints, for each side, seconds of the wall and of the client's CPU, then ratios (peer / ours) of the medians. The last line is
// one JSON object, null for what is not measured here.

import Foundation
import Support
import WarehouseKit

@main struct LoadBenchmark {
    struct Pair {
        var ours: [Cost] = [], theirs: [Cost] = []
        var ratio: Double { Self.median(theirs.map(\.wall)) / Self.median(ours.map(\.wall)) }
        var cpuRatio: Double { Self.median(theirs.map(\.cpu)) / Self.median(ours.map(\.cpu)) }
        static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    }

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 1 else { return print("usage: load-benchmark FILE.csv [rounds] [null token]") }
        let file = URL(fileURLWithPath: arguments[1])
        let rounds = arguments.count > 2 ? Int(arguments[2]) ?? 3 : 3
        let nullToken = arguments.count > 3 ? arguments[3] : ""
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("load-benchmark-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = PostgresServer.isInstalled ? try PostgresServer.shared.get() : nil

        var sqlite = Pair(), postgres = Pair()
        func show(_ cost: Cost) -> String { String(format: "wall %.2f s, cpu %.2f s", cost.wall, cost.cpu) }
        // Speed counts for nothing where rows are missing.
        func compare(_ loaded: SQLValue, _ copied: SQLValue) { precondition(loaded == copied, "\(loaded) rows loaded, \(copied) copied") }
        for round in 1...rounds {
            let home = folder.appendingPathComponent("\(round)").path
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            let side = Side(file: file, home: home, nullToken: nullToken)
            let ours = try await side.load(into: "sqlite://\(home)/w.db")
            sqlite.ours.append(ours.load)
            sqlite.theirs.append(try await side.sqliteShell())
            compare(try side.rows("sqlite://\(home)/w.db", "raw__rows"), try side.rows("sqlite://\(home)/shell.db", "rows"))
            print("round \(round): extract \(show(ours.extract))")
            print("  SQLite      load \(show(sqlite.ours[round - 1])); .import \(show(sqlite.theirs[round - 1]))")
            try FileManager.default.removeItem(atPath: home)

            guard let server else { continue }
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            let database = try server.makeDatabase()
            let address = server.address(database)
            postgres.ours.append(try await side.load(into: address).load)
            postgres.theirs.append(try await side.psqlCopy(server, database))
            compare(try side.rows(address, "raw.rows"), try side.rows(address, "ready"))
            print("  PostgreSQL  load \(show(postgres.ours[round - 1])); \\copy \(show(postgres.theirs[round - 1]))")
            try server.psql("postgres", "drop database \(database); checkpoint")
            try FileManager.default.removeItem(atPath: home)
        }
        print(String(format: ".import : load = %.2f (wall), %.2f (cpu)", sqlite.ratio, sqlite.cpuRatio))
        var copy = "null"
        if server != nil {
            print(String(format: "\\copy : load = %.2f (wall), %.2f (the client's cpu)", postgres.ratio, postgres.cpuRatio))
            copy = String(format: "%.3f", postgres.ratio)
        }
        print(
            "{\"sqlite_vs_import\": \(String(format: "%.3f", sqlite.ratio)), \"sqlite_vs_dlt\": null, \"postgres_vs_copy\": \(copy), \"postgres_vs_dlt\": null, "
                + "\"merge_sqlite_vs_sqlite3\": null, \"merge_sqlite_vs_dlt\": null, \"merge_postgres_vs_psql\": null, \"rss_mb\": \(Cost.megabytesMax)}")
    }
}
