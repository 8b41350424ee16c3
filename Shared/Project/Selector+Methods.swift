internal import Kernel

extension Selector {
    /// What a criterion names by itself, before the graph is followed.
    func ids(named criterion: Selection.Criterion) throws(ProjectProblem) -> Set<String> {
        let value = criterion.value
        switch criterion.method {
        case "fqn": return matching({ Self.fqn($0.fqn, isVersioned: $0.version != nil && $0.resourceType == .model, matches: value) })
        case "tag":
            return matching({ $0.tags.contains { Wildcard.matches(value, $0) } }, sources: { $0.config.tags.contains { Wildcard.matches(value, $0) } })
        case "path":
            // Paths of packages count from their own folders; as in dbt, only one that this project has too is meant.
            func isMeant(_ path: String, _ package: String) -> Bool { package == manifest.project.name || FileTree.exists("\(manifest.project.folder)/\(path)") }
            return matching({ node in
                Wildcard.matches(path: value, node.originalFilePath) { isMeant($0, node.packageName) }
                    || node.patchPath.map { Wildcard.matches(file: value, Self.path(ofPatch: $0)) { isMeant($0, node.packageName) } } ?? false
            }, sources: { source in Wildcard.matches(path: value, source.originalFilePath) { isMeant($0, source.packageName) } })
        case "file":
            func fits(_ path: String) -> Bool { Wildcard.matches(value, FileTree.name(of: path)) || Wildcard.matches(value, FileTree.stem(of: path)) }
            return matching({ fits($0.originalFilePath) }, sources: { fits($0.originalFilePath) })
        case "package":
            let value = value == "this" ? manifest.project.name : value
            return matching({ Wildcard.matches(value, $0.packageName) }, sources: { Wildcard.matches(value, $0.packageName) })
        case "config":
            guard let word = criterion.arguments.first else { return [] }
            let path = Array(criterion.arguments.dropFirst())
            func fits(_ json: JSON?) -> Bool { Self.config(json, path, is: value, inAnyCase: criterion.arguments == ["severity"]) }
            return matching({ isPlain($0) && fits(ManifestWriter.configuration(whole: word, of: $0)) }, sources: { fits(ManifestWriter.json($0)["config"]?[word]) })
        case "group": return matching { node in (isPlain(node) || node.resourceType == .metric) && node.group.map { Wildcard.matches(value, $0) } ?? false }
        case "access": return matching { $0.resourceType == .model && $0.access == value }
        case "resource_type": return try ids(ofType: value)
        case "source": return try sources(value)
        case "exposure": return try others(.exposure, value)
        case "metric": return try others(.metric, value)
        case "semantic_model": return try others(.semanticModel, value)
        case "saved_query": return try others(.savedQuery, value)
        case "unit_test": return try others(.unitTest, value)
        case "test_type": return try tests(ofType: value)
        case "test_name": return matching { node in (node.test?.name ?? (node.unitTest == nil ? nil : node.name)).map { Wildcard.matches(value, $0) } ?? false }
        case "version": return try versions(value)
        case "state": return try StateComparison(manifest, try previous("state").manifest()).ids(value)
        case "result": return try previous("result").ids(result: value, of: manifest)
        case "source_status": return try previous("source_status").ids(sourceStatus: value)
        default: throw Selection.Criterion.wrong("the method '\(criterion.method)' is only for selectors.yml", "write --selector \(value)")
        }
    }

    private func previous(_ method: String) throws(ProjectProblem) -> PreviousState {
        guard let state else {
            throw Selection.Criterion.wrong("Got a \(method) selector method, but no comparison manifest", "name the folder of the earlier artifacts with --state")
        }
        return state
    }

    /// What dbt keeps under `nodes`: functions have a part of their own, and fewer methods find them.
    private func isPlain(_ node: Node) -> Bool { node.resourceType != .function && manifest.nodes[node.uniqueID] != nil }

    private func matching(_ predicate: (Node) -> Bool, sources: ((SourceTable) -> Bool)? = nil) -> Set<String> {
        var found: Set<String> = []
        for (id, node) in manifest.nodes where predicate(node) { found.insert(id) }
        for (id, node) in manifest.others where predicate(node) { found.insert(id) }
        if let sources { for (id, source) in manifest.sources where sources(source) { found.insert(id) } }
        return found
    }

    private static func path(ofPatch patch: String) -> String {
        let parts = patch.split(separator: ":", maxSplits: 1)
        return parts.count == 2 ? String(parts[1].drop { $0 == "/" }) : patch
    }

    // MARK: Names

    /// A name, or a path of folders that leads to it, with or without the package.
    static func fqn(_ fqn: [String], isVersioned: Bool, matches value: String) -> Bool {
        [fqn, Array(fqn.dropFirst())].contains { isNamed($0, isVersioned, value) }
    }

