// sluice-quality: the gates of a pipeline. Tests of a dbt project.
//
// Does      claims tasks of the role 'quality' and runs one test each; a failing one fails its task, and the run stops
//           exactly what is downstream.
// Reads     SLUICE_HOME, SLUICE_BUS_*, SLUICE_SLOTS, the sealed project, the warehouse.
//           `sluice-quality results <warehouse> [--test NAME] [--last N]` prints how tests ended.
// Writes    its result beside the sealed project; to the warehouse only the failing rows of tests with store_failures.
// Promises  a second delivery asks the same question again and changes nothing; failing rows are those of the last run.
// Stops     on SIGTERM after the task in hand, at most 20 s later.

import Glibc
import Platform
import QualityEngine
import ServiceKit
import WarehouseKit
import WarehousePostgreSQL
import WarehouseSQLite

@main struct QualityProgram {
    static func main() async {
        let warehouses = WarehouseRegistry([SQLiteWarehouse.self, PostgreSQLWarehouse.self])
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "results" {
            let listing = ResultsListing(warehouses: warehouses, environment: Environment.current()) { print($0) }
            exit(listing.run(Array(arguments.dropFirst())))
        }
        await ServiceProgram.run("quality") { site in
            let home = site.settings.home
            let tester = Tester(
                warehouses: warehouses, environment: site.settings.environment, now: { SystemClock.now() },
                reach: { site.crash.reach($0) })
            site.health.require("projects") { Files.isWritable(home) }
            await site.work(.quality) { try tester.perform($0) }
        }
    }
}
