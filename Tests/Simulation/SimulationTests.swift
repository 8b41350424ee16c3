import Contracts
import Foundation
import Kernel
import Testing

@Suite struct SimulationTests {
    /// `SEED=… swift test --filter Simulation` replays one; `SEEDS=100000` runs more.
    static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["SEED"].flatMap(UInt64.init) { return [seed] }
        return Array(1...(environment["SEEDS"].flatMap(UInt64.init) ?? 1000))
    }()

    @Test func `under any faults each run ends as an undisturbed one, and each effect happens once`() throws {
        var turns = 0
        for seed in Self.seeds {
            let simulation = try Simulation(seed: seed)
            let hasEnded = try simulation.run()
            try #require(hasEnded, "SEED=\(seed): the runs did not end")
            turns += simulation.turns
            let expected = simulation.expected()
            for run in Simulation.runs { try #require(simulation.actual(run) == expected, "SEED=\(seed) \(run)") }
            let succeeded = expected.filter { $0.value == .succeeded }.count
            try #require(simulation.effects.count == succeeded * Simulation.runs.count, "SEED=\(seed): effects")
            try #require(simulation.effects.values.allSatisfy { $0 == 1 }, "SEED=\(seed): an effect twice")
            try #require(simulation.zombieReports == 0, "SEED=\(seed): a report under a lost lease was accepted")
            try checkLog(simulation)
        }
        print("simulated \(Self.seeds.count) seeds, \(turns) turns")
    }

    /// No event twice, no attempt announced or reported twice, no run started twice.
    func checkLog(_ simulation: Simulation) throws {
        var seen: Set<String> = []
        for entry in simulation.log {
            try #require(seen.insert("\(entry.event.source) \(entry.event.id)").inserted, "SEED=\(simulation.seed): \(entry.event.id) twice")
        }
        var reports: Set<String> = []
        for entry in simulation.log {
            guard let run = entry.event.run, let task = entry.event.task else { continue }
            let attempt: Int
            switch entry.event.payload {
            case .taskSucceeded(let report), .taskFailed(let report): attempt = report.attempt
            default: continue
            }
            try #require(reports.insert("\(run) \(task) \(attempt)").inserted, "SEED=\(simulation.seed): \(task) attempt \(attempt) reported twice")
        }
        for run in Simulation.runs {
            let starts = simulation.log.filter { $0.event.run == run && $0.event.type == EventType.runStarted }
            try #require(starts.count == 1, "SEED=\(simulation.seed): \(run) started \(starts.count) times")
        }
    }
}
