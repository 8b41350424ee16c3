import Contracts
import Kernel
import Runs
import Testing

/// Which runs the schedules ask for, as the orchestrator and the simulation do.
@Suite struct TimetableTests {
    private let sixDaily = Schedule(cron: "0 6 * * *")

    private func desk(_ schedule: Schedule, policy: PipelinePolicy? = nil) -> Desk {
        var desk = Desk()
        desk.register("p", [task("a")], policy: policy, schedule: schedule)
        return desk
    }
    /// One look of a leader.
    private func look(_ timetable: inout Timetable, _ desk: inout Desk) {
        for event in timetable.requests(for: desk.fleet, now: desk.now) { desk.publish(event) }
        desk.settle()
    }
    private func asked(_ desk: Desk) -> [String] {
        desk.log.compactMap { entry in if case .runRequested(let wish) = entry.event.payload { wish.logicalDate.map { String($0.description.prefix(16)) } } else { nil } }
    }
    private let hour = 3600.0, day = 86_400.0

    @Test func `each time is asked for once, whoever looks and however often`() {
        var desk = desk(sixDaily), one = Timetable(), two = Timetable()
        #expect(one.nextTime(for: desk.fleet, after: desk.now)?.description == "2026-01-01T06:00:00Z")
        for _ in 0..<72 {
            look(&one, &desk)
            look(&two, &desk)
            desk.pass(seconds: hour)
        }
        #expect(asked(desk) == ["2026-01-01T06:00", "2026-01-02T06:00", "2026-01-03T06:00"])
        #expect(Set(desk.log.map(\.event.id)).isSuperset(of: ["p@20260101T060000Z", "p@20260102T060000Z"]))
    }

    @Test(arguments: [(Schedule.CatchUp.latest, ["2026-01-04T06:00"]), (.all, ["2026-01-01T06:00", "2026-01-02T06:00", "2026-01-03T06:00", "2026-01-04T06:00"]), (.none, [])])
    func `what came while nobody looked is made up for by its rule`(rule: Schedule.CatchUp, expected: [String]) {
        var desk = desk(Schedule(cron: "0 6 * * *", catchUp: rule)), timetable = Timetable()
        look(&timetable, &desk)
        desk.pass(seconds: 3 * day + 12 * hour)
        look(&timetable, &desk)
        #expect(asked(desk) == expected)
        desk.pass(seconds: 18 * hour)
        look(&timetable, &desk)
        #expect(asked(desk) == expected + ["2026-01-05T06:00"])
    }

    @Test func `of very many missed times a thousand are made up for at a look, and the looks behind it bring the rest in order`() {
        var desk = desk(Schedule(everySeconds: 60, catchUp: .all), policy: PipelinePolicy(activeMax: 100)), timetable = Timetable()
        desk.pass(seconds: 2 * day)
        for expected in [1000, 2000, 2880, 2880] {
            for event in timetable.requests(for: desk.fleet, now: desk.now) { desk.publish(event) }
            #expect(asked(desk).count == expected)
        }
        #expect(asked(desk) == asked(desk).sorted() && Set(asked(desk)).count == 2880)
    }

    @Test func `a time that is let go misses its deadline though no run of it ever began, and is told of once`() {
        var desk = desk(sixDaily, policy: PipelinePolicy(slaSeconds: hour)), timetable = Timetable()
        desk.pass(seconds: 2 * day + 6 * hour)
        look(&timetable, &desk)
        desk.succeed("a", of: "p@20260103T060000Z")
        var anew = Timetable()
        look(&anew, &desk)
        desk.pass(seconds: 12 * hour)
        look(&timetable, &desk)
        let missed = desk.log.compactMap { entry in if case .slaMissed(let missed) = entry.event.payload { "\(entry.event.run?.description ?? "") \(missed.deadline)" } else { nil } }
        #expect(missed == ["p@20260101T060000Z 2026-01-01T07:00:00Z", "p@20260102T060000Z 2026-01-02T07:00:00Z"])
    }

    @Test func `a calendar that was years ahead and has come back holds no schedule up`() {
        var desk = desk(Schedule(everySeconds: hour)), timetable = Timetable()
        look(&timetable, &desk)
        desk.pass(seconds: 3650 * day)
        look(&timetable, &desk)
        desk.succeed("a", of: RunID(desk.log.last { $0.event.type == EventType.runStarted }!.event.run!.description))
        desk.pass(seconds: -3650 * day)
        for _ in 0..<10 {
            look(&timetable, &desk)
            #expect(timetable.nextTime(for: desk.fleet, after: desk.now).map { $0 - desk.now <= hour } == true)
            desk.pass(seconds: hour / 4)
        }
        #expect(asked(desk) == ["2035-12-30T00:00", "2026-01-01T01:00", "2026-01-01T02:00"])
    }

    @Test func `a clock that goes back a little asks for nothing twice`() {
        var desk = desk(Schedule(everySeconds: hour)), timetable = Timetable()
        desk.pass(seconds: 2.5 * hour)
        look(&timetable, &desk)
        let before = asked(desk)
        desk.pass(seconds: -1.2 * hour)
        for _ in 0..<8 {
            look(&timetable, &desk)
            desk.pass(seconds: hour / 4)
        }
        #expect(Set(asked(desk)).count == asked(desk).count && asked(desk).prefix(before.count) == before[...])
    }
}
