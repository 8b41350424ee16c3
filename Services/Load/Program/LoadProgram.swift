// sluice-load: puts landed batches into the raw schema, exactly once, and keeps the cursors.
//
// Does      claims tasks of the role 'load': reads cursors, loads batches, seals streams.
//           `sluice-load query <warehouse> <sql>` prints a result as a table; `load`, `quarantine` and `trace`
//           are commands of their own, in this process: LoadCommands.
// Reads     SLUICE_HOME, SLUICE_BUS_*, SLUICE_SLOTS, the warehouse's URL as the pipeline names it; SLUICE_HOME/raw.
// Writes    the warehouse. It talks to no source.
// Promises  each batch is in the warehouse once, however often it is delivered; the books of a batch balance or it fails.
// Stops     on SIGTERM after the task in hand, at most 20 s later. Killed, its transaction has not happened.

import Glibc
import Kernel
import Landing
import LoadEngine
import Platform
import ServiceKit
import WarehouseKit
import WarehousePostgreSQL
import WarehouseSQLite

@main struct LoadProgram {
    static func main() async {
        let warehouses = WarehouseRegistry([SQLiteWarehouse.self, PostgreSQLWarehouse.self])
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "query" { Query.run(Array(arguments.dropFirst()), warehouses) }
        if let word = arguments.first, LoadCommands.words.contains(word) { exit(command(arguments, warehouses)) }
        if arguments.first == Examination.word { await examine(warehouses) }
        await ServiceProgram.run("load") { site in
            let home = site.settings.home
            let loader = Loader(
                warehouses: warehouses, store: LandingStore(home: home), environment: site.settings.environment,
                now: { SystemClock.now() }, reach: { site.crash.reach($0) })
            site.health.require("landing") { Files.isWritable(home) }
            await site.work(.load) { try loader.load($0) }
        }
    }

    private static func command(_ arguments: [String], _ warehouses: WarehouseRegistry) -> Int32 {
        func write(_ line: String, to descriptor: Int32) {
            let bytes = Array((line + "\n").utf8)
            _ = Glibc.write(descriptor, bytes, bytes.count)
        }
        do {
            let settings = try Settings(program: "load", environment: Environment.current())
            // For `Tests/Benchmarks/load`, which tells what the books cost.
            RecordHash.isOff = settings.environment["SLUICE_TEST"] == "1" && settings.environment["SLUICE_BOOKS"] == "off"
            // It holds raw data: nobody else's business.
            try Files.createFolder(settings.home, mode: 0o700)
            let commands = LoadCommands(
                warehouses: warehouses, home: settings.home, environment: settings.environment, now: { SystemClock.now() },
                say: { write($0, to: 1) }, complain: { write($0, to: 2) })
            return commands.run(arguments)
        } catch {
            write("\(error)", to: 2)
            return 2
        }
    }

    /// `{"warehouse": URL}`, its references unfilled.
    private static func examine(_ warehouses: WarehouseRegistry) async -> Never {
        let environment = Environment.current()
        await Examination.run { question, tell in
            do {
                let url = try Substitution.expand(question["warehouse"]?.stringValue ?? "", environment: environment, file: Files.secret)
                WarehouseExaminer.examine(try warehouses.warehouse(at: url), at: try WarehouseAddress(url), tell: tell)
            } catch {
                tell(Finding("address", failed: error))
            }
        }
    }
}
