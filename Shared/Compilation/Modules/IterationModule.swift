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
        let choices = Choices(interpreter.environment.limits.itemsMax)
        func list(_ value: Value?) throws -> [Value] { try interpreter.items(of: value ?? .none) }
        /// The pool and the length of what is chosen of it.
        func chosen(lengthMayLack: Bool = false) throws -> ([Value], Int) {
            let bound = try arguments.bound(name, required: lengthMayLack ? 1 : 2, "iterable", "r")
            let items = try list(bound[0])
            guard let value = bound[1], !(lengthMayLack && value.isNone) else { return (items, items.count) }
            guard let length = value.asInt else { throw JinjaError(.type, "'\(value.typeName)' object cannot be interpreted as an integer") }
            guard length >= 0 else { throw JinjaError(.value, "r must be non-negative") }
            return (items, length)
        }
        func tuples(_ found: [[Value]]) -> Value { .list(found.map(Value.tuple)) }
        switch name {
        case "chain": return .list(try arguments.positional.flatMap { try list($0) })
        case "product":
            let repeats = try DatetimeType.integer(arguments["repeat"], 1)
            guard repeats >= 0 else { throw JinjaError(.value, "repeat argument cannot be negative") }
            return tuples(try choices.product(arguments.positional.map { try list($0) }, repeats))
        case "permutations":
            let (items, length) = try chosen(lengthMayLack: true)
            return tuples(try choices.permutations(items, length))
        case "combinations", "combinations_with_replacement":
            let (items, length) = try chosen()
            return tuples(try name == "combinations" ? choices.combinations(items, length) : choices.combinationsWithReplacement(items, length))
        case "accumulate":
            let bound = try arguments.bound(name, required: 1, "iterable", "func", "initial")
            var sums = bound[2].map { $0.isNone ? [] : [$0] } ?? []
            for item in try list(bound[0]) {
                guard let last = sums.last else { sums.append(item); continue }
                if let add = bound[1], !add.isNone { sums.append(try interpreter.call(add, Arguments([last, item]))) } else { sums.append(try interpreter.apply(.add, last, item)) }
            }
            return .list(sums)
        case "compress":
            let bound = try arguments.bound(name, required: 2, "data", "selectors")
            return .list(try zip(list(bound[0]), list(bound[1])).filter { try interpreter.isTrue($0.1) }.map(\.0))
        case "islice": return .list(try slice(arguments, interpreter))
        case "pairwise":
            let items = try list(arguments.bound(name, required: 1, "iterable")[0])
            return tuples(zip(items, items.dropFirst()).map { [$0, $1] })
        case "repeat":
            let bound = try arguments.bound(name, required: 1, "object", "times")
            guard let count = bound[1]?.asInt, count <= choices.itemsMax else { throw JinjaError(.value, "repeat() needs a number of times here, at most \(choices.itemsMax)") }
            return .list(Array(repeating: bound[0] ?? .none, count: max(0, count)))
        case "starmap":
            let bound = try arguments.bound(name, required: 2, "function", "iterable")
            return .list(try list(bound[1]).map { try interpreter.call(bound[0] ?? .none, Arguments(list($0))) })
        case "zip_longest":
            let lists = try arguments.positional.map { try list($0) }
            let fill = arguments["fillvalue"] ?? .none
            return tuples((0..<(lists.map(\.count).max() ?? 0)).map { index in lists.map { $0.indices.contains(index) ? $0[index] : fill } })
        case "filterfalse", "takewhile", "dropwhile":
            let bound = try arguments.bound(name, required: 2, "predicate", "iterable")
            return .list(try filtered(name, bound[0] ?? .none, try list(bound[1]), interpreter))
        case "groupby":
            let bound = try arguments.bound(name, required: 1, "iterable", "key")
            return try grouped(list(bound[0]), bound[1], interpreter)
        case "count", "cycle", "tee":
            throw JinjaError(.value, "itertools.\(name)() has no end: write the loop with range()")
        default: return nil
        }
    }

    /// `islice(items, stop)` or `islice(items, start, stop[, step])`.
    private func slice(_ arguments: Arguments, _ interpreter: Interpreter) throws -> [Value] {
        let values = arguments.positional
        guard arguments.named.isEmpty else { throw JinjaError(.type, "islice() takes no keyword arguments") }
        guard values.count >= 2 else { throw JinjaError(.type, "islice expected at least 2 arguments, got \(values.count)") }
        guard values.count <= 4 else { throw JinjaError(.type, "islice expected at most 4 arguments, got \(values.count)") }
        func number(_ value: Value, _ words: String, from low: Int) throws -> Int? {
            if value.isNone { return nil }
            guard let number = value.asInt, number >= low else { throw JinjaError(.value, words) }
            return number
        }
        let stopWords = "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize."
        let words = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."
        let items = try interpreter.items(of: values[0])
        if values.count == 2 { return Array(items.prefix(try number(values[1], stopWords, from: 0) ?? items.count)) }
        let start = try number(values[1], words, from: 0) ?? 0
        let stop = min(try number(values[2], values.count == 3 ? stopWords : words, from: 0) ?? items.count, items.count)
        let step = try values.count > 3 ? number(values[3], "Step for islice() must be a positive integer or None.", from: 1) ?? 1 : 1
        return stride(from: min(start, stop), to: stop, by: min(step, items.count + 1)).map { items[$0] }
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
