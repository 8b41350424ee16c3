// sluice-orchestrator: triggers, runs, the growing task graph, retries, limits.
//
// Does      folds the log, decides what is due, publishes it. One of them leads; others stand by and fold along.
// Reads     SLUICE_HOME, SLUICE_BUS_*, SLUICE_PIPELINES (a folder of <name>/pipeline.yml, default ./pipelines).
// Writes    nothing: all that it knows is in the log.
// Promises  killed at any moment it goes on where the log ends; a decision published twice is one decision.
// Stops     on SIGTERM at once. Without a broker it waits and is not ready.

import Contracts
import Kernel
import OrchestratorEngine
import Platform
import Schedules
import ServiceKit

@main struct OrchestratorProgram {
    static func main() async {
        if CommandLine.arguments.dropFirst().first == Examination.word { await examine() }
        await ServiceProgram.run("orchestrator") { site in
            let folder = Files.absolute(site.settings.environment["SLUICE_PIPELINES"] ?? "pipelines")
            let client = site.connect(topics: ["run.", "task.", "tasks."])
            let orchestrator = Orchestrator(
                client: client, name: "\(site.settings.instance)-\(Entropy.hex(8))", pipelinesFolder: folder, environment: site.settings.environment,
                reach: { site.crash.reach($0) }, note: { site.log.info($0) })
            await orchestrator.run { site.health.markStarted() }
        }
    }
    /// `{"cron": …, "timezone": …}`: when it runs next.
    private static func examine() async -> Never {
        await Examination.run { question, tell in
            let schedule = Schedule(cron: question["cron"]?.stringValue ?? "", timezone: question["timezone"]?.stringValue ?? "")
            do {
                let next = try schedule.trigger().next(after: SystemClock.now())
                tell(next.map { Finding("schedule", .ok, "'\(schedule.cron)' in \(schedule.timezone), next at \($0)") }
                    ?? Finding("schedule", .fail, "'\(schedule.cron)' never comes", remedy: "name a day that exists", code: "triggers.never"))
            } catch {
                tell(Finding("schedule", failed: error))
            }
        }
    }
}
