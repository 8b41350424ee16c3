import Bus
import Contracts
import Foundation
import Harness
import Kernel
import Testing

/// A log that is cut while everything runs.
@Suite struct LogRetentionTests {
    static let bounds = ["SLUICE_RETAIN_BYTES": "400000", "SLUICE_RETAIN_BYTES_MAX": "100000000"]

    /// So much of a log that nobody needs it all.
    static func fill(_ home: TestHome, _ mark: String, megabytes: Int) async throws {
        let filler = JSON.string(String(repeating: "x", count: 10_000))
        for part in 0..<megabytes {
            try await home.bus.publish((0..<100).map {
                Event(source: "filler", id: "\(mark)-\(part)-\($0)", time: Timestamp(microseconds: 0), pipeline: "filler", payload: .other(type: "filler.v1", data: ["x": filler]))
            })
        }
    }

    @Test func `an open run survives a log that is cut and an orchestrator that dies, and the pipelines stay known`() async throws {
        try await TestHome.with(Self.bounds) { home in
            try home.write("name: slow\nsteps:\n  - {name: one, noop: extract}\n  - {name: two, noop: load, seconds: 6}\n  - {name: three, noop: extract}\n", to: "pipelines/slow/pipeline.yml")
            try home.write(BusTests.drill, to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "orchestrator", "extract", "load"] { try await home.start(program) }
            try await home.until("the definitions are in the log") { try await home.log().count >= 2 }
            for _ in 0..<3 { _ = try await home.finish(home.request("drill")) }
            let run = try await home.request("slow", id: "slow@open")
            try await home.until("its second step is with a worker") { try await home.bus.inspect(.status)["queue"]?["load"]?["leased"] == 1 }
            func floor() async throws -> Int { try await home.bus.inspect(.status)["floor"]?.intValue ?? 0 }
            let begin = try #require(try await home.log().first { $0.event.id == "slow@open" }?.sequence)
            try await Self.fill(home, "a", megabytes: 4)
            // Cut up to the open run and no further, though the log is ten times too large.
            try await home.until("the log is cut", seconds: 30) { try await floor() > 0 }
            home.kill("orchestrator")
            // Its definitions are gone from the disk: what it knows, it knows from the log.
            try FileManager.default.removeItem(atPath: home.path + "/pipelines/drill")
            try await home.start("orchestrator")
            #expect(try await floor() < Int(begin))
            #expect(try await home.finish(run).end?.isSuccess == true)
            #expect(try await home.finish(home.request("drill")).end?.isSuccess == true)
            // With the run ended, the log shrinks to its bound.
            try await Self.fill(home, "b", megabytes: 1)
            try await home.until("the log is within its bound", seconds: 60) { try await home.bus.inspect(.status)["bytes"]?.intValue ?? .max < 600_000 }
            let registered = try await home.bus.read(ReadCommand(after: 0, prefixes: ["pipeline.registered."])).events.map(\.event.pipeline)
            #expect(Set(registered) == ["drill", "slow"])
            // A third orchestrator begins from what was kept.
            home.kill("orchestrator")
            try await home.start("orchestrator")
            #expect(try await home.finish(home.request("drill")).end?.isSuccess == true)
        }
    }

    @Test func `past the hard bound the log waits for nobody, and people are told whom it left behind, once`() async throws {
        let bounds = ["SLUICE_RETAIN_BYTES": "400000", "SLUICE_RETAIN_BYTES_MAX": "2000000"]
        try await TestHome.with(bounds) { home in
            try home.write("- {name: operators, severity: error, to: file}\n", to: "routes.yml")
            try await home.start("broker")
            try await home.start("notify", ["SLUICE_ROUTES": "\(home.path)/routes.yml"])
            try await Self.fill(home, "a", megabytes: 1)
            try await home.bus.confirm(reader: "slow", position: 1)
            try await Self.fill(home, "b", megabytes: 3)
            func told() -> [String] {
                ((try? String(contentsOfFile: "\(home.path)/notify/notifications.jsonl", encoding: .utf8)) ?? "").split(separator: "\n").map(String.init).filter { $0.contains("reader slow") }
            }
            try await home.until("people are told", seconds: 30) { !told().isEmpty }
            #expect(told().count == 1 && told()[0].contains("broker.overtaken_reader") && told()[0].contains("sluice readers forget slow"), "\(told())")
            try await home.until("the log is within its hard bound", seconds: 30) { try await home.bus.inspect(.status)["bytes"]?.intValue ?? .max < 2_000_000 }
            let notify = (try? String(contentsOfFile: "\(home.path)/logs/notify.log", encoding: .utf8)) ?? ""
            #expect(notify.contains("error[broker.overtaken_reader]: the log grew past 2000000 bytes"))
        }
    }

    @Test func `dead letters are listed, shown and offered again by command and by HTTP`() async throws {
        try await TestHome.with(["SLUICE_DELIVERIES_MAX": "1", "SLUICE_LEASE_SECONDS": "0.5"]) { home in
            try home.write(BusTests.drill, to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "orchestrator"] { try await home.start(program) }
            let run = try await home.request("drill")
            _ = try #require(try await home.bus.claim(.extract, worker: "ghost", waitSeconds: 20))
            let state = try await home.finish(run)
            #expect(state.end?.isSuccess == false)
            try await home.start("console")
            try await home.until("the console serves") { home.probe("console", "/readyz")?.status == 200 }
            let list = try await home.run("sluice", ["dead-letters"])
            #expect(list.output.contains("given up after 1 deliveries, the last to ghost"), "\(list.output)")
            let entry = try #require(list.output.split(separator: " ").first.map(String.init))
            #expect(try await home.run("sluice", ["dead-letters", "show", entry]).output.contains("\"specversion\""))

            let log = try String(contentsOfFile: "\(home.path)/logs/console.log", encoding: .utf8)
            let address = try #require(log.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/)).0
            #expect(TestHTTP.get("\(address)/api/dead-letters")?.body.contains("\"entry\":\(entry)") == true)
            #expect(TestHTTP.get("\(address)/api/dead-letters/\(entry)")?.body.contains("\"event\"") == true)
            #expect(TestHTTP.get("\(address)/api/dead-letters/99")?.status == 404)
            let page = try #require(TestHTTP.get("\(address)/dead-letters"))
            #expect(page.status == 200 && page.body.contains("data-post=\"/api/dead-letters/\(entry)/requeue\"") && page.body.contains(">ghost<"), "\(page.body)")
            func post(_ headers: [String]) async throws -> String {
                try await home.run("/usr/bin/curl", ["-s", "-X", "POST", "-w", "%{http_code}"] + headers.flatMap { ["-H", $0] } + ["\(address)/api/dead-letters/\(entry)/requeue"]).output
            }
            #expect(try await post([]).hasSuffix("403"))
            #expect(try await post(["X-Sluice: 1"]).hasSuffix("202"))
            #expect(try await home.run("sluice", ["dead-letters"]).output.contains("no dead letters"))
            #expect(TestHTTP.get("\(address)/dead-letters")?.body.contains("None.") == true)
            let again = try #require(try await home.bus.claim(.extract, worker: "second", waitSeconds: 20))
            #expect(again.0.delivery == 2)
            // Given up a second time, and asked for by command.
            try await home.until("it is dead again") { try await home.bus.inspect(.deadLetters) != [] }
            #expect(try await home.run("sluice", ["dead-letters", "requeue", entry]).output.contains("is offered again"))
            let facts = try await home.log().compactMap { if case .taskRequeued(let fact) = $0.event.payload { fact.by } else { nil } }
            #expect(facts == ["console", "cli"])
        }
    }
}
