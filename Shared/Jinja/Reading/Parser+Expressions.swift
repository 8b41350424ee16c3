/// One function per level of precedence, loosest first.
extension Parser {
    func make(_ kind: Expression.Kind, at offset: Int, over children: Expression?...) throws(JinjaError) -> Expression {
        try make(kind, at: offset, overAll: children)
    }

    private func make(
        _ kind: Expression.Kind, at offset: Int, overAll children: [Expression?]
    ) throws(JinjaError) -> Expression {
        var height = 0
        for child in children { height = max(height, child?.height ?? 0) }
        guard height < Self.heightMax else { throw failure("expression too deep", at: offset) }
        return Expression(kind: kind, offset: offset, height: height + 1)
    }

    private func make(
        _ kind: Expression.Kind, at offset: Int, over first: Expression?, _ arguments: Expression.CallArguments
    ) throws(JinjaError) -> Expression {
        let named = arguments.named.map { Optional($0.value) }
        let all = [first, arguments.spread, arguments.namedSpread] + arguments.positional.map(Optional.some) + named
        return try make(kind, at: offset, overAll: all)
    }

    mutating func parseExpression(conditional: Bool = true) throws(JinjaError) -> Expression {
        try nested { (parser) throws(JinjaError) in
            conditional ? try parser.parseConditional() : try parser.parseOr()
        }
    }

    /// An expression, or a tuple without parentheses.
    mutating func parseTuple(
        conditional: Bool = true, end: String? = nil, isParenthesised: Bool = false
    ) throws(JinjaError) -> Expression {
        let start = current.start
        var items: [Expression] = []
        var isTuple = false
        while !isTupleEnd(end) {
            items.append(try parseExpression(conditional: conditional))
            guard skip(.comma) else { break }
            isTuple = true
        }
        if !isTuple {
            if let only = items.first { return only }
            guard isParenthesised else { throw unexpected("expected an expression, got") }
        }
        return try make(.tuple(items), at: start, overAll: items)
    }

