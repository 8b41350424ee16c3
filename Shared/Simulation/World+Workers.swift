import Contracts
import Kernel
import Leases
import Runs

/// One slot of a worker.
struct SimulatedWorker {
    struct Attempt {
        /// Tells it from the attempts before and after.
        let number: Int
        let sequence: UInt64
        let lease: String
        let ready: Event
        let assignment: Assignment
        let startedAt: Timestamp
        var completion: Completion
        var isReporting = false
    }
    let role: Role
    let name: String
    var attempt: Attempt?
    /// Works on, and cannot be heard.
    var isCut = false
    var busySeconds = 0.0
}

/// The workers: claim, do, report, as `Worker` does.
extension World {
    private static let againSeconds = 0.5

    func offerWork() {
        guard isWritable else { return }
        for index in workers.indices where workers[index].attempt == nil && !workers[index].isCut {
            guard queue.mayOffer(workers[index].role, now: seconds), let entry = queue.offer(role: workers[index].role, to: workers[index].name, now: seconds),
                let ready = announced[entry.sequence]
            else { continue }
            witness.offer(entry, workers, queue)
            chronicle.offer(entry, role: workers[index].role, waited: seconds - entry.since)
            start(index, entry, ready)
        }
    }

    private func start(_ index: Int, _ entry: WorkEntry, _ ready: Event) {
        guard case .taskReady(let task) = ready.payload else { return }
        let assignment = Assignment(
            run: entry.run, pipeline: entry.pipeline, spec: task.spec, attempt: task.attempt, logicalDate: task.logicalDate, isFullRefresh: task.isFullRefresh,
            token: entry.sequence, worker: workers[index].name)
        let number = Int(entry.sequence) * 100 + entry.delivery
        var (seconds, completion) = outcome(assignment)
        // What was done already is not done again: the warehouse's ledger knows.
        if completion.report.problem == nil, effects[Self.key(assignment)] != nil { seconds = 0.1 }
        if let timeout = task.spec.timeoutSeconds, timeout > 0, timeout < seconds {
            seconds = timeout
            completion = .timedOut(assignment, from: now, to: now.adding(seconds: seconds))
        }
        workers[index].attempt = .init(
            number: number, sequence: entry.sequence, lease: entry.lease, ready: ready, assignment: assignment, startedAt: now, completion: completion)
        plan(.finish(index, attempt: number), in: seconds)
        let about = "\(assignment.run)/\(task.spec.id)/\(entry.lease)"
        if has(.net), chance.happens(Rates.workerCut, "\(about)/cut") {
            let away = chance.seconds(Rates.workerCutSeconds, "\(about)/cut")
            plan(.workerCut(index, attempt: number, seconds: away), in: seconds * chance.fraction("\(about)/cut/when"))
        }
    }

    static func key(_ assignment: Assignment) -> String { "\(assignment.run)/\(assignment.spec.id)" }

    /// How an attempt will end, and after how many seconds.
    private func outcome(_ assignment: Assignment) -> (Double, Completion) {
        let spec = assignment.spec, about = "\(Self.key(assignment))/\(assignment.attempt)"
        var seconds = workload.seconds(assignment)
        guard spec.role == .extract else { return (seconds, workload.completion(assignment)) }
        if has(.limit), chance.happens(Rates.limited, "\(about)/429") {
            let wait = chance.seconds(Rates.limitedSeconds, "\(about)/429").rounded()
            let source = spec.args["connector"]?.stringValue ?? spec.title
            let problem = PlainProblem(
                "extract.rate_limited", "\(source) allows no more requests for \(DurationWords.short(wait)) (429)", at: .named("task \(spec.id)"),
                remedy: "wait, or read less often", response: .retry(afterSeconds: wait))
            chronicle.limit(now, assignment, wait)
            return (min(1, seconds), Completion(report: TaskReport(attempt: assignment.attempt, problem: ProblemRecord(problem))))
        }
        // The data is late, not the attempt: it comes for whoever waits.
        if has(.late), assignment.attempt == 1, chance.happens(Rates.lateSource, "\(Self.key(assignment))/late") {
            let late = chance.seconds(Rates.lateSourceSeconds, "\(Self.key(assignment))/late")
            seconds += late
            chronicle.late(now, assignment, late)
        }
        return (seconds, workload.completion(assignment))
    }

