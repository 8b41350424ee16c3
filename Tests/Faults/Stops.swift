import Contracts
import Foundation
import Harness
import Kernel

/// Programs that stand still, leaders that die, calendars that jump, networks that are cut.
enum Stops {
    static let all = [
        Scenario(name: "stopped for longer than a lease") { isLong in try await stopped(isLong ? 10 : 3) },
        Scenario(name: "the leader dies") { isLong in try await leader(isLong ? 10 : 3) },
        Scenario(name: "a calendar that jumps", obstacle: { clock == nil ? "no C compiler to build the clock with" : nil }, run: { _ in try await calendar() }),
        Scenario(name: "a cut network", obstacle: { Tool.isRoot ? Tool.canRun("ip", ["netns", "list"]) ? nil : "no network namespaces" : "not root" }, run: { _ in try await network() }),
    ]
    static var clock: String? { ProcessInfo.processInfo.environment["SLUICE_FAULTS_CLOCK"] }

    static func stopped(_ rounds: Int) async throws -> Figures {
        let sum = Sum()
        try await TestHome.with { home in
            try await Runs.start(home)
            let publisher = Publisher(home, name: "p")
            await publisher.start()
            var runs: [RunID] = []
            for round in 0..<rounds {
                for victim in ["load-1", "extract-1", "orchestrator-1", "broker"] {
                    let run = try await home.requestSurely("drill", id: "drill@\(round)-\(victim)")
                    runs.append(run)
                    try await Task.sleep(for: .milliseconds(Int.random(in: 1...30)))
                    home.signal(victim, SIGSTOP)
                    try await Task.sleep(for: .seconds(1.4))
                    home.signal(victim, SIGCONT)
                    _ = try await home.finishSurely(run, seconds: 60)
                }
            }
            sum.add(try await publisher.audit(home, runs: runs))
        }
        return sum.figures
    }

    /// The other takes over within three seconds.
    static func leader(_ rounds: Int) async throws -> Figures {
        let sum = Sum()
        try await TestHome.with { home in
            try await Runs.start(home)
            var runs: [RunID] = []
            for round in 0..<rounds {
                let name = try await home.bus.inspect(.status)["leader"]?.stringValue ?? ""
                let victim = name.hasPrefix("orchestrator-1") ? "orchestrator-1" : "orchestrator-2"
                home.kill(victim)
                let killed = Date()
                let run = try await home.request("drill", id: "drill@\(round)")
                runs.append(run)
                try await home.until("another leads", seconds: 3) {
                    try await home.log().contains { $0.event.run == run && $0.event.type == EventType.runStarted }
                }
                say("  \(victim) died, the other had taken over after \((Date().timeIntervalSince(killed) * 10).rounded() / 10) s")
                _ = try await home.finish(run)
                try await home.start("orchestrator", instance: victim)
            }
            sum.add(Runs.audit(try await home.log(), runs: runs, tasks: Runs.tasks))
        }
        return sum.figures
    }

    static func calendar() async throws -> Figures {
        let sum = Sum()
        let file = "/tmp/sluice-clock-\(UInt32.random(in: 0 ... .max))"
        try "0".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await TestHome.with(["LD_PRELOAD": clock ?? "", "FAULTS_CLOCK_FILE": file, "SLUICE_RETAIN_DAYS": "1"]) { home in
            try await Runs.start(home)
            let publisher = Publisher(home, name: "p")
            await publisher.start()
            var runs: [RunID] = []
            for (number, jump) in ["3600", "-86400", "31536000", "0", "-31536000"].enumerated() {
                let run = try await home.requestSurely("drill", id: "drill@\(number)")
                runs.append(run)
                try jump.write(toFile: file, atomically: true, encoding: .utf8)
                try await Task.sleep(for: .seconds(1.3))
                if number == 2 { home.kill("broker"); try await home.start("broker") }
                _ = try await home.finishSurely(run, seconds: 60)
            }
            sum.add(try await publisher.audit(home, runs: runs))
        }
        return sum.figures
    }

    /// Workers in a network of their own, whose cable is pulled for longer than a lease.
    static func network() async throws -> Figures {
        let sum = Sum()
        let tag = String(UInt32.random(in: 0...0xffff), radix: 16)
        let space = "sluice-\(tag)", inner = "si\(tag)", outer = "so\(tag)", subnet = "10.\(Int.random(in: 100...250)).\(Int.random(in: 1...250))"
        @Sendable func ip(_ words: String...) throws { if !Tool.canRun("ip", words) { throw TestHome.Failure("ip \(words.joined(separator: " ")) failed") } }
        try ip("netns", "add", space)
        defer { _ = Tool.canRun("ip", ["netns", "del", space]); _ = Tool.canRun("ip", ["link", "del", outer]) }
        try ip("link", "add", outer, "type", "veth", "peer", "name", inner)
        try ip("link", "set", inner, "netns", space)
        try ip("addr", "add", "\(subnet).1/24", "dev", outer)
        try ip("link", "set", outer, "up")
        try ip("netns", "exec", space, "ip", "addr", "add", "\(subnet).2/24", "dev", inner)
        try ip("netns", "exec", space, "ip", "link", "set", inner, "up")
        // For the probes.
        try ip("netns", "exec", space, "ip", "link", "set", "lo", "up")
        let port = Int.random(in: 40_000...48_000)
        try await TestHome.with(["SLUICE_BUS_COMMANDS": "tcp://\(subnet).1:\(port)", "SLUICE_BUS_FEED": "tcp://\(subnet).1:\(port + 1)", "SLUICE_BUS_OPEN": "1"]) { home in
            try home.write(Runs.drill, to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "orchestrator", "extract"] { try await home.start(program) }
            try home.spawn("load", instance: "load", through: ["ip", "netns", "exec", space])
            let publisher = Publisher(home, name: "p")
            await publisher.start()
            var runs: [RunID] = []
            for number in 0..<4 {
                let run = try await home.requestSurely("drill", id: "drill@\(number)")
                runs.append(run)
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...60)))
                try ip("link", "set", outer, "down")
                try await Task.sleep(for: .seconds(2))
                try ip("link", "set", outer, "up")
                _ = try await home.finishSurely(run, seconds: 90)
            }
            sum.add(try await publisher.audit(home, runs: runs))
        }
        return sum.figures
    }
}

enum Tool {
    static var isRoot: Bool { geteuid() == 0 }

    /// Runs a command to its end, silently; true where it succeeded.
    static func canRun(_ command: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [command] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
