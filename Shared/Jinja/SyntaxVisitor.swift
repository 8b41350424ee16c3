/// Walks a syntax tree without running it. Implement the `visit` you care about and call `visitChildren` to go on.
public protocol SyntaxVisitor {
    mutating func visit(_ statement: Statement)
    mutating func visit(_ expression: Expression)
}

extension SyntaxVisitor {
    public mutating func visit(_ statement: Statement) { visitChildren(of: statement) }
    public mutating func visit(_ expression: Expression) { visitChildren(of: expression) }
    public mutating func visit(_ template: Template) { visit(template.body) }
    public mutating func visit(_ statements: [Statement]) { for statement in statements { visit(statement) } }

    public mutating func visitChildren(of statement: Statement) {
        switch statement.kind {
        case .text, .break, .continue, .verbatim: break
        case .output(let values): for value in values { visit(value) }
        case .for(let loop):
            visit(loop.iterable)
            if let filter = loop.filter { visit(filter) }
            visit(loop.body)
            visit(loop.otherwise)
        case .if(let branches, let otherwise):
            for branch in branches {
                visit(branch.test)
                visit(branch.body)
            }
            visit(otherwise)
        case .set(_, let value), .do(let value), .extends(let value): visit(value)
        case .import(let template, _, _), .fromImport(let template, _, _): visit(template)
        case .include(let include): visit(include.template)
        case .setBlock(_, let filter, let body):
            if let filter { visit(filter) }
            visit(body)
        case .filter(let filter, let body):
            visit(filter)
            visit(body)
        case .macro(let macro): visitChildren(of: macro)
        case .call(let block):
            visit(block.call)
            visitChildren(of: block.caller)
        case .with(let bindings, let body):
            for binding in bindings { visit(binding.value) }
            visit(body)
        case .block(let definition): visit(definition.body)
        }
    }

    private mutating func visitChildren(of macro: MacroDefinition) {
        for parameter in macro.parameters { if let value = parameter.defaultValue { visit(value) } }
        visit(macro.body)
    }

    public mutating func visitChildren(of expression: Expression) {
        switch expression.kind {
        case .literal, .name: break
        case .list(let items), .tuple(let items), .concat(let items): for item in items { visit(item) }
        case .dict(let pairs):
            for pair in pairs {
                visit(pair.key)
                visit(pair.value)
            }
        case .attribute(let value, _), .unary(_, let value): visit(value)
        case .item(let left, let right), .binary(_, let left, let right), .and(let left, let right),
            .or(let left, let right):
            visit(left)
            visit(right)
        case .slice(let lower, let upper, let step):
            for bound in [lower, upper, step] { if let bound { visit(bound) } }
        case .call(let value, let arguments), .test(let value, _, let arguments):
            visit(value)
            visitChildren(of: arguments)
        case .filter(let value, _, let arguments):
            if let value { visit(value) }
            visitChildren(of: arguments)
        case .compare(let left, let comparisons):
            visit(left)
            for comparison in comparisons { visit(comparison.operand) }
        case .conditional(let test, let then, let otherwise):
            visit(test)
            visit(then)
            if let otherwise { visit(otherwise) }
        }
    }

    private mutating func visitChildren(of arguments: Expression.CallArguments) {
        for value in arguments.positional { visit(value) }
        for (_, value) in arguments.named { visit(value) }
        for value in [arguments.spread, arguments.namedSpread] { if let value { visit(value) } }
    }
}

/// A call found by reading alone, such as `ref('orders')`.
public struct CallSite: Sendable {
    /// The dotted name that is called: `ref`, `adapter.dispatch`.
    public let name: String
    public let arguments: Expression.CallArguments
    public let offset: Int
}

extension Template {
    /// Every call of one of the named functions, in the order of the text, wherever it stands.
    public func calls(to names: Set<String>) -> [CallSite] { calls { names.contains($0) } }

    /// Every call of a function whose dotted name is wanted, in the order of the text.
    public func calls(where isWanted: @escaping (String) -> Bool) -> [CallSite] {
        var finder = CallFinder(isWanted: isWanted)
        finder.visit(self)
        return finder.found
    }
}

private struct CallFinder: SyntaxVisitor {
    let isWanted: (String) -> Bool
    var found: [CallSite] = []

    mutating func visit(_ expression: Expression) {
        if case .call(let callee, let arguments) = expression.kind, let name = callee.dottedName, isWanted(name) {
            found.append(CallSite(name: name, arguments: arguments, offset: expression.offset))
        }
        visitChildren(of: expression)
    }
}

extension Expression {
    /// `a.b.c` for a chain of attributes on a variable; nil for anything else.
    public var dottedName: String? {
        switch kind {
        case .name(let name): name.text
        case .attribute(let owner, let name): owner.dottedName.map { $0 + "." + name }
        default: nil
        }
    }

    /// The value, if the expression is made of literals only and can be known without running.
    public var constant: Value? {
        switch kind {
        case .literal(let literal): return literal.value
        case .list(let items): return Self.constants(items).map { .list($0) }
        case .tuple(let items): return Self.constants(items).map { .tuple($0) }
        case .unary(.negative, let operand):
            switch operand.constant {
            case .int(let value)?: return try? Numbers.integers(.subtract, 0, value)
            case .big(let value)?: return try? BigInteger.value(-value.number)
            case .double(let value)?: return .double(-value)
            default: return nil
            }
        case .dict(let pairs):
            let dict = DictValue()
            for pair in pairs {
                guard let key = try? pair.key.constant?.hashable(), let value = pair.value.constant else { return nil }
                dict.store(value, for: key)
            }
            return .dict(dict)
        default: return nil
        }
    }

    private static func constants(_ items: [Expression]) -> [Value]? {
        var result: [Value] = []
        for item in items {
            guard let value = item.constant else { return nil }
            result.append(value)
        }
        return result
    }
}

extension Expression.Literal {
    var value: Value {
        switch self {
        case .none: .none
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .big(let value): .big(value)
        case .double(let value): .double(value)
        case .string(let value): .string(value)
        }
    }
}
