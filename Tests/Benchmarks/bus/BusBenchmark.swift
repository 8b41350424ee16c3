// bus-benchmark: the bus beside its peers. See `run`.

import Contracts
import Foundation
import Harness
import Kernel

@main struct BusBenchmark {
    nonisolated static func main() async throws {
        var rounds = 5, seconds = 2.0, isQuick = false, only: String?
        var words = CommandLine.arguments.dropFirst()
        while let word = words.popFirst() {
            switch word {
            case "--rounds": rounds = words.popFirst().flatMap { Int($0) } ?? rounds
            case "--seconds": seconds = words.popFirst().flatMap { Double($0) } ?? seconds
            case "--quick": isQuick = true
            case "--only": only = words.popFirst()
            default:
                say("usage: Tests/Benchmarks/bus/run [--rounds N] [--seconds S] [--quick] [--only publish|work|tasks|memory]")
                exit(2)
            }
        }
        var figures = only ?? "publish" == "publish" ? contest(rounds: rounds, seconds: seconds) : []
        if only ?? "work" == "work" { figures += work(rounds: min(rounds, 3), count: isQuick ? 1000 : 5000) }
        let tasks = only ?? "tasks" == "tasks" ? try? await Whole.tasksPerSecond(isQuick ? 2000 : 10_000) : nil
        figures.append(("tasks_per_s", tasks.map { .double($0.rounded()) } ?? .null))
        let memory = isQuick || only ?? "memory" != "memory" ? nil : try? await Whole.memory(1_000_000)
        figures.append(("rss_mb_after_1m", memory.map { .double($0.megabytes) } ?? .null))
        figures.append(("rss_mb_after_100k", memory.map { .double($0.earlier) } ?? .null))
        figures.append(("restart_s_after_1m", memory.map { .double($0.restart) } ?? .null))
        say(JSON(figures).text())
    }

    static let crowds = [1, 16, 64, 256]
    static let workers = [1, 4, 16]
    static let peers = [Contestant.redis, .nats, .rabbit]

    static func contest(rounds: Int, seconds: Double) -> [(String, JSON)] {
        for peer in peers { if let obstacle = peer.obstacle { say("\(peer.name): not measured, \(obstacle)") } }
        let all = [Contestant.ours, .floor] + peers.filter { $0.obstacle == nil }
        var rates: [String: [Int: [Double]]] = [:], late: [String: [Int: [Double]]] = [:]
        for round in 1...max(1, rounds) {
            for contestant in all {
                do {
                    let server = try Running(contestant)
                    defer { server.stop() }
                    for crowd in crowds {
                        let trial = try server.publish(crowd, max(50, crowd * 20))
                        let result = try server.publish(crowd, max(100, Int(trial.per_s * seconds)))
                        rates[contestant.name, default: [:]][crowd, default: []].append(result.per_s)
                        late[contestant.name, default: [:]][crowd, default: []].append(result.p99_us / 1000)
                    }
                    say("  round \(round) \(contestant.name): " + crowds.map { "\($0): \(Int(rates[contestant.name]?[$0]?.last ?? 0))/s" }.joined(separator: "  "))
                } catch {
                    say("  round \(round) \(contestant.name): \(error)")
                }
            }
        }
        table("acknowledged publishes of 1 KiB a second, median (p99 in ms)", "publishers", crowds, all.map(\.name), rates, late)
        func ratio(_ a: String, _ b: String, _ crowd: Int) -> Double? {
            guard let x = rates[a]?[crowd], let y = rates[b]?[crowd], x.count == y.count, !x.isEmpty else { return nil }
            return median(zip(x, y).map { $0 / $1 })
        }
        func best(_ crowd: Int) -> JSON { peers.compactMap { ratio("sluice", $0.name, crowd) }.min().map { .double(rounded($0, 2)) } ?? .null }
        func rate(_ crowd: Int) -> JSON { rates["sluice"]?[crowd].map { .double(median($0).rounded()) } ?? .null }
        return [
            ("publish_1", rate(1)), ("publish_16", rate(16)), ("publish_64", rate(64)), ("publish_256", rate(256)),
            ("floor_ratio_16", ratio("sluice", "floor", 16).map { .double(rounded($0, 2)) } ?? .null),
            ("floor_ratio_64", ratio("sluice", "floor", 64).map { .double(rounded($0, 2)) } ?? .null),
            ("vs_best_peer_16", best(16)), ("vs_best_peer_64", best(64)), ("vs_best_peer_256", best(256)),
        ]
    }

    /// What workers do, and how long a message travels.
    static func work(rounds: Int, count: Int) -> [(String, JSON)] {
        let all = [Contestant.ours] + peers.filter { $0.obstacle == nil }
        var rates: [String: [Int: [Double]]] = [:], late: [String: [Int: [Double]]] = [:], travel: [String: [(p50: Double, p99: Double)]] = [:]
        for round in 1...max(1, rounds) {
            for contestant in all {
                do {
                    let server = try Running(contestant)
                    defer { server.stop() }
                    for crowd in workers {
                        let result = try server.claims(crowd, count)
                        rates[contestant.name, default: [:]][crowd, default: []].append(result.per_s)
                        late[contestant.name, default: [:]][crowd, default: []].append(result.p99_us / 1000)
                    }
                    let result = try server.latency(count / 2)
                    travel[contestant.name, default: []].append((result.p50_us / 1000, result.p99_us / 1000))
                } catch {
                    say("  round \(round) \(contestant.name): \(error)")
                }
            }
        }
        table("pieces of work taken and acknowledged a second, median (p99 in ms)", "workers", workers, all.map(\.name), rates, late)
        say("\nfrom a publish to its consumer, ms, median of p50 and p99")
        for name in all.map(\.name) {
            guard let values = travel[name] else { continue }
            say(cell(name) + cell("\(rounded(median(values.map(\.p50)), 3))") + cell("\(rounded(median(values.map(\.p99)), 3))"))
        }
        let ours = travel["sluice"] ?? []
        return workers.map { crowd in ("claims_\(crowd)", rates["sluice"]?[crowd].map { .double(median($0).rounded()) } ?? .null) } + [
            ("latency_ms_p50", ours.isEmpty ? .null : .double(rounded(median(ours.map(\.p50)), 3))),
            ("latency_ms_p99", ours.isEmpty ? .null : .double(rounded(median(ours.map(\.p99)), 3))),
        ]
    }

    static func cell(_ text: String) -> String { String(repeating: " ", count: max(0, 22 - text.count)) + text }

    static func table(_ title: String, _ what: String, _ crowds: [Int], _ names: [String], _ rates: [String: [Int: [Double]]], _ late: [String: [Int: [Double]]]) {
        say("\n" + title)
        say(cell(what) + crowds.map { cell("\($0)") }.joined())
        for name in names {
            say(cell(name) + crowds.map { crowd in
                guard let values = rates[name]?[crowd], let slow = late[name]?[crowd] else { return cell("-") }
                return cell("\(Int(median(values))) (\(rounded(median(slow), 1)))")
            }.joined())
        }
    }

    static func median(_ values: [Double]) -> Double { values.isEmpty ? .nan : values.sorted()[values.count / 2] }
    static func rounded(_ value: Double, _ places: Double) -> Double { (value * pow(10, places)).rounded() / pow(10, places) }
}

func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
