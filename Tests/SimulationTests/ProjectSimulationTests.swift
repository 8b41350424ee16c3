import Contracts
import Kernel
@testable import Simulation
import Testing

/// A project under a fake clock, as `sluice simulate` has it.
@Suite struct ProjectSimulationTests {
    static let start = Timestamp(rfc3339: "2026-03-01T00:00:00Z")!

    static func noop(_ name: String, _ role: Role, _ seconds: Double, after step: String? = nil) -> TaskSpec {
        TaskSpec(id: TaskID("\(name).noop"), step: name, role: role, kind: "noop", title: name, args: ["seconds": .double(seconds)], after: step.map { [.step($0)] } ?? [])
    }
    static func pipeline(_ tasks: [TaskSpec], schedule: Schedule? = nil, policy: PipelinePolicy? = nil, triggers: TriggerRule? = nil) -> PipelineRegistered {
        PipelineRegistered(hash: "h", tasks: tasks, steps: tasks.map(\.step), notify: [], schedule: schedule, policy: policy, triggers: triggers)
    }

    /// One of each: a cron with a zone, an interval that makes up for all, a chain, what comes from outside.
    static func project(days: Int = 31, seed: UInt64 = 7, faults: Set<Fault> = Set(Fault.allCases), everySeconds: Double = 1800) -> SimulationPlan {
        let api = PipelinePolicy.Step(attemptsMax: 4, backoffSeconds: 30, pool: "api")
        return SimulationPlan(
            pipelines: [
                "often": pipeline(
                    [noop("read", .extract, 60), noop("put", .load, 20, after: "read")], schedule: Schedule(everySeconds: everySeconds, catchUp: .all),
                    policy: PipelinePolicy(slaSeconds: 600, steps: ["read": api], pools: ["api": 1])),
                "nightly": pipeline(
                    [noop("read", .extract, 2400), noop("model", .transform, 300, after: "read")],
                    schedule: Schedule(cron: "30 2 * * *", timezone: "Europe/Berlin"),
                    policy: PipelinePolicy(overlap: .skip, timeoutSeconds: 5400, slaSeconds: 3600, steps: ["read": api], pools: ["api": 1])),
                "after": pipeline([noop("m", .transform, 200)], triggers: TriggerRule([.upstream(pipeline: "often", on: .succeeded)], intervalSeconds: 7200)),
                "outside": pipeline([noop("m", .transform, 30)], triggers: TriggerRule(
                    mode: .all, [.upstream(pipeline: "nightly", on: .ended), .file(pattern: "/in/*.csv", settleSeconds: 2)])),
            ], from: start, days: days, seed: seed, faults: faults, slots: [.extract: 2])
    }

