import Contracts
import Foundation
import Harness
import Kernel
import Runs
import Testing

/// Runs that are cancelled, replaced and held back, with real programs.
@Suite struct RunControlTests {
    /// A run that rests for long, so that there is something to end.
    private static func rest(_ seconds: Double, _ rules: String = "") -> String {
        "name: drill\n\(rules)steps:\n  - {name: one, noop: load, seconds: \(seconds)}\n  - {name: two, noop: load}\n"
    }

    private func hold(_ home: TestHome, _ run: RunID) async throws {
        try await home.until("\(run) works") {
            try await home.bus.inspect(.queue).arrayValue?.contains { $0["run"]?.stringValue == run.description && $0["state"] == "leased" } == true
        }
    }

    @Test func `a cancelled run stops at once, its worker is free for the next, and the log tells why`() async throws {
        try await TestHome.with(["SLUICE_LEASE_SECONDS": "3"]) { home in
            try home.write(Self.rest(600), to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "orchestrator", "load"] { try await home.start(program) }
            let run = try await home.request("drill")
            try await hold(home, run)
            let result = try await home.run("sluice", ["runs", "cancel", run.description, "--reason", "wrong day"])
            #expect(result.status == 0 && result.output.contains("cancelled: wrong day"), "\(result.output)")
            let state = try await home.finish(run)
            #expect(state.end?.outcome == .cancelled && state.tasks.values.allSatisfy { $0.phase == .cancelled })
            #expect(try await home.bus.inspect(.queue) == [])
            try home.write(Self.rest(0), to: "pipelines/drill/pipeline.yml")
            try await home.until("the new definition is known") { try await home.log().filter { $0.event.type == EventType.pipelineRegistered }.count == 2 }
            #expect(try await home.finish(home.request("drill")).end?.isSuccess == true)
            #expect(try await home.run("sluice", ["runs", "cancel", "drill@nobody"]).status == 2)
            #expect(try await home.run("sluice", ["runs", "cancel", run.description]).output.contains("has cancelled already") == true)
        }
    }

    @Test func `a backfill is ended as a whole, and a run that was asked for beside it has its turn`() async throws {
        try await TestHome.with(["SLUICE_LEASE_SECONDS": "3"]) { home in
            try home.write(Self.rest(600), to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "orchestrator", "load"] { try await home.start(program) }
            try await home.until("the pipeline is known") { try await home.log().contains { $0.event.type == EventType.pipelineRegistered } }
            let asked = try await home.run("sluice", ["backfill", "drill", "--from", "2026-01-01", "--to", "2026-01-05", "--detach"])
            #expect(asked.status == 0 && asked.output.contains("5 runs of drill asked for"), "\(asked.output)")
            try await home.until("one has begun") { try await home.log().contains { $0.event.type == EventType.runStarted } }
            let beside = try await home.request("drill")
            let result = try await home.run("sluice", ["runs", "cancel", "--backfill", "drill", "--reason", "wrong year"])
            #expect(result.status == 0 && result.output.contains("5 runs of backfills of drill ended"), "\(result.output)")
            let log = try await home.log()
            #expect(log.count { $0.event.type == EventType.runCancelled } == 1 && log.count { $0.event.type == EventType.runRejected } == 4)
            try await hold(home, beside)
            #expect(try await home.run("sluice", ["runs", "cancel", "--backfill", "drill"]).output.contains("nothing of a backfill of drill is left"))
            #expect(try await home.run("sluice", ["runs", "cancel"]).status == 2)
        }
    }

