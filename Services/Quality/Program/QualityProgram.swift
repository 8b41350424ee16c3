// sluice-quality: the gates. Tests of a dbt project; later freshness, contracts, anomalies.
//
// Does      claims tasks of the role 'quality' and runs one test each; a failing one fails its task, and the run stops
//           exactly what is downstream.
// Reads     SLUICE_HOME, SLUICE_BUS_*, SLUICE_SLOTS, the sealed project, the warehouse.
// Writes    its result beside the sealed project; nothing to the warehouse.
// Promises  a second delivery asks the same question again and changes nothing.
// Stops     on SIGTERM after the task in hand, at most 20 s later.

import Platform
import QualityEngine
import ServiceKit
import WarehouseKit
import WarehouseSQLite

@main struct QualityProgram {
    static func main() async {
        await ServiceProgram.run("quality") { site in
            let home = site.settings.home
            let tester = Tester(
                warehouses: WarehouseRegistry([SQLiteWarehouse.self]), environment: site.settings.environment, now: { SystemClock.now() },
                reach: { site.crash.reach($0) })
            site.health.require("projects") { Files.isWritable(home) }
            await site.work(.quality) { try tester.perform($0) }
        }
    }
}