    static func line(_ name: String, _ report: SimulationReport) throws -> SimulationReport.PipelineLine { try #require(report.pipelines.first { $0.name == name }) }

    @Test func `an undisturbed month runs each time once, in its zone, and misses nothing`() throws {
        let report = Self.project(faults: []).run()
        #expect(report.violations.isEmpty && report.refused == 0 && report.duplicates == 0)
        let often = try Self.line("often", report), nightly = try Self.line("nightly", report)
        #expect(often.runs == 31 * 48 && often.succeeded == often.runs && often.retried == 0 && often.caughtUp == 0)
        // The pool has one place, and the nightly read holds it for forty minutes.
        #expect(often.misses.count == 2 * 31 && often.misses.allSatisfy { $0.reason.contains("place in pool api") || $0.reason.contains("held up behind") })
        #expect(nightly.runs == 31 && nightly.misses.isEmpty && nightly.medianSeconds ?? 0 >= 2700)
        #expect(try Self.line("after", report).runs == 31 * 12)
        #expect(try Self.line("outside", report).runs == 31)
        #expect(report.pools.map(\.name) == ["api"] && report.pools.first?.pipelines == ["nightly", "often"])
    }

    @Test func `on the day on which the clock goes forward the time that is left out comes an hour later`() throws {
        let plan = SimulationPlan(
            pipelines: ["p": Self.pipeline([Self.noop("a", .load, 1)], schedule: Schedule(cron: "30 2 * * *", timezone: "Europe/Berlin"))],
            from: Timestamp(rfc3339: "2026-03-28T00:00:00Z")!, days: 3)
        let day = { (days: Int) -> String in
            var plan = plan
            plan.from = plan.from.adding(seconds: Double(days) * 86_400)
            plan.days = 1
            return plan.run().worstDay?.spans.map { String($0.start.description.dropFirst(11).prefix(5)) }.joined(separator: " ") ?? ""
        }
        // 02:30 in winter; 03:30 in summer, for there is no 02:30; 02:30 in summer.
        #expect([day(0), day(1), day(2)] == ["01:30", "01:30", "00:30"])
        #expect(plan.run().pipelines.first?.runs == 3)
    }

    @Test func `what comes from outside comes as on the days of the week that the log knows`() throws {
        let trigger = Trigger.file(pattern: "/in/*.csv", settleSeconds: 2)
        let pipeline = Self.pipeline([Self.noop("a", .load, 1)], triggers: TriggerRule([trigger]))
        var arrivals = ArrivalHistory()
        // Four weeks before: at 08:15 and 14:00 from Monday to Friday, and another pipeline's at night.
        let monday = Timestamp(rfc3339: "2026-02-02T00:00:00Z")!
        for day in 0..<28 where day % 7 < 5 {
            for (name, seconds) in [("other", 3600.0), ("p", 29_700), ("p", 50_400)] {
                let time = monday.adding(seconds: Double(day) * 86_400 + seconds)
                arrivals.apply(Event(source: "t", id: "\(time)\(name)", time: time, pipeline: name, payload: .fileArrived(FileArrived(pattern: "/in/*.csv", path: "/in/\(time).csv", sha256: "", bytes: 1))))
            }
        }
        func plan(_ from: String, _ days: Int) -> SimulationReport {
            SimulationPlan(pipelines: ["p": pipeline], from: Timestamp(rfc3339: from)!, days: days, arrivals: arrivals).run()
        }
        let day = plan("2026-03-03T00:00:00Z", 1)
        #expect(day.worstDay?.spans.map { String($0.start.description.dropFirst(11).prefix(5)) } == ["08:15", "14:00"])
        #expect(try Self.line("p", plan("2026-03-02T00:00:00Z", 7)).runs == 10 && Self.line("p", plan("2026-03-07T00:00:00Z", 2)).runs == 0)
        #expect(day.assumptions.contains { $0.contains("days of the week") } && !day.assumptions.contains { $0.contains("06:00") })
        // Nothing is known of it: once a day, and the report says so.
        let unknown = SimulationPlan(pipelines: ["p": pipeline], from: Self.start, days: 7).run()
        #expect(try Self.line("p", unknown).runs == 7 && unknown.assumptions.contains { $0.contains("file /in/*.csv (p)") && $0.contains("06:00 UTC") })
    }

    @Test(arguments: Fault.allCases)
    func `each fault shows in the report and breaks no promise`(fault: Fault) throws {
        let quiet = Self.project(days: 10, faults: []).run(), report = Self.project(days: 10, faults: [fault]).run()
        #expect(report.violations.isEmpty, "\(report.violations)")
        #expect(report.json != quiet.json)
        let retried = report.pipelines.map(\.retried).reduce(0, +), misses = report.pipelines.flatMap(\.misses).map(\.reason)
        switch fault {
        case .net: #expect(report.pipelines.contains { $0.redelivered > 0 } && report.refused > 0)
        case .disk: #expect(try Self.line("often", report).caughtUp > 0 && misses.contains { $0.contains("broker") })
        case .limit: #expect(retried > 15 && misses.contains { $0.contains("429") })
        case .late: #expect(retried == 0 && misses.contains { $0.contains("late") })
        case .duplicate: #expect(report.duplicates > 30)
        }
    }

    @Test func `a seed gives the same report twice, and another seed another one`() {
        let first = Self.project(days: 5).run().json.text()
        #expect(first == Self.project(days: 5).run().json.text())
        #expect(first != Self.project(days: 5, seed: 8).run().json.text())
    }

    @Test func `whatever the seed, with all faults every promise is kept`() throws {
        for seed in UInt64(1)...8 {
            let report = Self.project(days: 3, seed: seed).run()
            try #require(report.violations.isEmpty, "seed \(seed): \(report.violations)")
        }
    }

    @Test(arguments: PlantedBug.allCases)
    func `a bug that is planted breaks a promise`(bug: PlantedBug) {
        // So many runs that something is due whenever a leader is away.
        let finder = (1...60 as ClosedRange<UInt64>).first { !Self.project(days: 2, seed: $0, everySeconds: 300).run(bug: bug).violations.isEmpty }
        print("\(bug.rawValue) is noticed with seed \(finder.map(String.init) ?? "none")")
        #expect(finder != nil)
    }

    @Test func `more work than time is a backlog that is told, and no broken promise`() throws {
        let plan = SimulationPlan(pipelines: ["p": Self.pipeline([Self.noop("a", .load, 7200)], schedule: Schedule(everySeconds: 600, catchUp: .all))], from: Self.start, days: 2)
        let report = plan.run()
        let line = try Self.line("p", report)
        #expect(report.violations.isEmpty, "\(report.violations)")
        #expect(line.scheduled == 288 && line.runs == 48 && line.backlog == 241)
        #expect(line.waitedLongest.map { $0.seconds > 80 * 3600 } == true)
    }

    @Test func `tasks take as long as in earlier runs and add what they added there`() throws {
        var history = TaskHistory()
        let plan = TaskSpec(id: "build.plan", step: "build", role: .transform, kind: "plan", title: "plan", args: ["pool": "w"])
        let node = TaskSpec(id: "build.model", step: "build", role: .transform, kind: "node", title: "model", after: [.task("build.plan")], pool: "w")
        let pipeline = PipelineRegistered(hash: "h", tasks: [plan], steps: ["build"], notify: [], schedule: Schedule(everySeconds: 3600))
        func say(_ payload: Payload, _ task: TaskID? = nil) { history.apply(Event(source: "s", id: "x", time: Self.start, pipeline: "p", run: "p@1", task: task, payload: payload)) }
        func report(_ seconds: Double) -> Payload { .taskSucceeded(TaskReport(startedAt: Self.start, finishedAt: Self.start.adding(seconds: seconds), pools: ["w": 2])) }
        say(.runStarted(RunStarted(request: "p@1", pipelineHash: "h", logicalDate: Self.start, isFullRefresh: false, steps: ["build"], tasks: [plan], notify: [])))
        say(.tasksAdded(TasksAdded(tasks: [node])), "build.plan")
        say(report(10), "build.plan")
        say(report(100), "build.model")
        say(.runSucceeded(RunEnded(succeeded: 2, failed: 0, skipped: 0, summary: "", causes: [])))
        let known = try Self.line("p", SimulationPlan(pipelines: ["p": pipeline], from: Self.start, days: 1, history: history).run())
        #expect(known.knownRuns == 1 && known.runs == 24 && known.medianSeconds == 110)
        var changed = pipeline
        changed.hash = "other"
        // Another definition may add other tasks; what is known of a task holds all the same.
        let other = try Self.line("p", SimulationPlan(pipelines: ["p": changed], from: Self.start, days: 1, history: history).run())
        #expect(other.medianSeconds.map { (10..<110).contains($0) } == true)
    }
}
