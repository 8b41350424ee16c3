// sluice-orchestrator: triggers, runs, the growing task graph, retries, limits.
//
// Does      folds the log, decides what is due, publishes it. One of them leads; others stand by and fold along.
// Reads     SLUICE_HOME, SLUICE_BUS_*, SLUICE_PIPELINES (a folder of <name>/pipeline.yml, default ./pipelines).
// Writes    nothing: all that it knows is in the log.
// Promises  killed at any moment it goes on where the log ends; a decision published twice is one decision.
// Stops     on SIGTERM at once. Without a broker it waits and is not ready.

import OrchestratorEngine
import Platform
import ServiceKit

@main struct OrchestratorProgram {
    static func main() async {
        await ServiceProgram.run("orchestrator") { site in
            let folder = Files.absolute(site.settings.environment["SLUICE_PIPELINES"] ?? "pipelines")
            let client = site.connect(topics: ["run.", "task.", "tasks."])
            let orchestrator = Orchestrator(
                client: client, name: "\(site.settings.instance)-\(Entropy.hex(8))", pipelinesFolder: folder, environment: site.settings.environment,
                reach: { site.crash.reach($0) }, note: { site.log.info($0) })
            await orchestrator.run { site.health.markStarted() }
        }
    }
}
