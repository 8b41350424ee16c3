import Contracts
import Kernel

/// How long tasks work and which tasks they add: as in earlier runs, or by stated defaults.
struct Workload {
    /// Seconds of one attempt, by kind, where no run is known; from half to twice of it by the seed.
    static let secondsByKind: [(kind: String, seconds: Double, words: String)] = [
        ("extract_stream", 60, "a stream is read in 60 s"), ("load_batch", 10, "a batch loaded in 10 s"), ("node", 5, "a model built in 5 s"),
        ("test", 1, "a test run in 1 s"),
    ]
    static let secondsOtherwise = 1.0
    static let spread = 0.5...2.0

    static var words: String {
        secondsByKind.map(\.words).joined(separator: ", ") + ", anything else done in 1 s; each from half to twice of it by the seed"
    }

    let plan: SimulationPlan
    let chance: Chance

    /// Seconds that an undisturbed attempt takes. A task takes as long in each of its attempts.
    func seconds(_ assignment: Assignment) -> Double {
        let spec = assignment.spec
        let about = "\(assignment.run)/\(spec.id)/work"
        if spec.kind == "noop" { return max(spec.args["seconds"]?.doubleValue ?? 0, 0.01) }
        let known = plan.history.seconds(of: spec.id, in: assignment.pipeline)
        if !known.isEmpty { return known[chance.number(known.count, about)] }
        let usual = Self.secondsByKind.first { $0.kind == spec.kind }?.seconds ?? Self.secondsOtherwise
        return usual * chance.seconds(Self.spread, about)
    }

    /// What the task's report says and adds.
    func completion(_ assignment: Assignment) -> Completion {
        let spec = assignment.spec
        var completion = Completion(report: TaskReport(attempt: assignment.attempt))
        if ["read_state", "plan"].contains(spec.kind), let pool = spec.args["pool"]?.stringValue {
            completion.report.pools = [pool: plan.history.pools[pool] ?? plan.writers[pool] ?? 1]
        }
        let hash = plan.pipelines[assignment.pipeline]?.hash ?? ""
        completion.adds = plan.history.grown(by: spec.id, in: assignment.pipeline, hash: hash) ?? usual(spec)
        return completion
    }

    // MARK: The usual shapes

    private func usual(_ spec: TaskSpec) -> [TaskSpec] {
        switch spec.kind {
        case "read_state": streams(spec)
        case "extract_stream": batches(spec)
        case "plan": nodes(spec)
        default: []
        }
    }

    private func task(_ name: String, _ kind: String, _ role: Role, of parent: TaskSpec, _ title: String, after: [Edge], pool: String?) -> TaskSpec {
        TaskSpec(
            id: TaskID("\(parent.step).\(name)"), step: parent.step, role: role, kind: kind, title: title, after: after,
            attemptsMax: parent.attemptsMax, backoffSeconds: parent.backoffSeconds, priority: parent.priority, pool: pool)
    }

    private func streams(_ spec: TaskSpec) -> [TaskSpec] {
        (spec.args["connections"]?.arrayValue ?? []).flatMap { connection in
            (connection["streams"]?.objectValue?.keys ?? []).map { stream in
                var task = task("extract.\(stream)", "extract_stream", .extract, of: spec, stream, after: [.task(spec.id)], pool: nil)
                task.args = ["connector": connection["connector"] ?? .null, "stream": .string(stream), "pool": spec.args["pool"] ?? .null]
                return task
            }
        }
    }

    private func batches(_ spec: TaskSpec) -> [TaskSpec] {
        let (stream, pool) = (spec.args["stream"]?.stringValue ?? spec.title, spec.args["pool"]?.stringValue)
        let load = task("load.\(stream).0", "load_batch", .load, of: spec, "\(stream) batch 0", after: [.task(spec.id)], pool: pool)
        return [load, task("seal.\(stream)", "seal", .load, of: spec, stream, after: [.task(load.id)], pool: pool)]
    }

    /// A project's models side by side. Docs are one task, and so is a project that could not be read.
    private func nodes(_ spec: TaskSpec) -> [TaskSpec] {
        let command = spec.args["command"]?.stringValue ?? "build", pool = spec.args["pool"]?.stringValue
        let open = task("open", "open", .transform, of: spec, "open", after: [.task(spec.id)], pool: pool)
        let count = command.hasPrefix("docs") ? 1 : max(plan.models[spec.args["project"]?.stringValue ?? ""] ?? 1, 1)
        let isTest = command == "test"
        let nodes = (1...count).map { number in
            task(
                "\(isTest ? "test" : "model")_\(number)", isTest ? "test" : "node", isTest ? .quality : .transform, of: spec,
                "\(isTest ? "test" : "model") \(number)", after: [.task(open.id)], pool: isTest ? nil : pool)
        }
        return [open] + nodes + [task("close", "close", .transform, of: spec, "close", after: nodes.map { .task($0.id, on: .ended) }, pool: pool)]
    }
}
