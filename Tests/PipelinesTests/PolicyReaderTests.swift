import Contracts
import Foundation
import Kernel
import Pipelines
import Testing

@Suite struct PolicyReaderTests {
    private func read(_ text: String) throws -> Pipeline { try PipelineReaderTests().read(text) }

    private func mistakes(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch let list as ProblemList {
            return list.problems.map { problem in
                "\(problem.location)".split(separator: "pipeline.yml")[1].split(separator: ":")[0] + " " + problem.summary + " | " + problem.remedy
            }
        } catch { return ["\(error)"] }
    }

    @Test func `rules of a pipeline and of its steps travel with its definition`() throws {
        let pipeline = try read("""
            name: p
            schedule: {every: 15m, catch_up: all}
            overlap: cancel_running
            max_active: 2
            timeout: 2h
            sla: 90m
            slow: {expected: 10m, factor: 3}
            pools: {api: 2}
            triggers:
              all:
                - {pipeline: upstream}
                - {pipeline: other, on: ended}
                - {file: "${INBOX}/*.csv", settle: 5s}
                - {webhook: {secret: "${HOOK}"}}
                - {message: shop.order_placed}
              debounce: 30s
              at_most_every: 10m
              ignore_backfills: true
            steps:
              - {name: a, noop: load, retries: 4, backoff: 500ms, backoff_max: 1m, timeout: 30s, sla: 1h, priority: 5, pool: api}
              - {name: b, noop: load}
            """)
        let step = PipelinePolicy.Step(attemptsMax: 5, backoffSeconds: 0.5, backoffSecondsMax: 60, timeoutSeconds: 30, slaSeconds: 3600, priority: 5, pool: "api")
        #expect(pipeline.registered.policy == PipelinePolicy(
            overlap: .cancelRunning, activeMax: 2, timeoutSeconds: 7200, slaSeconds: 5400, slow: .init(expectedSeconds: 600, factor: 3), steps: ["a": step], pools: ["api": 2]))
        #expect(pipeline.schedule == Schedule(everySeconds: 900, catchUp: .all))
        #expect(pipeline.registered.triggers == TriggerRule(
            mode: .all,
            [.upstream(pipeline: "upstream", on: .succeeded), .upstream(pipeline: "other", on: .ended), .file(pattern: "${INBOX}/*.csv", settleSeconds: 5),
             .webhook(secret: "${HOOK}", windowSeconds: 300), .message(type: "shop.order_placed")],
            debounceSeconds: 30, intervalSeconds: 600, ignoresBackfills: true))
        // What is published is what is compared with the file later.
        let event = Event(source: "o", id: "1", time: Timestamp(microseconds: 0), pipeline: "p", payload: .pipelineRegistered(pipeline.registered))
        #expect(try Event(envelope: try event.envelope()) == event)
    }

    @Test func `a definition without rules has none`() throws {
        let pipeline = try read("name: p\nsteps:\n  - {name: a, noop: load}\n")
        #expect(pipeline.policy == nil && pipeline.triggers == nil && pipeline.schedule == nil)
    }

    @Test func `every mistake in a rule is told with its line and what was probably meant`() {
        let told = mistakes("""
            name: p
            schedule: {cron: "0 25 * * *", timezone: UTC}
            overlap: cancel
            max_active: 0
            timout: 2h
            sla: soon
            pools: {api: none}
            triggers:
              any:
                - {pipeline: p}
                - {file: "inbox/*.csv"}
                - {webhook: {secret: planted-word}}
                - {message: run.failed}
                - {pipeline: q, file: /x}
              debounce: -1s
            steps:
              - {name: a, noop: load, retrys: 4, pool: ap}
            """)
        #expect(told.map { String($0.split(separator: "|")[0].dropLast()) } == [
            "2 the cron expression '0 25 * * *' is not valid: '25' is no hour",
            "3 'cancel' is no rule for overlapping runs", "4 max_active is no whole number from 1 to 100", "5 a pipeline has no field 'timout'",
            "6 sla is 'soon', which is no duration", "7 the size of pool 'api' is no whole number from 1 to 10000",
            "10 the pipeline would start itself for ever", "11 the pattern 'inbox/*.csv' is no absolute path", "12 'secret' is written out",
            "13 'run.failed' is no type for a message", "14 a trigger names pipeline and file", "15 debounce is '-1s', which is no duration",
            "17 a step has no field 'retrys'", "17 the pool 'ap' has no size here",
        ])
        #expect(told[3].hasSuffix("did you mean 'timeout'?") && told[12].hasSuffix("did you mean 'retries'?"))
        #expect(!told.joined().contains("planted-word"))
    }

    @Test(arguments: ["schedule: {}", "schedule: {cron: '@daily', every: 1h}", "schedule: {cron: '@daily', timezone: Mars/Base}", "schedule: {every: 0.5s}", "schedule: {every: 1h, timezone: UTC}", "triggers: {any: [], all: []}", "triggers: {}"])
    func `a schedule or trigger that means nothing is refused`(line: String) {
        #expect(mistakes("name: p\n\(line)\nsteps:\n  - {name: a, noop: load}\n").first?.hasPrefix("2 ") == true)
    }

    @Test func `a wrong time zone hides no wrong cron, and a value of the wrong shape is told once`() {
        let steps = "\nsteps:\n  - {name: a, noop: load}\n"
        #expect(mistakes("name: p\nschedule: {cron: '0 25 * * *', timezone: Europe/Berlim}" + steps).map { String($0.split(separator: "|")[0].dropLast()) } == [
            "2 the cron expression '0 25 * * *' is not valid: '25' is no hour", "2 no time zone is named 'Europe/Berlim'",
        ])
        #expect(mistakes("name: p\nschedule: '0 6 * * *'" + steps) == ["2 a schedule is no mapping | write one of cron: …, every: …, timezone: …, catch_up: …"])
        #expect(mistakes("name: p\ntriggers: [{file: /x}]" + steps).count == 1)
    }

    @Test func `what the workers would refuse is refused before anything runs`() {
        let told = mistakes("""
            name: p
            steps:
              - {name: a, extract: [{connector: csv, streams: {t: {path: "*.csv", disposition: upsert}, u: {path: u.csv, disposition: "${HOW}"}}}]}
              - {name: b, dbt: buld}
              - {name: c, dbt: "docs generate"}
            """)
        #expect(told == ["3 'upsert' is no disposition | write append, replace, merge, snapshot", "4 a step cannot run 'dbt: buld' | did you mean 'build'?"])
    }

    @Test(arguments: [
        ("name: p\nsteps:\n\t- {name: a, noop: load}\n", "3", "indent with spaces: YAML takes no tabs"),
        ("name: p\nschedule:\n  cron: */15 * * * *\n", "3", "put quotes around a value that begins with *, as in cron: \"*/15 * * * *\""),
        ("name: p\nname: p\n", "1", "leave one name: there"),
        ("name: p\nsteps:\n  - name: a\n   noop: load\n", "4", "mend the indentation or the quotes there"),
    ])
    func `each usual slip in YAML has a way out of its own`(text: String, line: String, remedy: String) {
        let told = mistakes(text)
        #expect(told.count == 1 && told[0].hasPrefix("\(line) this is not YAML") && told[0].hasSuffix(remedy), "\(told)")
    }

    @Test(arguments: [("90", 90.0), ("500ms", 0.5), ("90s", 90), ("15m", 900), ("1.5h", 5400), ("2d", 172_800), ("1w", 604_800)])
    func `a duration is read`(text: String, seconds: Double) { #expect(DurationText.seconds(text) == seconds) }

    @Test(arguments: ["", "m", "1y", "1 h", "-5s", "1e5", "0x10"])
    func `what is no duration is none`(text: String) { #expect(DurationText.seconds(text) == nil) }
}
