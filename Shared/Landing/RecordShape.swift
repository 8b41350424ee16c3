public import Kernel

/// Where the records of a JSON page are, and what their columns are.
///
/// A path is written from the page's root: names joined by `.`, `[]` for each element of a list, `[2]` for one of them, and
/// `[name=post_clicks]` for the first element whose member has that text. Where a column's path goes through the same `[]` as
/// the record's, it means the same element; so `data[].name` beside the records `data[].values[]` is what the parent carries.
public struct RecordShape: Hashable, Sendable {
    /// `data[].values[]`; empty where the page is one record. Nothing at the path means no record.
    public var records: String
    public var columns: [Column]
    /// The record's own members become columns too, as they come.
    public var isOpen: Bool

    public struct Column: Hashable, Sendable {
        public enum Source: Hashable, Sendable {
            /// What is not in the page: the account that was asked, the time of asking.
            case constant(JSON)
            /// The first path that leads to something.
            case paths([String])
        }
        public var name: String
        public var source: Source
        /// What a text stands for: `page_fans` for `likes`. A text that is not listed becomes null.
        public var words: [String: String]
        /// Its texts may be numbers, as in CSV. Otherwise a text in quotes is a text, a date or a time.
        public var isLoose: Bool

        public init(_ name: String, _ paths: String..., words: [String: String] = [:], isLoose: Bool = false) {
            self.init(name, paths: paths, words: words, isLoose: isLoose)
        }
        public init(_ name: String, paths: [String], words: [String: String] = [:], isLoose: Bool = false) {
            self.name = name
            source = .paths(paths)
            self.words = words
            self.isLoose = isLoose
        }
        public init(_ name: String, constant: JSON) {
            self.name = name
            source = .constant(constant)
            words = [:]
            isLoose = false
        }
    }

    public init(records: String = "", columns: [Column] = [], isOpen: Bool = false) {
        self.records = records
        self.columns = columns
        self.isOpen = isOpen
    }
}

extension RecordShape {
    var json: JSON {
        ["records": .string(records), "columns": .array(columns.map(\.json)), "is_open": .bool(isOpen)]
    }

    init?(_ json: JSON?) {
        guard let json, let records = json["records"]?.stringValue, let isOpen = json["is_open"]?.boolValue, let listed = json["columns"]?.arrayValue
        else { return nil }
        self.init(records: records, columns: listed.compactMap(Column.init), isOpen: isOpen)
        guard columns.count == listed.count else { return nil }
    }
}

extension RecordShape.Column {
    fileprivate var json: JSON {
        var json: JSON = ["name": .string(name)]
        switch source {
        case .constant(let value): json["constant"] = value
        case .paths(let paths): json["paths"] = .array(paths.map(JSON.string))
        }
        if !words.isEmpty { json["words"] = JSON(words.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }) }
        if isLoose { json["is_loose"] = true }
        return json
    }

    fileprivate init?(_ json: JSON) {
        guard let name = json["name"]?.stringValue else { return nil }
        if let value = json["constant"] { self.init(name, constant: value); return }
        guard let paths = json["paths"]?.arrayValue?.compactMap(\.stringValue) else { return nil }
        let words = json["words"]?.objectValue?.pairs.compactMap { pair in pair.value.stringValue.map { (pair.key, $0) } } ?? []
        self.init(name, paths: paths, words: Dictionary(words, uniquingKeysWith: { $1 }), isLoose: json["is_loose"]?.boolValue ?? false)
    }
}

/// A path, taken apart.
struct RecordPath: Hashable {
    enum Step: Hashable {
        case member([UInt8])
        case each
        case element(Int)
        case first(member: [UInt8], text: [UInt8])
    }
    var steps: [Step] = []

    /// Nil for a path that is written wrong.
    init?(_ text: String) {
        for part in text.split(separator: ".", omittingEmptySubsequences: true) {
            let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
            if !pieces[0].isEmpty { steps.append(.member(Array(pieces[0].utf8))) }
            for piece in pieces.dropFirst() {
                guard piece.hasSuffix("]") else { return nil }
                let inner = piece.dropLast()
                if inner.isEmpty { steps.append(.each); continue }
                if let index = Int(inner) { steps.append(.element(index)); continue }
                let sides = inner.split(separator: "=", maxSplits: 1)
                guard sides.count == 2 else { return nil }
                steps.append(.first(member: Array(sides[0].utf8), text: Array(sides[1].utf8)))
            }
        }
    }

    /// Cut behind each `[]`: `data[].values[]` gives `data[]` and `values[]`.
    var levels: [[Step]] {
        var levels: [[Step]] = [[]]
        for step in steps {
            levels[levels.count - 1].append(step)
            if step == .each { levels.append([]) }
        }
        return levels
    }
}
