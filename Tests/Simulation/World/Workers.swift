import BrokerEngine
import Contracts
import Journal
import Kernel

struct SimulatedWorker {
    enum State {
        case idle
        case claiming(correlation: [UInt8], since: Double)
        case working(Job, until: Double, isZombie: Bool)
        case reporting(Job, events: [Event], since: Double)
        case dead(until: Double)
    }
    var state = State.idle

    /// What it holds: an object, for an event is large and every turn looks at it.
    final class Job {
        let lease: String
        let ready: SequencedEvent
        init(_ lease: String, _ ready: SequencedEvent) {
            self.lease = lease
            self.ready = ready
        }
    }
}

extension Simulation {
    func step(_ index: Int) {
        switch workers[index].state {
        case .idle:
            let correlation = random.correlation()
            workers[index].state = .claiming(correlation: correlation, since: now)
            let command = #"{"role":"\#(random.chance(50) ? "load" : "transform")","worker":"w\#(index)","waitMilliseconds":2000}"#
            for response in send(.claim, command, [], correlation) where response.correlation == correlation { deliver(response) }
        case .claiming(_, let since):
            // The answer was lost: ask anew. What the lost answer leased comes back when its lease runs out.
            if now - since > 4 { workers[index].state = .idle }
        case .working(let job, let until, let isZombie):
            if random.chance(4) { return die(index) }  // before the effect
            guard now >= until else {
                if !isZombie, random.chance(70) { _ = ask(.extend, Self.holding(job.lease)) }
                return
            }
            let isEarly = bug == .acknowledgeBeforeReport
            let events = perform(job, isZombie: isZombie, takesEffect: !isEarly)
            if !isEarly, random.chance(4) { return die(index) }  // after the effect, before the report
            workers[index].state = .reporting(job, events: events, since: -100)
        case .reporting(let job, let events, let since):
            guard now - since > 1 else { return }
            workers[index].state = .reporting(job, events: events, since: now)
            report(index, job, events)
        case .dead(let until):
            if now >= until { workers[index].state = .idle }
        }
    }

    private static func holding(_ lease: String) -> String { #"{"lease":"\#(lease)"}"# }

    private func die(_ index: Int) { workers[index].state = .dead(until: now + 2) }

    private func report(_ index: Int, _ job: SimulatedWorker.Job, _ events: [Event]) {
        let isCurrent = broker.journal.queue.holder(of: job.lease) != nil
        let newest = broker.journal.newest
        let answer = bug == .zombieReport ? ask(.publish, "{}", events) : ask(.complete, Self.holding(job.lease), events)
        if !isCurrent, broker.journal.newest > newest { zombieReports += 1 }
        guard answer != nil else { return }
        if bug == .acknowledgeBeforeReport {
            if random.chance(4) { return die(index) }
            _ = perform(job, isZombie: false, takesEffect: true)
        }
        workers[index].state = random.chance(4) ? .dead(until: now + 2) : .idle
    }

    func deliver(_ response: Response) {
        guard let index = workers.firstIndex(where: { if case .claiming(response.correlation, _) = $0.state { true } else { false } }) else { return }
        guard !random.chance(5) else { return }  // lost on its way
        guard let stored = response.events.first, let event = event(stored), let lease = response.lease
        else { workers[index].state = .idle; return }
        // Sometimes it freezes for longer than its lease and then goes on: a zombie, whose report must be refused.
        let isZombie = random.chance(10)
        let freeze = isZombie ? Double(Int.random(in: 8...100, using: &random)) : 0.5
        workers[index].state = .working(SimulatedWorker.Job(lease, event), until: now + freeze, isZombie: isZombie)
    }

    /// The effect, guarded by the warehouse, and the report.
    private func perform(_ job: SimulatedWorker.Job, isZombie: Bool, takesEffect: Bool) -> [Event] {
        let (ready, lease) = (job.ready, job.lease)
        guard case .taskReady(let task) = ready.event.payload, let run = ready.event.run else { return [] }
        let id = task.spec.id
        let isFailing: Bool = switch fates[id] ?? .success {
        case .success: false
        case .failure: true
        case .passing(let times): task.attempt <= times
        case .flaky: run == Self.runs[0] && !isZombie
        }
        var report = TaskReport(attempt: task.attempt, pools: ["w": 2])
        if isFailing {
            var isRetryable = false
            if case .passing = fates[id] { isRetryable = true }
            report.problem = ProblemRecord(code: "x", summary: "it failed", location: "", remedy: "", isRetryable: isRetryable)
        } else {
            if takesEffect { warehouse.write(id, run, token: ready.sequence, place: specs.firstIndex { $0.id == id }, isSeal: isSeal(task.spec), batches: specs.count { $0.step == "one" }, bug: bug) }
            if let books, books.task == id { report.books = self.entries(isDisturbed: books.isDisturbed) }
        }
        var events: [Event] = []
        func event(_ kind: String, _ payload: Payload) -> Event {
            Event(source: "w", id: "\(run)/\(id)/\(lease)/\(kind)", time: time, pipeline: "p", run: run, task: id, payload: payload)
        }
        if !isFailing, let children = grown[id] { events.append(event("added", .tasksAdded(TasksAdded(tasks: children)))) }
        events.append(event("report", isFailing ? .taskFailed(report) : .taskSucceeded(report)))
        return events
    }

    private func isSeal(_ spec: TaskSpec) -> Bool { spec.step == "two" && spec.after.allSatisfy { $0.on == .succeeded } }

    /// What landed and what was inserted. Disturbed: a pair of equal records has become a pair of others.
    private func entries(isDisturbed: Bool) -> [BookEntry] {
        func tally(_ hashes: [UInt128]) -> Tally {
            guard bug == .xorSums else { return hashes.reduce(into: Tally.zero) { $0.add($1) } }
            return Tally(count: hashes.count, sum: hashes.reduce(0, ^))
        }
        return [
            BookEntry(stream: "s", batch: 0, point: .landed, tally: tally([11, 5, 5])),
            BookEntry(stream: "s", batch: 0, point: .inserted, tally: tally(isDisturbed ? [11, 7, 7] : [11, 5, 5])),
        ]
    }
}
