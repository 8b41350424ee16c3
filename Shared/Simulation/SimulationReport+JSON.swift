public import Kernel

extension SimulationReport {
    /// For machines: everything that the report for people is made of. Times are RFC 3339 in UTC, lengths are seconds.
    public var json: JSON {
        [
            "from": .string(from.description), "days": JSON(days), "seed": JSON(String(seed)), "faults": .array(faults.map { .string($0.rawValue) }),
            "assumptions": .array(assumptions.map(JSON.string)), "pipelines": .array(pipelines.map(\.json)),
            "pools": .array(pools.map { JSON([("pool", .string($0.name)), ("pipelines", .array($0.pipelines.map(JSON.string)))] + $0.queueing.pairs) }),
            "roles": .array(roles.map { JSON([("role", .string($0.role.rawValue)), ("slots", JSON($0.slots))] + $0.queueing.pairs) }),
            "worst_day": worstDay?.json ?? .null, "events": JSON(events), "duplicates": JSON(duplicates), "refused": JSON(refused),
            "violations": JSON(violationCount), "violated": .array(violations.map(JSON.string)),
        ]
    }
}

/// Microseconds are noise of the arithmetic, not of the world.
private func number(_ value: Double?) -> JSON { value.map { .double(($0 * 1000).rounded() / 1000) } ?? .null }

extension SimulationReport.PipelineLine {
    fileprivate var json: JSON {
        [
            "name": .string(name), "starts": .string(starts), "known_runs": JSON(knownRuns), "sla_seconds": number(slaSeconds), "runs": JSON(runs),
            "succeeded": JSON(succeeded), "failed": JSON(failed), "cancelled": JSON(cancelled), "rejected": JSON(rejected), "retried_attempts": JSON(retried),
            "redelivered_tasks": JSON(redelivered), "slow": JSON(slow), "scheduled": JSON(scheduled), "caught_up": JSON(caughtUp), "let_go": JSON(letGo), "backlog": JSON(backlog),
            "median_seconds": number(medianSeconds), "longest": longest?.json ?? .null, "longest_wait_to_begin": waitedLongest?.json ?? .null,
            "sla_misses": .array(misses.map { miss in
                [
                    "run": .string(miss.run.description), "step": JSON(miss.step), "due": .string(miss.due.description),
                    "deadline": .string(miss.deadline.description), "standing": .string(miss.standing), "reason": .string(miss.reason),
                ]
            }),
            "failures": .array(failures.map { ["run": .string($0.run.description), "at": .string($0.at.description), "reason": .string($0.words)] }),
        ]
    }
}

extension SimulationReport.Long {
    fileprivate var json: JSON { ["run": .string(run.description), "seconds": number(seconds), "at": .string(at.description)] }
}

extension SimulationReport.Queueing {
    fileprivate var pairs: [(String, JSON)] {
        [
            ("waits", JSON(waits)), ("wait_seconds", number(seconds)), ("busy", busy.map { .double(($0 * 10_000).rounded() / 10_000) } ?? .null),
            ("longest", longest.map { ["run": .string($0.run.description), "task": .string($0.task.description), "seconds": number($0.seconds), "at": .string($0.at.description)] } ?? .null),
        ]
    }
}

extension SimulationReport.Day {
    fileprivate var json: JSON {
        [
            "date": .string(String(start.description.prefix(10))), "is_bad": .bool(isBad),
            "runs": .array(spans.map { span in
                [
                    "pipeline": .string(span.pipeline), "run": .string(span.run.description), "start": .string(span.start.description),
                    "end": .string(span.end.description), "outcome": .string(span.outcome.rawValue),
                ]
            }),
            "notes": .array(notes.map { ["at": .string($0.time.description), "pipeline": JSON($0.pipeline), "what": .string($0.words)] }),
            "omitted": JSON(omitted),
        ]
    }
}
