/// Filters that look at all items of a sequence: order, ends, joining.
enum SequenceFilters {
    static let all: [String: Filter] = [
        "sort": sort, "unique": unique, "min": min, "max": max, "reverse": reverse, "first": first, "last": last,
        "random": random, "join": join, "length": length, "count": length, "list": list, "groupby": groupby,
        "dictsort": dictsort,
    ]

    @Sendable private static func sort(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("sort", "reverse", "case_sensitive", "attribute")
        let folds = !(try i.isTrue(places[1] ?? false))
        let getter = try i.multiGetter(places[2] ?? .none, lowercasing: folds)
        return .list(try i.sorted(i.items(of: value), reversed: i.isTrue(places[0] ?? false), key: getter))
    }

    @Sendable private static func unique(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("unique", "case_sensitive", "attribute")
        let folds = !(try i.isTrue(places[0] ?? false))
        let getter = try i.getter(places[1] ?? .none, lowercasing: folds)
        var seen: Set<DictKey> = []
        var result: [Value] = []
        for item in try i.items(of: value) where seen.insert(DictKey(try getter(item).hashable())).inserted {
            result.append(item)
        }
        return .object(GeneratorObject(result))
    }

    @Sendable private static func min(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        try extreme("min", value, a, i) { new, best in try i.isLess(new, best) }
    }

    @Sendable private static func max(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        try extreme("max", value, a, i) { new, best in try i.compare(.greater, new, best) }
    }

    private static func extreme(
        _ name: String, _ value: Value, _ a: Arguments, _ i: Interpreter, _ isBetter: (Value, Value) throws -> Bool
    ) throws -> Value {
        let places = try a.bound(name, "case_sensitive", "attribute")
        let folds = !(try i.isTrue(places[0] ?? false))
        let getter = try i.getter(places[1] ?? .none, lowercasing: folds)
        let items = try i.items(of: value)
        guard var best = items.first else { return i.undefined(message: "No aggregated item, sequence was empty.") }
        var bestKey = try getter(best)
        for item in items.dropFirst() {
            let key = try getter(item)
            if try isBetter(key, bestKey) { (best, bestKey) = (item, key) }
        }
        return best
    }

    @Sendable private static func reverse(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        _ = try a.bound("reverse")
        if case .string(let text) = value { return .string(PythonText.string(text.unicodeScalars.reversed())) }
        let items: [Value] = try i.items(of: value).reversed()
        // A generator cannot be walked backwards, so Jinja2 makes a list of it.
        if case .object(let object) = value, object is GeneratorObject { return .list(items) }
        return .object(GeneratorObject(items))
    }

    @Sendable private static func first(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        _ = try a.bound("first")
        return try i.iterator(over: value).next() ?? i.undefined(message: "No first item, sequence was empty.")
    }

    @Sendable private static func last(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        _ = try a.bound("last")
        if case .object(let object) = value, object is GeneratorObject {
            throw JinjaError(.type, "'generator' object is not reversible")
        }
        let undefined = i.undefined(message: "No last item, sequence was empty.")
        if case .string(let text) = value { return text.unicodeScalars.last.map { .string(String($0)) } ?? undefined }
        return try i.items(of: value).last ?? undefined
    }

    @Sendable private static func random(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        _ = try a.bound("random")
        return try i.items(of: value).randomElement() ?? i.undefined(message: "No random item, sequence was empty.")
    }

    @Sendable private static func join(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("join", "d", "attribute")
        let separator = try i.text(of: places[0] ?? "")
        let getter = try i.getter(places[1] ?? .none)
        var result = ""
        var isFirst = true
        for item in try i.items(of: value) {
            if !isFirst { result += separator }
            isFirst = false
            result += try i.text(of: getter(item))
            guard result.utf8.count <= i.environment.limits.textBytesMax else { throw i.textTooLong }
        }
        return .string(result)
    }

    @Sendable private static func length(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        _ = try a.bound("length")
        return .int(try i.length(of: value))
    }

    @Sendable private static func list(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        _ = try a.bound("list")
        return .list(try i.items(of: value))
    }

    @Sendable private static func groupby(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("groupby", required: 1, "attribute", "default", "case_sensitive")
        let folds = !(try i.isTrue(places[2] ?? false))
        let key = try i.getter(places[0] ?? .none, lowercasing: folds, default: places[1])
        let shownKey = try i.getter(places[0] ?? .none, default: places[1])
        var groups: [(key: Value, items: [Value])] = []
        for item in try i.sorted(i.items(of: value), key: key) {
            let itemKey = try key(item)
            if let last = groups.last, try i.equal(last.key, itemKey) {
                groups[groups.count - 1].items.append(item)
            } else {
                groups.append((itemKey, [item]))
            }
        }
        let pairs: [Value] = try groups.map {
            .tuple(TupleValue([try shownKey($0.items[0]), .list($0.items)], names: ["grouper", "list"]))
        }
        return .list(pairs)
    }

    @Sendable private static func dictsort(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("dictsort", "case_sensitive", "by", "reverse")
        guard case .dict(let dict) = value else {
            if case .undefined(let undefined) = value { throw undefined.failure }
            throw JinjaError(.type, "'\(value.typeName)' object has no attribute 'items'")
        }
        let folds = !(try i.isTrue(places[0] ?? false))
        let by = try i.text(of: places[1] ?? "key")
        guard by == "key" || by == "value" else {
            throw JinjaError(.value, "You can only sort by either \"key\" or \"value\"")
        }
        let position = by == "key" ? 0 : 1
        let pairs: [Value] = dict.pairs.map { .tuple([$0.key, $0.value]) }
        return .list(
            try i.sorted(pairs, reversed: i.isTrue(places[2] ?? false)) { (pair) throws(JinjaError) in
                let side = try i.item(.int(position), of: pair)
                return folds ? side.caseFolded : side
            })
    }
}
