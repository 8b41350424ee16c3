import Foundation
import Journal
import SimulationWorld
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
            let world = try Simulation(seed: seed)
            let hasEnded = try world.run()
            turns += world.turns
            let found = world.violations(hasEnded: hasEnded)
            try #require(found.isEmpty, "SEED=\(seed): \(found.joined(separator: "; "))")
        }
        print("simulated \(Self.seeds.count) seeds, \(turns) turns")
    }

    @Test(arguments: PlantedBug.allCases)
    func `a bug that is planted is noticed`(bug: PlantedBug) throws {
        for seed in UInt64(1)...10_000 {
            let world = try Simulation(seed: seed, bug: bug)
            if !world.violations(hasEnded: try world.run()).isEmpty {
                print("\(bug.rawValue): seed \(seed)")
                return
            }
        }
        Issue.record("\(bug.rawValue) was not noticed in 10,000 seeds")
    }

    @Test func `a world is its seed: told twice it is the same to the last event, and so it is in a journal that others have used`() throws {
        func story(_ seed: UInt64, _ journal: JournalStore? = nil) throws -> [String] {
            var lines: [String] = []
            let world = try Simulation(seed: seed, journal: journal) { lines.append($0) }
            _ = try world.run()
            return lines
        }
        let used = try Simulation.journal()
        for seed in UInt64(1)...40 {
            let told = try story(seed)
            #expect(try told == story(seed))
            #expect(try told == story(seed, used))
        }
    }
}
