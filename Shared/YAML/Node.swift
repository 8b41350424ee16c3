public import Kernel

/// A value of a YAML document, with the place where it was written. An alias stands as the value that it means.
public struct Node: Sendable {
    public enum Kind: Sendable {
        case scalar(Scalar)
        case sequence([Node])
        /// In the order of the text. A key `<<` is one like any other: whoever reads decides what it means.
        case mapping([(key: Node, value: Node)])
    }

    public struct Scalar: Sendable {
        public let text: String
        /// Neither quoted nor a block: only such a text may mean something else than itself.
        public let isPlain: Bool
        /// As it was written, resolved: `tag:yaml.org,2002:str`; nil where there is none.
        public let tag: String?

        /// Unquoted text means what it looks like; a tag such as `!!str` has the last word.
        public var json: JSON {
            switch tag {
            case nil: isPlain ? PlainScalar.value(text) : .string(text)
            case let tag? where [":null", ":bool", ":int", ":float"].contains { tag.hasSuffix($0) }: PlainScalar.value(text)
            default: .string(text)
            }
        }
    }

    public let kind: Kind
    public let mark: Mark

    /// The keys that their map had before, with the place of each: those of a map before those of the values in it, level by level. A map
    /// that begins with `<<` is there to replace keys, and has none.
    public var repeatedKeys: [(key: String, mark: Mark)] {
        var found: [(key: String, mark: Mark)] = []
        var level = [self]
        // An alias stands as the value that it means: each place counts once.
        var known: Set<Mark> = []
        while !level.isEmpty {
            var next: [Node] = []
            for node in level where known.insert(node.mark).inserted {
                if node.pairs.first?.key.text != "<<" {
                    var seen: Set<String> = []
                    for key in node.pairs.lazy.map(\.key) { if let text = key.text, !seen.insert(text).inserted { found.append((text, key.mark)) } }
                }
                next += node.items.filter { $0.scalar == nil } + node.pairs.map(\.value).filter { $0.scalar == nil }
            }
            level = next
        }
        return found
    }

    static func hasRepeats(_ pairs: [(key: Node, value: Node)]) -> Bool {
        guard pairs.count > 1 else { return false }
        var seen: Set<String> = []
        return pairs.contains { $0.key.text.map { !seen.insert($0).inserted } ?? false }
    }

    private var pairs: [(key: Node, value: Node)] { if case .mapping(let pairs) = kind { pairs } else { [] } }

    public var scalar: Scalar? { if case .scalar(let scalar) = kind { scalar } else { nil } }
    /// Of a sequence: its values.
    public var items: [Node] { if case .sequence(let items) = kind { items } else { [] } }
    /// Of a scalar: its text, whatever it means.
    public var text: String? { scalar?.text }
}

/// A place in a text, counted from 1.
public struct Mark: Hashable, Sendable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// Why a text is no YAML.
public enum YAMLError: Error, Hashable, Sendable {
    /// - Parameter within: what was being read, `while parsing a block mapping`, where the parser tells of it.
    case syntax(String, Mark, within: Reading? = nil)
    /// A mapping has these keys more than once; the place is that of the first.
    case duplicateKeys([String], Mark)

    /// What the parser was at, and where that began.
    public struct Reading: Hashable, Sendable {
        public let text: String
        public let mark: Mark
    }

    public var mark: Mark { switch self { case .syntax(_, let mark, _), .duplicateKeys(_, let mark): mark } }
    public var summary: String {
        switch self {
        case .syntax(let what, _, _): what
        case .duplicateKeys(let keys, _): "a mapping has a key twice: \(keys.joined(separator: ", "))"
        }
    }
}