    // MARK: Ends

    func finish(_ index: Int, _ number: Int) {
        guard var attempt = workers[index].attempt, attempt.number == number else { return }
        if !attempt.isReporting {
            attempt.isReporting = true
            attempt.completion.report.startedAt = attempt.startedAt
            attempt.completion.report.finishedAt = now
            attempt.completion.report.worker = workers[index].name
            attempt.completion.report.attempt = attempt.assignment.attempt
            workers[index].attempt = attempt
            workers[index].busySeconds += now - attempt.startedAt
            if attempt.completion.report.problem == nil { takeEffect(attempt.assignment) }
        }
        guard downUntil == nil, !workers[index].isCut, !isLost("report") else { return plan(.finish(index, attempt: number), in: Self.againSeconds) }
        report(attempt)
        if has(.duplicate), chance.happens(Rates.doubled, next("report/twice")) { report(attempt) }
        // The answer is lost: said again, and answered as before.
        guard !isLost("answer") else { return plan(.finish(index, attempt: number), in: Self.againSeconds) }
        workers[index].attempt = nil
    }

    private func isLost(_ what: String) -> Bool { has(.net) && chance.happens(Rates.lost, next(what)) }

    /// The ledger lets it happen once.
    private func takeEffect(_ assignment: Assignment) {
        let key = Self.key(assignment)
        guard effects[key] == nil || bug == .noLedger else { return }
        effects[key, default: 0] += 1
    }

    private func report(_ attempt: SimulatedWorker.Attempt) {
        let events = attempt.completion.events(of: attempt.assignment, attempt.ready, lease: attempt.lease)
        guard bug != .lateReport else { return append(events) }
        guard let entry = queue.complete(attempt.lease) else {
            // The same report again, or one that came after its lease.
            if events.contains(where: { !ids.contains("\($0.source) \($0.id)") }) { chronicle.refuse(events.count) }
            return
        }
        announced[entry.sequence] = nil
        guard !entry.isWithdrawn else { return }
        witness.acknowledge(events)
        if bug == .lostReport, chance.happens(0.01, next("bug")) { return }
        append(events)
    }

    /// Of a withdrawn task nothing is reported.
    func stop(_ index: Int, _ number: Int) {
        guard let attempt = workers[index].attempt, attempt.number == number, downUntil == nil, !workers[index].isCut else {
            if workers[index].attempt?.number == number { plan(.stop(index, attempt: number), in: Self.againSeconds) }
            return
        }
        _ = queue.release(attempt.lease, after: 0, now: seconds)
        announced[attempt.sequence] = nil
        if !attempt.isReporting { workers[index].busySeconds += now - attempt.startedAt }
        workers[index].attempt = nil
    }

    /// Hears that its lease is another's by now, and stops.
    func returnWorker(_ index: Int) {
        workers[index].isCut = false
        guard let attempt = workers[index].attempt, queue.holder(of: attempt.lease) == nil else { return }
        if attempt.isReporting { chronicle.refuse(1) } else { workers[index].busySeconds += now - attempt.startedAt }
        workers[index].attempt = nil
    }

    func cutWorker(_ index: Int, _ number: Int, _ seconds: Double) {
        guard let attempt = workers[index].attempt, attempt.number == number, !workers[index].isCut else { return }
        workers[index].isCut = true
        chronicle.note(now, .weak, "\(workers[index].name) is cut off for \(DurationWords.short(seconds)) with \(attempt.assignment.spec.id) of \(attempt.assignment.run)", of: attempt.assignment.pipeline)
        plan(.workerReturns(index), in: seconds)
        plan(.look, in: Self.leaseSeconds + 0.001)
    }
}
