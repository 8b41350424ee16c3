// What loading a CSV file costs, beside the `sqlite3` shell's `.import` of the same file. The shell infers no types, keeps no
// ledger and syncs nothing; ours does all of it. Both run in turn, each time into a new file on the same disk.
//
//     swift run -c release load-benchmark FILE.csv [rounds] [null token]
//
// Prints, for each side, seconds of the wall and of the CPU (children included), then the ratio of their medians.

import ConnectorKit
import Contracts
import ExtractConnectors
import ExtractEngine
import Foundation
import Kernel
import Landing
import LoadEngine
import WarehouseKit
import WarehouseSQLite

struct Cost {
    enum Who: Int32 { case us = 0, children = -1 }
    var wall: Double
    var cpu: Double

    static func seconds(_ who: Who) -> Double {
        var usage = rusage()
        getrusage(who.rawValue, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    static func of(_ who: Who, _ body: () async throws -> Void) async rethrows -> Cost {
        let clock = ContinuousClock()
        let before = seconds(who)
        let wall = try await clock.measure(body)
        return Cost(wall: Double(wall.components.seconds) + Double(wall.components.attoseconds) / 1e18, cpu: seconds(who) - before)
    }
}

@main struct LoadBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 1 else { return print("usage: load-benchmark FILE.csv [rounds] [null token]") }
        let file = URL(fileURLWithPath: arguments[1])
        let rounds = arguments.count > 2 ? Int(arguments[2]) ?? 3 : 3
        let nullToken = arguments.count > 3 ? arguments[3] : ""
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("load-benchmark-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }

        var ours: [(extract: Cost, load: Cost)] = [], theirs: [Cost] = []
        for round in 1...rounds {
            let home = folder.appendingPathComponent("\(round)")
            try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
            ours.append(try await sluice(file, home.path, nullToken))
            theirs.append(try await shell(file, home.path))
            // Speed counts for nothing where rows are missing.
            let loaded = try rows("\(home.path)/w.db", "raw__rows"), imported = try rows("\(home.path)/shell.db", "rows")
            precondition(loaded == imported, "\(loaded) rows loaded, \(imported) imported")
            try FileManager.default.removeItem(at: home)
            func show(_ cost: Cost) -> String { String(format: "wall %.2f s, cpu %.2f s", cost.wall, cost.cpu) }
            print("round \(round): extract \(show(ours[round - 1].extract)); load \(show(ours[round - 1].load)); .import \(show(theirs[round - 1]))")
        }
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        let wall = median(theirs.map(\.wall)) / median(ours.map(\.load.wall)), cpu = median(theirs.map(\.cpu)) / median(ours.map(\.load.cpu))
        print(String(format: ".import : load = %.2f (wall), %.2f (cpu)", wall, cpu))
    }

    static func sluice(_ file: URL, _ home: String, _ nullToken: String) async throws -> (extract: Cost, load: Cost) {
        let now: @Sendable () -> Timestamp = { Timestamp(seconds: Date().timeIntervalSince1970) }
        let store = LandingStore(home: home)
        let loader = Loader(warehouses: WarehouseRegistry([SQLiteWarehouse.self]), store: store, environment: [:], now: now)
        let extractor = Extractor(connectors: ConnectorRegistry([CSVFolder.self]), store: store, environment: [:], now: now)
        func assignment(_ spec: TaskSpec) -> Assignment {
            Assignment(
                run: "benchmark@1", pipeline: "benchmark", spec: spec, attempt: 1, logicalDate: now(), isFullRefresh: false, token: 1, worker: "benchmark")
        }
        let settings: JSON = ["folder": .string(file.deletingLastPathComponent().path), "null_tokens": [.string(nullToken)]]
        let state = TaskSpec(
            id: "in.state", step: "in", role: .load, kind: "read_state", title: "state",
            args: [
                "warehouse": .string("sqlite://\(home)/w.db"),
                "connections": [["connector": "csv", "settings": settings, "streams": ["rows": ["path": .string(file.lastPathComponent)]]]],
            ])
        let extracts = try loader.load(assignment(state)).adds
        var loads: [TaskSpec] = []
        let extract = try await Cost.of(.us) { loads = try await extractor.extract(assignment(extracts[0])).adds }
        let load = try await Cost.of(.us) { for task in loads { _ = try loader.load(assignment(task)) } }
        return (extract, load)
    }

    static func rows(_ path: String, _ table: String) throws -> SQLValue {
        try SQLiteWarehouse(path: path).open().query("select count(*) from \(table)").rows[0][0]
    }

    static func shell(_ file: URL, _ home: String) async throws -> Cost {
        try await Cost.of(.children) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["sqlite3", "\(home)/shell.db", "-cmd", ".mode csv", ".import '\(file.path)' rows"]
            try process.run()
            process.waitUntilExit()
        }
    }
}
