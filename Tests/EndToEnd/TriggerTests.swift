import Contracts
import Foundation
import Harness
import Kernel
import Runs
import Testing

/// What starts runs beside people, with real programs: each event starts its run once, and `sluice events audit` finds nothing.
@Suite struct TriggerTests {
    private static let step = "steps:\n  - {name: one, noop: load}\n"

    private func define(_ home: TestHome, _ name: String, _ rules: String = "") throws {
        try home.write("name: \(name)\n\(rules)\(Self.step)", to: "pipelines/\(name)/pipeline.yml")
    }
    private func start(_ home: TestHome, _ pipelines: Int, _ programs: [String] = ["broker", "orchestrator", "load"]) async throws {
        for program in programs { try await home.start(program) }
        try await home.until("the pipelines are known") { try await home.log().filter { $0.event.type == EventType.pipelineRegistered }.count == pipelines }
    }
    private func succeeded(_ home: TestHome, _ pipeline: String) async throws -> [RunID] {
        try await home.log().filter { $0.event.type == EventType.runSucceeded && $0.event.pipeline == pipeline }.compactMap(\.event.run)
    }
    private func say(_ home: TestHome, _ type: String, _ id: String) async throws {
        try await home.bus.publish([Event(source: "shop", id: id, time: Timestamp(seconds: Date().timeIntervalSince1970), pipeline: "shop", payload: .other(type: type, data: ["id": .string(id)]))])
    }
    private func audit(_ home: TestHome) async throws -> String {
        let result = try await home.run("sluice", ["events", "audit"])
        #expect(result.status == 0, "\(result.output)")
        return result.output
    }

    @Test func `three pipelines are a chain that hands its logical date on, begun within a second of the success before`() async throws {
        try await TestHome.with(alone: true) { home in
            try define(home, "generate")
            try define(home, "transfer", "triggers: {any: [{pipeline: generate}]}\n")
            try define(home, "model", "triggers: {any: [{pipeline: transfer}]}\n")
            try await start(home, 3)
            let result = try await home.run("sluice", ["run", "generate", "--logical-date", "2026-01-01T00:00:00Z"])
            #expect(result.status == 0, "\(result.output)")
            try await home.until("the last has run") { try await !succeeded(home, "model").isEmpty }
            let log = try await home.log()
            for (before, after) in [("generate", "transfer"), ("transfer", "model")] {
                let end = try #require(log.first { $0.event.pipeline == before && $0.event.type == EventType.runSucceeded })
                let begin = try #require(log.first { $0.event.pipeline == after && $0.event.type == EventType.runStarted })
                #expect(begin.event.time - end.event.time < 1)
                guard case .runStarted(let started) = begin.event.payload else { return }
                #expect(started.logicalDate.description == "2026-01-01T00:00:00Z")
                #expect(started.consumed == [EventReference(sequence: end.sequence, source: end.event.source, id: end.event.id)])
            }
            #expect(try await audit(home).contains("2 events for 2 pipelines: 0 orphans, 0 doubles"))
        }
    }

    @Test func `pipelines that would start one another for ever are not taken, and are once one of them lets go`() async throws {
        try await TestHome.with { home in
            try define(home, "hen", "triggers: {any: [{pipeline: egg}]}\n")
            try define(home, "egg", "triggers: {any: [{pipeline: hen}]}\n")
            try define(home, "other")
            func known() async throws -> Set<String> { Set(try await home.log().filter { $0.event.type == EventType.pipelineRegistered }.map(\.event.pipeline)) }
            // Definitions are published together: when one is known, all are that will be.
            try await start(home, 1)
            #expect(try await known() == ["other"])
            let log = try String(contentsOfFile: "\(home.path)/logs/orchestrator.log", encoding: .utf8)
            #expect(log.contains("pipelines start one another for ever: hen → egg → hen") && log.contains("hen/pipeline.yml:2:29"))
            #expect(try await home.run("sluice", ["validate", "\(home.path)/pipelines"]).status == 2)
            try define(home, "hen")
            try await home.until("both are known") { try await known() == ["hen", "egg", "other"] }
            #expect(try await home.run("sluice", ["run", "hen"]).status == 0)
            try await home.until("the chain has run") { try await succeeded(home, "egg").count == 1 }
        }
    }

