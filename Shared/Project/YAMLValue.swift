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

    public init(_ kind: Kind, file: String, line: Int, column: Int) {
        self.kind = kind
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
    static func read(_ text: String, file: String) throws(ProjectProblem) -> YAMLValue {
        var duplicates: [String] = []
        return try read(text, file: file, duplicates: &duplicates)
    }

    /// - Parameter duplicates: gets dbt's words for each key that its map had before, in dbt's order: those of a map before those inside.
    static func read(_ text: String, file: String, duplicates: inout [String]) throws(ProjectProblem) -> YAMLValue {
        do {
            var repeats = false
            guard let root = try Document.read(text, repeats: &repeats) else { return YAMLValue(.map([]), file: file, line: 1, column: 1) }
            if repeats {
                // dbt reads a text without the space around it.
                let skipped = text.utf8.prefix { $0 == 0x20 || $0 >= 0x09 && $0 <= 0x0d }.count { $0 == 0x0a }
                duplicates = root.repeatedKeys.map { "Duplicate key '\($0.key)' in \"<unicode string>\", line \($0.mark.line - skipped), column \($0.mark.column)" }
            }
            return YAMLValue(root, file: file)
        } catch {
            throw problem(error, of: text, file: file)
        }
    }

    private static func problem(_ error: YAMLError, of text: String, file: String) -> ProjectProblem {
        switch error {
        case .syntax(let what, let mark):
            ProjectProblem(
                "project.bad_yaml", "the file is not YAML: \(what)", at: .file(file, line: mark.line, column: mark.column),
                excerpt: Excerpt.of(text, line: mark.line, column: mark.column), remedy: "check the indentation and quotes around this line")
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
        self.init(kind, file: file, line: node.mark.line, column: node.mark.column)
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
}
