import Kernel

/// Chooses nodes by dbt's selection language: `stg_orders+ tag:nightly,path:models/marts`.
public struct Selector {
    let manifest: Manifest
    /// What `state:`, `result:` and `source_status:` compare with.
    let state: PreviousState?
    private let indirect: IndirectSelection
    private let everything: Set<String>
    /// Told each criterion that names nothing.
    public var onNothing: (String) -> Void = { _ in }

    public init(_ manifest: Manifest, state: PreviousState? = nil, indirect: IndirectSelection = .eager) {
        self.manifest = manifest
        self.state = state
        self.indirect = indirect
        everything = Set(manifest.nodes.keys).union(manifest.sources.keys).union(manifest.others.keys)
    }

    /// The unique ids that `select` names and `exclude` does not; everything where `select` is empty.
    public func select(_ select: [String], exclude: [String] = []) throws(ProjectProblem) -> Set<String> {
        let chosen = select.isEmpty ? everything : try ids(of: Selection(select))
        return exclude.isEmpty ? chosen : chosen.subtracting(try ids(of: Selection(exclude)))
    }

    public func ids(of selection: Selection) throws(ProjectProblem) -> Set<String> { try choose(selection).direct }

    // MARK: Union, intersection, difference

    /// What is chosen, and the tests that wait for the rest of what they read to be chosen too.
    private struct Choice {
        var direct: Set<String>
        var waiting: Set<String> = []
    }

    private func choose(_ selection: Selection) throws(ProjectProblem) -> Choice {
        switch selection {
        case .criterion(let criterion):
            let choice = try choose(criterion)
            if choice.direct.isEmpty { onNothing(criterion.text) }
            return choice
        case .union(let parts):
            var whole = Choice(direct: [])
            for part in parts {
                let choice = try choose(part)
                whole.direct.formUnion(choice.direct)
                whole.waiting.formUnion(choice.waiting)
            }
            return settled(whole)
        case .intersection(let parts):
            var whole: Choice?
            for part in parts {
                let choice = try choose(part)
                whole = whole.map { Choice(direct: $0.direct.intersection(choice.direct), waiting: $0.waiting.intersection(choice.waiting)) } ?? choice
            }
            return settled(whole ?? Choice(direct: []))
        case .difference(let left, let right):
            let chosen = try choose(left)
            let removed = try choose(right)
            return settled(Choice(direct: chosen.direct.subtracting(removed.direct), waiting: chosen.waiting.subtracting(removed.waiting)))
        }
    }

    /// Tests whose other nodes have turned up by now join.
    private func settled(_ choice: Choice) -> Choice {
        guard indirect == .cautious || indirect == .buildable, !choice.waiting.isEmpty else { return choice }
        var choice = choice
        let enough = indirect == .buildable ? withAncestors(choice.direct) : choice.direct
        for id in choice.waiting where Set(manifest[id]?.dependsOn ?? []).isSubset(of: enough) { choice.direct.insert(id) }
        return choice
    }

    // MARK: One criterion

    private func choose(_ criterion: Selection.Criterion) throws(ProjectProblem) -> Choice {
        let named = try ids(named: criterion)
        var chosen = named
        if criterion.withChildrensParents {
            let below = named.union(manifest.graph.descendants(of: named))
            chosen.formUnion(below)
            chosen.formUnion(manifest.graph.ancestors(of: below))
        }
        if let parents = criterion.parents { chosen.formUnion(manifest.graph.ancestors(of: named, depth: parents.max)) }
        if let children = criterion.children { chosen.formUnion(manifest.graph.descendants(of: named, depth: children.max)) }
        return withTests(chosen, criterion.indirect ?? indirect)
    }

    private func withTests(_ chosen: Set<String>, _ indirect: IndirectSelection) -> Choice {
        var choice = Choice(direct: chosen)
        guard indirect != .empty else { return choice }
        let enough = indirect == .buildable ? withAncestors(chosen) : chosen
        for id in chosen {
            for child in manifest.graph.children[id] ?? [] where !chosen.contains(child) {
                guard let test = manifest[child], test.resourceType == .test || test.resourceType == .unitTest else { continue }
                if indirect == .eager || Set(test.dependsOn).isSubset(of: enough) { choice.direct.insert(child) } else { choice.waiting.insert(child) }
            }
        }
        return choice
    }

    /// Sources are there always, so a test of one may join.
    private func withAncestors(_ ids: Set<String>) -> Set<String> { ids.union(manifest.graph.ancestors(of: ids)).union(manifest.sources.keys) }
}
