public import Kernel
internal import YAML

/// A YAML value that remembers where it was written.
public struct YAMLValue: Sendable {
    public indirect enum Kind: Sendable {
        case scalar(JSON)
        case list([YAMLValue])
        case map([Member])
    }
    public struct Member: Sendable {
        public let key: String
        public let line: Int
        public let value: YAMLValue
    }

    public let kind: Kind
    /// Below the project's folder.
    public let file: String
    public let line: Int
    public let column: Int
    /// Whether it is a text without quotes, which Python may read as something else: a date.
    public let isPlain: Bool

    public init(_ kind: Kind, file: String, line: Int, column: Int, isPlain: Bool = false) {
        self.kind = kind
        self.isPlain = isPlain
        self.file = file
        self.line = line
        self.column = column
    }

    public var location: ProblemLocation { .file(file, line: line, column: column) }

    public subscript(key: String) -> YAMLValue? {
        guard case .map(let members) = kind else { return nil }
        return members.last { $0.key == key }?.value
    }
    public var members: [Member] { if case .map(let members) = kind { members } else { [] } }
    public var items: [YAMLValue] { if case .list(let items) = kind { items } else { [] } }
    public var isList: Bool { if case .list = kind { true } else { false } }
    public var isMap: Bool { if case .map = kind { true } else { false } }
    public var isNull: Bool { if case .scalar(.null) = kind { true } else { false } }
    public var string: String? { if case .scalar(.string(let text)) = kind { text } else { nil } }
    /// Any scalar as text, a number as it reads.
    public var text: String? {
        guard case .scalar(let value) = kind else { return nil }
        switch value {
        case .string(let text): return text
        case .null: return nil
        default: return value.text()
        }
    }
    /// One string or a list of strings.
    public var strings: [String] { text.map { [$0] } ?? items.compactMap(\.text) }

    public var json: JSON {
        switch kind {
        case .scalar(let value): return value
        case .list(let items): return .array(items.map(\.json))
        case .map(let members):
            var object = JSONObject()
            for member in members { object[member.key] = member.value.json }
            return .object(object)
        }
    }
}

extension YAMLValue {
    /// Reads one document; an empty file is an empty map. Of a key that is there twice the last counts.
    ///
    /// - Parameter isSecret: whether an error must not show its lines.
    static func read(_ text: String, file: String, isSecret: Bool = false) throws(ProjectProblem) -> YAMLValue {
        var duplicates: [String] = []
        return try read(text, file: file, isSecret: isSecret, duplicates: &duplicates)
    }

    /// - Parameter duplicates: gets dbt's words for each key that its map had before, in dbt's order: those of a map before those inside.
    /// - Parameter isFile: whether it is a file's text, which dbt reads without the space around it: a block of text at its end has no last newline.
    static func read(_ text: String, file: String, isSecret: Bool = false, isFile: Bool = true, duplicates: inout [String]) throws(ProjectProblem) -> YAMLValue {
        do {
            var repeats = false
            guard let root = try Document.read(isFile ? text.withoutSpaceAtEnd : text, repeats: &repeats) else { return YAMLValue(.map([]), file: file, line: 1, column: 1) }
            if repeats {
                // dbt reads a text without the space around it.
                let skipped = text.utf8.prefix { $0 == 0x20 || $0 >= 0x09 && $0 <= 0x0d }.count { $0 == 0x0a }
                duplicates = root.repeatedKeys.map { "Duplicate key '\($0.key)' in \"<unicode string>\", line \($0.mark.line - skipped), column \($0.mark.column)" }
            }
            return YAMLValue(root, file: file)
        } catch {
            throw problem(error, of: isSecret ? nil : text, file: file)
        }
    }

    private static func problem(_ error: YAMLError, of text: String?, file: String) -> ProjectProblem {
        switch error {
        case .syntax(let what, let mark, let within):
            ProjectProblem(
                "project.bad_yaml", SyntaxReport(what: what, mark: mark, within: within).words(of: text), at: .file(file, line: mark.line, column: mark.column),
                remedy: "check the indentation and quotes around this line")
        case .duplicateKeys:
            ProjectProblem(
                "project.duplicate_key", error.summary, at: .file(file, line: error.mark.line, column: error.mark.column), remedy: "keep one of them")
        }
    }

    private init(_ node: YAML.Node, file: String) {
        let kind: Kind
        switch node.kind {
        case .scalar(let scalar): kind = .scalar(scalar.json)
        case .sequence(let items): kind = .list(items.map { YAMLValue($0, file: file) })
        case .mapping(let pairs):
            var members: [Member] = []
            members.reserveCapacity(pairs.count)
            for (key, value) in pairs {
                // `<<` merges the maps it names below the keys that are written out.
                if let key = key.scalar, key.text == "<<", key.isPlain {
                    let merged = YAMLValue(value, file: file)
                    for member in merged.members + merged.items.flatMap(\.members) where !members.contains(where: { $0.key == member.key }) {
                        members.append(member)
                    }
                } else {
                    let member = Member(key: key.text ?? "", line: key.mark.line, value: YAMLValue(value, file: file))
                    if let index = members.firstIndex(where: { $0.key == member.key }) { members[index] = member } else { members.append(member) }
                }
            }
            kind = .map(members)
        }
        self.init(kind, file: file, line: node.mark.line, column: node.mark.column, isPlain: node.scalar?.isPlain ?? false)
    }
}

/// A line of a file with a mark below the place that is meant.
public enum Excerpt {
    public static func of(_ text: String, line: Int, column: Int, width: Int = 1) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard line >= 1, line <= lines.count else { return "" }
        let number = "\(line)"
        let margin = String(repeating: " ", count: number.utf8.count)
        let mark = String(repeating: " ", count: max(column - 1, 0)) + String(repeating: "^", count: max(width, 1))
        return "\(number) | \(lines[line - 1])\n\(margin) | \(mark)"
    }
}

extension YAMLValue {
    /// A map written in one string, as `--vars` takes it; nil where the text is something else.
    public static func object(_ text: String) throws -> JSONObject? {
        let value = try read(text, file: "--vars").json
        return value.isNull ? JSONObject() : value.objectValue
    }

    /// The members of such a map that are dates or times to Python.
    public static func dates(in text: String) -> Set<String> { (try? read(text, file: "--vars").dates) ?? [] }

    /// The members that are dates or times to Python, and those of maps below: `start`, `shop.start`.
    var dates: Set<String> {
        var found: Set<String> = []
        for member in members {
            if member.value.isDate { found.insert(member.key) }
            for inner in member.value.members where inner.value.isDate { found.insert("\(member.key).\(inner.key)") }
        }
        return found
    }

    /// `2020-01-31`, or that with `10:20:30` behind it, without quotes.
    private var isDate: Bool {
        guard isPlain, let text = string, text.utf8.count >= 10, text.utf8.first.map({ (0x30...0x39).contains($0) }) == true else { return false }
        let date = text.prefix(10).split(separator: "-", omittingEmptySubsequences: false)
        guard date.map(\.utf8.count) == [4, 2, 2], date.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return false }
        return text.utf8.count == 10 || text.utf8.count { $0 == 0x3a } >= 2
    }
}

extension String {
    fileprivate var withoutSpaceAtEnd: String {
        guard let last = utf8.lastIndex(where: { $0 != 0x20 && !(0x09...0x0d).contains($0) }) else { return "" }
        let end = utf8.index(after: last)
        return end == utf8.endIndex ? self : String(self[..<end])
    }
}
