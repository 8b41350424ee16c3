import Contracts
import Foundation
import Harness
import Kernel
import Runs
import Testing

/// One step alone, asked for on the command line and by a message. K045
@Suite struct StepTests {
    @Test func `run_ingestion runs alone, tells the rows of each source, and the next whole run goes on from its cursors`() async throws {
        try await KaraokeHome.with { karaoke in
            try await karaoke.start()
            let alone = try await karaoke.home.run("sluice", ["run", "karaoke_social", "--step", "run_ingestion"])
            #expect(alone.status == 0, "\(alone.output)")
            #expect(alone.output.contains("partial: run_ingestion alone, without run_dbt_models, run_dbt_tests, generate_dbt_docs"))
            for line in [#/page_insights_daily facebook_pages +360 /#, #/post_performance facebook_pages +[0-9]+ /#, #/ga4_historical_summary ga4 +30 /#] {
                #expect(alone.output.contains(line), "\(alone.output)")
            }
            let steps = Set(try await karaoke.home.log().compactMap { if case .taskReady(let ready) = $0.event.payload { ready.spec.step } else { nil } })
            #expect(steps == ["run_ingestion"])
            #expect(try karaoke.cursors.allSatisfy { $0.contains("2026-08-31") })
            #expect(try karaoke.database.number("select count(*) from sqlite_master where name = 'fct_daily_page_metrics'") == 0)
            try await karaoke.home.until("it is told as partial") {
                (try? String(contentsOfFile: "\(karaoke.home.path)/logs/notify.log", encoding: .utf8))?.contains("partial: only run_ingestion") == true
            }

            let whole = try await karaoke.run()
            #expect(whole.end?.isSuccess == true && !whole.started.isPartial, "\(whole.end?.summary.summary ?? "")")
            // Posts are a snapshot each time and have no cursor.
            let rows = whole.inOrder.filter { $0.spec.kind == "extract_stream" && $0.spec.title != "post_performance" }.map { "\($0.spec.title) \($0.report?.rows ?? -1)" }
            #expect(rows == ["page_insights_daily 36", "ga4_historical_summary 3"])
            #expect(try await karaoke.marts() == KaraokeExpectation().marts())
        }
    }

    @Test func `any client may ask for steps by message, and is told which there are`() async throws {
        try await TestHome.with { home in
            try home.write("name: drill\nsteps:\n  - {name: one, noop: extract}\n  - {name: two, noop: load}\n  - {name: three, noop: load}\n", to: "pipelines/drill/pipeline.yml")
            for program in ["broker", "orchestrator", "extract", "load"] { try await home.start(program) }
            func ask(_ id: String, _ data: JSON) async throws -> RunID {
                // As a client in another language writes it.
                try await home.bus.publish([Event(
                    source: "elsewhere", id: id, time: Timestamp(seconds: Date().timeIntervalSince1970), pipeline: "drill", payload: .other(type: EventType.runRequested, data: data))])
                return RunID(id)
            }
            let some = try await home.finish(ask("drill@some", ["steps": ["three", "one"]]))
            #expect(some.end?.isSuccess == true && some.order == ["one.noop", "three.noop"] && some.started.omitted == ["two"])
            #expect(try await home.finish(ask("drill@from", ["from": "two"])).order == ["two.noop", "three.noop"])
            _ = try await ask("drill@none", ["steps": ["four"]])
            try await home.until("it is rejected") {
                try await home.log().contains { if case .runRejected(let rejected) = $0.event.payload { rejected.reason.contains("'four'; its steps are one, two, three") } else { false } }
            }
            let unknown = try await home.run("sluice", ["run", "drill", "--step", "four"])
            #expect(unknown.status == 2 && unknown.output.contains("no step 'four'; its steps are one, two, three"))
            let two = try await home.run("sluice", ["run", "drill", "--step", "one", "--step", "two"])
            #expect(two.status == 0 && two.output.contains("partial: one, two alone, without three"))
            #expect(try await home.run("sluice", ["run", "drill", "--step", "one", "--from", "two"]).status != 0)
        }
    }
}
