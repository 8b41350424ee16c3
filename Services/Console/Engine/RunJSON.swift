import Contracts
public import Kernel
public import Runs

/// Runs as the API tells them. Times are RFC 3339, durations seconds.
public enum RunJSON {
    public static func summary(_ run: RunShelf.Summary) -> JSON {
        [
            "run": .string(run.run.description), "pipeline": .string(run.pipeline), "phase": .string(run.phase.rawValue),
            "started_at": .string(run.startedAt.description), "ended_at": JSON(run.endedAt?.description),
            "seconds": run.endedAt.map { .double($0 - run.startedAt) } ?? .null,
            "tasks": [
                "total": JSON(run.total), "succeeded": JSON(run.succeeded), "failed": JSON(run.failed), "skipped": JSON(run.skipped),
                "open": JSON(run.total - run.succeeded - run.failed - run.skipped),
            ],
            "landed": run.landed.map { JSON($0) } ?? .null, "summary": .string(run.words), "is_partial": .bool(run.isPartial),
        ]
    }

    public static func detail(_ state: RunState) -> JSON {
        var json = summary(RunShelf.summary(of: state))
        json["logical_date"] = .string(state.started.logicalDate.description)
        json["full_refresh"] = .bool(state.started.isFullRefresh)
        json["definition"] = .string(state.started.pipelineHash)
        json["steps"] = .array(state.started.steps.map { .string($0) })
        json["omitted"] = .array(state.started.omitted.map { .string($0) })
        json["task_list"] = .array(state.inOrder.map(task))
        json["balance"] = .array(state.balance.map(line))
        return json
    }

    static func task(_ task: TaskState) -> JSON {
        [
            "task": .string(task.spec.id.description), "title": .string(task.spec.title), "step": .string(task.spec.step),
            "role": .string(task.spec.role.rawValue), "kind": .string(task.spec.kind), "phase": .string(PhaseWord(task.phase).rawValue),
            "attempt": JSON(task.attempt), "attempts_max": JSON(task.spec.attemptsMax), "seconds": task.seconds.map { .double($0) } ?? .null,
            "rows": task.report?.rows.map { JSON($0) } ?? .null, "worker": JSON(task.report?.worker), "message": JSON(task.report?.message),
            "is_warning": .bool(task.isWarning), "reason": JSON(task.reason), "problem": task.report?.problem.map(problem) ?? .null,
            "after": .array(task.spec.after.map { edge in
                switch edge.target {
                case .task(let id): ["task": .string(id.description), "on": .string(edge.on.rawValue)]
                case .step(let step): ["step": .string(step), "on": .string(edge.on.rawValue)]
                }
            }),
        ]
    }

    private static func problem(_ problem: ProblemRecord) -> JSON {
        [
            "code": .string(problem.code), "summary": .string(problem.summary), "location": .string(problem.location),
            "remedy": .string(problem.remedy), "is_retryable": .bool(problem.isRetryable),
        ]
    }

    private static func line(_ line: BalanceLine) -> JSON {
        [
            "stream": .string(line.stream), "batches": JSON(line.batches), "landed": JSON(line.landed.count), "accounted": JSON(line.accounted.count),
            "fates": JSON(line.fates.map { ($0.point.rawValue, JSON($0.tally.count)) }), "is_balanced": .bool(line.isBalanced),
            "verdict": .string(line.verdict),
        ]
    }
}

/// A task's state in one word.
enum PhaseWord: String {
    case waiting, ready, retrying, succeeded, failed, skipped, cancelled

    init(_ phase: TaskState.Phase) {
        self = switch phase {
        case .waiting: .waiting
        case .ready: .ready
        case .retrying: .retrying
        case .succeeded: .succeeded
        case .failed: .failed
        case .skipped: .skipped
        case .cancelled: .cancelled
        }
    }
}

extension TaskState {
    /// A test that succeeded by its severity only: it found rows.
    var isWarning: Bool { phase == .succeeded && report?.details["status"]?.stringValue == "warn" }
    /// The state as people read it.
    var word: String { isWarning ? "warned" : PhaseWord(phase).rawValue }

    /// How long the attempt took that stands.
    var seconds: Double? {
        guard let report, report.finishedAt.microseconds > 0 else { return nil }
        return report.finishedAt - report.startedAt
    }
}