    private static func isNamed(_ fqn: [String], _ isVersioned: Bool, _ value: String) -> Bool {
        guard let leaf = isVersioned ? fqn.dropLast().last : fqn.last else { return false }
        let wanted = value.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if leaf == value || isVersioned && fqn.suffix(2).joined(separator: "_") == wanted.suffix(2).joined(separator: "_") { return true }
        // A node's own name may hold dots, which separate as folders do.
        let flat = fqn.flatMap { $0.split(separator: ".", omittingEmptySubsequences: false).map(String.init) }
        guard flat.count >= wanted.count else { return false }
        for (index, part) in wanted.enumerated() {
            // What begins with a pattern fits all that is left; without dots, the name alone too.
            if Wildcard.isPattern(part) {
                return Wildcard.matches(wanted[index...].joined(separator: "."), flat[index...].joined(separator: ".")) || wanted.count == 1 && Wildcard.matches(value, leaf)
            }
            guard flat[index] == part else { return false }
        }
        return true
    }

    private func sources(_ value: String) throws(ProjectProblem) -> Set<String> {
        let parts = value.split(separator: ".").map(String.init)
        guard (1...3).contains(parts.count) else {
            throw Selection.Criterion.wrong("the source '\(value)' has too many parts", "write source:name, source:name.table or source:package.name.table")
        }
        let package = parts.count == 3 ? parts[0] : "*"
        let name = parts.count == 3 ? parts[1] : parts[0]
        let table = parts.count == 1 ? "*" : parts[parts.count - 1]
        return Set(manifest.sources.values.filter {
            Wildcard.matches(package, $0.packageName) && Wildcard.matches(name, $0.sourceName) && Wildcard.matches(table, $0.name)
        }.map(\.uniqueID))
    }

    private func others(_ type: ResourceType, _ value: String) throws(ProjectProblem) -> Set<String> {
        let parts = value.split(separator: ".").map(String.init)
        guard (1...2).contains(parts.count) else {
            throw Selection.Criterion.wrong("the \(type.rawValue) '\(value)' has too many parts", "write \(type.rawValue):name or \(type.rawValue):package.name")
        }
        return Set(manifest.others.values.filter {
            $0.resourceType == type && Wildcard.matches(parts[parts.count - 1], $0.name) && (parts.count == 1 || Wildcard.matches(parts[0], $0.packageName))
        }.map(\.uniqueID))
    }

    // MARK: Kinds

    private func ids(ofType value: String) throws(ProjectProblem) -> Set<String> {
        guard let type = ResourceType(rawValue: value) else {
            // Kinds that dbt knows by name, and of which no graph has any.
            if ["fixture", "rpc", "sql_operation"].contains(value) { return [] }
            throw unknown("resource type", value, ResourceType.allCases.map(\.rawValue))
        }
        return type == .source ? Set(manifest.sources.keys) : matching { $0.resourceType == type }
    }

    private func tests(ofType value: String) throws(ProjectProblem) -> Set<String> {
        switch value {
        case "generic", "schema": return matching { $0.resourceType == .test && $0.test != nil }
        case "singular": return matching { $0.resourceType == .test && $0.test == nil }
        case "data": return matching { $0.resourceType == .test }
        case "unit": return matching { $0.resourceType == .unitTest }
        default: throw unknown("test type", value, ["generic", "singular", "data", "unit"])
        }
    }

    private func versions(_ value: String) throws(ProjectProblem) -> Set<String> {
        func order(_ node: Node) -> Int? {
            guard node.resourceType == .model, let version = node.version, let latest = node.latestVersion else { return nil }
            let (a, b) = (PythonText.text(version), PythonText.text(latest))
            if a == b { return 0 }
            if let a = Double(a), let b = Double(b) { return a < b ? -1 : 1 }
            return a < b ? -1 : 1
        }
        switch value {
        case "latest": return matching { order($0) == 0 }
        case "prerelease": return matching { order($0) == 1 }
        case "old": return matching { order($0) == -1 }
        case "none": return matching { $0.resourceType == .model && $0.version == nil }
        default: throw unknown("kind of version", value, ["latest", "prerelease", "old", "none"])
        }
    }

    private func unknown(_ what: String, _ value: String, _ known: [String]) -> ProjectProblem {
        Selection.Criterion.wrong(
            "there is no \(what) '\(value)'",
            Similarity.nearest(to: value, among: known).map { "did you mean '\($0)'?" } ?? "choose one of: \(known.sorted().joined(separator: ", "))")
    }

    /// Texts are equal, or members of a list; flags by their names. Numbers equal no text, as in dbt.
    private static func config(_ word: JSON?, _ path: [String], is value: String, inAnyCase: Bool) -> Bool {
        var json = word
        for key in path { json = json?[key] }
        let lower = value.lowercased()
        func isFlag(_ json: JSON) -> Bool { (lower == "true" && json == true) || (lower == "false" && json == false) }
        switch json {
        case .array(let items)?: return items.contains { $0.stringValue == value || isFlag($0) }
        case .string(let text)?: return inAnyCase ? text.lowercased() == lower : text == value
        case .bool?: return isFlag(json ?? .null)
        default: return false
        }
    }
}
