public import Kernel

/// Reads the records of JSON pages and of JSON lines, as a shape describes them, into the same fields as `CSVReader` gives.
///
/// - A null and a member that is not there are null. Text is unescaped; objects and lists stay JSON text, as they were written.
/// - A line that is no JSON, and a record that is no object where its members are asked for, is a record with a `defect`.
/// - A page that is no JSON has no record and a `failure`.
public struct JSONRecordReader: ~Copyable {
    public typealias Field = CSVReader.Field
    static let columnsMax = 1_500

    private let bytes: UnsafeBufferPointer<UInt8>
    private let isLines: Bool
    private let columns: [Column]
    private let levels: [[RecordPath.Step]]
    private let isOpen: Bool
    private var members: [[UInt8]]
    private let constants: UnsafeMutableBufferPointer<UInt8>

    private var document = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var tape = JSONTape()
    /// Where the next line starts.
    private var place = 0
    /// The root, the elements on the way to each record, and the record: `levels.count + 1` nodes each.
    private var chains: [Int32] = []
    private var nextChain = 0
    private var fields: UnsafeMutableBufferPointer<Field>
    /// Unescaped text lies where its escaped form lies in the document.
    private var plain: UnsafeMutableBufferPointer<UInt8>
    private var recordStart = 0

    /// The current record as it landed.
    public private(set) var record = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// Why the current record cannot be read.
    public private(set) var defect: String?
    /// Why the page cannot.
    public private(set) var failure: JSONError?

    private struct Column {
        enum Source {
            case constant(Field)
            /// Which element of the chain each path starts at, and the steps from there.
            case paths([(level: Int, steps: [RecordPath.Step])])
        }
        var source: Source
        var words: [([UInt8], UnsafeBufferPointer<UInt8>)]
        var isLoose: Bool
    }

