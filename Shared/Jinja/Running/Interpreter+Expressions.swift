extension Interpreter {
    func evaluate(_ expression: Expression, _ scope: Scope) throws(JinjaError) -> Value {
        switch expression.kind {
        case .literal(let literal): return literal.value
        case .name(let name): return try lookup(name, scope)
        default: break
        }
        do {
            try enter()
            defer { depth -= 1 }
            return try evaluateCompound(expression, scope)
        } catch {
            throw error.located(at: expression.offset, in: scope.module.template.source)
        }
    }

    private func evaluateCompound(_ expression: Expression, _ scope: Scope) throws(JinjaError) -> Value {
        switch expression.kind {
        case .literal, .name: return .none
        case .attribute(let owner, let name): return try attribute(name, of: evaluate(owner, scope))
        case .call(let callee, let arguments): return try evaluateCall(callee, arguments, expression.offset, scope)
        case .filter(let operand, let name, let arguments):
            guard let operand else { return .none }
            return try applyFilter(name, to: evaluate(operand, scope), evaluateArguments(arguments, scope))
        case .test(let operand, let name, let arguments):
            return .bool(try applyTest(name, to: evaluate(operand, scope), evaluateArguments(arguments, scope)))
        case .item(let owner, let key): return try evaluateItem(owner, key, scope)
        case .concat(let parts): return try evaluateConcat(parts, scope)
        case .list(let items): return .list(try evaluateAll(items, scope))
        case .tuple(let items): return .tuple(try evaluateAll(items, scope))
        case .dict(let pairs): return try evaluateDict(pairs, scope)
        case .unary(let operation, let operand): return try apply(operation, to: evaluate(operand, scope))
        case .binary(let operation, let left, let right):
            let left = try evaluate(left, scope)
            return try apply(operation, left, evaluate(right, scope))
        case .compare(let first, let comparisons): return try evaluateComparisons(first, comparisons, scope)
        case .and(let left, let right):
            let value = try evaluate(left, scope)
            return try isTrue(value) ? try evaluate(right, scope) : value
        case .or(let left, let right):
            let value = try evaluate(left, scope)
            return try isTrue(value) ? value : try evaluate(right, scope)
        case .conditional(let test, let then, let otherwise):
            if try isTrue(evaluate(test, scope)) { return try evaluate(then, scope) }
            guard let otherwise else {
                // Lenient under every policy, as in Jinja2.
                let message = "the inline if-expression evaluated to false and no else section was defined"
                return .undefined(Undefined(message: message, policy: .lenient))
            }
            return try evaluate(otherwise, scope)
        case .slice: throw JinjaError(.type, "a slice is not a value")
        }
    }

    private func evaluateAll(_ items: [Expression], _ scope: Scope) throws(JinjaError) -> [Value] {
        var result: [Value] = []
        result.reserveCapacity(items.count)
        for item in items { result.append(try evaluate(item, scope)) }
        return result
    }

    private func evaluateDict(_ pairs: [Expression.Pair], _ scope: Scope) throws(JinjaError) -> Value {
        let dict = DictValue()
        for pair in pairs {
            let key = try evaluate(pair.key, scope)
            dict.store(try evaluate(pair.value, scope), for: try key.hashable())
        }
        return .dict(dict)
    }

    private func evaluateConcat(_ parts: [Expression], _ scope: Scope) throws(JinjaError) -> Value {
        var result = ""
        for value in try evaluateAll(parts, scope) { result += try text(of: value) }
        guard result.utf8.count <= environment.limits.textBytesMax else { throw textTooLong }
        return .string(result)
    }

    private func evaluateComparisons(
        _ first: Expression, _ comparisons: [Expression.Comparison], _ scope: Scope
    ) throws(JinjaError) -> Value {
        var left = try evaluate(first, scope)
        for comparison in comparisons {
            let right = try evaluate(comparison.operand, scope)
            guard try compare(comparison.comparator, left, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    private func evaluateItem(_ owner: Expression, _ key: Expression, _ scope: Scope) throws(JinjaError) -> Value {
        let value = try evaluate(owner, scope)
        guard case .slice(let lower, let upper, let step) = key.kind else {
            return try item(evaluate(key, scope), of: value)
        }
        var bounds: [Value] = []
        for bound in [lower, upper, step] {
            if let bound { bounds.append(try evaluate(bound, scope)) } else { bounds.append(.none) }
        }
        return try slice(value, bounds[0], bounds[1], bounds[2])
    }

    // MARK: Calls

    private func evaluateCall(
        _ callee: Expression, _ arguments: Expression.CallArguments, _ offset: Int, _ scope: Scope
    ) throws(JinjaError) -> Value {
        let outerSite = callSite
        defer { callSite = outerSite }
        // A method call needs no value for the method, which saves making one.
        guard case .attribute(let owner, let name) = callee.kind else {
            let function = try evaluate(callee, scope)
            let arguments = try evaluateArguments(arguments, scope)
            callSite = (scope.module, offset)
            return try invoke(function, arguments)
        }
        let value = try evaluate(owner, scope)
        guard hasMethods(value) else {
            let function = try attribute(name, of: value)
            let arguments = try evaluateArguments(arguments, scope)
            callSite = (scope.module, offset)
            return try invoke(function, arguments)
        }
        let arguments = try evaluateArguments(arguments, scope)
        callSite = (scope.module, offset)
        return try callMethod(name, of: value, arguments)
    }

    func evaluateArguments(_ written: Expression.CallArguments, _ scope: Scope) throws(JinjaError) -> Arguments {
        if written.isEmpty { return Arguments() }
        var arguments = Arguments(try evaluateAll(written.positional, scope))
        for (name, value) in written.named { arguments.named.append((name, try evaluate(value, scope))) }
        if let spread = written.spread { arguments.positional += try items(of: evaluate(spread, scope)) }
        if let spread = written.namedSpread { try append(named: evaluate(spread, scope), to: &arguments) }
        return arguments
    }

    private func append(named value: Value, to arguments: inout Arguments) throws(JinjaError) {
        guard case .dict(let dict) = value else {
            throw JinjaError(.type, "argument after ** must be a mapping, not \(value.typeName)")
        }
        for (key, value) in dict.pairs {
            guard case .string(let name) = key else { throw JinjaError(.type, "keywords must be strings") }
            guard arguments[name] == nil else {
                throw JinjaError(.type, "got multiple values for keyword argument '\(name)'")
            }
            arguments.named.append((name, value))
        }
    }

    func invoke(_ callee: Value, _ arguments: Arguments) throws(JinjaError) -> Value {
        switch callee {
        case .function(let function): return try hosted { try function.body(arguments, self) }
        case .object(let object): return try hosted { try object.call(arguments, self) }
        case .undefined(let undefined):
            guard undefined.policy == .forgiving else { throw undefined.failure }
            return callee
        default: throw JinjaError(.type, "'\(callee.typeName)' object is not callable")
        }
    }

    func applyFilter(_ name: String, to value: Value, _ arguments: Arguments) throws(JinjaError) -> Value {
        guard let filter = environment.filters[name] else { throw JinjaError(.runtime, "no filter named '\(name)'") }
        return try hosted { try filter(value, arguments, self) }
    }

    func applyTest(_ name: String, to value: Value, _ arguments: Arguments) throws(JinjaError) -> Bool {
        guard let test = environment.tests[name] else { throw JinjaError(.runtime, "no test named '\(name)'") }
        return try hosted { try test(value, arguments, self) }
    }
}
