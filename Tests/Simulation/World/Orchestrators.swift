import BrokerEngine
import Contracts
import Journal
import Kernel
import Runs

/// An object, for a fleet is large and every turn looks at it.
final class SimulatedOrchestrator {
    let name: String
    var fleet = Fleet()
    var needs = LogNeeds()
    var epoch: UInt64?
    var leadUntil = 0.0
    /// Away until then, without knowing it.
    var pausedUntil = 0.0
    /// What it had decided when it was stopped.
    var undone: [Event] = []
    var isHinted = true
    /// Where it had nothing to decide, and until when that holds if the log does not grow.
    private var idle: (position: UInt64, until: Timestamp?)?

    init(name: String) { self.name = name }

    /// As the real one, it decides anew when the log has grown or its own deadline has passed.
    func decide(now: Timestamp) -> [Event] {
        if let idle, idle.position == fleet.position, idle.until.map({ now < $0 }) ?? true { return [] }
        let events = fleet.decide(now: now)
        idle = events.isEmpty ? (fleet.position, fleet.nextDeadline(after: now)) : nil
        return events
    }

    func take(_ event: SequencedEvent) {
        guard event.sequence > fleet.position else { return }
        fleet.apply(event)
        needs.apply(event)
    }
}

extension Simulation {
    func orchestrate(_ index: Int) {
        guard now >= orchestrators[index].pausedUntil else { return }
        if bug == .lostWakeUp {
            guard orchestrators[index].isHinted else { return }
            orchestrators[index].isHinted = false
        }
        // It dies now and then, between any two steps; a new one begins with what was kept, or with the whole log.
        if random.chance(2) { restart(index) }
        if !orchestrators[index].undone.isEmpty {
            // Back from a long pause, in the middle of a publish.
            let events = orchestrators[index].undone
            orchestrators[index].undone = []
            let epoch = bug == .staleLeader ? nil : orchestrators[index].epoch
            if let answer = ask(.publish, Self.publishing(epoch), events), !answer.isOK { orchestrators[index].epoch = nil }
            return
        }
        // Nothing is decided on a log that could not be read to its end.
        guard lead(index), fold(index) else {
            // A stand-by need not be quick.
            if random.chance(50) { _ = fold(index) }
            return
        }
        let events = orchestrators[index].decide(now: time)
        guard !events.isEmpty else { return confirm(index) }
        if random.chance(3) {
            orchestrators[index].undone = events
            orchestrators[index].pausedUntil = now + Double(Int.random(in: 1...20, using: &random))
            return
        }
        guard let answer = ask(.publish, Self.publishing(orchestrators[index].epoch), events) else { return }
        if !answer.isOK { orchestrators[index].epoch = nil } else if random.chance(3) { restart(index) } else { _ = fold(index) }
    }

    private static func publishing(_ epoch: UInt64?) -> String { epoch.map { #"{"epoch":\#($0)}"# } ?? "{}" }

    private func lead(_ index: Int) -> Bool {
        let me = orchestrators[index]
        if me.epoch != nil, now < me.leadUntil - 0.5 { return true }
        // A stand-by asks now and then.
        guard me.epoch != nil || random.chance(20) else { return false }
        guard let answer = ask(.lead, #"{"name":"\#(me.name)"\#(me.epoch.map { #","epoch":\#($0)"# } ?? "")}"#), answer.isOK,
            let reply = try? JSON(parsing: answer.body), let epoch = reply["epoch"]?.intValue, let milliseconds = reply["leaseMilliseconds"]?.intValue
        else {
            orchestrators[index].epoch = nil
            return false
        }
        me.epoch = UInt64(epoch)
        me.leadUntil = now + Double(milliseconds) / 1000
        return true
    }

    /// False where the answer was lost.
    private func fold(_ index: Int) -> Bool {
        // The tick tells the newest sequence: without news there is nothing to ask for.
        guard broker.journal.newest > orchestrators[index].fleet.position else { return true }
        guard let answer = ask(.read, #"{"after":\#(orchestrators[index].fleet.position)}"#), answer.isOK else { return false }
        for stored in answer.events { if let event = event(stored) { orchestrators[index].take(event) } }
        return true
    }

    private func confirm(_ index: Int) {
        guard random.chance(10) else { return }
        let me = orchestrators[index]
        let position = me.needs.position(at: me.fleet.position)
        _ = ask(.confirm, #"{"reader":"orchestrator","position":\#(position),"keep":\#(me.needs.kept(below: position))}"#)
    }

    private func restart(_ index: Int) {
        orchestrators[index] = SimulatedOrchestrator(name: orchestrators[index].name)
        guard random.chance(50), let answer = ask(.resume, #"{"reader":"orchestrator"}"#), answer.isOK,
            let known = try? JSON(parsing: answer.body), let start = known["position"]?.intValue.map({ UInt64($0) }), let keep = known["keep"]?.arrayValue
        else { return }
        guard let kept = ask(.read, #"{"sequences":\#(keep.compactMap(\.intValue))}"#, loses: false) else { return }
        for stored in kept.events where stored.sequence <= start { if let event = event(stored) { orchestrators[index].take(event) } }
        orchestrators[index].fleet.advance(to: start)
    }
}
