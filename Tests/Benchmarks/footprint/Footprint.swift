// footprint: what all programs together cost, and how fast a run begins. See `run`.

import Bus
import Contracts
import Foundation
import Harness
import Kernel
import Runs
import SQLite

@main struct Footprint {
    static let triggers = 200
    static let chains = 40
    static let idleSeconds = 5.0

    nonisolated static func main() async throws {
        try await TestHome.with(["SLUICE_LEASE_SECONDS": "10", "SLUICE_TEST": "", "SLUICE_CRASH_AT": ""]) { home in
            try writePipelines(home)
            let begin = Date()
            try await home.startAll()
            let ready = Date().timeIntervalSince(begin)
            try await Task.sleep(for: .seconds(idleSeconds))
            let pids = home.allProcesses()
            let memory = pids.map(pss).reduce(0, +)

            let commit = try commits(in: home.path)
            _ = try await latencies(home, "chain", 3, \.first)
            let before = pids.map(cpu).reduce(0, +)
            let first = try await latencies(home, "single", triggers, \.first)
            let chain = try await latencies(home, "chain", chains, \.whole)
            let used = pids.map(cpu).reduce(0, +) - before
            let toFirst = try await commitsToFirstTask(home)
            let figures: [(String, JSON, String)] = [
                ("ready_s", .double(rounded(ready, 3)), "from sluice up to all programs ready"),
                ("idle_pss_mb", .double(rounded(memory / 1024, 1)), "proportional memory of all programs"),
                ("processes", JSON(pids.count), "programs, sluice up itself included"),
                ("commit_p50_ms", .double(rounded(quantile(commit, 0.5), 3)), "one SQLite commit on this disk, FULL"),
                ("trigger_p50_ms", .double(rounded(quantile(first, 0.5), 2)), "run requested → first task started"),
                ("trigger_p99_ms", .double(rounded(quantile(first, 0.99), 2)), ""),
                ("commits_to_first_task", JSON(toFirst), "transactions of the journal on that path"),
                ("chain5_ms", .double(rounded(quantile(chain, 0.5), 2)), "five tasks in a chain, request to end"),
                ("cpu_per_run_s", .double(rounded(used / Double(triggers + chains), 4)), "CPU of all programs for one run"),
            ]
            for (name, value, meaning) in figures { print("  \(name.padding(toLength: 24, withPad: " ", startingAt: 0))\(value.text().padding(toLength: 10, withPad: " ", startingAt: 0))\(meaning)") }
            print(JSON(figures.map { ($0.0, $0.1) }).text())
        }
    }

    static func writePipelines(_ home: TestHome) throws {
        try home.write("name: single\nsteps:\n  - {name: only, noop: extract}\n", to: "pipelines/single/pipeline.yml")
        try home.write("name: resting\nsteps:\n  - {name: only, noop: load, seconds: 0.4}\n", to: "pipelines/resting/pipeline.yml")
        // Idle with real work to look after.
        for name in ["nyc_flights", "karaoke_social"] {
            try FileManager.default.copyItem(atPath: "\(TestHome.repository)/deploy/pipelines/\(name)", toPath: "\(home.path)/pipelines/\(name)")
        }
        let roles = ["extract", "load", "extract", "load", "extract"]
        let steps = roles.enumerated().map { "  - {name: s\($0.offset), noop: \($0.element)}\n" }.joined()
        try home.write("name: chain\nsteps:\n\(steps)", to: "pipelines/chain/pipeline.yml")
    }

    struct Times {
        /// Milliseconds from the request to the first task's start, and to the run's end.
        var first: Double
        var whole: Double
    }

    static func latencies(_ home: TestHome, _ pipeline: String, _ count: Int, _ part: @Sendable (Times) -> Double) async throws -> [Double] {
        var result: [Double] = []
        for _ in 0..<count {
            let asked = Date().timeIntervalSince1970
            let run = try await home.request(pipeline)
            let state = try await home.finish(run, seconds: 20)
            guard let started = state.tasks.values.compactMap({ $0.report?.startedAt }).min(), let end = state.end else { continue }
            result.append(part(Times(first: (started.seconds - asked) * 1000, whole: (end.at.seconds - asked) * 1000)))
        }
        return result
    }

    /// Counted by the broker itself, while the first task of a run still rests.
    static func commitsToFirstTask(_ home: TestHome) async throws -> Int {
        func count() async throws -> Int { try await home.bus.inspect(.status)["commits"]?.intValue ?? 0 }
        let before = try await count()
        let run = try await home.request("resting")
        try await Task.sleep(for: .seconds(0.2))
        let during = try await count()
        _ = try await home.finish(run)
        return during - before
    }

    /// Milliseconds of single commits to a WAL database in the same folder, as the journal makes them.
    static func commits(in folder: String) throws -> [Double] {
        let database = try Database(path: folder + "/commits.db")
        try database.execute("pragma journal_mode=wal; pragma synchronous=full; create table t(x)")
        return try (0..<200).map { number in
            let begin = Date()
            try database.execute("insert into t values(\(number))")
            return Date().timeIntervalSince(begin) * 1000
        }
    }

    static func pss(_ pid: Int32) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("Pss:") { return Double(line.split(separator: " ")[1]) ?? 0 }
        return 0
    }

    static func cpu(_ pid: Int32) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let mark = text.lastIndex(of: ")") else { return 0 }
        let words = text[text.index(after: mark)...].split(separator: " ")
        return ((Double(words[11]) ?? 0) + (Double(words[12]) ?? 0)) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    static func quantile(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    static func rounded(_ value: Double, _ places: Int) -> Double {
        let scale = pow(10, Double(places))
        return (value * scale).rounded() / scale
    }
}