    @Test func `a pipeline whose file is taken away is started by nobody but people, until it is put back`() async throws {
        try await TestHome.with { home in
            try define(home, "often", "schedule: {every: 1s}\n")
            try define(home, "behind", "triggers: {any: [{pipeline: other}]}\n")
            try define(home, "other")
            try await start(home, 3)
            try await home.until("the schedule runs") { try await !succeeded(home, "often").isEmpty }
            func registered(_ name: String) async throws -> [PipelineRegistered] {
                try await home.log().compactMap { if case .pipelineRegistered(let known) = $0.event.payload, $0.event.pipeline == name { known } else { nil } }
            }
            for name in ["often", "behind"] { try FileManager.default.removeItem(atPath: "\(home.path)/pipelines/\(name)") }
            // Killed in between: what is gone is seen by the next orchestrator, which never had the file.
            home.kill("orchestrator")
            try await home.start("orchestrator")
            try await home.until("the schedule is gone") { try await registered("often").last?.schedule == nil }
            try await home.until("the chain is gone") { try await registered("behind").last?.triggers == nil }
            let runs = try await home.log().count { $0.event.type == EventType.runRequested && $0.event.pipeline == "often" }
            #expect(try await home.run("sluice", ["status"]).output.contains("often   runs when asked"))
            #expect(try await home.finish(home.request("other")).end?.isSuccess == true)
            #expect(try await home.finish(home.request("often", id: "often@asked")).end?.isSuccess == true)
            let log = try await home.log()
            #expect(log.count { $0.event.type == EventType.runRequested && $0.event.pipeline == "often" } == runs + 1)
            #expect(!log.contains { $0.event.type == EventType.runRequested && $0.event.pipeline == "behind" })
            try define(home, "often", "schedule: {every: 1s}\n")
            try await home.until("it runs by itself again") { try await home.log().count { $0.event.type == EventType.runRequested && $0.event.pipeline == "often" } > runs + 1 }
        }
    }

