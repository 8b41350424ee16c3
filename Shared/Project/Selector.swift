internal import Kernel

/// Chooses nodes by dbt's selection language: `stg_orders+ tag:nightly,path:models/marts`.
///
/// Spaces and separate arguments unite, commas intersect; `+`, `n+`, `@` follow the graph. A test is chosen with any node
/// that it tests.
public struct Selector {
    private let manifest: Manifest
    private let everything: Set<String>

    public init(_ manifest: Manifest) {
        self.manifest = manifest
        everything = Set(manifest.nodes.keys).union(manifest.sources.keys)
    }

    private static let methods: Set<String> = ["fqn", "tag", "path", "file", "resource_type", "source", "test_type", "test_name", "config", "package"]
    private static let unsupported: Set<String> = [
        "state", "result", "source_status", "exposure", "metric", "group", "access", "version", "semantic_model", "saved_query", "unit_test", "selector",
    ]

    /// The unique ids that `select` names and `exclude` does not; everything where `select` is empty.
    public func select(_ select: [String], exclude: [String] = []) throws(ProjectProblem) -> Set<String> {
        let chosen = select.isEmpty ? everything : withTests(try union(select))
        let left = exclude.isEmpty ? [] : withTests(try union(exclude))
        return chosen.subtracting(left)
    }

    private func union(_ arguments: [String]) throws(ProjectProblem) -> Set<String> {
        var found: Set<String> = []
        for argument in arguments {
            for part in argument.split(separator: " ") { found.formUnion(try intersection(String(part))) }
        }
        return found
    }

    private func intersection(_ text: String) throws(ProjectProblem) -> Set<String> {
        var found: Set<String>?
        for part in text.split(separator: ",") {
            let chosen = try criterion(String(part))
            // A test of what an intersection leaves is chosen afterwards; a test that is named itself stays.
            found = found?.intersection(withTests(chosen)) ?? withTests(chosen)
        }
        return found ?? []
    }

    // MARK: One criterion

    private struct Criterion {
        var method: String
        var value: String
        var parents: Depth?
        var children: Depth?
        var withChildrensParents = false
        struct Depth { var max: Int? }
    }

    private func criterion(_ text: String) throws(ProjectProblem) -> Set<String> {
        let criterion = try parse(text)
        let named = try nodes(criterion.method, criterion.value, in: text)
        var found = named
        if criterion.withChildrensParents {
            let below = named.union(manifest.graph.descendants(of: named))
            found.formUnion(below)
            found.formUnion(manifest.graph.ancestors(of: below))
        }
        if let parents = criterion.parents { found.formUnion(manifest.graph.ancestors(of: named, depth: parents.max)) }
        if let children = criterion.children { found.formUnion(manifest.graph.descendants(of: named, depth: children.max)) }
        return found
    }

    private func parse(_ text: String) throws(ProjectProblem) -> Criterion {
        var rest = Array(text.utf8)[...]
        var criterion = Criterion(method: "fqn", value: "")
        if rest.first == UInt8(ascii: "@") {
            criterion.withChildrensParents = true
            rest = rest.dropFirst()
        } else if let plus = rest.firstIndex(of: UInt8(ascii: "+")), rest[..<plus].allSatisfy({ (0x30...0x39).contains($0) }) {
            criterion.parents = .init(max: Int(String(decoding: Array(rest[..<plus]), as: UTF8.self)))
            rest = rest[(plus + 1)...]
        }
        if let plus = rest.lastIndex(of: UInt8(ascii: "+")), rest[(plus + 1)...].allSatisfy({ (0x30...0x39).contains($0) }) {
            criterion.children = .init(max: Int(String(decoding: Array(rest[(plus + 1)...]), as: UTF8.self)))
            rest = rest[..<plus]
        }
        let body = String(decoding: Array(rest), as: UTF8.self)
        guard !body.isEmpty else {
            throw ProjectProblem("project.bad_selector", "the selection '\(text)' names nothing", at: .named("--select"), remedy: "write a node's name or method:value")
        }
        if let colon = body.firstIndex(of: ":") {
            criterion.method = String(body[..<colon])
            criterion.value = String(body[body.index(after: colon)...])
        } else {
            criterion.value = body
            if body.contains("/") { criterion.method = "path" }
            else if [".sql", ".csv", ".yml"].contains(where: body.hasSuffix) { criterion.method = "file" }
        }
        return criterion
    }

