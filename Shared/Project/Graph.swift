/// Who depends on whom.
public struct Graph: Hashable, Sendable {
    public internal(set) var parents: [String: [String]] = [:]
    public internal(set) var children: [String: [String]] = [:]

    public init() {}

    init(_ manifest: Manifest) {
        for id in manifest.nodes.keys { parents[id] = []; children[id] = [] }
        for id in manifest.sources.keys { parents[id] = []; children[id] = [] }
        for id in manifest.others.keys { parents[id] = []; children[id] = [] }
        for nodes in [manifest.nodes, manifest.others] {
            for (id, node) in nodes {
                let own = node.dependsOn
                parents[id] = own
                for (place, parent) in own.enumerated() where own.firstIndex(of: parent) == place { children[parent, default: []].append(id) }
            }
        }
        for id in children.keys { children[id]?.sort() }
    }

    /// Makes the edges of some nodes anew; of ones that are no longer there, too.
    ///
    /// - Returns: whose children are others than before, and whether an edge is new.
    mutating func relink(_ ids: Set<String>, _ manifest: Manifest) -> (parents: Set<String>, isTighter: Bool) {
        var touched: Set<String> = []
        var isTighter = false
        for id in ids {
            let isThere = manifest[id] != nil || manifest.sources[id] != nil
            let (old, own) = (Set(parents[id] ?? []), manifest[id]?.dependsOn ?? [])
            for parent in old.subtracting(own) {
                children[parent]?.removeAll { $0 == id }
                touched.insert(parent)
            }
            for parent in Set(own).subtracting(old) {
                children[parent, default: []].append(id)
                touched.insert(parent)
                isTighter = true
            }
            parents[id] = isThere ? own : nil
            if isThere { children[id, default: []] += [] } else { children[id] = nil }
        }
        for id in touched { children[id]?.sort() }
        return (touched, isTighter)
    }

    /// Every node after its parents, names deciding where the edges do not; nil where there is a cycle.
    public func order() -> [String]? { Self.order(waiting: parents.mapValues { Set($0).count }, children: children) }

    /// Of nodes and the parents that each has among them, every one once: every node after its parents, names deciding where they do not.
    public static func order(of parents: [String: [String]]) -> [String]? {
        var children: [String: [String]] = [:]
        for (id, own) in parents { for parent in own { children[parent, default: []].append(id) } }
        return order(waiting: parents.mapValues(\.count), children: children)
    }

    private static func order(waiting: [String: Int], children: [String: [String]]) -> [String]? {
        var waiting = waiting
        // A sorted worklist, so that the order is the same on every machine.
        var ready = waiting.filter { $0.value == 0 }.keys.sorted()
        var order: [String] = []
        while !ready.isEmpty {
            var next: [String] = []
            for id in ready {
                order.append(id)
                for child in children[id] ?? [] {
                    waiting[child, default: 0] -= 1
                    if waiting[child] == 0 { next.append(child) }
                }
            }
            ready = next.sorted()
        }
        return order.count == waiting.count ? order : nil
    }

    /// One cycle, as the names along it; nil where there is none.
    func cycle() -> [String]? {
        var state: [String: Bool] = [:]
        for start in parents.keys.sorted() where state[start] == nil {
            var path: [(id: String, next: Int)] = [(start, 0)]
            state[start] = false
            while let top = path.last {
                let parents = parents[top.id] ?? []
                guard top.next < parents.count else { state[top.id] = true; path.removeLast(); continue }
                path[path.count - 1].next += 1
                let parent = parents[top.next]
                if state[parent] == false { return (path.drop { $0.id != parent }).map(\.id).reversed() + [] }
                if state[parent] == nil { state[parent] = false; path.append((parent, 0)) }
            }
        }
        return nil
    }

    public func ancestors(of ids: some Sequence<String>, depth: Int? = nil) -> Set<String> { reach(ids, parents, depth) }
    public func descendants(of ids: some Sequence<String>, depth: Int? = nil) -> Set<String> { reach(ids, children, depth) }

    private func reach(_ start: some Sequence<String>, _ edges: [String: [String]], _ depth: Int?) -> Set<String> {
        var found: Set<String> = []
        var border = Array(start)
        var level = 0
        while !border.isEmpty, depth.map({ level < $0 }) ?? true {
            border = border.flatMap { edges[$0] ?? [] }.filter { found.insert($0).inserted }
            level += 1
        }
        return found
    }
}
