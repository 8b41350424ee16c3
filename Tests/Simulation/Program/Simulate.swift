// simulate: worlds under faults, one for each seed. See Tests/Simulation/run.

import Dispatch
import Glibc
import Platform
import SimulationWorld
import Synchronization

@main struct Simulate {
    /// More broken worlds than this are counted, not told.
    static let toldMax = 10

    static func main() throws {
        var seeds: UInt64 = 10_000, from: UInt64 = 1
        var words = CommandLine.arguments.dropFirst()
        while let word = words.popFirst() {
            switch word {
            case "--seeds": seeds = words.popFirst().flatMap { UInt64($0) } ?? seeds
            case "--from": from = words.popFirst().flatMap { UInt64($0) } ?? from
            case "--seed": try replay(words.popFirst().flatMap { UInt64($0) } ?? 1)
            case "--planted": planted(upTo: seeds)
            default:
                say("usage: Tests/Simulation/run [--seeds N] [--from N] | --seed N | --planted")
                exit(2)
            }
        }
        let start = SystemClock.monotonicSeconds()
        let broken = check(from..<(from + seeds), bug: nil, stopsAtFirst: false)
        for (seed, words) in broken.prefix(toldMax) { say("seed \(seed): \(words.prefix(3).joined(separator: "; "))  (Tests/Simulation/run --seed \(seed))") }
        let seconds = SystemClock.monotonicSeconds() - start
        say(#"{"seeds": \#(seeds), "violations": \#(broken.count), "seconds": \#((seconds * 10).rounded() / 10)}"#)
        exit(broken.isEmpty ? 0 : 1)
    }

    static func replay(_ seed: UInt64) throws -> Never {
        let world = try Simulation(seed: seed) { say($0) }
        let found = world.violations(hasEnded: try world.run())
        for words in found { say("✗ \(words)") }
        say(#"{"seeds": 1, "violations": \#(found.isEmpty ? 0 : 1), "seconds": 0}"#)
        exit(found.isEmpty ? 0 : 1)
    }

    /// Each bug must be noticed within so many worlds.
    static func planted(upTo seeds: UInt64) -> Never {
        let start = SystemClock.monotonicSeconds()
        var missed = 0
        for bug in PlantedBug.allCases {
            let found = check(1..<(seeds + 1), bug: bug, stopsAtFirst: true).first
            if found == nil { missed += 1 }
            say("\(bug.rawValue): \(found.map { "noticed at seed \($0.0): \($0.1[0])" } ?? "NOT noticed in \(seeds) seeds")")
        }
        let seconds = SystemClock.monotonicSeconds() - start
        say(#"{"planted": \#(PlantedBug.allCases.count), "missed": \#(missed), "seconds": \#((seconds * 10).rounded() / 10)}"#)
        exit(missed == 0 ? 0 : 1)
    }

    /// The broken worlds, by seed, from as many threads as there are processors.
    static func check(_ seeds: Range<UInt64>, bug: PlantedBug?, stopsAtFirst: Bool) -> [(UInt64, [String])] {
        struct State { var next: UInt64; var broken: [(UInt64, [String])] = [] }
        let state = Mutex(State(next: seeds.lowerBound))
        DispatchQueue.concurrentPerform(iterations: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) { _ in
            let journal = try? Simulation.journal()
            while true {
                let seed: UInt64? = state.withLock { state in
                    guard state.next < seeds.upperBound, !(stopsAtFirst && !state.broken.isEmpty) else { return nil }
                    defer { state.next += 1 }
                    return state.next
                }
                guard let seed else { return }
                let found: [String]
                do {
                    let world = try Simulation(seed: seed, bug: bug, journal: journal)
                    found = world.violations(hasEnded: try world.run())
                } catch {
                    found = ["\(error)"]
                }
                if !found.isEmpty { state.withLock { $0.broken.append((seed, found)) } }
            }
        }
        return state.withLock { $0.broken }.sorted { $0.0 < $1.0 }
    }
}

/// Says a line now, even where the output is a pipe.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(1, bytes, bytes.count)
}