    private func nodes(_ method: String, _ value: String, in text: String) throws(ProjectProblem) -> Set<String> {
        if method.hasPrefix("config.") {
            let path = method.split(separator: ".").dropFirst().map(String.init)
            return matching { Self.config($0, path, is: value) }
        }
        switch method {
        case "fqn":
            var found = matching { Self.fqn($0, matches: value) }
            for (id, source) in manifest.sources where Wildcard.matches(value, source.fqn.joined(separator: ".")) { found.insert(id) }
            return found
        case "tag":
            var found = matching { node in node.config.tags.contains { Wildcard.matches(value, $0) } }
            for (id, source) in manifest.sources where source.config.tags.contains(where: { Wildcard.matches(value, $0) }) { found.insert(id) }
            return found
        case "path":
            let value = value.hasSuffix("/") ? String(value.dropLast()) : value
            func fits(_ path: String) -> Bool { path == value || path.hasPrefix("\(value)/") || Wildcard.matches(value, path) }
            var found = matching { fits($0.originalFilePath) }
            for (id, source) in manifest.sources where fits(source.originalFilePath) { found.insert(id) }
            return found
        case "file":
            return matching { node in
                let name = FileTree.name(of: node.originalFilePath)
                return Wildcard.matches(value, name) || Wildcard.matches(value, FileTree.stem(of: name))
            }
        case "resource_type":
            if value == "source" { return Set(manifest.sources.keys) }
            guard ResourceType(rawValue: value) != nil else { throw unknown("resource type", value, ResourceType.allCases.map(\.rawValue)) }
            return matching { $0.resourceType.rawValue == value }
        case "source":
            return Set(manifest.sources.values.filter { source in
                [source.sourceName, "\(source.sourceName).\(source.name)", "\(source.packageName).\(source.sourceName).\(source.name)"]
                    .contains { Wildcard.matches(value, $0) }
            }.map(\.uniqueID))
        case "test_type":
            switch value {
            case "generic": return matching { $0.resourceType == .test && $0.test != nil }
            case "singular": return matching { $0.resourceType == .test && $0.test == nil }
            case "data": return matching { $0.resourceType == .test }
            case "unit": return []
            default: throw unknown("test type", value, ["generic", "singular", "data", "unit"])
            }
        case "test_name": return matching { $0.test.map { Wildcard.matches(value, $0.name) } ?? false }
        case "package":
            let value = value == "this" ? manifest.project.name : value
            return matching { Wildcard.matches(value, $0.packageName) }.union(manifest.sources.values.filter { $0.packageName == value }.map(\.uniqueID))
        default:
            if Self.unsupported.contains(method) {
                throw ProjectProblem(
                    "project.unsupported", "the selection method '\(method)' is not supported yet", at: .named("--select \(text)"),
                    remedy: "select by name, tag, path, source, config or type")
            }
            throw unknown("selection method", method, Array(Self.methods))
        }
    }

    private func unknown(_ what: String, _ value: String, _ known: [String]) -> ProjectProblem {
        ProjectProblem(
            "project.bad_selector", "there is no \(what) '\(value)'", at: .named("--select"),
            remedy: Similarity.nearest(to: value, among: known).map { "did you mean '\($0)'?" } ?? "choose one of: \(known.sorted().joined(separator: ", "))")
    }

    private func matching(_ predicate: (Node) -> Bool) -> Set<String> {
        var found: Set<String> = []
        for (id, node) in manifest.nodes where predicate(node) { found.insert(id) }
        return found
    }

    /// A name, or a path of folders that leads to it, with or without the package.
    private static func fqn(_ node: Node, matches value: String) -> Bool {
        if Wildcard.matches(value, node.name) { return true }
        let wanted = value.split(separator: ".").map(String.init)
        return [node.fqn, Array(node.fqn.dropFirst())].contains { parts in
            // A node's own name may hold dots; folders may not.
            if Wildcard.matches(value, parts.joined(separator: ".")) { return true }
            guard parts.count >= wanted.count else { return false }
            return zip(wanted, parts).allSatisfy { Wildcard.matches($0, $1) }
        }
    }

    private static func config(_ node: Node, _ path: [String], is value: String) -> Bool {
        var json: JSON? = .object(node.config.values)
        for key in path { json = json?[key] }
        switch json {
        case .array(let items)?: return items.contains { $0.stringValue == value }
        case .object(let object)?: return object[value] != nil
        case .string(let text)?: return Wildcard.matches(value, text)
        case let json?: return json.text() == value.lowercased()
        case nil: return false
        }
    }

    // MARK: Tests

    /// dbt's `eager` rule: a test joins where any node that it reads is chosen.
    private func withTests(_ chosen: Set<String>) -> Set<String> {
        var all = chosen
        for id in chosen {
            for child in manifest.graph.children[id] ?? [] where manifest.nodes[child]?.resourceType == .test { all.insert(child) }
        }
        return all
    }
}

/// `*`, `?` and `[…]` as in a shell.
enum Wildcard {
    static func matches(_ pattern: String, _ text: String) -> Bool {
        guard pattern.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) else { return pattern == text }
        let pattern = Array(pattern.utf8)
        let text = Array(text.utf8)
        var place = 0
        var star: (pattern: Int, text: Int)?
        var at = 0
        while at < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == UInt8(ascii: "?") || pattern[place] == text[at] {
                place += 1
                at += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                place = last.pattern + 1
                at = last.text + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
