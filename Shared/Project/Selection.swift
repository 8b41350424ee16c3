internal import Kernel

/// How tests join the nodes that they test.
public enum IndirectSelection: String, Hashable, Sendable, CaseIterable {
    /// Where any of the nodes that it reads is chosen.
    case eager
    /// Where all of them are.
    case cautious
    /// Where all of them are chosen, or are ancestors of what is chosen.
    case buildable
    /// Never.
    case empty
}

/// A selection as written, before it meets a project.
public indirect enum Selection: Hashable, Sendable {
    case criterion(Criterion)
    case union([Selection])
    case intersection([Selection])
    case difference(Selection, Selection)

    /// One criterion: `2+tag:nightly+`.
    public struct Criterion: Hashable, Sendable {
        public var method = "fqn"
        /// What stands behind the method's dot: `materialized` in `config.materialized`.
        public var arguments: [String] = []
        public var value = ""
        public var parents: Depth?
        public var children: Depth?
        public var withChildrensParents = false
        public var indirect: IndirectSelection?
        public var text = ""

        public struct Depth: Hashable, Sendable { public var max: Int? }
    }

    /// Arguments of `--select`: spaces and separate arguments unite, commas intersect.
    public init(_ arguments: [String]) throws(ProjectProblem) {
        var united: [Selection] = []
        for argument in arguments {
            for part in argument.split(separator: " ") {
                var criteria: [Selection] = []
                for criterion in part.split(separator: ",", omittingEmptySubsequences: false) { criteria.append(.criterion(try Criterion(String(criterion)))) }
                united.append(criteria.count == 1 ? criteria[0] : .intersection(criteria))
            }
        }
        self = .union(united)
    }

    public static func - (left: Selection, right: Selection) -> Selection { .difference(left, right) }
}

extension Selection.Criterion {
    static let methods: Set<String> = [
        "access", "config", "exposure", "file", "fqn", "group", "metric", "package", "path", "resource_type", "result", "saved_query", "semantic_model",
        "source", "source_status", "state", "tag", "test_name", "test_type", "unit_test", "version", "selector",
    ]

    init(_ text: String) throws(ProjectProblem) {
        self.text = text
        var rest = Array(text.utf8)[...]
        func isDigits(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.allSatisfy { (0x30...0x39).contains($0) } }
        func number(_ bytes: ArraySlice<UInt8>) -> Int? { Int(String(decoding: Array(bytes), as: UTF8.self)) }
        if rest.first == UInt8(ascii: "@") {
            withChildrensParents = true
            rest = rest.dropFirst()
        }
        if let plus = rest.firstIndex(of: UInt8(ascii: "+")), isDigits(rest[..<plus]), plus < rest.endIndex - 1 || plus == rest.startIndex {
            parents = Depth(max: number(rest[..<plus]))
            rest = rest[(plus + 1)...]
        }
        if let plus = rest.lastIndex(of: UInt8(ascii: "+")), isDigits(rest[(plus + 1)...]) {
            children = Depth(max: number(rest[(plus + 1)...]))
            rest = rest[..<plus]
        }
        let body = String(decoding: Array(rest), as: UTF8.self)
        if withChildrensParents, children != nil { throw Self.wrong("the selection '\(text)' has '@' and a '+' behind it, which say the same", "keep one of them") }
        guard let colon = body.firstIndex(of: ":") else {
            value = body
            let lower = body.lowercased()
            if body.contains("/") { method = "path" } else if [".sql", ".py", ".csv"].contains(where: lower.hasSuffix) { method = "file" }
            return
        }
        try set(method: String(body[..<colon]))
        value = String(body[body.index(after: colon)...])
    }

    mutating func set(method written: String) throws(ProjectProblem) {
        let parts = written.split(separator: ".").map(String.init)
        guard let name = parts.first, Self.methods.contains(name) else {
            throw Self.wrong(
                "'\(written)' is not a valid method name",
                Similarity.nearest(to: parts.first ?? written, among: Self.methods).map { "did you mean '\($0)'?" } ?? "choose one of: \(Self.methods.sorted().joined(separator: ", "))")
        }
        method = name
        arguments = Array(parts.dropFirst())
    }

    static func wrong(_ summary: String, _ remedy: String) -> ProjectProblem {
        ProjectProblem("project.bad_selector", summary, at: .named("--select"), remedy: remedy)
    }
}
