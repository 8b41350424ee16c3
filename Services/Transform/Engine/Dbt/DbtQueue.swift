internal import Execution

/// Which node of a plan may begin next: as in dbt, who has waited for nothing the longest; of those that one end sets free
/// together, who lies less deep in the plan, and then by unique id. A model's unit tests come up in its place, and it right behind them.
struct DbtQueue {
    private let order: [String]
    private let children: [String: [Int]]
    /// How many each place still waits for.
    private var waiting: [Int]
    /// How many nodes lie before each place, one behind another; unit tests do not make their model lie deeper.
    private let depths: [Int]
    /// By what each place is sorted: its id, and of a unit test that gates a model the model's.
    private let names: [String]
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
        for (place, id) in order.enumerated() {
            let step = id.hasPrefix(Self.unitTest) ? 0 : 1
            for child in children[id] ?? [] { depths[child] = max(depths[child], depths[place] + step) }
        }
        self.depths = depths
        var names = order
        for (place, id) in order.enumerated().reversed() where id.hasPrefix(Self.unitTest) { if let gated = children[id]?.first { names[place] = names[gated] } }
        self.names = names
        ready = waiting.indices.filter { [waiting] in waiting[$0] == 0 }
        ready.sort { names[$0] < names[$1] }
    }
    private static let unitTest = "unit_test."

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
            // A unit test that gates its model is skipped with it, and not for something else.
            causes[order[place]] = isEphemeral && names[place] == order[place] ? result : nil
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
        freed.sort { (depths[$0], names[$0]) < (depths[$1], names[$1]) }
        if id.hasPrefix(Self.unitTest) { ready.insert(contentsOf: freed, at: begun) } else { ready += freed }
    }
}
