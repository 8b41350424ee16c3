import BrokerEngine
import Contracts
import Kernel
import Runs

extension Simulation {
    /// Every promise that was broken, in words; empty for a good world. Call it after `run`.
    public func violations(hasEnded: Bool) -> [String] {
        guard hasEnded else { return ["the runs did not end"] }
        return phases() + effects() + cursor() + leases() + logOnce() + parents()
    }

    private func phases() -> [String] {
        Self.runs.flatMap { run -> [String] in
            let expected = expected[run] ?? [:], actual = self.actual(run)
            var found = expected == actual ? [] : ["\(run) ended otherwise than in an undisturbed world: \(actual) instead of \(expected)"]
            let isGood = expected.values.allSatisfy { $0 == .succeeded } && !(books.map { $0.isDisturbed && expected[$0.task] == .succeeded } ?? false)
            let ends = log.filter { $0.event.run == run && ($0.event.type == EventType.runSucceeded || $0.event.type == EventType.runFailed) }
            if ends.count != 1 { found.append("\(run) ended \(ends.count) times") }
            if let end = ends.first, (end.event.type == EventType.runSucceeded) != isGood { found.append("\(run) \(end.event.type), which it should not have") }
            return found
        }
    }

    private func effects() -> [String] {
        var found = warehouse.effects.filter { $0.value != 1 }.map { "\($0.key) took effect \($0.value) times" }
        for run in Self.runs {
            for (task, phase) in expected[run] ?? [:] where phase == .succeeded && warehouse.effects["\(run)/\(task)"] == nil { found.append("\(run)/\(task) succeeded without effect") }
        }
        for (task, run) in warehouse.standing where run == Self.runs[0] && expected[Self.runs[1]]?[task] == .succeeded { found.append("an older run's rows stand in \(task)") }
        return found
    }

    private func cursor() -> [String] {
        (0..<warehouse.cursor).filter { !warehouse.loaded.contains($0) && $0 < specs.count && specs[$0].step == "one" }.map { "the cursor has passed batch \($0), which was never loaded" }
    }

    private func leases() -> [String] { zombieReports == 0 ? [] : ["a report under a lost lease was accepted"] }

    /// No event twice, no attempt reported twice, one run at a time, no pool too full.
    private func logOnce() -> [String] {
        var found: [String] = []
        var seen: Set<String> = [], reports: Set<String> = []
        var open: Set<RunID> = []
        var pool: Set<String> = []
        var size = 1
        let pooled = Set((specs + grown.values.flatMap(\.self)).filter { $0.pool != nil }.map(\.id))
        for entry in log {
            let event = entry.event
            if !seen.insert("\(event.source) \(event.id)").inserted { found.append("\(event.id) is in the log twice") }
            guard let run = event.run else { continue }
            let key = "\(run)/\(event.task?.description ?? "")"
            switch event.payload {
            case .runStarted:
                if !open.insert(run).inserted { found.append("\(run) started twice") }
                if open.count > 1 { found.append("two runs of one pipeline at a time") }
            case .runSucceeded, .runFailed: open.remove(run)
            case .taskReady:
                if let task = event.task, pooled.contains(task) {
                    pool.insert(key)
                    if pool.count > size { found.append("pool w holds \(pool.count) of \(size)") }
                }
            case .taskSucceeded(let report), .taskFailed(let report):
                if !reports.insert("\(key) \(report.attempt)").inserted { found.append("\(key) attempt \(report.attempt) was reported twice") }
                pool.remove(key)
                if case .taskSucceeded = event.payload { size = max(size, report.pools["w"] ?? 1) }
            default: break
            }
        }
        return found
    }

    /// Nothing is announced before what it waits for.
    private func parents() -> [String] {
        var found: [String] = []
        for run in Self.runs {
            var ended: Set<TaskID> = []
            for entry in log where entry.event.run == run {
                guard let task = entry.event.task else { continue }
                switch entry.event.payload {
                case .taskReady(let ready):
                    for edge in ready.spec.after { if case .task(let parent) = edge.target, !ended.contains(parent) { found.append("\(task) was announced before \(parent) had ended") } }
                case .taskSucceeded, .taskSkipped: ended.insert(task)
                case .taskFailed(let report) where !(report.problem?.isRetryable ?? false) || report.attempt >= 3: ended.insert(task)
                default: break
                }
            }
        }
        return found
    }

    // MARK: The undisturbed world

    /// What each task must have become, by a model that knows nothing of messages.
    func undisturbed(_ run: RunID) -> [TaskID: TaskState.Phase] {
        var phases: [TaskID: TaskState.Phase] = [:]
        var present = specs
        var isChanged = true
        while isChanged {
            isChanged = false
            for spec in present where phases[spec.id] == nil {
                guard let phase = verdict(spec, run, phases, present) else { continue }
                phases[spec.id] = phase
                if phase == .succeeded { present += grown[spec.id] ?? [] }
                isChanged = true
            }
        }
        return phases
    }

    private func verdict(_ spec: TaskSpec, _ run: RunID, _ phases: [TaskID: TaskState.Phase], _ present: [TaskSpec]) -> TaskState.Phase? {
        for edge in spec.after {
            let targets: [TaskID] = switch edge.target {
            case .task(let id): [id]
            case .step(let step): present.filter { $0.step == step }.map(\.id)
            }
            if edge.on == .succeeded, targets.contains(where: { phases[$0] == .failed || phases[$0] == .skipped }) { return .skipped }
            if targets.contains(where: { phases[$0] == nil }) { return nil }
        }
        return switch fates[spec.id] ?? .success {
        case .success: .succeeded
        case .failure: .failed
        case .passing(let times): times < spec.attemptsMax ? .succeeded : .failed
        case .flaky: run == Self.runs[0] ? .failed : .succeeded
        }
    }

    /// What the log says each task has become.
    private func actual(_ run: RunID) -> [TaskID: TaskState.Phase] {
        guard let start = log.first(where: { $0.event.run == run && $0.event.type == EventType.runStarted }), var state = RunState(start.event) else { return [:] }
        for entry in log where entry.event.run == run { state.apply(entry.event) }
        return state.tasks.mapValues(\.phase)
    }
}
