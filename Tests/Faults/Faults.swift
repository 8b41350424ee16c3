// faults: real programs under fire. See `run`.

import Foundation
import Harness

/// What a scenario found.
struct Figures {
    var acknowledged = 0
    /// Acknowledged and not there, or done and not told.
    var lost = 0
    /// There or done more often than once.
    var doubled = 0
    /// Programs that ended where nobody had killed them.
    var crashes = 0

    static func + (a: Figures, b: Figures) -> Figures {
        Figures(acknowledged: a.acknowledged + b.acknowledged, lost: a.lost + b.lost, doubled: a.doubled + b.doubled, crashes: a.crashes + b.crashes)
    }
}

struct Scenario: Sendable {
    let name: String
    /// Why it cannot run here; nil where it can.
    var obstacle: @Sendable () -> String? = { nil }
    /// - Parameter isLong: take more time for it.
    let run: @Sendable (_ isLong: Bool) async throws -> Figures
}

@main struct Faults {
    static let scenarios = Kills.all + Stops.all + Disks.all + Hostile.all

    nonisolated static func main() async {
        var isLong = false
        var only: String?
        var words = CommandLine.arguments.dropFirst()
        while let word = words.popFirst() {
            switch word {
            case "--long": isLong = true
            case "--only": only = words.popFirst()
            default:
                print("usage: Tests/Faults/run [--long] [--only NAME]; names: \(scenarios.map(\.name).joined(separator: ", "))")
                exit(2)
            }
        }
        var sum = Figures(), count = 0, failed = 0
        var skipped: [String] = []
        for scenario in scenarios where only.map({ scenario.name.contains($0) }) ?? true {
            if let obstacle = scenario.obstacle() {
                say("– \(scenario.name): skipped, \(obstacle)")
                skipped.append(scenario.name)
                continue
            }
            count += 1
            let begin = Date()
            do {
                let figures = try await scenario.run(isLong)
                sum = sum + figures
                let isGood = figures.lost == 0 && figures.doubled == 0 && figures.crashes == 0
                say("\(isGood ? "✓" : "✗") \(scenario.name): \(figures.acknowledged) acknowledged, \(figures.lost) lost, \(figures.doubled) doubled, \(figures.crashes) crashes, \(Int(Date().timeIntervalSince(begin).rounded())) s")
            } catch {
                failed += 1
                say("✗ \(scenario.name): \(error)")
            }
        }
        let names = skipped.map { "\"\($0)\"" }.joined(separator: ", ")
        say(#"{"scenarios": \#(count), "skipped": [\#(names)], "acknowledged": \#(sum.acknowledged), "lost": \#(sum.lost), "doubled": \#(sum.doubled), "crashes": \#(sum.crashes), "failed": \#(failed)}"#)
        exit(sum.lost + sum.doubled + sum.crashes + failed == 0 ? 0 : 1)
    }
}

/// Says a line now, even where the output is a pipe.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
