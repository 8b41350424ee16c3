extension Expression {
    /// Whether Jinja2 works the expression out while it reads the template, and so makes a text of it: nothing in it waits for a context.
    ///
    /// Filters count as what waits: those of a host may give what stays a value.
    var isFolded: Bool {
        switch kind {
        case .literal: true
        case .list(let items), .tuple(let items), .concat(let items): items.allSatisfy(\.isFolded)
        case .dict(let pairs): pairs.allSatisfy { $0.key.isFolded && $0.value.isFolded }
        case .unary(_, let operand): operand.isFolded
        case .binary(_, let left, let right), .and(let left, let right), .or(let left, let right): left.isFolded && right.isFolded
        case .compare(let left, let comparisons): left.isFolded && comparisons.allSatisfy { $0.operand.isFolded }
        case .conditional(let test, let then, let otherwise): test.isFolded && then.isFolded && (otherwise?.isFolded ?? false)
        case .name, .attribute, .item, .slice, .call, .filter, .test: false
        }
    }
}
