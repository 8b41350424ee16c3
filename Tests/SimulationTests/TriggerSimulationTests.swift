import Foundation
import Testing

@Suite struct TriggerSimulationTests {
    @Test func `whatever fails, each event starts one run, each run ends once, and no deadline is told twice`() throws {
        // Each of these worlds is many times as large as one of the broker's.
        for seed in SimulationTests.seeds.prefix(max(100, SimulationTests.seeds.count / 10)) {
            var simulation = TriggerSimulation(seed: seed)
            simulation.run()
            try #require(simulation.violations.isEmpty, "SEED=\(seed): \(simulation.violations.prefix(3))")
        }
    }

    @Test(arguments: TriggerSimulation.Bug.allCases)
    func `a planted bug is found`(bug: TriggerSimulation.Bug) throws {
        let finder = (1...10_000 as ClosedRange<UInt64>).first { seed in
            var simulation = TriggerSimulation(seed: seed, bug: bug)
            simulation.run()
            return !simulation.violations.isEmpty
        }
        print("\(bug.rawValue) is found with seed \(finder.map(String.init) ?? "none")")
        #expect(finder != nil)
    }
}
