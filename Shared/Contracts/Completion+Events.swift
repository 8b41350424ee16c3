public import Kernel

extension Completion {
    /// A report's new tasks travel in events of at most this many.
    public static let tasksPerEventMax = 100

    /// The report as events: the new tasks first, so that nobody sees the success without them.
    /// - Parameters:
    ///   - ready: the announcement that is answered.
    ///   - lease: makes the ids: each delivery's report is one of its own.
    public func events(of assignment: Assignment, _ ready: Event, lease: String) -> [Event] {
        func event(_ kind: String, _ payload: Payload) -> Event {
            Event(
                source: "worker/\(assignment.spec.role.rawValue)", id: "\(assignment.run)/\(assignment.spec.id)/\(lease)/\(kind)",
                time: report.finishedAt, pipeline: assignment.pipeline, run: assignment.run, task: assignment.spec.id,
                traceparent: ready.traceparent, payload: payload)
        }
        guard report.problem == nil else { return [event("report", .taskFailed(report))] }
        var events: [Event] = []
        for start in stride(from: 0, to: adds.count, by: Self.tasksPerEventMax) {
            events.append(event("added-\(start)", .tasksAdded(TasksAdded(tasks: Array(adds[start..<min(start + Self.tasksPerEventMax, adds.count)])))))
        }
        return events + [event("report", .taskSucceeded(report))]
    }

    /// An attempt that was stopped because it worked for longer than its task allows.
    public static func timedOut(_ assignment: Assignment, from startedAt: Timestamp, to finishedAt: Timestamp) -> Completion {
        let seconds = assignment.spec.timeoutSeconds ?? 0
        return Completion(report: TaskReport(
            attempt: assignment.attempt, startedAt: startedAt, finishedAt: finishedAt, worker: assignment.worker,
            problem: ProblemRecord(PlainProblem(
                "worker.timed_out", "the attempt was stopped: it worked for longer than its timeout of \(seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)") s",
                at: .named("task \(assignment.spec.id)"), remedy: "find out what it waits for, or give the step a longer timeout:", response: .retry(afterSeconds: nil)))))
    }
}
