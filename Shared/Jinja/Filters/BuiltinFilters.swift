/// Jinja2's filters.
enum BuiltinFilters {
    static let all: [String: Filter] = {
        var filters: [String: Filter] = [:]
        for group in [TextFilters.all, ShapeFilters.all, NumberFilters.all, SequenceFilters.all, SelectionFilters.all] {
            filters.merge(group) { first, _ in first }
        }
        return filters
    }()
}

extension Interpreter {
    /// The function behind `attribute='a.b.0'`. Items come before attributes here, as in Jinja2.
    func getter(
        _ path: Value, lowercasing: Bool = false, default fallback: Value? = nil
    ) throws(JinjaError) -> (Value) throws(JinjaError) -> Value {
        let parts = Self.pathParts(path)
        return { (item) throws(JinjaError) in
            var value = item
            for part in parts {
                value = try self.item(part, of: value)
                if value.isUndefined, let fallback, !fallback.isNone { value = fallback }
            }
            return lowercasing ? value.caseFolded : value
        }
    }

    /// As `getter`, for `attribute='a,b'`: a list of values, so that sorting compares one after the other.
    func multiGetter(_ path: Value, lowercasing: Bool) throws(JinjaError) -> (Value) throws(JinjaError) -> Value {
        guard case .string(let text) = path else { return try getter(path, lowercasing: lowercasing) }
        var getters: [(Value) throws(JinjaError) -> Value] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            getters.append(try getter(.string(String(part)), lowercasing: lowercasing))
        }
        return { (item) throws(JinjaError) in
            var values: [Value] = []
            for getter in getters { values.append(try getter(item)) }
            return .list(values)
        }
    }

    private static func pathParts(_ path: Value) -> [Value] {
        switch path {
        case .none: []
        case .string(let text):
            text.split(separator: ".", omittingEmptySubsequences: false).map { part in
                Int(part).map { $0 >= 0 ? .int($0) : .string(String(part)) } ?? .string(String(part))
            }
        default: [path]
        }
    }
}

extension Value {
    /// Text in lower case, so that sorting and comparing ignore case; anything else as it is.
    var caseFolded: Value {
        if case .string(let text) = self { .string(PythonText.lowercased(text)) } else { self }
    }
}
