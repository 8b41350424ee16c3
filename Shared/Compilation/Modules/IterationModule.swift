internal import Jinja

/// `modules.itertools`. What never ends in Python ends here at the bound on a list's items, or is refused.
final class IterationModule: JinjaObject {
    var typeName: String { "module" }
    // In dbt a dictionary of what is lent.
    var isMapping: Bool { true }
    /// dbt warns of each call of these.
    let methods: Set<String> = ["count", "cycle", "repeat", "accumulate", "compress", "islice", "starmap", "tee", "zip_longest", "product", "permutations", "combinations", "combinations_with_replacement"]
    private let onCall: () throws -> Void
    init(onCall: @escaping () throws -> Void) { self.onCall = onCall }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        if name == "chain" || methods.contains(name) { try onCall() }
        let values = arguments.positional
        func list(_ index: Int) throws -> [Value] { values.indices.contains(index) ? try interpreter.items(of: values[index]) : [] }
        switch name {
        case "chain": return .list(try values.flatMap { try interpreter.items(of: $0) })
        case "product":
            let repeats = arguments["repeat"]?.asInt ?? 1
            let lists = try values.map { try interpreter.items(of: $0) }
            let all = Array(repeating: lists, count: max(0, repeats)).flatMap { $0 }
            return .list(all.reduce([[]]) { found, items in found.flatMap { start in items.map { start + [$0] } } }.map(Value.tuple))
        case "permutations": return .list(Self.permutations(try list(0), values.count > 1 ? values[1].asInt ?? 0 : try list(0).count).map(Value.tuple))
        case "combinations": return .list(Self.combinations(try list(0), values.count > 1 ? values[1].asInt ?? 0 : arguments["r"]?.asInt ?? 0, repeats: false).map(Value.tuple))
        case "combinations_with_replacement":
            return .list(Self.combinations(try list(0), values.count > 1 ? values[1].asInt ?? 0 : arguments["r"]?.asInt ?? 0, repeats: true).map(Value.tuple))
        case "accumulate":
            var sums: [Value] = []
            for item in try list(0) {
                guard let last = sums.last else { sums.append(item); continue }
                if values.count > 1 { sums.append(try interpreter.call(values[1], Arguments([last, item]))) }
                else { sums.append(try interpreter.apply(.add, last, item)) }
            }
            return .list(sums)
        case "compress": return .list(try zip(list(0), list(1)).filter { try interpreter.isTrue($0.1) }.map(\.0))
        case "islice":
            let numbers = values.dropFirst().map(\.asInt)
            let items = try list(0)
            let (start, stop, step) = numbers.count == 1 ? (0, numbers[0] ?? items.count, 1) : (numbers[0] ?? 0, numbers[1] ?? items.count, numbers.count > 2 ? numbers[2] ?? 1 : 1)
            return .list(stride(from: start, to: min(stop, items.count), by: max(1, step)).map { items[$0] })
        case "pairwise": return .list(try zip(list(0), list(0).dropFirst()).map { .tuple([$0, $1]) })
        case "repeat":
            guard let count = values.count > 1 ? values[1].asInt : arguments["times"]?.asInt, count < 1_000_000 else {
                throw JinjaError(.value, "repeat() needs a number of times here")
            }
            return .list(Array(repeating: values.first ?? .none, count: max(0, count)))
        case "starmap": return .list(try list(1).map { try interpreter.call(values[0], Arguments(interpreter.items(of: $0))) })
        case "zip_longest":
            let lists = try values.map { try interpreter.items(of: $0) }
            let fill = arguments["fillvalue"] ?? .none
            return .list((0..<(lists.map(\.count).max() ?? 0)).map { index in .tuple(lists.map { $0.indices.contains(index) ? $0[index] : fill }) })
        case "filterfalse", "takewhile", "dropwhile": return .list(try filtered(name, values[0], try list(1), interpreter))
        case "groupby": return try grouped(list(0), values.count > 1 ? values[1] : arguments["key"], interpreter)
        case "count", "cycle", "tee":
            throw JinjaError(.value, "itertools.\(name)() has no end: write the loop with range()")
        default: return nil
        }
    }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        name == "chain" ? .object(ChainFunction(self)) : nil
    }

    private func filtered(_ name: String, _ test: Value, _ items: [Value], _ interpreter: Interpreter) throws -> [Value] {
        func passes(_ item: Value) throws -> Bool { test.isNone ? try interpreter.isTrue(item) : try interpreter.isTrue(interpreter.call(test, Arguments([item]))) }
        switch name {
        case "filterfalse": return try items.filter { try !passes($0) }
        case "takewhile": return Array(try items.prefix { try passes($0) })
        default: return Array(try items.drop { try passes($0) })
        }
    }

    private func grouped(_ items: [Value], _ key: Value?, _ interpreter: Interpreter) throws -> Value {
        var groups: [(key: Value, items: [Value])] = []
        for item in items {
            let name = try key.flatMap { $0.isNone ? nil : try interpreter.call($0, Arguments([item])) } ?? item
            if let last = groups.last, last.key.json == name.json { groups[groups.count - 1].items.append(item) } else { groups.append((name, [item])) }
        }
        return .list(groups.map { .tuple([$0.key, .list($0.items)]) })
    }

    private static func permutations(_ items: [Value], _ length: Int) -> [[Value]] {
        guard length > 0 else { return length == 0 ? [[]] : [] }
        return items.indices.flatMap { index -> [[Value]] in
            var rest = items
            let first = rest.remove(at: index)
            return permutations(rest, length - 1).map { [first] + $0 }
        }
    }

    private static func combinations(_ items: [Value], _ length: Int, repeats: Bool) -> [[Value]] {
        guard length > 0 else { return length == 0 ? [[]] : [] }
        return items.indices.flatMap { index -> [[Value]] in
            combinations(Array(items[(repeats ? index : index + 1)...]), length - 1, repeats: repeats).map { [items[index]] + $0 }
        }
    }
}

/// `itertools.chain`, which has a method of its own.
private final class ChainFunction: JinjaObject {
    private let module: IterationModule
    init(_ module: IterationModule) { self.module = module }
    var isCallable: Bool { true }
    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value { try module.callMethod("chain", arguments, interpreter) ?? .none }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard name == "from_iterable" else { return nil }
        return try call(Arguments(try interpreter.items(of: arguments.positional.first ?? [])), interpreter)
    }
}