    @Test func `a cancelled load leaves no row behind, and the run after it loads everything once`() async throws {
        try await TestHome.with(["SLUICE_LEASE_SECONDS": "1"]) { home in
            try home.write(IngestTests.pipeline, to: "pipelines/ingest/pipeline.yml")
            try IngestTests.deliver(home, days: 1...4)
            for program in IngestTests.programs { try await home.start(program) }
            for number in 0..<6 {
                let run = try await home.request("ingest", id: "ingest@\(number)")
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...40)))
                _ = try await home.run("sluice", ["runs", "cancel", run.description])
                let state = try await home.finish(run)
                #expect(state.end != nil)
            }
            #expect(try await home.finish(home.request("ingest", id: "ingest@last")).end?.isSuccess == true)
            let database = try TestDatabase("\(home.path)/warehouse/ingest.db")
            #expect(try database.number("select count(*) from raw__flights") == 200)
            #expect(try database.number("select count(*) from (select day, carrier, delay from raw__flights group by day, rowid)") == 200)
        }
    }

    @Test func `an orchestrator killed while it cancels leaves that to the next`() async throws {
        try await TestHome.with(["SLUICE_LEASE_SECONDS": "3"]) { home in
            try home.write(Self.rest(600), to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "orchestrator", "load"] { try await home.start(program) }
            let run = try await home.request("drill")
            try await hold(home, run)
            home.signal("orchestrator", SIGSTOP)
            try await home.bus.publish([Event(source: "test", id: "cancel", time: Timestamp(seconds: Date().timeIntervalSince1970), pipeline: "drill", run: run, payload: .runCancelRequested(RunCancelRequested()))])
            home.kill("orchestrator")
            try await home.start("orchestrator")
            #expect(try await home.finish(run).end?.outcome == .cancelled)
            #expect(try await home.log().filter { $0.event.type == EventType.runCancelled }.count == 1)
        }
    }

    @Test func `overlap cancel_running ends the run that goes on for the newest request`() async throws {
        try await TestHome.with(["SLUICE_LEASE_SECONDS": "1"]) { home in
            try home.write(Self.rest(600, "overlap: cancel_running\n"), to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "orchestrator", "load"] { try await home.start(program) }
            let first = try await home.request("drill")
            try await hold(home, first)
            let second = try await home.request("drill")
            #expect(try await home.finish(first).end?.outcome == .cancelled)
            try await hold(home, second)
            #expect(try await home.state(of: second)?.end == nil)
        }
    }

    @Test func `a paused pipeline begins nothing, over a restart of everything, until it is unpaused`() async throws {
        try await TestHome.with { home in
            try home.write(Self.rest(0), to: "pipelines/drill/pipeline.yml")
            let programs = ["broker", "orchestrator", "load"]
            for program in programs { try await home.start(program) }
            try await home.until("the pipeline is known") { try await home.log().contains { $0.event.type == EventType.pipelineRegistered } }
            #expect(try await home.run("sluice", ["pause", "drill", "--reason", "holidays"]).status == 0)
            #expect(try await home.run("sluice", ["pause", "dril"]).status == 2)
            let run = try await home.request("drill")
            let status = try await home.run("sluice", ["status"])
            #expect(status.output.contains("drill  paused: holidays"), "\(status)")
            let (list, shown) = (try await home.run("sluice", ["runs"]).output, try await home.run("sluice", ["runs", "show", run.description]).output)
            #expect(list.contains("waiting     \(run)  asked for at ") && shown.contains("\(run) has not begun: drill is paused (holidays): sluice unpause drill"), "\(list)\(shown)")
            for program in programs { home.kill(program) }
            for program in programs { try await home.start(program) }
            try await home.until("it leads") { home.probe("orchestrator", "/readyz")?.status == 200 }
            // A run of another kind shows that the orchestrator has looked at everything that waits.
            try home.write("name: other\nsteps:\n  - {name: one, noop: load}\n", to: "pipelines/other/pipeline.yml")
            try await home.until("the other is known") { try await home.log().contains { $0.event.pipeline == "other" } }
            #expect(try await home.finish(home.request("other")).end?.isSuccess == true)
            #expect(try await home.state(of: run) == nil)
            #expect(try await home.run("sluice", ["unpause", "drill"]).status == 0)
            #expect(try await home.finish(run).end?.isSuccess == true)
        }
    }

    @Test func `the console pauses, ends and does over, and a page of another origin can do nothing`() async throws {
        try await TestHome.with(["SLUICE_LEASE_SECONDS": "3"]) { home in
            try home.write(Self.rest(600), to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "orchestrator", "load", "console"] { try await home.start(program) }
            try await home.until("the pipeline is known") { try await home.log().contains { $0.event.type == EventType.pipelineRegistered } }
            try await home.until("the console serves") { home.probe("console", "/readyz")?.status == 200 }
            let log = try String(contentsOfFile: "\(home.path)/logs/console.log", encoding: .utf8)
            let address = try #require(log.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/)).0
            func post(_ path: String, _ body: String = "", guarded: Bool = true) async throws -> (status: Int, body: JSON) {
                let header = guarded ? ["-H", "X-Sluice: 1"] : []
                let output = try await home.run("/usr/bin/curl", ["-s", "-X", "POST", "-w", "%{http_code}", "--data", body] + header + [address + path]).output
                return (Int(output.suffix(3)) ?? 0, (try? JSON(parsing: [UInt8](output.dropLast(3).utf8))) ?? .null)
            }
            func segment(_ run: RunID) -> String { run.description.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" }
            #expect(try await post("/api/pipelines/drill/pause", guarded: false).status == 403)
            #expect(try await post("/api/pipelines/dril/pause").status == 404)
            #expect(try await post("/api/pipelines/drill/pause", #"{"reason": "holidays"}"#).status == 202)
            #expect(try await home.run("sluice", ["status"]).output.contains("drill  paused: holidays"))
            let asked = try await post("/api/pipelines/drill/runs")
            let run = RunID(try #require(asked.body["run"]?.stringValue))
            #expect(asked.status == 202)
            #expect(try await post("/api/pipelines/drill/unpause").status == 202)
            try await hold(home, run)
            #expect(TestHTTP.get("\(address)/runs/\(segment(run))")?.body.contains(">Cancel</button>") == true)
            #expect(try await post("/api/runs/\(segment(run))/cancel", #"{"reason": "wrong day"}"#).status == 202)
            #expect(try await home.finish(run).end?.summary.summary.contains("wrong day") == true)
            let late = try await post("/api/runs/\(segment(run))/cancel")
            #expect(late.status == 409 && late.body["error"]?["code"] == "console.too_late", "\(late)")
            #expect(TestHTTP.get("\(address)/runs/\(segment(run))")?.body.contains(">Run what did not succeed</button>") == true)
            try home.write(Self.rest(0), to: "pipelines/drill/pipeline.yml")
            try await home.until("the new definition is known") { try await home.log().filter { $0.event.type == EventType.pipelineRegistered }.count == 2 }
            let again = RunID(try #require(try await post("/api/runs/\(segment(run))/rerun", #"{"failed": true}"#).body["run"]?.stringValue))
            let state = try await home.finish(again)
            #expect(state.end?.isSuccess == true && state.started.rerun?.of == run)
            #expect(try await post("/api/runs/nobody/rerun").status == 404)
        }
    }
}
