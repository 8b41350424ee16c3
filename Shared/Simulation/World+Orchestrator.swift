import Contracts
import Kernel
import Runs

/// The orchestrator: folds, asks for what is due, publishes what the fleet decides. Its messages may be lost on their way.
extension World {
    /// After a publish that failed the next round comes so late.
    private static let roundSeconds = 1.0
    /// Between the death of a leader and the first decision of the next one: the lease of the lead and a stand-by's question.
    static let takeOverSeconds = 2.3

    func orchestrate() {
        guard isWritable, now >= looksAgainAt else { return }
        // Behind the last day nothing new is due; what was due before it still is.
        let scheduled = timetable.requests(for: fleet, now: min(now, plan.end))
        guard scheduled.isEmpty || publish(scheduled) else { return }
        while case let events = fleet.decide(now: now), !events.isEmpty {
            guard publish(events) else { return }
        }
        for run in fleet.cancelling {
            withdraw(run)
            if queue.held(by: run) == 0, let end = fleet.cancellation(of: run, now: now) { guard publish([end]) else { return } }
        }
    }

    /// False where the leader has to wait: its words or their answer were lost, or are still on their way.
    private func publish(_ events: [Event]) -> Bool {
        let about = next("publish")
        if has(.net), chance.happens(Rates.lost, "\(about)/lost") {
            lookAgain(in: Self.roundSeconds)
            return false
        }
        if has(.net), chance.happens(Rates.delayed, "\(about)/delayed") {
            let seconds = chance.seconds(0.01...Rates.delaySecondsMax, about)
            plan(.land(events), in: seconds)
            lookAgain(in: seconds + 0.001)
            return false
        }
        append(events)
        if has(.duplicate), chance.happens(Rates.doubled, "\(about)/twice") { append(events) }
        if has(.net), chance.happens(Rates.lost, "\(about)/answer") {
            lookAgain(in: Self.roundSeconds)
            return false
        }
        return true
    }

    private func lookAgain(in seconds: Double) {
        looksAgainAt = now.adding(seconds: seconds)
        plan(.look, at: looksAgainAt)
    }

    // MARK: Leaders

    /// A stand-by has folded the same log, so it decides as the leader would have.
    func cutLeader(_ seconds: Double) {
        guard formerLeader == nil else { return }
        formerLeader = (fleet, epoch)
        chronicle.note(now, .weak, "the leading orchestrator is cut off for \(DurationWords.short(seconds)); another one leads after \(Self.takeOverSeconds) s")
        plan(.leaderReturns, in: max(seconds, Self.takeOverSeconds))
        epoch += 1
        lookAgain(in: Self.takeOverSeconds)
    }

    /// The former leader says what it had decided, before it learns that another one leads.
    func returnLeader() {
        guard let former = formerLeader else { return }
        formerLeader = nil
        var timetable = Timetable()
        let events = timetable.requests(for: former.fleet, now: min(now, plan.end)) + former.fleet.decide(now: now)
        guard bug == .staleLeader || former.epoch == epoch else { return chronicle.refuse(events.count) }
        // Its clock is its own, and so are the ids of a leader that is not fenced.
        append(events.map { event in
            var event = event
            event.id += "/\(former.epoch)"
            return event
        })
    }
}
