public import Project

/// What a command works on, in an order that can be followed, with the edges that decide what a failure stops.
public struct RunPlan: Hashable, Sendable {
    public enum Command: String, Sendable, CaseIterable { case build, run, test, seed, snapshot, compile }

    public let command: Command
    /// Unique ids, each after what it waits for.
    public let order: [String]
    /// What each id waits for: only ids of this plan.
    public let waitsFor: [String: [String]]

    /// - Parameter keepsIdle: whether what nothing is built for has a place too, as in dbt: ephemeral models, which it compiles once by
    ///   themselves and not with their readers alone, and of `build` exposures and saved queries. Then a model's unit tests come one
    ///   behind another as well, as the first that fails stops the rest.
    /// - Parameter repeatsEarlier: whether this is what an earlier run left, of which dbt knows the graph alone: in that one a unit test
    ///   reads its model like any other test, and holds up nothing.
    /// - Parameter takesEmpty: whether files without text have a place too.
    public init(_ command: Command, manifest: Manifest, selected: Set<String>, keepsIdle: Bool = false, repeatsEarlier: Bool = false, takesEmpty: Bool = false) {
        self.command = command
        let chainsUnitTests = keepsIdle
        let keepsIdle = keepsIdle || command == .compile
        var chosen = selected.filter { id in manifest[id].map { (takesEmpty || !Self.isEmpty($0)) && Self.takes($0, command) && (keepsIdle || !$0.isIdle) } ?? false }
        // As in dbt, whose `build` does them in their model's turn: without the model there is none.
        if command == .build, chainsUnitTests, !repeatsEarlier {
            chosen = chosen.filter { id in manifest.others[id]?.unitTest.map { chosen.contains($0.testedNode) } ?? true }
        }
        var graph = manifest.graph.parents
        // Before anything is left out: a test of what is not run, as a source or an ephemeral model, gates what lies behind that alone.
        if command == .build { Self.gate(&graph, manifest, among: chosen) }
        var edges = Self.contracted(graph, to: chosen)
        if command == .build, !repeatsEarlier { Self.putUnitTestsFirst(&edges, manifest, oneBehindAnother: chainsUnitTests) }
        if command == .test { edges = edges.mapValues { _ in [] } }
        waitsFor = edges
        guard let order = Graph.order(of: edges) else { preconditionFailure("a manifest's graph has no cycle") }
        self.order = order
    }

    /// As in dbt, a file without text is nothing to run, and no error.
    private static func isEmpty(_ node: Node) -> Bool { node.resourceType == .model && node.rawCode.utf8.allSatisfy { $0 <= 0x20 } }

    private static func takes(_ node: Node, _ command: Command) -> Bool {
        switch command {
        case .build: [.model, .seed, .snapshot, .test, .unitTest, .function, .exposure, .savedQuery].contains(node.resourceType)
        case .run: node.resourceType == .model
        case .test: node.resourceType == .test || node.resourceType == .unitTest
        case .seed: node.resourceType == .seed
        case .snapshot: node.resourceType == .snapshot
        case .compile: [.model, .seed, .snapshot, .test, .analysis, .function].contains(node.resourceType)
        }
    }

    /// The graph of the chosen nodes alone: what is left out is stepped over, so order survives a selection.
    private static func contracted(_ graph: [String: [String]], to chosen: Set<String>) -> [String: [String]] {
        var edges: [String: [String]] = [:]
        for id in chosen {
            var found: Set<String> = []
            var seen: Set<String> = []
            var border = graph[id] ?? []
            while let parent = border.popLast() {
                guard seen.insert(parent).inserted else { continue }
                if chosen.contains(parent) { found.insert(parent) } else { border += graph[parent] ?? [] }
            }
            edges[id] = found.sorted()
        }
        return edges
    }

    /// dbt's rule of `build`: what lies behind everything that a test reads waits for the test too.
    ///
    /// Only the nearest such nodes get the edge; the ones behind them wait through them.
    private static func gate(_ edges: inout [String: [String]], _ manifest: Manifest, among chosen: Set<String>) {
        func isTest(_ id: String) -> Bool { manifest.nodes[id]?.resourceType == .test }
        var places = GraphPlaces(edges.keys.filter { !isTest($0) }.sorted(), edges: edges)
        var known: [[Int]: [Int]] = [:]
        var added: [String: Set<String>] = [:]
        for (test, parents) in edges where isTest(test) && !parents.isEmpty && chosen.contains(test) {
            let read = parents.compactMap { places.place(of: $0) }
            // What a test reads is no test; most tests of a model read the same.
            let behind = known[read] ?? places.nearest(behind: read)
            known[read] = behind
            // Nothing is built for what is no node, so it waits for no test.
            for id in behind.map({ places.ids[$0] }) where manifest.nodes[id] != nil { added[id, default: []].insert(test) }
        }
        for (id, tests) in added { edges[id] = ((edges[id] ?? []) + tests).sorted() }
    }

    /// A unit test needs what its model reads and not the model, which waits for it: SQL that is known to be wrong is not built.
    private static func putUnitTestsFirst(_ edges: inout [String: [String]], _ manifest: Manifest, oneBehindAnother: Bool) {
        var tests: [String: [String]] = [:]
        for id in edges.keys.sorted() {
            guard let model = manifest.others[id]?.unitTest?.testedNode else { continue }
            edges[id] = edges[model]?.filter { manifest.others[$0]?.unitTest == nil } ?? edges[id]?.filter { $0 != model }
            if edges[model] != nil { tests[model, default: []].append(id) }
        }
        for (model, tests) in tests {
            if oneBehindAnother { for (test, next) in zip(tests, tests.dropFirst()) { edges[next, default: []].append(test) } }
            edges[model] = ((edges[model] ?? []) + (oneBehindAnother ? tests.suffix(1) : tests)).sorted()
        }
    }
}
