import Foundation
import Harness
import Kernel
import Runs
import SandboxWorld
import Support
import Testing

/// karaoke_social with real programs while its sources say no, later or nonsense. More of it: KaraokeTests.
@Suite struct BadInputTests {
    /// Waiting for a source as people see it: its name and the minute.
    static let waiting = #"waiting for facebook_pages until (\d{4}-\d{2}-\d{2} )?(\d{2}):(\d{2}) UTC"#

    private func log(_ karaoke: KaraokeHome, _ program: String) -> String {
        (try? String(contentsOfFile: "\(karaoke.home.path)/logs/\(program).log", encoding: .utf8)) ?? ""
    }
    private func asked(_ karaoke: KaraokeHome) throws -> Int { try karaoke.requests("/v26.0/").count }

    // K017
    @Test func `a source that says in an hour is left alone, waited for in everyone's sight, and keeps nobody else waiting`() async throws {
        try await KaraokeHome.with { karaoke in
            let home = karaoke.home
            try home.write("name: drill\nsteps: [{name: a, noop: extract}]\n", to: "pipelines/drill/pipeline.yml")
            try karaoke.sandbox.control("POST", "faults", #"{"kind": "rate_limit", "code": 4, "regain_minutes": 60, "match": "/v26.0/", "times": "forever"}"#)
            try await karaoke.start()
            let started = Date()
            let run = try await home.request("karaoke_social")
            try await home.until("both streams wait, and the third is read", seconds: 30) {
                guard let state = try await home.state(of: run) else { return false }
                return state.inOrder.count { $0.wait != nil } == 2 && state.tasks["run_ingestion.seal.ga4_historical_summary"]?.phase == .succeeded
            }
            // The second stream did not ask to hear the same.
            #expect(try asked(karaoke) == 1)
            let state = try #require(try await home.state(of: run))
            #expect(state.waits.count == 1 && !state.isEnded)
            let minutes = try #require(state.waits.first).until.seconds - started.timeIntervalSince1970
            #expect((3600...3700).contains(minutes))

            for words in [["status"], ["runs"], ["runs", "show", run.description]] {
                let output = try await home.run("sluice", words).output
                #expect(output.range(of: Self.waiting, options: .regularExpression) != nil && output.contains("Facebook's limit is reached (4)"), "\(words): \(output)")
            }
            // No worker sleeps with a lease in its hands: the next extract task is done at once.
            let drill = try await home.finish(home.request("drill"), seconds: 20)
            #expect(drill.end?.isSuccess == true)
            let broker = try await home.bus.inspect(.status)
            #expect(!broker.text().contains("\"leased\":1"), "\(broker.text(isPretty: true))")

            // Who leads next waits for the same minute and asks no earlier.
            let until = state.waits
            home.kill("orchestrator")
            try await home.start("orchestrator")
            #expect(try await home.finish(home.request("drill"), seconds: 20).end?.isSuccess == true)
            #expect(try await home.state(of: run)?.waits == until)
            #expect(try asked(karaoke) == 1)
            #expect(!log(karaoke, "notify").contains("karaoke_social failed"))
            #expect(try karaoke.database.rows("select stream from _sluice_cursors", columns: 1) == ["ga4_historical_summary"])
        }
    }

    // K017
    @Test func `when the hour is over it asks once more, from the same cursor, and all is as if nothing had been`() async throws {
        try await KaraokeHome.with { karaoke in
            // An hour of six seconds, of which a task waits one.
            try karaoke.edit("pipeline.yml") { $0.replacingOccurrences(of: "token: \"${FB_ACCESS_TOKEN}\"", with: "token: \"${FB_ACCESS_TOKEN}\"\n          wait_seconds_max: 1") }
            try karaoke.sandbox.control("POST", "faults", #"{"kind": "rate_limit", "code": 17, "regain_minutes": 0.1, "match": "/insights", "skip": 1}"#)
            try await karaoke.start()
            let state = try await karaoke.run()
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            #expect(try await karaoke.marts() == KaraokeExpectation().marts())
            #expect(try karaoke.database.number("select count(*) from raw__page_insights_daily") == 30 * 2 * 6)
            #expect(state.tasks["run_ingestion.extract.page_insights_daily"]?.attempt == 2)
            let requests = try karaoke.requests("/v26.0/")
            let limited = try #require(requests.firstIndex { $0["fault"]?.stringValue == "rate_limit" })
            let pause = (requests[limited + 1]["at"]?.doubleValue ?? 0) - (requests[limited]["at"]?.doubleValue ?? 0)
            #expect(pause >= 6, "asked again after \(pause) s")
            let windows = try karaoke.requests("/insights").map { $0["query"]?["since"]?.stringValue ?? "" }
            #expect(Set(windows) == ["2026-08-02"])
            #expect(!log(karaoke, "notify").contains("karaoke_social failed"))
        }
    }

    @Test func `a connection cut in the middle of a page is asked again at the same cursor, and nothing is doubled`() async throws {
        try await KaraokeHome.with { karaoke in
            try karaoke.sandbox.control("POST", "faults", #"[{"kind": "half_body", "match": "/posts", "skip": 3}, {"kind": "half_body", "bytes": 1, "match": ":runReport"}]"#)
            try await karaoke.start()
            let state = try await karaoke.run()
            #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
            for door in ["/posts", ":runReport"] {
                let requests = try karaoke.requests(door)
                let cut = try #require(requests.firstIndex { $0["fault"]?.stringValue == "half_body" })
                #expect(requests[cut + 1]["query"] == requests[cut]["query"] && requests[cut + 1]["body"] == requests[cut]["body"])
                #expect(requests.count { $0["query"] == requests[cut]["query"] && $0["path"] == requests[cut]["path"] } == 2)
            }
            #expect(try karaoke.requests("/posts").contains { $0["fault"] != nil && $0["query"]?["after"] != nil })
            #expect(try await karaoke.marts() == KaraokeExpectation().marts())
            let database = try karaoke.database
            #expect(try database.number("select count(*) - count(distinct post_id) from raw__post_performance") == 0)
            #expect(try database.number("select count(*) from raw__ga4_historical_summary") == 30)
            let isBalanced = state.balance.allSatisfy(\.isBalanced)
            #expect(isBalanced && state.inOrder.allSatisfy { $0.attempt == 1 })
        }
    }

    // K022 K046
    @Test func `a key file that is broken is one error and one alert, the other source loads, and a good one heals`() async throws {
        try await KaraokeHome.with { karaoke in
            let key = "\(karaoke.secrets)/key.json", good = try String(contentsOfFile: key, encoding: .utf8)
            try await karaoke.start()
            #expect(try await karaoke.run().end?.isSuccess == true)
            let cursors = try karaoke.cursors
            try karaoke.sandbox.control("POST", "today", #"{"advance": 1}"#)
            try karaoke.sandbox.control("DELETE", "requests")
            try good.replacingOccurrences(of: "\\n", with: "\\\\n").write(toFile: key, atomically: true, encoding: .utf8)
            try await karaoke.restartExtract(["SOCIAL_AS_OF": "2026-09-02"])
            for _ in 0..<2 {
                let state = try await karaoke.run()
                #expect(state.end?.isSuccess == false)
                let problems = state.inOrder.compactMap { $0.report?.problem }
                #expect(problems.count == 1 && problems.first?.isRetryable == false && problems.first?.code == "extract.credentials_rejected", "\(problems.map(\.text))")
                #expect(problems.first?.summary.contains("line ends written as two characters") == true && problems.first?.location == key)
            }
            #expect(try karaoke.requests("/token").isEmpty && karaoke.requests(":runReport").isEmpty)
            // Who could be read was read; who could not keeps the mark.
            #expect(try karaoke.cursors.filter { $0.hasPrefix("ga4") } == cursors.filter { $0.hasPrefix("ga4") })
            #expect(try karaoke.cursors.filter { $0.hasPrefix("page") } != cursors.filter { $0.hasPrefix("page") })
            try await karaoke.home.until("the failure is told") { log(karaoke, "notify").contains("karaoke_social failed") }

            try good.write(toFile: key, atomically: true, encoding: .utf8)
            #expect(try await karaoke.run().end?.isSuccess == true)
            try await karaoke.home.until("its end is told") { log(karaoke, "notify").contains("karaoke_social works again") }
            // Two failed runs, one cause, one alert.
            #expect(log(karaoke, "notify").components(separatedBy: "karaoke_social failed").count == 2)
            #expect(try await karaoke.marts() == KaraokeExpectation(today: KaraokeHome.today + 1).marts())
        }
    }
}
