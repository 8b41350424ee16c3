/// The functions every template has: `range`, `dict`, `cycler`, `joiner`, `namespace` and `lipsum`.
enum Globals {
    static func make() -> [String: Value] {
        [
            "range": .function("range") { arguments, interpreter in .object(try RangeObject.range(arguments, interpreter)) },
            "dict": .function("dict") { arguments, interpreter in try dict(arguments, interpreter) },
            "cycler": .function("cycler") { arguments, _ in .object(try CyclerObject(arguments.positional)) },
            "joiner": .function("joiner") { arguments, interpreter in
                let separator = try arguments.bound("joiner", "sep")[0]
                return .object(JoinerObject(separator ?? ", "))
            },
            "namespace": .function("namespace") { arguments, interpreter in
                .object(NamespaceObject(try dictionary("namespace", arguments, interpreter)))
            },
            "lipsum": .function("lipsum") { arguments, _ in
                let places = try arguments.bound("lipsum", "n", "html", "min", "max")
                let count = max(0, min(places[0]?.asInt ?? 5, 1_000))
                return .string(Array(repeating: loremIpsum, count: count).joined(separator: "\n\n"))
            },
        ]
    }

    // Always the same: a pipeline's text must not change from one run to the next.
    private static let loremIpsum =
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore "
        + "magna aliqua."

    private static func dict(_ arguments: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        .dict(try dictionary("dict", arguments, interpreter))
    }

    /// A new dictionary from an optional mapping or list of pairs and from named arguments, as Python's `dict`.
    static func dictionary(
        _ function: String, _ arguments: Arguments, _ interpreter: Interpreter
    ) throws(JinjaError) -> DictValue {
        guard arguments.positional.count <= 1 else {
            throw JinjaError(.type, "\(function) expected at most 1 argument, got \(arguments.positional.count)")
        }
        let dict = DictValue()
        if let first = arguments.positional.first { try interpreter.update(dict, from: first) }
        for (name, value) in arguments.named { dict[name] = value }
        return dict
    }
}

extension Interpreter {
    /// `dict.update`: from a mapping, or from pairs.
    func update(_ dict: DictValue, from value: Value) throws(JinjaError) {
        switch value {
        case .dict(let other): for (key, value) in other.pairs { dict.store(value, for: key) }
        case .object(let object) where object.isMapping:
            for key in try items(of: value) { dict.store(try item(key, of: value), for: try key.hashable()) }
        default:
            for pair in try items(of: value) {
                let parts = try items(of: pair)
                guard parts.count == 2 else {
                    throw JinjaError(.value, "dictionary update sequence element has length \(parts.count); 2 is required")
                }
                dict.store(parts[1], for: try parts[0].hashable())
            }
        }
    }
}

/// `namespace(…)`: the one thing whose attributes a template may set, so that a value can leave a loop.
public final class NamespaceObject: ContainerValue, JinjaObject {
    let dict: DictValue

    init(_ dict: DictValue) { self.dict = dict }

    deinit { releaseItems() }

    override func giveUp(to taken: inout [Value]) { dict.giveUp(to: &taken) }

    public var typeName: String { "Namespace" }
    public func text(_ interpreter: Interpreter) throws -> String {
        "<Namespace \(try interpreter.representation(of: .dict(dict)))>"
    }
    public func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { dict[name] }
}

/// `cycler('odd', 'even')`
final class CyclerObject: JinjaObject {
    private let items: [Value]
    private var position = 0

    init(_ items: [Value]) throws(JinjaError) {
        guard !items.isEmpty else { throw JinjaError(.runtime, "at least one item has to be provided") }
        self.items = items
    }

    var typeName: String { "Cycler" }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "current": items[position]
        case "items": .tuple(items)
        case "pos": .int(position)
        case "next":
            .function("next") { _, _ in
                defer { self.position = (self.position + 1) % self.items.count }
                return self.items[self.position]
            }
        case "reset":
            .function("reset") { _, _ in
                self.position = 0
                return .none
            }
        default: nil
        }
    }
}

/// `joiner(', ')`: nothing the first time it is called, the separator from then on.
final class JoinerObject: JinjaObject {
    private let separator: Value
    private var isUsed = false

    init(_ separator: Value) { self.separator = separator }

    var typeName: String { "Joiner" }
    var isCallable: Bool { true }
    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        defer { isUsed = true }
        return isUsed ? separator : ""
    }
}

/// What `map`, `select` and the like give, and `dict.items()`: values to loop over.
///
/// A generator, as in Python, is true even when empty, has no length, and can be walked once.
final class GeneratorObject: JinjaObject {
    private let rest: ValueIterator

    init(_ items: [Value]) { rest = ValueIterator(items) }

    var typeName: String { "generator" }
    func text(_ interpreter: Interpreter) throws -> String { "<generator object>" }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? {
        ValueIterator { try self.rest.next() }
    }
}
