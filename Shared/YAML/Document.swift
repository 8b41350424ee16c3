internal import CYAML

/// Reads YAML 1.1 by libyaml, which PyYAML is made with too.
public enum Document {
    /// Aliases of aliases are short to write and endless to read.
    static let nodesMax = 5_000_000
    /// Each level takes some of the stack; libyaml bounds those in brackets alone.
    static let depthMax = 1_000

    /// The one document of a text; nil where there is none.
    public static func read(_ text: String) throws(YAMLError) -> Node? {
        // libyaml takes a null byte for the end of a plain text.
        let bytes = Array(text.utf8)
        var loader = Loader(bytes, refusesRepeats: true)
        return try loader.document()
    }

    /// The same of a text whose maps may have a key twice.
    /// - Parameter repeats: becomes true where one has; ``Node/repeatedKeys`` finds them.
    public static func read(_ text: String, repeats: inout Bool) throws(YAMLError) -> Node? {
        var loader = Loader(Array(text.utf8), refusesRepeats: false)
        let root = try loader.document()
        repeats = loader.repeats
        return root
    }
}

/// One reading. Owns libyaml's parser, and the bytes, which it looks at until its end.
private struct Loader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private var anchors: [String: (node: Node, size: Int)] = [:]
    private var size = 0
    private var depth = 0
    private let refusesRepeats: Bool
    private(set) var repeats = false

    init(_ bytes: [UInt8], refusesRepeats: Bool) {
        self.refusesRepeats = refusesRepeats
        self.bytes = .allocate(capacity: bytes.count)
        _ = self.bytes.initialize(from: bytes)
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        precondition(yaml_parser_initialize(parser) == 1, "libyaml has no memory")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, self.bytes.baseAddress, bytes.count)
    }
    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        bytes.deallocate()
    }

    mutating func document() throws(YAMLError) -> Node? {
        _ = try next()
        guard try next().type != YAML_STREAM_END_EVENT else { return nil }
        let root = try node(next())
        _ = try next()
        let end = try next()
        guard end.type == YAML_STREAM_END_EVENT else { throw .syntax("but found another document", end.mark) }
        return root
    }

    /// What is needed of libyaml's event, which is freed at once.
    private struct Event {
        let type: yaml_event_type_t
        let mark: Mark
        var anchor: String?
        var tag: String?
        var text = ""
        var isPlain = false
    }

    private mutating func next() throws(YAMLError) -> Event {
        var raw = yaml_event_t()
        guard yaml_parser_parse(parser, &raw) == 1 else { throw failure() }
        defer { yaml_event_delete(&raw) }
        var event = Event(type: raw.type, mark: Mark(raw.start_mark))
        switch raw.type {
        case YAML_ALIAS_EVENT: event.anchor = Self.text(raw.data.alias.anchor)
        case YAML_SCALAR_EVENT:
            let scalar = raw.data.scalar
            event.anchor = Self.text(scalar.anchor)
            event.tag = scalar.quoted_implicit == 1 ? nil : Self.text(scalar.tag)
            event.isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.quoted_implicit == 0
            event.text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
        case YAML_SEQUENCE_START_EVENT: event.anchor = Self.text(raw.data.sequence_start.anchor)
        case YAML_MAPPING_START_EVENT: event.anchor = Self.text(raw.data.mapping_start.anchor)
        default: break
        }
        return event
    }

    private mutating func node(_ event: Event) throws(YAMLError) -> Node {
        let before = size
        size += 1
        depth += 1
        defer { depth -= 1 }
        guard size <= Document.nodesMax, depth <= Document.depthMax else {
            throw .syntax(depth > Document.depthMax ? "the values lie more than \(Document.depthMax) levels deep" : "aliases stand for more than \(Document.nodesMax) values", event.mark)
        }
        let kind: Node.Kind
        switch event.type {
        case YAML_ALIAS_EVENT:
            guard let known = event.anchor.flatMap({ anchors[$0] }) else { throw .syntax("found undefined alias", event.mark) }
            size = before + known.size
            return known.node
        case YAML_SCALAR_EVENT: kind = .scalar(Node.Scalar(text: event.text, isPlain: event.isPlain, tag: event.tag))
        case YAML_SEQUENCE_START_EVENT:
            var items: [Node] = []
            while case let item = try next(), item.type != YAML_SEQUENCE_END_EVENT { items.append(try node(item)) }
            kind = .sequence(items)
        default:
            var pairs: [(key: Node, value: Node)] = []
            while case let first = try next(), first.type != YAML_MAPPING_END_EVENT {
                let key = try node(first)
                pairs.append((key, try node(next())))
            }
            if refusesRepeats { try Self.refuseDuplicates(pairs) } else { repeats = repeats || Node.hasRepeats(pairs) }
            kind = .mapping(pairs)
        }
        let node = Node(kind: kind, mark: event.mark)
        if let anchor = event.anchor { anchors[anchor] = (node, size - before) }
        return node
    }

    private static func refuseDuplicates(_ pairs: [(key: Node, value: Node)]) throws(YAMLError) {
        var seen: Set<String> = []
        var twice: [String: Mark] = [:]
        for key in pairs.lazy.map(\.key) {
            if let text = key.text, !seen.insert(text).inserted { twice[text] = pairs.first { $0.key.text == text }?.key.mark }
        }
        guard let first = twice.values.min(by: { ($0.line, $0.column) < ($1.line, $1.column) }) else { return }
        throw .duplicateKeys(twice.keys.sorted(), first)
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? { pointer.map { String(cString: $0) } }

    private func failure() -> YAMLError {
        let what = parser.pointee.problem.map { String(cString: $0) } ?? "libyaml refuses it"
        guard parser.pointee.error == YAML_READER_ERROR else {
            let within = parser.pointee.context.map { YAMLError.Reading(text: String(cString: $0), mark: Mark(parser.pointee.context_mark)) }
            return .syntax(what, Mark(parser.pointee.problem_mark), within: within)
        }
        // Of a character that may not be there it tells the offset alone.
        let before = bytes.prefix(parser.pointee.problem_offset)
        let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        return .syntax(what, Mark(line: before.count { $0 == 0x0a } + 1, column: before.count - lineStart + 1))
    }
}

extension Mark {
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: mark.line + 1, column: mark.column + 1) }
}
