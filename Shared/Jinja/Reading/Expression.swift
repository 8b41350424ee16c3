/// An expression of the template language, with the byte it starts at.
public struct Expression: Sendable {
    public indirect enum Kind: Sendable {
        case literal(Literal)
        case name(Name)
        case list([Expression])
        case tuple([Expression])
        case dict([Pair])
        case attribute(Expression, name: String)
        case item(Expression, key: Expression)
        /// Only as the key of `item`.
        case slice(lower: Expression?, upper: Expression?, step: Expression?)
        case call(Expression, CallArguments)
        /// Without an operand it filters what a `filter` or `set` block printed.
        case filter(Expression?, name: String, CallArguments)
        case test(Expression, name: String, CallArguments)
        case unary(UnaryOperator, Expression)
        case binary(BinaryOperator, Expression, Expression)
        case compare(Expression, [Comparison])
        case concat([Expression])
        case and(Expression, Expression)
        case or(Expression, Expression)
        case conditional(test: Expression, then: Expression, otherwise: Expression?)
    }

    public enum Literal: Sendable, Equatable {
        case none, bool(Bool), int(Int), big(BigInteger), double(Double), string(String)
    }

    /// A variable. `symbol` indexes the template's table of names, so that scopes compare numbers, not text.
    public struct Name: Sendable {
        public let text: String
        let symbol: Int
    }

    public struct Pair: Sendable {
        public let key: Expression
        public let value: Expression
    }

    public struct Comparison: Sendable {
        public let comparator: Comparator
        public let operand: Expression
    }

    public struct CallArguments: Sendable {
        public var positional: [Expression] = []
        public var named: [(name: String, value: Expression)] = []
        /// `*rest`
        public var spread: Expression?
        /// `**rest`
        public var namedSpread: Expression?

        public var isEmpty: Bool { positional.isEmpty && named.isEmpty && spread == nil && namedSpread == nil }
    }

    public let kind: Kind
    public let offset: Int
    /// How deep the tree below is. The parser bounds it, so walking and freeing a tree cannot exhaust the stack.
    let height: Int
}

public enum UnaryOperator: String, Sendable { case not, negative = "-", positive = "+" }

public enum BinaryOperator: String, Sendable {
    case add = "+", subtract = "-", multiply = "*", divide = "/", floorDivide = "//", modulo = "%", power = "**"
}

public enum Comparator: String, Sendable {
    case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
    case `in` = "in", notIn = "not in"
}
