/// `map`, and the filters that keep some items: `select`, `reject`, `selectattr`, `rejectattr`.
enum SelectionFilters {
    static let all: [String: Filter] = [
        "map": map,
        "select": { value, a, i in try select(value, a, i, keeping: true, byAttribute: false) },
        "reject": { value, a, i in try select(value, a, i, keeping: false, byAttribute: false) },
        "selectattr": { value, a, i in try select(value, a, i, keeping: true, byAttribute: true) },
        "rejectattr": { value, a, i in try select(value, a, i, keeping: false, byAttribute: true) },
    ]

    @Sendable private static func map(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        guard try i.isTrue(value) else { return .object(GeneratorObject([])) }
        let transform = try transform(a, i)
        var result: [Value] = []
        for item in try i.items(of: value) { result.append(try transform(item)) }
        return .object(GeneratorObject(result))
    }

    private static func transform(_ a: Arguments, _ i: Interpreter) throws -> (Value) throws(JinjaError) -> Value {
        if a.positional.isEmpty, let attribute = a["attribute"] {
            if let extra = a.named.first(where: { $0.name != "attribute" && $0.name != "default" }) {
                throw JinjaError(.type, "Unexpected keyword argument '\(extra.name)'")
            }
            return try i.getter(attribute, default: a["default"])
        }
        guard let name = a.positional.first else { throw JinjaError(.type, "map requires a filter argument") }
        let filter = try name.string("filter name")
        let rest = Arguments(Array(a.positional.dropFirst()), named: a.named)
        return { (item) throws(JinjaError) in try i.applyFilter(filter, to: item, rest) }
    }

    private static func select(
        _ value: Value, _ a: Arguments, _ i: Interpreter, keeping: Bool, byAttribute: Bool
    ) throws -> Value {
        guard try i.isTrue(value) else { return .object(GeneratorObject([])) }
        var rest = a.positional[...]
        var subject: (Value) throws(JinjaError) -> Value = { (item) throws(JinjaError) in item }
        if byAttribute {
            guard let attribute = rest.popFirst() else { throw JinjaError(.type, "Missing parameter for attribute name") }
            subject = try i.getter(attribute)
        }
        var test: String?
        if let name = rest.popFirst() { test = try name.string("test name") }
        let arguments = Arguments(Array(rest), named: a.named)
        var result: [Value] = []
        for item in try i.items(of: value) {
            let value = try subject(item)
            let passes: Bool
            if let test { passes = try i.applyTest(test, to: value, arguments) } else { passes = try i.isTrue(value) }
            if passes == keeping { result.append(item) }
        }
        return .object(GeneratorObject(result))
    }
}
