/// Templates that use other templates.
extension Interpreter {
    /// Runs a template and, when it extends another, that one in its place.
    func runRoot(_ module: ModuleState) throws(JinjaError) {
        try enter()
        defer { depth -= 1 }
        let before = output
        _ = try run(module.template.body, Scope(module))
        guard let parent = module.parent else { return }
        // A child prints only what precedes `extends`; the rest of its output is in its blocks.
        output = module.inheritance.heldOutput ?? before
        module.inheritance.heldOutput = nil
        try runRoot(ModuleState(parent, module.context, inheritance: module.inheritance))
    }

    func runExtends(_ expression: Expression, _ scope: Scope) throws(JinjaError) {
        guard scope.isTopLevel else { throw JinjaError(.runtime, "extends inside a block") }
        guard scope.module.parent == nil else { throw JinjaError(.runtime, "extended multiple times") }
        scope.module.parent = try template(named: evaluate(expression, scope))
        scope.module.inheritance.heldOutput = output
    }

    func template(named value: Value) throws(JinjaError) -> Template {
        let names: [Value] = value.asList ?? [value]
        for name in names {
            if case .undefined(let undefined) = name { throw undefined.failure }
            guard case .string(let name) = name else { throw JinjaError(.type, "a template name must be a string") }
            if let loader = environment.loader, let template = try hosted({ try loader(name) }) { return template }
        }
        var shown: [String] = []
        for name in names { shown.append(try text(of: name)) }
        throw JinjaError(.templateNotFound, "template not found: \(shown.joined(separator: ", "))")
    }

    func run(_ include: Statement.Include, _ scope: Scope) throws(JinjaError) {
        let name = try evaluate(include.template, scope)
        let template: Template
        do {
            template = try self.template(named: name)
        } catch {
            guard include.ignoresMissing, error.kind == .templateNotFound else { throw error }
            return
        }
        try runRoot(ModuleState(template, context(for: scope, include.withContext)))
    }

    /// What the other template sees: everything visible here, or only what the host gave.
    private func context(for scope: Scope, _ withContext: Bool) -> Context {
        let base = scope.module.context
        return withContext ? Context(scope.visible, parent: base) : environmentContext(base)
    }

    /// Without the variables of this render there remain the host's lazily resolved names.
    private func environmentContext(_ context: Context) -> Context {
        Context([:], resolve: context.root.resolve)
    }

    func imported(_ expression: Expression, _ withContext: Bool, _ scope: Scope) throws(JinjaError) -> Module {
        let template = try template(named: evaluate(expression, scope))
        return try module(of: template, context(for: scope, withContext))
    }

    func module(of template: Template, _ context: Context) throws(JinjaError) -> Module {
        let state = ModuleState(template, context)
        let text = try capture { () throws(JinjaError) in try self.runRoot(state) }
        return Module(state, text: text)
    }

    func runFromImport(
        _ template: Expression, _ names: [Statement.ImportedName], _ withContext: Bool, _ scope: Scope
    ) throws(JinjaError) {
        let module = try imported(template, withContext, scope)
        for imported in names {
            let missing = "the template '\(module.name)' does not export the requested name '\(imported.name)'"
            scope.set(imported.alias, module[imported.name] ?? undefined(message: missing))
        }
    }

    // MARK: Blocks

    func runBlock(_ name: String, _ isScoped: Bool, _ scope: Scope) throws(JinjaError) {
        // A child's own blocks print where the parent has them, so nothing happens before the parent runs.
        guard scope.module.parent == nil || !scope.isTopLevel else { return }
        try runBlock(name, level: 0, scope.module.inheritance, isScoped ? scope : nil)
    }

    func runBlock(_ name: String, level: Int, _ inheritance: Inheritance, _ outer: Scope?) throws(JinjaError) {
        guard let (definition, module) = inheritance.blocks[name]?.dropFirst(level).first else {
            throw JinjaError(.undefined, "there is no parent block called '\(name)'")
        }
        guard !definition.isRequired else { throw JinjaError(.runtime, "required block '\(name)' not found") }
        try enter()
        defer { depth -= 1 }
        let scope = Scope(module, parent: outer?.module === module ? outer : nil)
        scope.isDetached = true
        if let outer, outer.module !== module { scope.adopt(outer.visible) }
        scope.adopt(["super": .object(BlockReference(inheritance, name: name, level: level + 1))])
        _ = try run(definition.body, scope)
    }
}

extension Context {
    fileprivate var root: Context { parent?.root ?? self }
}

extension Scope {
    /// Takes variables of another template by name; names this template never mentions have no use here.
    fileprivate func adopt(_ variables: [String: Value]) {
        for (symbol, text) in module.template.symbols.enumerated() {
            if let value = variables[text] { set(Expression.Name(text: text, symbol: symbol), value) }
        }
    }
}
