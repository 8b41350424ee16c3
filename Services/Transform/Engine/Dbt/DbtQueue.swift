internal import Execution

/// Which node of a plan may begin next: as in dbt, who has waited for nothing the longest; of those that one end sets free
/// together, who lies less deep in the plan, and then by unique id.
struct DbtQueue {
    private let order: [String]
    private let children: [String: [Int]]
    /// How many each place still waits for.
    private var waiting: [Int]
    /// How many nodes lie before each place, one behind another.
    private let depths: [Int]
    /// Places, in the order in which they came to wait for nothing; those before `begun` are taken.
    private var ready: [Int]
    private var begun = 0
    private(set) var stopped: Set<String> = []
    /// The ephemeral model that each node was stopped for, if the last one that stopped it was one.
    private var causes: [String: NodeResult] = [:]

    init(_ plan: RunPlan) {
        order = plan.order
        waiting = order.map { plan.waitsFor[$0]?.count ?? 0 }
        var children: [String: [Int]] = [:]
        for (place, id) in order.enumerated() { for parent in plan.waitsFor[id] ?? [] { children[parent, default: []].append(place) } }
        self.children = children
        var depths = order.map { _ in 0 }
        for (place, id) in order.enumerated() { for child in children[id] ?? [] { depths[child] = max(depths[child], depths[place] + 1) } }
        self.depths = depths
        ready = waiting.indices.filter { [waiting] in waiting[$0] == 0 }
        ready.sort { [order] in order[$0] < order[$1] }
    }

    mutating func next() -> String? {
        guard begun < ready.count else { return nil }
        begun += 1
        return order[ready[begun - 1]]
    }

    /// What is skipped for an ephemeral model says so, as that one has no result of its own in the artifacts.
    func cause(of id: String) -> NodeResult? { causes[id] }

    /// As in dbt: everything behind a node that stopped knows of the last such, where that was ephemeral.
    mutating func blame(_ result: NodeResult, isEphemeral: Bool) {
        // Behind an early failure everything is skipped, and would walk all that lies behind it to take away what is not there.
        guard isEphemeral || !causes.isEmpty else { return }
        var border = children[result.uniqueID] ?? []
        var seen: Set<Int> = []
        while let place = border.popLast() {
            guard seen.insert(place).inserted else { continue }
            causes[order[place]] = isEphemeral ? result : nil
            border += children[order[place]] ?? []
        }
    }

    /// - Parameter isStopping: whether what lies behind it must not begin; it comes up all the same, to be skipped.
    mutating func end(_ id: String, isStopping: Bool) {
        if isStopping { stopped.insert(id) }
        var freed: [Int] = []
        for place in children[id] ?? [] {
            waiting[place] -= 1
            if waiting[place] == 0 { freed.append(place) }
        }
        ready += freed.sorted { (depths[$0], order[$0]) < (depths[$1], order[$1]) }
    }
}
