internal import Execution

/// Which node of a plan may begin next: the first in the plan's order that waits for nothing.
struct DbtQueue {
    private let order: [String]
    private let children: [String: [Int]]
    /// How many each place still waits for.
    private var waiting: [Int]
    /// Places, the next one last.
    private var ready: [Int]
    private(set) var stopped: Set<String> = []
    /// The ephemeral model that each place was stopped for, if the last one that stopped it was one.
    private var causes: [Int: NodeResult] = [:]

    init(_ plan: RunPlan) {
        order = plan.order
        waiting = order.map { plan.waitsFor[$0]?.count ?? 0 }
        var children: [String: [Int]] = [:]
        for (place, id) in order.enumerated() { for parent in plan.waitsFor[id] ?? [] { children[parent, default: []].append(place) } }
        self.children = children
        ready = waiting.indices.reversed().filter { [waiting] in waiting[$0] == 0 }
    }

    mutating func next() -> String? { ready.popLast().map { order[$0] } }

    /// What is skipped for an ephemeral model says so, as that one has no result of its own in the artifacts.
    func cause(of id: String) -> NodeResult? { order.firstIndex(of: id).flatMap { causes[$0] } }

    /// As in dbt: everything behind a node that stopped knows of the last such, where that was ephemeral.
    mutating func blame(_ result: NodeResult, isEphemeral: Bool) {
        var border = children[result.uniqueID] ?? []
        var seen: Set<Int> = []
        while let place = border.popLast() {
            guard seen.insert(place).inserted else { continue }
            causes[place] = isEphemeral ? result : nil
            border += children[order[place]] ?? []
        }
    }

    /// - Parameter isStopping: whether what lies behind it must not begin; it comes up all the same, to be skipped.
    mutating func end(_ id: String, isStopping: Bool) {
        if isStopping { stopped.insert(id) }
        for place in children[id] ?? [] {
            waiting[place] -= 1
            guard waiting[place] == 0 else { continue }
            let index = ready.firstIndex { $0 < place } ?? ready.endIndex
            ready.insert(place, at: index)
        }
    }
}