    /// `bytes` must outlive the reader. `members` are the record's own columns, behind those of the shape.
    public init(_ bytes: UnsafeBufferPointer<UInt8>, format: RawFormat, header: [String] = []) {
        let shape = format.shape ?? RecordShape(isOpen: true)
        self.bytes = bytes
        isLines = format.kind == .ndjson
        isOpen = shape.isOpen
        let record = RecordPath(shape.records)
        levels = record?.levels ?? [[]]
        if record == nil { failure = JSONError(reason: "the path '\(shape.records)' is written wrong", offset: 0) }
        members = header.dropFirst(shape.columns.count).map { Array($0.utf8) }
        // What the shape itself brings lies in one area, to which fields point.
        let texts = shape.columns.map { column -> [[UInt8]] in
            if case .constant(let value) = column.source { return [Self.text(value)] }
            return column.words.sorted { $0.key < $1.key }.map { Array($0.value.utf8) }
        }
        let area = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, texts.joined().reduce(0) { $0 + $1.count }))
        constants = area
        var filled = 0
        func keep(_ text: [UInt8]) -> UnsafeBufferPointer<UInt8> {
            let start = filled
            for byte in text { area[filled] = byte; filled += 1 }
            return UnsafeBufferPointer(rebasing: UnsafeBufferPointer(area)[start..<filled])
        }
        var columns: [Column] = []
        for (column, texts) in zip(shape.columns, texts) {
            switch column.source {
            case .constant(let value):
                let field = Field(bytes: keep(texts[0]), isQuoted: !value.isNull, isText: !value.isNumberOrFlag)
                columns.append(Column(source: .constant(field), words: [], isLoose: false))
            case .paths(let paths):
                let starts = paths.compactMap { path in RecordPath(path).map { Self.start(of: $0.steps, in: record?.steps ?? []) } }
                if starts.count < paths.count { failure = failure ?? JSONError(reason: "a path of column '\(column.name)' is written wrong", offset: 0) }
                let words = zip(column.words.sorted { $0.key < $1.key }, texts).map { (Array($0.0.key.utf8), keep($0.1)) }
                columns.append(Column(source: .paths(starts), words: words, isLoose: column.isLoose))
            }
        }
        self.columns = columns
        fields = .allocate(capacity: max(64, columns.count + members.count))
        plain = .allocate(capacity: 0)
        if !isLines, failure == nil { open(bytes) }
    }

    deinit {
        fields.deallocate()
        plain.deallocate()
        constants.deallocate()
    }

    private static func text(_ value: JSON) -> [UInt8] {
        switch value {
        case .string(let text): Array(text.utf8)
        case .null: []
        default: value.bytes
        }
    }

    /// The chain's element from which a column's path goes on: the deepest `[]` that it shares with the record's path.
    private static func start(of steps: [RecordPath.Step], in record: [RecordPath.Step]) -> (level: Int, steps: [RecordPath.Step]) {
        var level = 0
        var rest = 0
        for index in 0..<min(steps.count, record.count) {
            guard steps[index] == record[index] else { break }
            if steps[index] == .each { level += 1; rest = index + 1 }
        }
        return (level, Array(steps[rest...]))
    }

    public var fieldCount: Int { columns.count + members.count }
    public var current: UnsafeBufferPointer<Field> { UnsafeBufferPointer(rebasing: fields[..<fieldCount]) }
    public subscript(index: Int) -> Field { fields[index] }

    /// The line of the current record's first byte, counted from 1. Counted when asked for.
    public var line: Int { bytes[..<min(recordStart, bytes.count)].reduce(1) { $1 == 0x0a ? $0 + 1 : $0 } }

    /// Moves to the next record; false at the end.
    public mutating func next() -> Bool {
        while nextChain >= chains.count {
            guard isLines, failure == nil, let line = nextLine() else { return false }
            open(line)
            if let reason = failure {
                failure = nil
                return settle(line, defect: "not JSON: \(reason)")
            }
        }
        defect = nil
        let first = nextChain
        nextChain += levels.count + 1
        let index = Int(chains[nextChain - 1])
        let node = tape.nodes[index]
        recordStart = document.baseAddress! - bytes.baseAddress! + Int(node.start)
        record = UnsafeBufferPointer(rebasing: document[Int(node.start)..<Int(node.end)])
        fill(index, chain: first)
        return true
    }

    private mutating func settle(_ line: UnsafeBufferPointer<UInt8>, defect reason: String) -> Bool {
        recordStart = line.baseAddress! - bytes.baseAddress!
        record = line
        defect = reason
        return true
    }

    private mutating func nextLine() -> UnsafeBufferPointer<UInt8>? {
        while place < bytes.count {
            var start = place
            var end = start
            while end < bytes.count, bytes[end] != 0x0a { end += 1 }
            place = end + 1
            func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
            while end > start, isSpace(bytes[end - 1]) { end -= 1 }
            while start < end, isSpace(bytes[start]) { start += 1 }
            if start < end { return UnsafeBufferPointer(rebasing: bytes[start..<end]) }
        }
        return nil
    }

    /// Reads a document and finds its records.
    private mutating func open(_ document: UnsafeBufferPointer<UInt8>) {
        self.document = document
        chains.removeAll(keepingCapacity: true)
        nextChain = 0
        plain.deallocate()
        plain = .allocate(capacity: 0)
        do {
            try tape.read(document)
        } catch {
            failure = error
            return
        }
        var chain = [Int32](repeating: 0, count: levels.count + 1)
        collect(level: 0, from: 0, &chain)
    }

    private mutating func collect(level: Int, from node: Int, _ chain: inout [Int32]) {
        chain[level] = Int32(node)
        guard level + 1 < levels.count else {
            // What follows the last `[]` leads to the record inside the element.
            guard let last = walk(node, levels[level][...]) else { return }
            chain[level + 1] = Int32(last)
            chains += chain
            return
        }
        guard let list = walk(node, levels[level].dropLast()), tape.nodes[list].kind == .array else { return }
        var element = list + 1
        let end = Int(tape.nodes[list].next)
        while element < end {
            collect(level: level + 1, from: element, &chain)
            element = Int(tape.nodes[element].next)
        }
    }

    /// Follows steps that lead to one value.
    private func walk(_ start: Int, _ steps: ArraySlice<RecordPath.Step>) -> Int? {
        var node = start
        for step in steps {
            switch step {
            case .member(let name):
                guard let found = member(name, of: node) else { return nil }
                node = found
            case .element(let index):
                guard let found = element(of: node, where: { place, _ in place == index }) else { return nil }
                node = found
            case .first(let name, let text):
                guard let found = element(of: node, where: { _, node in member(name, of: node).map { isText($0, text) } ?? false }) else { return nil }
                node = found
            case .each:
                return nil
            }
        }
        return node
    }

    private func member(_ name: [UInt8], of node: Int) -> Int? {
        guard tape.nodes[node].kind == .object else { return nil }
        var found: Int?
        var key = node + 1
        let end = Int(tape.nodes[node].next)
        while key < end {
            if isText(key, name) { found = key + 1 }
            key = Int(tape.nodes[key + 1].next)
        }
        return found
    }

    private func element(of node: Int, where isWanted: (Int, Int) -> Bool) -> Int? {
        guard tape.nodes[node].kind == .array else { return nil }
        var element = node + 1
        var place = 0
        let end = Int(tape.nodes[node].next)
        while element < end {
            if isWanted(place, element) { return element }
            element = Int(tape.nodes[element].next)
            place += 1
        }
        return nil
    }

    /// Whether a key or a text is this one.
    private func isText(_ node: Int, _ text: [UInt8]) -> Bool {
        let facts = tape.nodes[node]
        guard facts.kind == .key || facts.kind == .string else { return false }
        let inner = document[Int(facts.start) + 1..<Int(facts.end) - 1]
        guard facts.hasEscapes else { return inner.count == text.count && inner.elementsEqual(text) }
        return unescaped(UnsafeBufferPointer(rebasing: inner)) == text
    }

    private func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes.count) { out, count in count = JSONText.unescape(bytes, into: out.baseAddress!) }
    }

    // MARK: Fields

    private mutating func fill(_ index: Int, chain first: Int) {
        for place in columns.indices {
            switch columns[place].source {
            case .constant(let field): fields[place] = field
            case .paths(let paths):
                var found: Int?
                for path in paths {
                    if let node = walk(Int(chains[first + path.level]), path.steps[...]), tape.nodes[node].kind != .null { found = node; break }
                }
                guard let found else { fields[place] = Self.null; continue }
                let value = field(found, isLoose: columns[place].isLoose)
                fields[place] = columns[place].words.isEmpty ? value : Self.word(for: value, in: columns[place].words)
            }
        }
        guard isOpen else { return }
        let start = columns.count
        for place in members.indices { fields[start + place] = Self.null }
        guard tape.nodes[index].kind == .object else {
            defect = "the record is no object"
            return
        }
        var key = index + 1
        var expected = 0
        let end = Int(tape.nodes[index].next)
        while key < end {
            // Records of one page mostly have the same members in the same order.
            if expected < members.count, isText(key, members[expected]) {
                fields[start + expected] = field(key + 1, isLoose: false)
                expected += 1
            } else if let place = members.firstIndex(where: { isText(key, $0) }) {
                fields[start + place] = field(key + 1, isLoose: false)
                expected = place + 1
            }
            key = Int(tape.nodes[key + 1].next)
        }
    }

    private static var null: Field { Field(bytes: UnsafeBufferPointer(start: nil, count: 0), isQuoted: false) }

    private static func word(for field: Field, in words: [([UInt8], UnsafeBufferPointer<UInt8>)]) -> Field {
        guard let word = words.first(where: { $0.0.count == field.bytes.count && field.bytes.elementsEqual($0.0) }) else { return null }
        return Field(bytes: word.1, isQuoted: true, isText: true)
    }

    /// All but null count as quoted, so that no spelling of null is looked for in them.
    private mutating func field(_ node: Int, isLoose: Bool) -> Field {
        let facts = tape.nodes[node]
        let all = UnsafeBufferPointer(rebasing: document[Int(facts.start)..<Int(facts.end)])
        switch facts.kind {
        case .null: return Self.null
        case .number, .boolean: return Field(bytes: all, isQuoted: true)
        case .object, .array, .key: return Field(bytes: all, isQuoted: true, isText: true)
        case .string:
            let inner = UnsafeBufferPointer(rebasing: all[1..<all.count - 1])
            guard facts.hasEscapes else { return Field(bytes: inner, isQuoted: true, isText: !isLoose) }
            if plain.count == 0 {
                plain.deallocate()
                plain = .allocate(capacity: document.count)
            }
            let out = plain.baseAddress! + Int(facts.start)
            let count = JSONText.unescape(inner, into: out)
            return Field(bytes: UnsafeBufferPointer(start: UnsafePointer(out), count: count), isQuoted: true, isText: !isLoose)
        }
    }

    /// The current record's members that the header does not know yet are added to it.
    public mutating func learnMembers() {
        guard isOpen, defect == nil, nextChain > 0 else { return }
        let index = Int(chains[nextChain - 1])
        guard tape.nodes[index].kind == .object else { return }
        var key = index + 1
        var expected = 0
        let end = Int(tape.nodes[index].next)
        while key < end {
            if expected < members.count, isText(key, members[expected]) {
                expected += 1
            } else if let place = members.firstIndex(where: { isText(key, $0) }) {
                expected = place + 1
            } else if columns.count + members.count < Self.columnsMax {
                let facts = tape.nodes[key]
                members.append(unescaped(UnsafeBufferPointer(rebasing: document[Int(facts.start) + 1..<Int(facts.end) - 1])))
                expected = members.count
            }
            key = Int(tape.nodes[key + 1].next)
        }
        if fieldCount > fields.count {
            fields.deallocate()
            fields = .allocate(capacity: fieldCount * 2)
        }
    }

    public var learntMembers: [String] { members.map { String(decoding: $0, as: UTF8.self) } }
}

extension JSON {
    fileprivate var isNumberOrFlag: Bool {
        switch self {
        case .integer, .large, .double, .bool: true
        default: false
        }
    }
}
