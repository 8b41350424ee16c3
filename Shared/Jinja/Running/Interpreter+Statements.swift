/// How a run of statements ended.
enum Flow { case done, breaking, continuing }

extension Interpreter {
    func run(_ statements: [Statement], _ scope: Scope) throws(JinjaError) -> Flow {
        for statement in statements {
            do {
                let flow = try run(statement, scope)
                if flow != .done { return flow }
            } catch {
                throw error.located(at: statement.offset, in: scope.module.template.source)
            }
        }
        return .done
    }

    private func run(_ statement: Statement, _ scope: Scope) throws(JinjaError) -> Flow {
        switch statement.kind {
        case .text(let text): try write(text)
        case .output(let values): for value in values { try write(text(of: evaluate(value, scope))) }
        case .if(let branches, let otherwise): return try runIf(branches, otherwise, scope)
        case .for(let loop): try runLoop(loop, over: evaluate(loop.iterable, scope), scope, depth: 0)
        case .set(let target, let value): try assign(evaluate(value, scope), to: target, scope)
        case .do(let value): _ = try evaluate(value, scope)
        case .macro(let definition): define(definition, scope)
        case .call(let block): try runCall(block, scope)
        case .setBlock(let target, let filter, let body): return try runSetBlock(target, filter, body, scope)
        case .filter(let filter, let body): return try runFilter(filter, body, scope)
        case .with(let bindings, let body): return try runWith(bindings, body, scope)
        case .include(let include): try run(include, scope)
        case .import(let template, let name, let withContext):
            scope.set(name, .object(try imported(template, withContext, scope)))
        case .fromImport(let template, let names, let withContext):
            try runFromImport(template, names, withContext, scope)
        case .extends(let template): try runExtends(template, scope)
        case .block(let definition): try runBlock(definition.name, definition.isScoped, scope)
        case .break: return .breaking
        case .continue: return .continuing
        case .verbatim: break
        }
        return .done
    }

    private func runIf(_ branches: [Statement.Branch], _ otherwise: [Statement], _ scope: Scope) throws(JinjaError) -> Flow {
        for branch in branches where try isTrue(evaluate(branch.test, scope)) { return try run(branch.body, scope) }
        return try run(otherwise, scope)
    }

    private func runWith(_ bindings: [Statement.Binding], _ body: [Statement], _ scope: Scope) throws(JinjaError) -> Flow {
        let inner = Scope(in: scope)
        // The values see the variables around the block, not each other.
        for binding in bindings { try assign(evaluate(binding.value, scope), to: binding.target, inner) }
        return try run(body, inner)
    }

    /// What a body prints. When a `break` or `continue` leaves the body, the caller drops the text and passes it on.
    private func captured(_ body: [Statement], _ scope: Scope) throws(JinjaError) -> (text: String, flow: Flow) {
        var flow = Flow.done
        let text = try capture { () throws(JinjaError) in flow = try self.run(body, Scope(in: scope)) }
        return (text, flow)
    }

    private func runSetBlock(
        _ target: Statement.Target, _ filter: Expression?, _ body: [Statement], _ scope: Scope
    ) throws(JinjaError) -> Flow {
        let (text, flow) = try captured(body, scope)
        guard flow == .done else { return flow }
        var value = Value.string(text)
        if let filter { value = try apply(filterChain: filter, to: value, scope) }
        try assign(value, to: target, scope)
        return .done
    }

    private func runFilter(_ filter: Expression, _ body: [Statement], _ scope: Scope) throws(JinjaError) -> Flow {
        let (text, flow) = try captured(body, scope)
        guard flow == .done else { return flow }
        guard case .string(let result) = try apply(filterChain: filter, to: .string(text), scope) else {
            throw JinjaError(.type, "a filter block needs a filter that gives text")
        }
        try write(result)
        return .done
    }

    private func apply(filterChain: Expression, to value: Value, _ scope: Scope) throws(JinjaError) -> Value {
        guard case .filter(let inner, let name, let arguments) = filterChain.kind else { return value }
        let operand = try inner.map { (inner) throws(JinjaError) in try apply(filterChain: inner, to: value, scope) } ?? value
        return try applyFilter(name, to: operand, evaluateArguments(arguments, scope))
    }

    // MARK: Assignment

    func assign(_ value: Value, to target: Statement.Target, _ scope: Scope) throws(JinjaError) {
        switch target {
        case .name(let name): scope.set(name, value)
        case .attribute(let name, let attribute):
            guard case .object(let object) = try lookup(name, scope), let namespace = object as? NamespaceObject else {
                throw JinjaError(.runtime, "cannot assign attribute on non-namespace object")
            }
            namespace.dict[attribute] = value
        case .tuple(let targets):
            let values = try items(of: value)
            guard values.count == targets.count else {
                let problem = values.count > targets.count ? "too many" : "not enough"
                throw JinjaError(.value, "\(problem) values to unpack (expected \(targets.count), got \(values.count))")
            }
            for (target, value) in zip(targets, values) { try assign(value, to: target, scope) }
        }
    }

    // MARK: Loops

    func runLoop(_ loop: Statement.ForLoop, over value: Value, _ scope: Scope, depth: Int) throws(JinjaError) {
        var iterator = try iterator(for: loop, over: value, scope)
        let state = loop.loopName == nil ? nil : LoopObject(iterator, loop, scope, depth: depth)
        if let state { iterator = ValueIterator { try state.advance() } }
        var turn = Scope(in: scope)
        var hasCompletedTurn = false
        while let item = try iterator.next() {
            try countIteration()
            // A macro made in the last turn may hold that turn's scope; only then is a new one needed.
            if isKnownUniquelyReferenced(&turn) { turn.removeAll() } else { turn = Scope(in: scope) }
            try assign(item, to: loop.target, turn)
            if let state, let name = loop.loopName { turn.set(name, .object(state)) }
            let flow = try run(loop.body, turn)
            if flow == .breaking { break }
            // Jinja2 takes a turn cut short for no turn at all: `else` runs unless one turn reached its end.
            if flow == .done { hasCompletedTurn = true }
        }
        if !hasCompletedTurn { _ = try run(loop.otherwise, Scope(in: scope)) }
    }

    private func iterator(
        for loop: Statement.ForLoop, over value: Value, _ scope: Scope
    ) throws(JinjaError) -> ValueIterator {
        let all = try iterator(over: value)
        guard let filter = loop.filter else { return all }
        return ValueIterator {
            while let item = try all.next() {
                try self.countIteration()
                let inner = Scope(in: scope)
                try self.assign(item, to: loop.target, inner)
                if try self.isTrue(self.evaluate(filter, inner)) { return item }
            }
            return nil
        }
    }

    // MARK: Macros

    private func define(_ definition: MacroDefinition, _ scope: Scope) {
        let macro = Value.object(Macro(definition, scope))
        if environment.macrosResolveThroughHost, scope.isTopLevel {
            scope.module.setHidden(definition.name, macro)
        } else {
            scope.set(definition.name, macro)
        }
    }

    private func runCall(_ block: Statement.CallBlock, _ scope: Scope) throws(JinjaError) {
        guard case .call(let callee, let written) = block.call.kind else { return }
        let function = try evaluate(callee, scope)
        var arguments = try evaluateArguments(written, scope)
        guard arguments["caller"] == nil else {
            throw JinjaError(.type, "got multiple values for keyword argument 'caller'")
        }
        arguments.named.append(("caller", .object(Macro(block.caller, scope))))
        let outerSite = callSite
        defer { callSite = outerSite }
        callSite = (scope.module, block.call.offset)
        try write(text(of: invoke(function, arguments)))
    }
}
