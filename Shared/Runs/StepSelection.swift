import Contracts

/// The part of a pipeline that a request asks for.
///
/// Steps keep the pipeline's order, in whatever order they were asked for, and a step waits for the nearest one before it that
/// runs too: leaving out a step between two others does not make them run side by side.
struct StepSelection {
    let steps: [String]
    /// Steps of the pipeline that do not run.
    let omitted: [String]
    let tasks: [TaskSpec]
    /// Why the request cannot be followed; nil where it can.
    let refusal: String?

    init(_ wish: RunRequested, of pipeline: PipelineRegistered) {
        refusal = Self.refusal(wish, pipeline)
        let first = wish.from.flatMap { pipeline.steps.firstIndex(of: $0) } ?? 0
        let chosen = wish.steps.isEmpty ? Set(pipeline.steps[first...]) : Set(wish.steps)
        steps = pipeline.steps.filter(chosen.contains)
        omitted = pipeline.steps.filter { !chosen.contains($0) }
        guard !omitted.isEmpty else {
            tasks = pipeline.tasks
            return
        }
        tasks = pipeline.tasks.filter { chosen.contains($0.step) }.map { task in
            var task = task
            var seen: Set<String> = []
            task.after = task.after.flatMap { Self.nearest($0, chosen, pipeline, &seen) }
            return task
        }
    }

    private static func refusal(_ wish: RunRequested, _ pipeline: PipelineRegistered) -> String? {
        if wish.from != nil, !wish.steps.isEmpty { return "the request says both 'steps' and 'from'; it can say one" }
        let unknown = (wish.steps + (wish.from.map { [$0] } ?? [])).filter { !pipeline.steps.contains($0) }
        guard let name = unknown.first else { return nil }
        return "the pipeline has no step '\(name)'; its steps are \(pipeline.steps.joined(separator: ", "))"
    }

    /// An edge to a step that does not run stands for what that step itself waits for.
    private static func nearest(_ edge: Edge, _ chosen: Set<String>, _ pipeline: PipelineRegistered, _ seen: inout Set<String>) -> [Edge] {
        guard case .step(let step) = edge.target, !chosen.contains(step) else { return [edge] }
        guard seen.insert(step).inserted else { return [] }
        return pipeline.tasks.filter { $0.step == step }.flatMap(\.after).flatMap { before -> [Edge] in
            guard case .step = before.target else { return [] }
            return nearest(Edge(before.target, on: edge.on), chosen, pipeline, &seen)
        }
    }
}
