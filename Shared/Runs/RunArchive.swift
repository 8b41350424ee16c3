import Contracts
import Kernel

/// What is kept of ended runs: enough to do one over, and how long they usually take.
struct RunArchive: Sendable {
    /// Of each pipeline.
    static let runsMax = 200
    private static let durationsMax = 10
    /// Fewer runs than this say nothing about the next.
    private static let durationsMin = 3

    struct Ended: Sendable {
        /// What did not succeed of a step: all of it, or only these streams or nodes.
        enum Rest: Hashable, Sendable { case whole, only([String]) }

        let id: RunID
        let logicalDate: Timestamp
        let isFullRefresh: Bool
        let rest: [String: Rest]
    }

    private var ended: [String: [Ended]] = [:]
    private var durations: [String: [Double]] = [:]

    mutating func add(_ state: RunState) {
        guard let end = state.end else { return }
        let rest = end.isSuccess ? [:] : state.rest
        ended[state.pipeline, default: []].append(
            Ended(id: state.id, logicalDate: state.started.logicalDate, isFullRefresh: state.started.isFullRefresh, rest: rest))
        if ended[state.pipeline, default: []].count > Self.runsMax { ended[state.pipeline]?.removeFirst() }
        // Half a run says nothing about how long a whole one takes.
        guard end.isSuccess, !state.started.isPartial else { return }
        durations[state.pipeline, default: []].append(end.at - state.startedAt)
        if durations[state.pipeline, default: []].count > Self.durationsMax { durations[state.pipeline]?.removeFirst() }
    }

    func run(_ id: RunID, of pipeline: String) -> Ended? { ended[pipeline]?.last { $0.id == id } }

    /// How long the last runs that succeeded took; nil where there are too few.
    func medianSeconds(of pipeline: String) -> Double? {
        guard let known = durations[pipeline]?.sorted(), known.count >= Self.durationsMin else { return nil }
        return known.count % 2 == 1 ? known[known.count / 2] : (known[known.count / 2 - 1] + known[known.count / 2]) / 2
    }
}

extension RunArchive.Ended {
    /// The steps of a run that does this one over, as a request names them.
    func selection(_ extent: Rerun.Extent, of pipeline: PipelineRegistered) throws(PlainProblem) -> (steps: [String], from: String?) {
        switch extent {
        case .whole: return ([], nil)
        case .from(let step): return ([], step)
        case .failed:
            let steps = pipeline.steps.filter { rest[$0] != nil }
            guard !steps.isEmpty else { throw PlainProblem(ProblemCode(RunRejected.nothingFailed), "nothing of \(id) is left to do", remedy: "run it whole") }
            return (steps, nil)
        }
    }

    /// A first task of a step, told which streams or nodes are left.
    func limited(_ task: TaskSpec) -> TaskSpec {
        guard case .only(let names)? = rest[task.step] else { return task }
        var task = task
        task.args["only"] = .array(names.map(JSON.string))
        return task
    }
}

extension RunState {
    /// By step, what is left to do: nothing where all its tasks succeeded.
    fileprivate var rest: [String: RunArchive.Ended.Rest] {
        var rest: [String: RunArchive.Ended.Rest] = [:]
        for step in started.steps {
            let mine = inOrder.filter { $0.spec.step == step }
            let undone = mine.filter { $0.phase != .succeeded }
            guard !undone.isEmpty else { continue }
            // A step that was planned names its parts: streams or nodes. One that was not has to be done as a whole.
            let names = undone.compactMap { ($0.spec.args["stream"] ?? $0.spec.args["unique_id"])?.stringValue }
            let isPlanned = mine.first { ["plan", "read_state"].contains($0.spec.kind) }?.phase == .succeeded
            rest[step] = isPlanned && !names.isEmpty ? .only(Set(names).sorted()) : .whole
        }
        return rest
    }
}