    @Test func `under kills of everything each message starts one run, and none is lost`() async throws {
        try await TestHome.with { home in
            try define(home, "each", "triggers: {any: [{message: shop.order_placed}]}\n")
            try define(home, "gathers", "triggers: {any: [{message: shop.order_placed}], debounce: 1s}\n")
            try define(home, "both", "triggers: {all: [{pipeline: each}, {message: shop.order_placed}]}\n")
            try await start(home, 3)
            let keeper = home.revive(["broker": "broker", "orchestrator": "orchestrator", "load": "load"])
            defer { keeper.cancel() }
            for number in 0..<20 {
                try await say(home, "shop.order_placed.v1", "order-\(number)")
                if number % 3 == 0 { home.kill(["orchestrator", "broker", "load"][number / 3 % 3]) }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...60)))
            }
            try await home.until("every message has had its run", seconds: 60) { try await succeeded(home, "each").count >= 20 }
            try await home.until("nothing waits", seconds: 60) {
                guard let output = try? await home.run("sluice", ["events", "audit"]).output else { return false }
                return output.contains("each  20 events, 20 consumed\n") && output.contains("gathers  20 events, 20 consumed\n")
            }
            #expect(try await audit(home).contains(": 0 orphans, 0 doubles"))
            #expect(Set(try await succeeded(home, "each")).count == 20)
        }
    }

    @Test func `a file starts one run once it has come to rest, over a restart too, and again when it has other bytes`() async throws {
        try await TestHome.with { home in
            try define(home, "inbox", "triggers: {any: [{file: \"${SLUICE_HOME}/inbox/*.csv\", settle: 500ms}]}\n")
            try FileManager.default.createDirectory(atPath: "\(home.path)/inbox", withIntermediateDirectories: true)
            try await start(home, 1)
            try home.write("a,b\n1,2\n", to: "inbox/orders.csv")
            try await home.until("it has run") { try await succeeded(home, "inbox").count == 1 }
            home.kill("orchestrator")
            try await home.start("orchestrator")
            try home.write("a,b\n1,3\n", to: "inbox/orders.csv")
            try await home.until("it has run again") { try await succeeded(home, "inbox").count == 2 }
            let files = try await home.log().compactMap { if case .fileArrived(let file) = $0.event.payload { file } else { nil } }
            #expect(files.map(\.path) == Array(repeating: "\(home.path)/inbox/orders.csv", count: 2) && Set(files.map(\.sha256)).count == 2)
            #expect(try await audit(home).contains("2 events for 1 pipelines: 0 orphans, 0 doubles"))
        }
    }

    @Test func `a signed webhook starts one run for its key, and an overheard one starts none`() async throws {
        try await TestHome.with(["HOOK_SECRET": "planted-hook-secret"]) { home in
            try define(home, "hooked", "triggers: {any: [{webhook: {secret: \"${HOOK_SECRET}\"}}]}\n")
            try await start(home, 1, ["broker", "orchestrator", "load", "console"])
            try await home.until("the console listens") { FileManager.default.fileExists(atPath: "\(home.path)/run/console.address") }
            let address = try String(contentsOfFile: "\(home.path)/run/console.address", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            func sign(_ text: String) async throws -> String {
                let shell = "printf %s '\(text)' | openssl dgst -sha256 -hmac planted-hook-secret -r | cut -d' ' -f1"
                return try await home.run("/bin/sh", ["-c", shell]).output.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            func post(_ body: String, _ signature: String, key: String) async throws -> String {
                try await home.run("/usr/bin/curl", [
                    "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "X-Sluice-Signature: \(signature)", "-H", "Idempotency-Key: \(key)", "-H", "Host: hooks.example.com",
                    "-d", body, "\(address)/hooks/hooked",
                ]).output
            }
            let now = Int(Date().timeIntervalSince1970)
            let good = "t=\(now),v1=\(try await sign("\(now).{\"order\":7}"))"
            #expect(try await post("{\"order\":7}", good, key: "order-7") == "202")
            #expect(try await post("{\"order\":7}", good, key: "order-7") == "202")
            #expect(try await post("{\"order\":7}", good, key: "order-8") == "409")
            #expect(try await post("{\"order\":9}", good, key: "order-9") == "401")
            let old = now - 3600
            #expect(try await post("{}", "t=\(old),v1=\(try await sign("\(old).{}"))", key: "old") == "401")
            try await home.until("it has run") { try await succeeded(home, "hooked").count == 1 }
            let again = now + 1
            #expect(try await post("{}", "t=\(again),v1=\(try await sign("\(again).{}"))", key: "order-7") == "202")
            #expect(try await audit(home).contains("1 events for 1 pipelines: 0 orphans, 0 doubles"))
            let everything = try await home.run("/bin/sh", ["-c", "grep -rl planted-hook-secret \(home.path)/journal \(home.path)/logs \(home.path)/run || true"]).output
            #expect(everything.isEmpty, "\(everything)")
        }
    }

    @Test func `a schedule runs each of its times once, those made up for that came while nobody led, by the zone's clock and by the interval's`() async throws {
        try await TestHome.with { home in
            try define(home, "often", "schedule: {every: 1s, catch_up: all}\nmax_active: 10\n")
            try define(home, "never", "schedule: {cron: \"0 0 30 2 *\", timezone: Europe/Berlin}\n")
            try await start(home, 2)
            try await home.until("it runs by itself") { try await succeeded(home, "often").count >= 2 }
            home.kill("orchestrator")
            let count = try await succeeded(home, "often").count
            // Nobody leads for some of its times.
            try await Task.sleep(for: .seconds(3))
            #expect(try await succeeded(home, "often").count <= count + 1)
            try await home.start("orchestrator")
            try await home.until("it has caught up and goes on", seconds: 30) { try await succeeded(home, "often").count >= count + 6 }
            let dates = try await home.log().compactMap { entry -> Double? in
                guard entry.event.pipeline == "often", case .runRequested(let wish) = entry.event.payload else { return nil }
                #expect(wish.cause == .interval)
                return wish.logicalDate?.seconds
            }
            #expect(dates == (0..<dates.count).map { (dates.first ?? 0) + Double($0) }, "each second once, in order")
            #expect(try await succeeded(home, "never").isEmpty)
        }
    }

    @Test func `an event that two runs say they consumed is found by the audit, which ends with 1`() async throws {
        try await TestHome.with { home in
            try define(home, "each", "triggers: {any: [{message: shop.order_placed}]}\n")
            try await start(home, 1)
            try await say(home, "shop.order_placed.v1", "order-1")
            try await home.until("it has run") { try await succeeded(home, "each").count == 1 }
            #expect(try await audit(home).contains("each  1 events, 1 consumed"))
            let log = try await home.log()
            var forged = try #require(log.first { $0.event.type == EventType.runStarted }?.event)
            (forged.id, forged.run) = ("forged", "each@forged")
            try await home.bus.publish([forged])
            let result = try await home.run("sluice", ["events", "audit"])
            #expect(result.status == 1 && result.output.contains("double: shop order-1") && result.output.contains("was consumed by \(log.first { $0.event.type == EventType.runStarted }?.event.run?.description ?? "") and by each@forged"), "\(result)")
            #expect(result.output.contains("0 orphans, 1 doubles"))
        }
    }

    @Test func `a backfill runs each month once with its own folder, a few at a time, and says how they ended`() async throws {
        try await TestHome.with { home in
            try home.write("""
                name: monthly
                schedule: {cron: "0 0 1 * *", catch_up: none}
                steps:
                  - name: load
                    extract:
                      - connector: csv
                        settings: {folder: "${SLUICE_HOME}/raw-in/{{ execution_date.strftime('%Y-%m') }}"}
                        streams: {users: {path: users.csv, disposition: snapshot}}
                """, to: "pipelines/monthly/pipeline.yml")
            for month in ["2025-11", "2025-12", "2026-01"] { try home.write("id,month\n1,\(month)\n", to: "raw-in/\(month)/users.csv") }
            try await start(home, 1, ["broker", "orchestrator", "extract", "load"])
            let result = try await home.run("sluice", ["backfill", "monthly", "--from", "2025-11-01", "--to", "2026-01-31"])
            #expect(result.status == 0 && result.output.contains("3 runs of monthly asked for"), "\(result.output)")
            let database = try TestDatabase("\(home.path)/warehouse/monthly.db")
            #expect(try database.rows("select month from raw__users order by 1", columns: 1) == ["2025-11", "2025-12", "2026-01"])
            let again = try await home.run("sluice", ["backfill", "monthly", "--from", "2025-12-01", "--to", "2025-12-31", "--max-active", "2"])
            #expect(again.status == 0, "\(again.output)")
            let crowd = try await home.run("sluice", ["backfill", "monthly", "--from", "2025-11-01", "--to", "2026-01-31", "--max-active", "3"])
            #expect(crowd.status == 0 && crowd.output.contains("the runs of monthly go one at a time"), "\(crowd.output)")
            #expect(try database.rows("select month from raw__users order by 1", columns: 1) == ["2025-11", "2025-12", "2026-01"])
            let refused = try await home.run("sluice", ["backfill", "monthly", "--from", "2026-02-01", "--to", "2026-01-01"])
            #expect(refused.status == 2 && refused.output.contains("behind its end"))
            #expect(try await home.run("sluice", ["backfill", "monthly", "--from", "2027-02-01", "--to", "2027-02-01", "--every", "1d"]).status == 1, "there is no such folder")
        }
    }

    @Test func `only the stream that failed is read again, under a name of its own, and the warehouse is whole`() async throws {
        try await TestHome.with { home in
            try home.write(IngestTests.pipeline, to: "pipelines/ingest/pipeline.yml")
            try IngestTests.deliver(home, days: 1...2)
            try home.write("carrier,name\nC0,Zero\nC1,\"torn\n", to: "inbox/airlines.csv")
            try await start(home, 1, IngestTests.programs)
            let first = try await home.finish(home.request("ingest", id: "ingest@first"))
            try #require(first.end?.outcome == .failed)
            try IngestTests.deliver(home, days: 1...2)
            let result = try await home.run("sluice", ["runs", "rerun", "ingest@first", "--failed"])
            #expect(result.status == 0, "\(result.output)")
            let name = try #require(try await home.log().compactMap { entry -> RunID? in
                if case .runStarted(let started) = entry.event.payload, started.rerun != nil { entry.event.run } else { nil }
            }.last)
            let state = try #require(try await home.state(of: name))
            let streams = Set(state.inOrder.compactMap { $0.spec.args["stream"]?.stringValue })
            #expect(streams == ["airlines"])
            #expect(try await home.run("sluice", ["runs", "show", name.description]).output.contains("does ingest@first over: only what did not succeed"))
            let database = try TestDatabase("\(home.path)/warehouse/ingest.db")
            #expect(try database.number("select count(*) from raw__flights") == 100 && database.number("select count(*) from raw__airlines") == 3)
            #expect(try await home.run("sluice", ["runs", "rerun", name.description, "--failed"]).status == 2)
        }
    }

    @Test func `a missed deadline and a slow run are told once, the run still going on`() async throws {
        try await TestHome.with(alone: true) { home in
            try home.write("""
                name: late
                sla: 1s
                slow: {expected: 500ms, factor: 2}
                steps: [{name: one, noop: load, seconds: 4, retries: 0}]
                notify: [{on: [sla_missed, slow], to: file}]
                """, to: "pipelines/late/pipeline.yml")
            try await start(home, 1, ["broker", "orchestrator", "load", "notify"])
            let run = try await home.request("late")
            try await home.until("both are in the log") { try await home.log().filter { [EventType.slaMissed, EventType.runSlow].contains($0.event.type) }.count == 2 }
            #expect(try await home.state(of: run)?.end == nil)
            home.kill("orchestrator")
            try await home.start("orchestrator")
            #expect(try await home.finish(run).end?.isSuccess == true)
            #expect(try await home.log().filter { [EventType.slaMissed, EventType.runSlow].contains($0.event.type) }.count == 2)
            try await home.until("people are told") {
                let told = (try? String(contentsOfFile: "\(home.path)/notify/notifications.jsonl", encoding: .utf8)) ?? ""
                return told.contains("missed its deadline") && told.contains("takes longer than usual") && told.split(separator: "\n").count == 2
            }
        }
    }

    @Test func `a step that works for longer than its timeout is tried again and then fails, and the run's timeout ends the rest`() async throws {
        try await TestHome.with(["SLUICE_LEASE_SECONDS": "1"]) { home in
            try home.write("name: stuck\nsteps: [{name: one, noop: load, seconds: 600, timeout: 200ms, retries: 1, backoff: 100ms}]\n", to: "pipelines/stuck/pipeline.yml")
            try home.write("name: long\ntimeout: 1s\nsteps: [{name: one, noop: load, seconds: 600}]\n", to: "pipelines/long/pipeline.yml")
            try await start(home, 2)
            let stuck = try await home.finish(home.request("stuck"))
            let task = try #require(stuck.inOrder.first)
            #expect(task.phase == .failed && task.attempt == 2 && task.report?.problem?.code == "worker.timed_out" && task.earlier.count == 1)
            let long = try await home.finish(home.request("long"))
            #expect(long.end?.outcome == .failed && long.end?.summary.summary == "it ran longer than its timeout of 1 s")
        }
    }
}