    private func isTupleEnd(_ end: String?) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .closeParenthesis: true
        case .name: end == current.text
        default: false
        }
    }

    private mutating func parseConditional() throws(JinjaError) -> Expression {
        let start = current.start
        let outer = isConditional
        defer { isConditional = outer }
        let unknownBefore = unknownNames.count
        var result = try parseOr()
        // What stood before an `if` has turned out to be conditional.
        if isName("if") { unknownNames.removeLast(unknownNames.count - unknownBefore) }
        while skip(name: "if") {
            isConditional = true
            let test = try parseOr()
            let otherwise = skip(name: "else") ? try nested { (parser) throws(JinjaError) in try parser.parseConditional() } : nil
            result = try make(
                .conditional(test: test, then: result, otherwise: otherwise), at: start, over: test, result, otherwise)
        }
        return result
    }

    private mutating func parseOr() throws(JinjaError) -> Expression {
        var left = try parseAnd()
        while skip(name: "or") {
            let right = try parseAnd()
            left = try make(.or(left, right), at: left.offset, over: left, right)
        }
        return left
    }

    private mutating func parseAnd() throws(JinjaError) -> Expression {
        var left = try parseNot()
        while skip(name: "and") {
            let right = try parseNot()
            left = try make(.and(left, right), at: left.offset, over: left, right)
        }
        return left
    }

    private mutating func parseNot() throws(JinjaError) -> Expression {
        let start = current.start
        guard skip(name: "not") else { return try parseComparison() }
        let operand = try nested { (parser) throws(JinjaError) in try parser.parseNot() }
        return try make(.unary(.not, operand), at: start, over: operand)
    }

    private mutating func parseComparison() throws(JinjaError) -> Expression {
        let left = try parseSum()
        var comparisons: [Expression.Comparison] = []
        while let comparator = skipComparator() {
            comparisons.append(Expression.Comparison(comparator: comparator, operand: try parseSum()))
        }
        guard !comparisons.isEmpty else { return left }
        return try make(.compare(left, comparisons), at: left.offset, overAll: [left] + comparisons.map(\.operand))
    }

    private mutating func skipComparator() -> Comparator? {
        let comparator: Comparator
        switch current.kind {
        case .equal: comparator = .equal
        case .notEqual: comparator = .notEqual
        case .less: comparator = .less
        case .lessOrEqual: comparator = .lessOrEqual
        case .greater: comparator = .greater
        case .greaterOrEqual: comparator = .greaterOrEqual
        case .name where current.text == "in": comparator = .in
        case .name where current.text == "not" && next.kind == .name && next.text == "in":
            advance()
            comparator = .notIn
        default: return nil
        }
        advance()
        return comparator
    }

    private mutating func parseSum() throws(JinjaError) -> Expression {
        var left = try parseConcatenation()
        while true {
            let binary: BinaryOperator
            switch current.kind {
            case .add: binary = .add
            case .sub: binary = .subtract
            default: return left
            }
            advance()
            let right = try parseConcatenation()
            left = try make(.binary(binary, left, right), at: left.offset, over: left, right)
        }
    }

    private mutating func parseConcatenation() throws(JinjaError) -> Expression {
        let first = try parseProduct()
        guard current.kind == .tilde else { return first }
        var parts = [first]
        while skip(.tilde) { parts.append(try parseProduct()) }
        return try make(.concat(parts), at: first.offset, overAll: parts)
    }

    private mutating func parseProduct() throws(JinjaError) -> Expression {
        var left = try parsePower()
        while true {
            let binary: BinaryOperator
            switch current.kind {
            case .mul: binary = .multiply
            case .div: binary = .divide
            case .floordiv: binary = .floorDivide
            case .mod: binary = .modulo
            default: return left
            }
            advance()
            let right = try parsePower()
            left = try make(.binary(binary, left, right), at: left.offset, over: left, right)
        }
    }

    private mutating func parsePower() throws(JinjaError) -> Expression {
        // Unlike Python's, Jinja2's `**` groups to the left, and a sign binds tighter.
        var left = try parseUnary()
        while skip(.pow) {
            let right = try parseUnary()
            left = try make(.binary(.power, left, right), at: left.offset, over: left, right)
        }
        return left
    }

    private mutating func parseUnary(withFilters: Bool = true) throws(JinjaError) -> Expression {
        let start = current.start
        var result: Expression
        if current.kind == .sub || current.kind == .add {
            let unary: UnaryOperator = advance().kind == .sub ? .negative : .positive
            let operand = try nested { (parser) throws(JinjaError) in try parser.parseUnary(withFilters: false) }
            result = try make(.unary(unary, operand), at: start, over: operand)
        } else {
            result = try parsePrimary()
        }
        result = try parsePostfix(of: result)
        return withFilters ? try parseFilterSuffix(of: result) : result
    }

    private mutating func parsePrimary() throws(JinjaError) -> Expression {
        let token = current
        switch token.kind {
        case .name:
            advance()
            return parseNameOrConstant(token)
        case .string:
            var text = advance().text
            // Adjacent strings are one, as in Python.
            while current.kind == .string { text += advance().text }
            return Expression(kind: .literal(.string(text)), offset: token.start, height: 1)
        case .integer:
            advance()
            return Expression(kind: .literal(try integer(token)), offset: token.start, height: 1)
        case .float:
            advance()
            guard let value = Double(token.text) else { throw failure("malformed number", at: token.start) }
            return Expression(kind: .literal(.double(value)), offset: token.start, height: 1)
        case .openParenthesis:
            advance()
            let inner = try parseTuple(isParenthesised: true)
            try expect(.closeParenthesis)
            return inner
        case .openBracket: return try parseList()
        case .openBrace: return try parseDict()
        default: throw unexpected("unexpected")
        }
    }

    private mutating func parseNameOrConstant(_ token: Token) -> Expression {
        let kind: Expression.Kind
        switch token.text {
        case "true", "True": kind = .literal(.bool(true))
        case "false", "False": kind = .literal(.bool(false))
        case "none", "None": kind = .literal(.none)
        default:
            let name = intern(token.text)
            reads[name.symbol] += 1
            kind = .name(name)
        }
        return Expression(kind: kind, offset: token.start, height: 1)
    }

    private func integer(_ token: Token) throws(JinjaError) -> Expression.Literal {
        if let value = Int(token.text) { return .int(value) }
        switch try Numbers.integer(from: token.text, base: 0) {
        case .int(let value)?: return .int(value)
        case .big(let value)?: return .big(value)
        default: throw failure("malformed number", at: token.start)
        }
    }

    private mutating func parseList() throws(JinjaError) -> Expression {
        let start = try expect(.openBracket).start
        var items: [Expression] = []
        while current.kind != .closeBracket {
            if !items.isEmpty { try expect(.comma) }
            if current.kind == .closeBracket { break }
            items.append(try parseExpression())
        }
        try expect(.closeBracket)
        return try make(.list(items), at: start, overAll: items)
    }

    private mutating func parseDict() throws(JinjaError) -> Expression {
        let start = try expect(.openBrace).start
        var pairs: [Expression.Pair] = []
        while current.kind != .closeBrace {
            if !pairs.isEmpty { try expect(.comma) }
            if current.kind == .closeBrace { break }
            let key = try parseExpression()
            try expect(.colon)
            pairs.append(Expression.Pair(key: key, value: try parseExpression()))
        }
        try expect(.closeBrace)
        return try make(.dict(pairs), at: start, overAll: pairs.map(\.key) + pairs.map(\.value))
    }

    // MARK: What follows a value

    private mutating func parsePostfix(of value: Expression) throws(JinjaError) -> Expression {
        var result = value
        while true {
            switch current.kind {
            case .dot: result = try parseAttribute(of: result)
            case .openBracket: result = try parseItem(of: result)
            case .openParenthesis: result = try parseCall(of: result)
            default: return result
            }
        }
    }

    private mutating func parseFilterSuffix(of value: Expression) throws(JinjaError) -> Expression {
        var result = value
        while true {
            if current.kind == .pipe {
                result = try parseFilters(on: result) ?? result
            } else if isName("is") {
                result = try parseTest(of: result)
            } else if current.kind == .openParenthesis {
                result = try parseCall(of: result)
            } else {
                return result
            }
        }
    }

    private mutating func parseAttribute(of value: Expression) throws(JinjaError) -> Expression {
        let start = advance().start
        let token = advance()
        switch token.kind {
        case .name: return try make(.attribute(value, name: token.text), at: start, over: value)
        case .integer:
            let key = Expression(kind: .literal(try integer(token)), offset: token.start, height: 1)
            return try make(.item(value, key: key), at: start, over: value, key)
        default: throw failure("expected name or number", at: token.start)
        }
    }

    private mutating func parseItem(of value: Expression) throws(JinjaError) -> Expression {
        let start = advance().start
        var keys: [Expression] = []
        while current.kind != .closeBracket {
            if !keys.isEmpty { try expect(.comma) }
            keys.append(try parseSubscript())
        }
        advance()
        let key = keys.count == 1 ? keys[0] : try make(.tuple(keys), at: start, overAll: keys)
        return try make(.item(value, key: key), at: start, over: value, key)
    }

    private mutating func parseSubscript() throws(JinjaError) -> Expression {
        let start = current.start
        var lower: Expression?
        if current.kind != .colon {
            let key = try parseExpression()
            guard current.kind == .colon else { return key }
            lower = key
        }
        advance()
        let upper = isSliceEnd || current.kind == .colon ? nil : try parseExpression()
        var step: Expression?
        if skip(.colon), !isSliceEnd { step = try parseExpression() }
        return try make(.slice(lower: lower, upper: upper, step: step), at: start, over: lower, upper, step)
    }

    private var isSliceEnd: Bool { current.kind == .closeBracket || current.kind == .comma }

    private mutating func parseCall(of value: Expression) throws(JinjaError) -> Expression {
        let start = current.start
        let arguments = try parseArguments()
        return try make(.call(value, arguments), at: start, over: value, arguments)
    }

    private mutating func parseArguments() throws(JinjaError) -> Expression.CallArguments {
        let start = try expect(.openParenthesis).start
        var arguments = Expression.CallArguments()
        var needsComma = false
        while current.kind != .closeParenthesis {
            if needsComma {
                try expect(.comma)
                if current.kind == .closeParenthesis { break }
            }
            needsComma = true
            let isOrdered = arguments.namedSpread == nil
            if skip(.mul) {
                guard isOrdered, arguments.spread == nil else { throw misplacedArgument(start) }
                arguments.spread = try parseExpression()
            } else if skip(.pow) {
                guard isOrdered else { throw misplacedArgument(start) }
                arguments.namedSpread = try parseExpression()
            } else if current.kind == .name, next.kind == .assign {
                guard isOrdered else { throw misplacedArgument(start) }
                let name = advance().text
                advance()
                guard !arguments.named.contains(where: { $0.name == name }) else {
                    throw failure("keyword argument repeated: \(name)", at: start)
                }
                arguments.named.append((name, try parseExpression()))
            } else {
                guard isOrdered, arguments.spread == nil, arguments.named.isEmpty else { throw misplacedArgument(start) }
                arguments.positional.append(try parseExpression())
            }
        }
        try expect(.closeParenthesis)
        return arguments
    }

    private func misplacedArgument(_ offset: Int) -> JinjaError {
        failure("invalid syntax for function call expression", at: offset)
    }

    // MARK: Filters and tests

    mutating func parseFilters(on value: Expression?, startsInline: Bool = false) throws(JinjaError) -> Expression? {
        var result = value
        var isFirst = startsInline
        while isFirst || current.kind == .pipe {
            if !isFirst { advance() }
            isFirst = false
            let start = current.start
            let name = try parseDottedName()
            if !isConditional, environment.filters[name] == nil {
                unknownNames.append(failure("no filter named '\(name)'", at: start))
            }
            let arguments = current.kind == .openParenthesis ? try parseArguments() : Expression.CallArguments()
            result = try make(.filter(result, name: name, arguments), at: start, over: result, arguments)
        }
        return result
    }

    private mutating func parseDottedName() throws(JinjaError) -> String {
        var name = try expect(.name).text
        while skip(.dot) { name += "." + (try expect(.name).text) }
        return name
    }

    private mutating func parseTest(of value: Expression) throws(JinjaError) -> Expression {
        advance()
        let isNegated = skip(name: "not")
        let start = current.start
        let name = try parseDottedName()
        if !isConditional, environment.tests[name] == nil {
            unknownNames.append(failure("no test named '\(name)'", at: start))
        }
        var arguments = Expression.CallArguments()
        if current.kind == .openParenthesis {
            arguments = try parseArguments()
        } else if startsTestArgument {
            guard !isName("is") else { throw failure("you cannot chain multiple tests with is") }
            let argument = try nested { (parser) throws(JinjaError) in
                try parser.parsePostfix(of: try parser.parsePrimary())
            }
            arguments.positional = [argument]
        }
        let test = try make(.test(value, name: name, arguments), at: start, over: value, arguments)
        return isNegated ? try make(.unary(.not, test), at: start, over: test) : test
    }

    private var startsTestArgument: Bool {
        switch current.kind {
        case .string, .integer, .float, .openBracket, .openBrace: true
        case .name: !["else", "or", "and"].contains(current.text)
        default: false
        }
    }
}
