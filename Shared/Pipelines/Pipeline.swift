public import Contracts
public import Kernel

/// A `pipeline.yml`: what to run, in which order, and whom to tell.
public struct Pipeline: Hashable, Sendable {
    public var name: String
    /// The warehouse's URL, its `${…}` references unfilled.
    public var warehouse: String
    public var steps: [Step]
    public var notify: [NotifyRule]
    /// When it runs by itself; nil where it runs only when asked.
    public var schedule: Schedule?
    /// Nil where the defaults hold.
    public var policy: PipelinePolicy?
    /// What else starts it.
    public var triggers: TriggerRule?
    /// The pipelines of its triggers, with their places in the file.
    public var upstreams: [Upstream]
    /// SHA-256 of the file's bytes.
    public var hash: String

    public struct Step: Hashable, Sendable {
        public var name: String
        public var work: Work
    }

    /// A pipeline whose runs start this one.
    public struct Upstream: Hashable, Sendable {
        public var name: String
        public var location: ProblemLocation
    }

    /// What a step does; each expands into tasks.
    public enum Work: Hashable, Sendable {
        case extract(schema: String, connections: [Connection])
        case dbt(DbtStep)
        /// One task that rests for so many seconds, for drills and benchmarks.
        case noop(Role, seconds: Double)
    }

    /// Streams read through one connector with one set of settings.
    public struct Connection: Hashable, Sendable {
        public var connector: String
        public var settings: JSON
        /// By stream, in the order of the file.
        public var streams: JSON
    }

    public struct DbtStep: Hashable, Sendable {
        /// `build`, `run`, `test`, `seed` …
        public var command: String
        /// The project's folder, absolute.
        public var project: String
        public var select: String?
        public var exclude: String?
        public var target: String?
        public var vars: JSON
    }
}

extension Pipeline {
    /// What the orchestrator publishes of it.
    public var registered: PipelineRegistered {
        PipelineRegistered(hash: hash, tasks: tasks, steps: steps.map(\.name), notify: notify, schedule: schedule, policy: policy, triggers: triggers)
    }

    /// The tasks that a run begins with: the first of each step, waiting for the step before it.
    var tasks: [TaskSpec] {
        var tasks: [TaskSpec] = []
        var before: String?
        for step in steps {
            var task = first(of: step)
            if let before { task.after = [.step(before)] }
            tasks.append(task)
            before = step.name
        }
        return tasks
    }

    private func first(of step: Step) -> TaskSpec {
        switch step.work {
        case .extract(let schema, let connections):
            let args: JSON = [
                "warehouse": .string(warehouse), "schema": .string(schema), "pool": .string(pool),
                "connections": .array(connections.map {
                    ["connector": .string($0.connector), "settings": $0.settings, "streams": $0.streams]
                }),
            ]
            return TaskSpec(id: TaskID("\(step.name).read_state"), step: step.name, role: .load, kind: "read_state", title: "read state", args: args, pool: pool)
        case .dbt(let dbt):
            var args: JSON = [
                "command": .string(dbt.command), "project": .string(dbt.project), "projects": "${SLUICE_HOME}/projects",
                "warehouse": .string(warehouse), "pool": .string(pool), "vars": dbt.vars,
            ]
            if dbt.command.hasPrefix("docs") { args["docs"] = .string("${SLUICE_HOME}/docs/\(name)") }
            if let select = dbt.select { args["select"] = .string(select) }
            if let exclude = dbt.exclude { args["exclude"] = .string(exclude) }
            if let target = dbt.target { args["target"] = .string(target) }
            return TaskSpec(id: TaskID("\(step.name).plan"), step: step.name, role: .transform, kind: "plan", title: "plan dbt \(dbt.command)", args: args)
        case .noop(let role, let seconds):
            let args: JSON = seconds > 0 ? ["seconds": .double(seconds)] : [:]
            return TaskSpec(id: TaskID("\(step.name).noop"), step: step.name, role: role, kind: "noop", title: step.name, args: args)
        }
    }

    /// The pool of those who write to the warehouse: one for each address, whatever pipeline names it.
    var pool: String { "warehouse-\(shortHash(warehouse))" }
}
