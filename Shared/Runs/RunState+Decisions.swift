import Contracts
import Kernel

extension RunState {
    /// A task that may be announced as soon as its pools have room.
    struct Candidate {
        let event: Event
        let pools: [String]
        let priority: Int
    }

    /// What to publish now, and what to publish where the pools have room for it.
    func decisions(now: Timestamp) -> (settled: [Event], candidates: [Candidate]) {
        guard end == nil else { return ([], []) }
        if open == 0 { return ([ending(now)], []) }
        // Its end comes when no worker holds a task of it, which only the queue can tell: see `cancellation`.
        if cancel != nil { return ([], []) }
        if let deadline = timeoutAt, deadline <= now {
            return ([event("timed_out", nil, now, .runCancelRequested(RunCancelRequested(cause: .timeout, reason: "it ran longer than its timeout of \(Self.seconds(started.policy?.timeoutSeconds))")))], [])
        }
        var events = doomed.keys.sorted(by: inPlace).map { task in
            event("skipped", task, now, .taskSkipped(TaskSkipped(because: doomed[task] ?? "")))
        }
        let candidates = satisfied.union(retrying.filter { isDue($0, now) }).sorted(by: inPlace).compactMap { task -> Candidate? in
            guard let state = tasks[task] else { return nil }
            return Candidate(event: announcement(state, now), pools: state.pools, priority: state.spec.priority)
        }
        if events.isEmpty, candidates.isEmpty { events = stuck(now) }
        return (events, candidates)
    }

    private func inPlace(_ a: TaskID, _ b: TaskID) -> Bool { (tasks[a]?.place ?? 0) < (tasks[b]?.place ?? 0) }

    private func isDue(_ task: TaskID, _ now: Timestamp) -> Bool {
        // Nothing waits for longer than a day: what seems to was said by a clock that was ahead.
        if case .retrying(let time) = tasks[task]?.phase { time <= now || time - now > Retry.secondsMax } else { false }
    }

    private func announcement(_ state: TaskState, _ now: Timestamp) -> Event {
        let ready = TaskReady(
            spec: state.spec, attempt: state.attempt + 1, logicalDate: started.logicalDate, isFullRefresh: started.isFullRefresh)
        var event = event("ready/\(ready.attempt)", state.spec.id, now, .taskReady(ready))
        event.role = state.spec.role
        event.priority = state.spec.priority
        return event
    }

    /// Nothing goes on and nothing will: the waiting tasks wait for something that is not part of the run.
    private func stuck(_ now: Timestamp) -> [Event] {
        guard satisfied.isEmpty, retrying.isEmpty, announced == 0 else { return [] }
        return inOrder.filter { $0.phase == .waiting }.map { state in
            let missing = state.spec.after.compactMap { edge -> String? in
                if case .task(let task) = edge.target, tasks[task] == nil { task.description } else { nil }
            }
            let because = missing.isEmpty ? "it waits for itself" : "it waits for \(missing.joined(separator: ", ")), which is not part of the run"
            return event("skipped", state.spec.id, now, .taskSkipped(TaskSkipped(because: because)))
        }
    }

    // MARK: Ends

    private func ending(_ now: Timestamp) -> Event {
        var ended = counted()
        let unbalanced = balance.filter { !$0.isBalanced }
        let isSuccess = ended.failed == 0 && ended.skipped == 0 && unbalanced.isEmpty
        if let cause = causes.first {
            ended.summary = "\(tasks[cause]?.spec.title ?? cause.description) failed: \(tasks[cause]?.report?.problem?.summary ?? tasks[cause]?.reason ?? "")"
            if causes.count > 1 { ended.summary += " (and \(causes.count - 1) more)" }
        } else if let line = unbalanced.first {
            ended.summary = line.verdict
        } else if let skipped = inOrder.first(where: { $0.phase == .skipped }) {
            ended.summary = "\(skipped.spec.title) was skipped: \(skipped.reason ?? "")"
        }
        return event("ended", nil, now, isSuccess ? .runSucceeded(ended) : .runFailed(ended))
    }

    /// The end of a run that is being cancelled, once no worker holds a task of it. Nil where nobody asked for that.
    func cancellation(now: Timestamp) -> Event? {
        guard let cancel, end == nil else { return nil }
        var ended = counted()
        ended.summary = switch cancel.cause {
        case .timeout: cancel.reason
        case .person, .overlap: cancel.reason.isEmpty ? "cancelled" : "cancelled: \(cancel.reason)"
        }
        return event("ended", nil, now, cancel.cause == .timeout ? .runFailed(ended) : .runCancelled(ended))
    }

    private func counted() -> RunEnded {
        var ended = RunEnded(succeeded: 0, failed: 0, skipped: 0, summary: "", causes: causes)
        for task in tasks.values {
            switch task.phase {
            case .succeeded: ended.succeeded += 1
            case .failed: ended.failed += 1
            case .skipped: ended.skipped += 1
            default: ended.cancelled += 1
            }
        }
        ended.summary = "\(ended.succeeded) tasks succeeded"
        let warned = inOrder.filter { $0.phase == .succeeded && $0.report?.details["status"]?.stringValue == "warn" }
        ended.warned = warned.count
        ended.warnings = warned.prefix(RunEnded.warningsMax).map { "\($0.spec.title): \($0.report?.message ?? "")" }
        return ended
    }

    func event(_ kind: String, _ task: TaskID?, _ now: Timestamp, _ payload: Payload) -> Event {
        Event(
            source: "orchestrator", id: "\(id)/\(task?.description ?? "-")/\(kind)", time: now, pipeline: pipeline, run: id,
            task: task, traceparent: traceparent, payload: payload)
    }

    // MARK: Time

    private var timeoutAt: Timestamp? { started.policy?.timeoutSeconds.map { startedAt.adding(seconds: $0) } }

    /// When time alone will change the decisions. A retry that is due and finds no room in its pool waits for an event, not for time.
    func nextDeadline(after now: Timestamp) -> Timestamp? {
        guard end == nil, cancel == nil else { return nil }
        var times = retrying.compactMap { task -> Timestamp? in
            if case .retrying(let time) = tasks[task]?.phase { time } else { nil }
        }
        if let timeoutAt { times.append(timeoutAt) }
        return times.filter { $0 > now }.min()
    }

    static func seconds(_ seconds: Double?) -> String {
        guard let seconds else { return "" }
        return seconds == seconds.rounded() && abs(seconds) < 1e15 ? "\(Int(seconds)) s" : "\(seconds) s"
    }
}
