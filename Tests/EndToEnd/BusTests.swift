import Contracts
import Foundation
import Kernel
import Harness
import Support
import Testing

/// The broker and its clients as real processes on real sockets.
@Suite struct BusTests {
    static let drill = """
        name: drill
        steps:
          - {name: one, noop: extract}
          - {name: two, noop: load}
          - {name: three, noop: load}
        """

    @Test func `a client in another language triggers a run, follows the feed and replays history`() async throws {
        let python = Python.path
        try await TestHome.with { home in
            try home.write("name: drill\nsteps:\n  - {name: one, noop: extract}\n  - {name: two, noop: load}\n", to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "orchestrator", "extract", "load"] { try await home.start(program) }
            let script = "\(TestHome.repository)/Tests/EndToEnd/follow.py"
            let lines = try String(contentsOfFile: script, encoding: .utf8).split(separator: "\n").count
            #expect(lines <= 40)
            let result = try await home.run(python, [script, "\(home.path)/run", "drill"])
            #expect(result.status == 0, "\(result.output)")
            let words = result.output.split(separator: "\n").map(String.init)
            #expect(words.contains("live run.succeeded.v1"))
            #expect(words.last?.hasPrefix("replayed run.requested.v1 … run.succeeded.v1") == true, "\(result.output)")
        }
    }

    @Test func `a broker killed with four workers busy loses nothing and doubles nothing`() async throws {
        try await TestHome.with { home in
            var text = "name: drill\nsteps:\n"
            for number in 0..<12 { text += "  - {name: s\(number), noop: \(["extract", "load"][number % 2])}\n" }
            try home.write(text, to: "pipelines/drill/pipeline.yml")
            var programs = ["orchestrator": "orchestrator"]
            for number in 1...2 { for role in ["extract", "load"] { programs["\(role)-\(number)"] = role } }
            try await home.start("broker")
            for (instance, program) in programs { try await home.start(program, instance: instance) }
            for round in 0..<4 {
                let run = try await home.request("drill", id: "drill@\(round)")
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...30)))
                home.kill("broker")
                try await home.start("broker")
                let state = try await home.finish(run)
                #expect(state.end?.isSuccess == true)
                #expect(state.tasks.values.allSatisfy { $0.attempt == 1 })
            }
            let log = try await home.log()
            let reports = log.filter { $0.event.type == EventType.taskSucceeded }.map { "\($0.event.run!) \($0.event.task!)" }
            #expect(reports.count == 48 && Set(reports).count == 48)
        }
    }

    @Test func `readiness is false while the broker is away and liveness is not`() async throws {
        try await TestHome.with { home in
            try await home.start("broker")
            try await home.start("load")
            try await home.until("load is ready") { home.probe("load", "/readyz")?.status == 200 }
            #expect(try await home.run("sluice-load", ["--probe"], ["SLUICE_INSTANCE": "load"]).status == 0)
            home.kill("broker")
            try await home.until("load is not ready") { home.probe("load", "/readyz")?.status == 503 }
            #expect(home.probe("load", "/readyz")?.body.contains("broker") == true)
            #expect(home.probe("load", "/livez")?.status == 200)
            #expect(home.probe("load", "/startupz")?.status == 200)
            #expect(try await home.run("sluice-load", ["--probe"], ["SLUICE_INSTANCE": "load"]).status == 1)
            try await home.start("broker")
            try await home.until("load is ready again") { home.probe("load", "/readyz")?.status == 200 }
            // Its store out of reach: the home is moved away and back.
            try FileManager.default.moveItem(atPath: home.path, toPath: home.path + "-away")
            let port = try #require(try JSON(parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: home.path + "-away/run/load.json"))))["probe"]?.intValue)
            let away = TestHTTP.get("http://127.0.0.1:\(port)/readyz")
            try FileManager.default.moveItem(atPath: home.path + "-away", toPath: home.path)
            #expect(away?.status == 503 && away?.body.contains("landing") == true)
            #expect(home.probe("load", "/metrics")?.body.contains("sluice_ready{program=\"load\"} 1") == true)
            #expect(home.probe("broker", "/metrics")?.body.contains("sluice_broker_commits_total") == true)
            #expect(home.probe("load", "/nothing")?.status == 404)
        }
    }

    @Test func `liveness is the heartbeat: a broker whose loop stands still is not alive for long`() async throws {
        try await TestHome.with { home in
            try await home.start("broker")
            home.signal("broker", SIGSTOP)
            try await home.until("its probe is silent") { home.probe("broker", "/livez") == nil }
            home.signal("broker", SIGCONT)
            try await home.until("alive again") { home.probe("broker", "/livez")?.status == 200 }
        }
    }

    @Test func `a crash point outside a test is refused with the way out`() async throws {
        let home = try TestHome(["SLUICE_TEST": "", "SLUICE_CRASH_AT": "load.before_complete"])
        let result = try await home.run("sluice-load", [])
        #expect(result.status == 2)
        #expect(result.output.contains("SLUICE_CRASH_AT is set outside a test"))
        await home.end()
    }

    @Test func `two orchestrators: one leads, the other takes over within three seconds of its death`() async throws {
        try await TestHome.with(alone: true) { home in
            try home.write(Self.drill, to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "extract", "load"] { try await home.start(program) }
            try await home.start("orchestrator", instance: "orchestrator-a")
            try await home.until("it leads") { home.probe("orchestrator-a", "/readyz")?.status == 200 }
            try await home.start("orchestrator", instance: "orchestrator-b")
            #expect(try await home.finish(home.request("drill")).end?.isSuccess == true)
            for round in 0..<3 {
                let (leader, other) = round % 2 == 0 ? ("orchestrator-a", "orchestrator-b") : ("orchestrator-b", "orchestrator-a")
                // It dies with a run in hand, somewhere between its request and its end.
                let half = try await home.request("drill")
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...12)))
                home.kill(leader)
                let killed = Date()
                let run = try await home.request("drill")
                try await home.until("\(other) takes over", seconds: 3) {
                    try await home.log().contains { $0.event.run == run && $0.event.type == EventType.runStarted }
                }
                #expect(Date().timeIntervalSince(killed) < 3)
                for one in [half, run] { #expect(try await home.finish(one).end?.isSuccess == true) }
                try await home.start("orchestrator", instance: leader)
            }
            let log = try await home.log()
            let starts = log.filter { $0.event.type == EventType.runStarted }.compactMap(\.event.run)
            #expect(starts.count == 7 && Set(starts).count == 7)
            let announced = log.filter { $0.event.type == EventType.taskReady }.map(\.event.id), reports = log.filter { $0.event.type == EventType.taskSucceeded }
            #expect(announced.count == 21 && reports.count == 21 && Set(reports.map { "\($0.event.run!) \($0.event.task!)" }).count == 21)
            #expect(log.count { $0.event.type == EventType.runSucceeded } == 7)
        }
    }
}
