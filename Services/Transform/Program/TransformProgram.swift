// sluice-transform: seeds, models, snapshots, docs of a dbt project; publishing after a gate.
//
// Does      claims tasks of the role 'transform': plans a dbt step, builds its nodes, closes it.
//           `sluice-transform dbt …` is dbt's own command line in one process, as `sluice-dbt …` is, with what `deps` needs of HTTP.
// Reads     SLUICE_HOME, SLUICE_BUS_*, SLUICE_SLOTS, the project's folder, and the variables that the project names.
// Writes    the warehouse; SLUICE_HOME/projects (the sealed project and its artifacts).
// Promises  a node is built whole or not at all, and once, however often it is delivered.
// Stops     on SIGTERM after the task in hand, at most 20 s later. Killed, its transaction has not happened.

import Glibc
import Kernel
import Platform
import ServiceKit
import TransformEngine
import WarehouseKit
import WarehousePostgreSQL
import WarehouseSQLite

@main struct TransformProgram {
    static func main() async {
        let warehouses = WarehouseRegistry([SQLiteWarehouse.self, PostgreSQLWarehouse.self])
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "dbt" {
            let command = DbtCommand(
                warehouses: warehouses, environment: Environment.current(), now: { SystemClock.now() }, download: PackageArchive.download,
                isTerminal: isatty(1) == 1, output: DbtCommand.say)
            exit(command.run(arguments: Array(arguments.dropFirst())))
        }
        if arguments.first == Examination.word {
            let environment = Environment.current()
            await Examination.run { question, tell in
                ProjectExaminer(warehouses: warehouses, environment: environment, now: { SystemClock.now() }).examine(question, tell: tell)
            }
        }
        await ServiceProgram.run("transform") { site in
            let home = site.settings.home
            let transformer = Transformer(
                warehouses: warehouses, environment: site.settings.environment, now: { SystemClock.now() }, reach: { site.crash.reach($0) })
            site.health.require("projects") { Files.isWritable(home) }
            await site.work(.transform) { try transformer.perform($0) }
        }
    }
}
