import BrokerEngine
import Contracts
import Foundation
import Journal
import Kernel
import Runs

struct SimulatedOrchestrator {
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

    mutating func take(_ event: SequencedEvent) {
        guard event.sequence > fleet.position else { return }
        fleet.apply(event)
        needs.apply(event)
    }
}

extension Simulation {
    func orchestrate(_ index: Int) {
        guard now >= orchestrators[index].pausedUntil else { return }
        if bug == .lostWakeUp {
            guard orchestrators[index].isHinted || random.chance(0) else { return }
            orchestrators[index].isHinted = false
        }
        // It dies now and then, between any two steps; a new one begins with what was kept, or with the whole log.
        if random.chance(2) { restart(index) }
        if !orchestrators[index].undone.isEmpty {
            // Back from a long pause, in the middle of a publish.
            let events = orchestrators[index].undone
            orchestrators[index].undone = []
            let epoch = bug == .staleLeader ? nil : orchestrators[index].epoch
            if let answer = ask(.publish, PublishCommand(epoch: epoch), events), !answer.isOK { orchestrators[index].epoch = nil }
            return
        }
        guard lead(index) else {
            fold(index)
            return
        }
        fold(index)
        let events = orchestrators[index].fleet.decide(now: time)
        guard !events.isEmpty else { return confirm(index) }
        if random.chance(3) {
            orchestrators[index].undone = events
            orchestrators[index].pausedUntil = now + Double(Int.random(in: 1...20, using: &random))
            return
        }
        guard let answer = ask(.publish, PublishCommand(epoch: orchestrators[index].epoch), events) else { return }
        if !answer.isOK { orchestrators[index].epoch = nil } else if random.chance(3) { restart(index) } else { fold(index) }
    }

    private func lead(_ index: Int) -> Bool {
        let me = orchestrators[index]
        if me.epoch != nil, now < me.leadUntil - 1 { return true }
        guard let answer = ask(.lead, LeadCommand(name: me.name, epoch: me.epoch)), answer.isOK,
            let reply = try? JSONDecoder().decode(LeadReply.self, from: Data(answer.body))
        else {
            orchestrators[index].epoch = nil
            return false
        }
        orchestrators[index].epoch = reply.epoch
        orchestrators[index].leadUntil = now + Double(reply.leaseMilliseconds) / 1000
        return true
    }

    private func fold(_ index: Int) {
        guard let answer = ask(.read, ReadCommand(after: orchestrators[index].fleet.position, prefixes: [], limit: 1000)), answer.isOK else { return }
        for stored in answer.events {
            if let event = try? Event(envelope: stored.envelope) { orchestrators[index].take(SequencedEvent(sequence: stored.sequence, event: event)) }
        }
    }

    private func confirm(_ index: Int) {
        let me = orchestrators[index]
        guard random.chance(20) else { return }
        let position = me.needs.position(at: me.fleet.position)
        _ = ask(.confirm, ConfirmCommand(reader: "orchestrator", position: position, keep: me.needs.kept(below: position)))
    }

    private func restart(_ index: Int) {
        orchestrators[index] = SimulatedOrchestrator(name: orchestrators[index].name)
        guard random.chance(50), let answer = ask(.resume, ReaderCommand(reader: "orchestrator")), answer.isOK,
            let known = try? JSONDecoder().decode(ResumeReply.self, from: Data(answer.body)), let start = known.position
        else { return }
        guard let kept = ask(.read, ReadCommand(sequences: known.keep), loses: false) else { return }
        for stored in kept.events where stored.sequence <= start {
            if let event = try? Event(envelope: stored.envelope) { orchestrators[index].take(SequencedEvent(sequence: stored.sequence, event: event)) }
        }
        orchestrators[index].fleet.advance(to: start)
    }
}
