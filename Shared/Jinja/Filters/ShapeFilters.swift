/// Filters that take values apart, put them in rows, or stand in for missing ones.
enum ShapeFilters {
    static let all: [String: Filter] = [
        "default": fallback, "d": fallback, "attr": attr, "items": items, "batch": batch, "slice": slice,
    ]

    @Sendable private static func fallback(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("default", "default_value", "boolean")
        if value.isUndefined { return places[0] ?? "" }
        if let boolean = places[1], try i.isTrue(boolean), !(try i.isTrue(value)) { return places[0] ?? "" }
        return value
    }

    @Sendable private static func attr(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let name = try (a.bound("attr", required: 1, "name")[0] ?? .none).string("attribute name")
        if let found = try i.ownAttribute(name, of: value) { return found }
        let message = "'\(value.ownerDescription)' has no attribute '\(name)'"
        return .undefined(Undefined(name: name, message: message, policy: i.environment.undefined))
    }

    @Sendable private static func items(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        _ = try a.bound("items")
        switch value {
        case .undefined: return .object(GeneratorObject([]))
        case .dict(let dict): return .object(GeneratorObject(dict.pairs.map { .tuple([$0.key, $0.value]) }))
        case .object(let object) where object.isMapping:
            let pairs = try i.items(of: value).map { Value.tuple([$0, try i.item($0, of: value)]) }
            return .object(GeneratorObject(pairs))
        default: throw JinjaError(.type, "Can only get item pairs from a mapping.")
        }
    }

    @Sendable private static func batch(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("batch", required: 1, "linecount", "fill_with")
        let size = try (places[0] ?? .none).integer("batch")
        var rows: [[Value]] = []
        var row: [Value] = []
        for item in try i.items(of: value) {
            if row.count == size {
                rows.append(row)
                row = []
            }
            row.append(item)
        }
        if !row.isEmpty {
            if let filler = places[1], !filler.isNone, row.count < size {
                try i.checkCount(size)
                row += repeatElement(filler, count: size - row.count)
            }
            rows.append(row)
        }
        return .object(GeneratorObject(rows.map { .list($0) }))
    }

    @Sendable private static func slice(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("slice", required: 1, "slices", "fill_with")
        let count = try (places[0] ?? .none).integer("slice")
        let all = try i.items(of: value)
        guard count != 0 else { throw JinjaError(.arithmetic, "integer division or modulo by zero") }
        guard count > 0 else { return .object(GeneratorObject([])) }
        try i.checkCount(count)
        var columns: [Value] = []
        var start = 0
        for number in 0..<count {
            let isLonger = number < all.count % count
            let end = start + all.count / count + (isLonger ? 1 : 0)
            var column = Array(all[start..<end])
            if let filler = places[1], !filler.isNone, !isLonger { column.append(filler) }
            columns.append(.list(column))
            start = end
        }
        return .object(GeneratorObject(columns))
    }
}
