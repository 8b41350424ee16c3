/// What Jinja2 works out while it reads a template, and so makes a text of it: what waits for no context.
extension Interpreter {
    /// Filters of Jinja2's own that wait all the same: those that are handed the context, and those whose result is no plain value.
    private static let waiting: Set<String> = ["map", "select", "reject", "selectattr", "rejectattr", "random", "batch", "slice", "unique", "items", "reverse", "groupby"]

    func isFolded(_ expression: Expression, _ scope: Scope) -> Bool {
        func all(_ parts: [Expression?]) -> Bool { parts.allSatisfy { $0.map { isFolded($0, scope) } ?? true } }
        func all(_ arguments: Expression.CallArguments) -> Bool {
            all(arguments.positional + arguments.named.map(\.value) + [arguments.spread, arguments.namedSpread])
        }
        /// Nil where it waits, or fails.
        func truth(of part: Expression) -> Bool? {
            guard isFolded(part, scope), let value = try? evaluate(part, scope) else { return nil }
            return try? isTrue(value)
        }
        switch expression.kind {
        case .literal: return true
        case .list(let items), .tuple(let items), .concat(let items): return all(items)
        case .dict(let pairs): return all(pairs.map(\.key) + pairs.map(\.value))
        case .unary(_, let operand): return all([operand])
        case .binary(_, let left, let right): return all([left, right])
        case .compare(let left, let comparisons): return all([left] + comparisons.map(\.operand))
        // What is decided by its first part is worked out without the second.
        case .and(let left, let right): return truth(of: left).map { !$0 || all([right]) } ?? false
        case .or(let left, let right): return truth(of: left).map { $0 || all([right]) } ?? false
        case .conditional(let test, let then, let otherwise):
            return truth(of: test).map { $0 ? all([then]) : otherwise.map { all([$0]) } ?? false } ?? false
        case .item(let owner, let key): return all([owner, key]) && isThere(expression, scope)
        case .attribute(let owner, _): return all([owner]) && isThere(expression, scope)
        case .slice(let lower, let upper, let step): return all([lower, upper, step])
        case .test(let operand, _, let arguments): return all([operand]) && all(arguments)
        case .filter(let operand, let name, let arguments):
            // A filter of the host's may give what stays a value.
            guard let operand, BuiltinFilters.all[name] != nil, !Self.waiting.contains(name) else { return false }
            return all([operand]) && all(arguments)
        case .name, .call: return false
        }
    }

    private func isThere(_ expression: Expression, _ scope: Scope) -> Bool {
        switch try? evaluate(expression, scope) {
        case .undefined, .function, nil: false
        default: true
        }
    }
}
