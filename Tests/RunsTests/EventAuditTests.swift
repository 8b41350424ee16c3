import Contracts
import Kernel
@testable import Runs
import Testing

@Suite struct EventAuditTests {
    private func audited(_ desk: Desk, without isHidden: (Event) -> Bool = { _ in false }) -> (lines: [String: EventAudit.Line], faults: [String]) {
        var audit = EventAudit()
        for entry in desk.log where !isHidden(entry.event) { audit.apply(entry) }
        let faults = audit.finish(desk.fleet)
        return (audit.lines, faults.map { String("\($0)".prefix { $0 != ":" }) })
    }
    private func desk(_ policy: PipelinePolicy? = nil) -> Desk {
        var desk = Desk()
        desk.register("p", [task("a")], policy: policy, triggers: TriggerRule([.message(type: "tick")]))
        for _ in 0..<3 { desk.say(.other(type: "tick", data: [:])) }
        return desk
    }

    @Test func `what was consumed, waits, was declined, ignored or dropped is counted, and nothing is amiss`() {
        var desk = desk()
        // One runs, two are asked for and wait.
        #expect(audited(desk).lines["p"] == EventAudit.Line(events: 3, consumed: 1, waiting: 2) && audited(desk).faults.isEmpty)
        desk.say(.pipelinePaused(PipelinePaused()))
        desk.say(.other(type: "tick", data: [:]))
        desk.register("p", [task("a")], triggers: TriggerRule([.message(type: "tock")]))
        #expect(audited(desk).lines["p"]?.events == 4 && audited(desk).faults.isEmpty)
        let skipping = self.desk(PipelinePolicy(overlap: .skip))
        #expect(audited(skipping).lines["p"] == EventAudit.Line(events: 3, consumed: 1, declined: 2))
    }

    @Test func `an event that nobody consumed, two runs consumed or none waited for is found`() {
        let desk = desk()
        // As if the fleet had lost an event: a run's request that names it was never made.
        var lost = desk
        lost.fleet = Fleet()
        #expect(audited(lost, without: { if case .runStarted = $0.payload { true } else { false } }).faults == ["orphan", "orphan", "orphan"])
        var double = desk
        let first = desk.log.first { if case .runStarted = $0.event.payload { true } else { false } }!
        var again = first.event
        again.run = "p@impostor"
        double.publish(Event(source: "x", id: "again", time: again.time, pipeline: "p", run: "p@impostor", payload: again.payload))
        #expect(audited(double).faults == ["double"])
        #expect(audited(desk, without: { if case .other = $0.payload { true } else { false } }).faults == ["stranger"])
    }
}
