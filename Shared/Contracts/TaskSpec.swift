public import Kernel

/// What a task waits for: another task, or all tasks of a step, to have succeeded or just to have ended.
public struct Edge: Hashable, Sendable, Codable {
    public enum Target: Hashable, Sendable { case task(TaskID), step(String) }
    public enum Condition: String, Codable, Sendable { case succeeded, ended }

    public var target: Target
    public var on: Condition

    public init(_ target: Target, on: Condition = .succeeded) {
        self.target = target
        self.on = on
    }
    public static func task(_ id: TaskID, on: Condition = .succeeded) -> Edge { Edge(.task(id), on: on) }
    public static func step(_ name: String, on: Condition = .succeeded) -> Edge { Edge(.step(name), on: on) }

    private enum CodingKeys: String, CodingKey { case task, step, on }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let task = try container.decodeIfPresent(TaskID.self, forKey: .task) {
            target = .task(task)
        } else {
            target = .step(try container.decode(String.self, forKey: .step))
        }
        on = try container.decodeIfPresent(Condition.self, forKey: .on) ?? .succeeded
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch target {
        case .task(let task): try container.encode(task, forKey: .task)
        case .step(let step): try container.encode(step, forKey: .step)
        }
        try container.encode(on, forKey: .on)
    }
}

/// One piece of work of a run: what, by whom, after what. Facts and references only; secrets are named, never held.
public struct TaskSpec: Hashable, Sendable, Codable {
    public var id: TaskID
    /// The step of `pipeline.yml` that it belongs to.
    public var step: String
    public var role: Role
    /// What to do, in the role's own words: `noop`, `read_state`, `extract_stream`, `load_batch`, `seal`, `plan`, `node`, `test` …
    public var kind: String
    /// What people read: `flights`, `model fct_flight`.
    public var title: String
    public var args: JSON
    public var after: [Edge]
    /// How often it is tried at most, the first time included.
    public var attemptsMax: Int
    /// Seconds before the second attempt; doubled for each further one.
    public var backoffSeconds: Double
    /// The longest wait between two attempts; nil for a day.
    public var backoffSecondsMax: Double?
    /// How long one attempt may work; nil for ever.
    public var timeoutSeconds: Double?
    /// Greater is offered earlier.
    public var priority: Int
    /// The shared resource that it occupies while it runs, for example the one writer of an SQLite warehouse.
    public var pool: String?
    /// A second one, which the pipeline names for the step.
    public var stepPool: String?

    public init(
        id: TaskID, step: String, role: Role, kind: String, title: String, args: JSON = [:], after: [Edge] = [],
        attemptsMax: Int = 3, backoffSeconds: Double = 1, priority: Int = 0, pool: String? = nil
    ) {
        self.id = id
        self.step = step
        self.role = role
        self.kind = kind
        self.title = title
        self.args = args
        self.after = after
        self.attemptsMax = attemptsMax
        self.backoffSeconds = backoffSeconds
        self.priority = priority
        self.pool = pool
    }
}
