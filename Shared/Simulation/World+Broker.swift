import Contracts
import Kernel
import Leases
import Runs

/// The broker: one log, each event once, and the leases on the tasks that it announces.
extension World {
    var seconds: Double { now - plan.from }
    /// Whether anything but reports can be written.
    var isWritable: Bool { downUntil == nil && fullUntil == nil }

    /// What is in the log already is passed by.
    func append(_ events: [Event]) {
        for event in events {
            guard ids.insert("\(event.source) \(event.id)").inserted else {
                chronicle.pass()
                continue
            }
            sequence += 1
            let sequenced = SequencedEvent(sequence: sequence, event: event)
            fleet.apply(sequenced)
            witness.see(sequenced)
            chronicle.see(event)
            if case .slaMissed(let missed) = event.payload { chronicle.miss(event, missed, reason(event, missed)) }
            guard case .taskReady = event.payload, let role = event.role, let run = event.run, let task = event.task else { continue }
            announced[sequence] = event
            queue.add(WorkEntry(
                sequence: sequence, role: role, pipeline: event.pipeline, run: run, task: task, priority: event.priority,
                deliveryLimit: queue.limits.deliveriesMax, state: .waiting(visibleAt: seconds), since: seconds))
        }
    }

    /// Workers in touch with the broker extend long before a lease ends, so only those that are cut off lose theirs.
    func takeBackLeases() {
        guard downUntil == nil else { return }
        for worker in workers where !worker.isCut { if let lease = worker.attempt?.lease { _ = queue.extend(lease, now: seconds) } }
        for entry in queue.expire(now: seconds) {
            if entry.state == .dead { append([entry.deadLetter(now)]) }
            chronicle.note(now, .weak, "\(entry.task) of \(entry.run) is taken from \(entry.worker), which has not been heard of", of: entry.pipeline)
        }
    }

    func withdraw(_ run: RunID) {
        for entry in queue.withdraw(run: run) {
            if queue.entries[entry.sequence] == nil { announced[entry.sequence] = nil }
            // The holder hears of it when it extends, which it does three times in a lease.
            for (index, worker) in workers.enumerated() where worker.attempt?.sequence == entry.sequence {
                plan(.stop(index, attempt: worker.attempt?.number ?? 0), in: Self.leaseSeconds / 3)
            }
        }
    }

    // MARK: Away, or full

    func stopBroker(_ seconds: Double) {
        guard downUntil == nil else { return }
        downUntil = now.adding(seconds: seconds)
        chronicle.outage(now, seconds, "the broker restarts and is away for \(DurationWords.short(seconds))")
        plan(.brokerReturns, in: seconds)
    }

    /// Reads its file: who held a lease has it for one more lease time.
    func returnBroker() {
        downUntil = nil
        let before = queue
        queue = WorkQueue(limits: before.limits)
        for var entry in before.entries.values.sorted(by: { $0.sequence < $1.sequence }) {
            switch entry.state {
            case .leased: entry.state = bug == .forgottenLeases ? .waiting(visibleAt: seconds) : .leased(until: seconds + before.limits.leaseSeconds)
            case .waiting: entry.state = .waiting(visibleAt: seconds)
            case .dead: break
            }
            entry.since = seconds
            queue.add(entry)
        }
        // Who was cut off has missed its last chance to extend by then.
        plan(.look, in: before.limits.leaseSeconds + 0.001)
    }

    func fillDisk(_ seconds: Double) {
        guard fullUntil == nil else { return }
        fullUntil = now.adding(seconds: seconds)
        chronicle.outage(now, seconds, "the broker's disk is full for \(DurationWords.short(seconds)): only what is finished is taken")
        plan(.diskEmpties, in: seconds)
    }

    func emptyDisk() { fullUntil = nil }
}
