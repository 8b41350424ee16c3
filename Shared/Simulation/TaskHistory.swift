public import Contracts
import Kernel

/// What earlier runs tell of the next ones: how long each task takes, and which tasks a report adds.
public struct TaskHistory: Sendable {
    /// Of each task, the newest.
    static let secondsMax = 50

    private struct Shape {
        let hash: String
        /// By the task that added them.
        var grown: [TaskID: [TaskSpec]] = [:]
    }

    /// By pipeline and task, in seconds.
    private var seconds: [String: [TaskID: [Double]]] = [:]
    private var open: [RunID: Shape] = [:]
    private var shapes: [String: Shape] = [:]
    /// Sizes of pools that reports have told.
    private(set) var pools: [String: Int] = [:]
    /// Whole runs that succeeded, by pipeline.
    public private(set) var runs: [String: Int] = [:]

    public init() {}

    /// Takes in one event; in the order of the log.
    public mutating func apply(_ event: Event) {
        guard let run = event.run else { return }
        switch event.payload {
        case .runStarted(let started):
            if !started.isPartial { open[run] = Shape(hash: started.pipelineHash) }
        case .tasksAdded(let added):
            guard let parent = event.task else { return }
            open[run]?.grown[parent, default: []] += added.tasks.map(Self.light)
        case .taskSucceeded(let report):
            pools.merge(report.pools) { _, new in new }
            guard let task = event.task, report.finishedAt > report.startedAt else { return }
            seconds[event.pipeline, default: [:]][task, default: []].append(report.finishedAt - report.startedAt)
            if seconds[event.pipeline]?[task]?.count ?? 0 > Self.secondsMax { seconds[event.pipeline]?[task]?.removeFirst() }
        case .runSucceeded:
            guard let shape = open.removeValue(forKey: run) else { return }
            shapes[event.pipeline] = shape
            runs[event.pipeline, default: 0] += 1
        case .runFailed, .runCancelled: open[run] = nil
        default: return
        }
    }

    /// What a task needs to be simulated: its arguments may be large.
    private static func light(_ spec: TaskSpec) -> TaskSpec {
        var spec = spec
        spec.args = spec.args["connector"].map { ["connector": $0] } ?? [:]
        return spec
    }

    func seconds(of task: TaskID, in pipeline: String) -> [Double] { seconds[pipeline]?[task] ?? [] }

    /// The tasks that `task` added in the newest run of this very definition; nil where no such run is known.
    func grown(by task: TaskID, in pipeline: String, hash: String) -> [TaskSpec]? {
        guard let shape = shapes[pipeline], shape.hash == hash else { return nil }
        return shape.grown[task] ?? []
    }
}
