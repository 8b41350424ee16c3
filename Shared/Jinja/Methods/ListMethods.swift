/// Methods of lists and tuples.
enum ListMethods {
    static let all: [String: Methods.Method<ListValue>] = [
        "append": append, "extend": extend, "insert": insert, "pop": pop, "remove": remove, "index": index,
        "count": count, "reverse": reverse, "sort": sort, "copy": copy, "clear": clear,
    ]

    @Sendable static func append(_ list: ListValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let item = try a.bound("append", required: 1, "object")[0]
        try interpreter.checkCount(list.items.count + 1)
        list.items.append(item ?? .none)
        return .none
    }

    @Sendable static func extend(_ list: ListValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let more = try interpreter.items(of: a.bound("extend", required: 1, "iterable")[0] ?? .none)
        try interpreter.checkCount(list.items.count + more.count)
        list.items += more
        return .none
    }

    @Sendable static func insert(_ list: ListValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let places = try a.bound("insert", required: 2, "index", "object")
        let index = try (places[0] ?? .none).integer("insert")
        let count = list.items.count
        let place = index < 0 ? max(index + count, 0) : min(index, count)
        try interpreter.checkCount(count + 1)
        list.items.insert(places[1] ?? .none, at: place)
        return .none
    }

    @Sendable static func pop(_ list: ListValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let index = try (a.bound("pop", "index")[0] ?? .int(-1)).integer("pop")
        let place = index < 0 ? index + list.items.count : index
        guard !list.items.isEmpty else { throw JinjaError(.value, "pop from empty list") }
        guard list.items.indices.contains(place) else { throw JinjaError(.value, "pop index out of range") }
        return list.items.remove(at: place)
    }

    @Sendable static func remove(_ list: ListValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let item = try a.bound("remove", required: 1, "value")[0] ?? .none
        for index in list.items.indices where try interpreter.equal(list.items[index], item) {
            list.items.remove(at: index)
            return .none
        }
        throw JinjaError(.value, "list.remove(x): x not in list")
    }

    @Sendable static func index(_ list: ListValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        guard let place = try TupleMethods.place(in: list.items, a, interpreter) else {
            throw JinjaError(.value, "\(try interpreter.representation(of: a.positional.first ?? .none)) is not in list")
        }
        return .int(place)
    }

    @Sendable static func count(_ list: ListValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        try TupleMethods.count(list.items, a, interpreter)
    }

    @Sendable static func reverse(_ list: ListValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        _ = try a.bound("reverse")
        list.items.reverse()
        return .none
    }

    @Sendable static func sort(_ list: ListValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        guard a.positional.isEmpty else { throw JinjaError(.type, "sort() takes no positional arguments") }
        let places = try a.bound("sort", "key", "reverse")
        let key = places[0].flatMap { $0.isNone ? nil : $0 }
        let reversed = try interpreter.isTrue(places[1] ?? false)
        list.items = try interpreter.sorted(list.items, reversed: reversed) { (item) throws(JinjaError) in
            guard let key else { return item }
            return try interpreter.invoke(key, Arguments([item]))
        }
        return .none
    }

    @Sendable static func copy(_ list: ListValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        _ = try a.bound("copy")
        return .list(list.items)
    }

    @Sendable static func clear(_ list: ListValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        _ = try a.bound("clear")
        list.items = []
        return .none
    }
}

enum TupleMethods {
    static let all: [String: Methods.Method<[Value]>] = ["index": index, "count": count]

    @Sendable static func index(_ items: [Value], _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        guard let place = try place(in: items, a, interpreter) else { throw JinjaError(.value, "tuple.index(x): x not in tuple") }
        return .int(place)
    }

    static func place(in items: [Value], _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Int? {
        let places = try a.bound("index", required: 1, "value", "start", "stop")
        let start = clamp(try (places[1] ?? .int(0)).integer("index"), items.count)
        let stop = clamp(try (places[2] ?? .int(items.count)).integer("index"), items.count)
        var index = start
        while index < stop {
            if try interpreter.equal(items[index], places[0] ?? .none) { return index }
            index += 1
        }
        return nil
    }

    private static func clamp(_ index: Int, _ count: Int) -> Int {
        index < 0 ? max(index + count, 0) : min(index, count)
    }

    @Sendable static func count(_ items: [Value], _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let wanted = try a.bound("count", required: 1, "value")[0] ?? .none
        var total = 0
        for item in items where try interpreter.equal(item, wanted) { total += 1 }
        return .int(total)
    }
}
