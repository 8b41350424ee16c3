internal import Jinja
internal import Kernel
internal import Project

/// A Python set: each value once. It is printed as one, and looped over in the order in which values came.
final class SetObject: JinjaObject {
    private var items: [Value] = []
    private var known: Set<JSON> = []

    init(_ values: [Value]) { for value in values { add(value) } }

    private func add(_ value: Value) {
        if known.insert(value.json ?? .null).inserted { items.append(value) }
    }

    var typeName: String { "set" }
    var count: Int? { items.count }
    func text(_ interpreter: Interpreter) throws -> String {
        items.isEmpty ? "set()" : "{" + (try items.map { try interpreter.representation(of: $0) }.joined(separator: ", ")) + "}"
    }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(items) }
    func contains(_ value: Value) throws -> Bool? { known.contains(value.json ?? .null) }
    func jsonValue() throws -> Value? { .list(items) }
    func isEqual(to other: Value) -> Bool {
        if case .object(let object) = other, let set = object as? SetObject { set.known == known } else { false }
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        func keys(_ value: Value) throws -> Set<JSON> { Set(try interpreter.items(of: value).map { $0.json ?? .null }) }
        func others() throws -> [Set<JSON>] { try arguments.positional.map(keys) }
        func other() throws -> Value {
            guard arguments.positional.count == 1 else {
                throw JinjaError(.type, "set.\(name)() takes exactly one argument (\(arguments.positional.count) given)")
            }
            return arguments.positional[0]
        }
        func kept(_ test: (JSON) -> Bool) -> Value { .object(SetObject(items.filter { test($0.json ?? .null) })) }
        switch name {
        case "union": return .object(SetObject(items + (try arguments.positional.flatMap { try interpreter.items(of: $0) })))
        case "intersection":
            let others = try others()
            return kept { item in others.allSatisfy { $0.contains(item) } }
        case "difference":
            let others = try others()
            return kept { item in !others.contains { $0.contains(item) } }
        case "symmetric_difference":
            let (theirs, added) = (try keys(other()), try interpreter.items(of: other()))
            return .object(SetObject(items.filter { !theirs.contains($0.json ?? .null) } + added.filter { !known.contains($0.json ?? .null) }))
        case "issubset": return .bool(known.isSubset(of: try keys(other())))
        case "issuperset": return .bool(known.isSuperset(of: try keys(other())))
        case "isdisjoint": return .bool(known.isDisjoint(with: try keys(other())))
        case "copy": return .object(SetObject(items))
        default: return try change(name, arguments, interpreter)
        }
    }

    private func change(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "add": if let value = arguments.positional.first { add(value) }
        case "update": for other in arguments.positional { for value in try interpreter.items(of: other) { add(value) } }
        case "discard", "remove":
            let key = arguments.positional.first?.json ?? .null
            if known.remove(key) != nil { items.removeAll { ($0.json ?? .null) == key } }
            else if name == "remove" { throw JinjaError(.value, "the set has no such value") }
        case "clear": keep { _ in false }
        case "pop":
            guard let first = items.first else { throw JinjaError(.value, "pop from an empty set") }
            keep { $0 != first.json ?? .null }
            return first
        case "difference_update", "intersection_update":
            for other in arguments.positional {
                let others = Set(try interpreter.items(of: other).map { $0.json ?? .null })
                keep { others.contains($0) == (name == "intersection_update") }
            }
        case "symmetric_difference_update":
            let others = try interpreter.items(of: arguments.positional.first ?? [])
            let (mine, theirs) = (known, Set(others.map { $0.json ?? .null }))
            keep { !theirs.contains($0) }
            for value in others where !mine.contains(value.json ?? .null) { add(value) }
        default: return nil
        }
        return Value.none
    }

    private func keep(_ test: (JSON) -> Bool) {
        items.removeAll { !test($0.json ?? .null) }
        known = known.filter(test)
    }

    var methods: Set<String> {
        [
            "add", "clear", "copy", "difference", "difference_update", "discard", "intersection", "intersection_update", "isdisjoint", "issubset",
            "issuperset", "pop", "remove", "symmetric_difference", "symmetric_difference_update", "union", "update",
        ]
    }

    func apply(_ operation: BinaryOperator, _ other: Value, isReversed: Bool) throws -> Value? {
        guard operation == .subtract, !isReversed, case .object(let object) = other, let set = object as? SetObject else { return nil }
        return .object(SetObject(items.filter { !set.known.contains($0.json ?? .null) }))
    }
}
