import Bus
import Contracts
import Foundation
import Harness
import Kernel

/// The whole path, and the broker after a long time.
enum Whole {
    /// One run of so many tasks of kind `noop`, by two replicas of 64 slots.
    static func tasksPerSecond(_ count: Int) async throws -> Double {
        let rate = Box(0.0)
        try await TestHome.with(["SLUICE_LEASE_SECONDS": "30", "SLUICE_SLOTS": "64", "SLUICE_TEST": "", "SLUICE_CRASH_AT": ""]) { home in
            try home.write("name: many\nsteps:\n  - {name: first, noop: load, seconds: 1.5}\n", to: "pipelines/many/pipeline.yml")
            for program in ["broker", "orchestrator"] { try await home.start(program) }
            for replica in ["load-1", "load-2"] { try await home.start("load", instance: replica) }
            try await home.until("the pipeline is known", seconds: 20) { try await home.log().contains { $0.event.type == EventType.pipelineRegistered } }
            let run = try await home.request("many")
            try await home.until("the run has begun") { try await home.state(of: run) != nil }
            // More tasks than one event may bring come as several.
            let specs = (0..<count).map { TaskSpec(id: TaskID("t\($0)"), step: "first", role: .load, kind: "noop", title: "t") }
            let events = stride(from: 0, to: count, by: 500).map { start in
                Event(
                    source: "bench", id: "\(run)/added-\(start)", time: Timestamp(seconds: Date().timeIntervalSince1970), pipeline: "many", run: run,
                    payload: .tasksAdded(TasksAdded(tasks: Array(specs[start..<min(start + 500, count)]))))
            }
            let begin = Date()
            try await home.bus.publish(events)
            var done = 0
            while done <= count {
                try await Task.sleep(for: .milliseconds(20))
                done = try await home.log().count { $0.event.type == EventType.taskSucceeded }
                if Date().timeIntervalSince(begin) > 120 { throw TestHome.Failure("only \(done) tasks in two minutes") }
            }
            // By the log's own times: from the first announcement to the last report.
            let log = try await home.log()
            let ends = log.compactMap { if case .taskSucceeded(let report) = $0.event.payload { report.finishedAt.seconds } else { nil } }
            let starts = log.filter { $0.event.type == EventType.taskReady && $0.event.task != "first" }.map(\.event.time.seconds)
            let seconds = (ends.max() ?? 0) - (starts.dropFirst().min() ?? 0)
            rate.value = Double(count) / seconds
            say("\n\(count) tasks in \(BusBenchmark.rounded(seconds, 2)) s by two replicas of 64 slots")
        }
        return rate.value
    }

    /// The broker's memory after so many events, and after a tenth of them, and how long it takes to start again.
    static func memory(_ count: Int) async throws -> (megabytes: Double, earlier: Double, restart: Double) {
        let server = try Running(.ours)
        defer { server.stop() }
        func resident() -> Double {
            let pid = Running.children(of: server.process.processIdentifier).first ?? 0
            let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
            for line in text.split(separator: "\n") where line.hasPrefix("VmRSS:") { return ((Double(line.split(separator: " ")[1]) ?? 0) / 102.4).rounded() / 10 }
            return .nan
        }
        _ = try server.publish(256, count / 10)
        let earlier = resident()
        _ = try server.publish(256, count - count / 10)
        let megabytes = resident()
        let journal = "\(server.folder)/journal"
        let copy = "/tmp/sluice-bench-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        // Killed and not stopped: it must recover.
        if let child = Running.children(of: server.process.processIdentifier).first { kill(-child, SIGKILL) }
        server.process.waitUntilExit()
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: journal, toPath: "\(copy)/journal")
        let begin = Date()
        let again = Process()
        again.executableURL = URL(fileURLWithPath: "\(TestHome.binaries)/sluice-broker")
        again.environment = ProcessInfo.processInfo.environment.merging(["SLUICE_HOME": copy, "SLUICE_PORT_BASE": "0", "SLUICE_BUS_COMMANDS": "", "SLUICE_BUS_FEED": ""]) { $1 }
        again.standardError = FileHandle.nullDevice
        try again.run()
        while !Shell.succeeds("\(TestHome.binaries)/sluice-broker", ["--probe"], home: copy), Date().timeIntervalSince(begin) < 60 { usleep(20_000) }
        let restart = Date().timeIntervalSince(begin)
        again.terminate()
        again.waitUntilExit()
        say("\n\(count) events: \(megabytes) MB resident (after a tenth of them \(earlier)), ready again \(BusBenchmark.rounded(restart, 2)) s after a kill")
        return (megabytes, earlier, BusBenchmark.rounded(restart, 2))
    }
}

/// A value that a closure leaves behind.
final class Box: @unchecked Sendable {
    // Safe: written by one task, read when that has ended.
    var value: Double
    init(_ value: Double) { self.value = value }
}

extension Shell {
    static func succeeds(_ path: String, _ arguments: [String], home: String) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["SLUICE_HOME": home, "SLUICE_PORT_BASE": "0"]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
