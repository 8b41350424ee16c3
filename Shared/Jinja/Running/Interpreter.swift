/// Renders templates and calls macros. Use one per thread; it may be reused for any number of templates.
public final class Interpreter {
    public let environment: Environment
    let globals: [String: Value]
    /// What the innermost block has printed so far.
    var output = ""
    var depth = 0
    var iterations = 0
    /// Where the call being made stands, for the trace of an error inside it.
    var callSite: (module: ModuleState, offset: Int)?
    /// The macros being called, the outermost first, without the blocks that were handed to them.
    public internal(set) var macrosUnderWay: [Macro] = []
    /// The value under way to the macro that `returning` ends.
    private var returned: Value?
    private var stack = StackGuard()

    public init(_ environment: Environment = Environment()) {
        self.environment = environment
        globals = Globals.make()
    }

    // MARK: Whole templates

    public func render(_ template: Template, _ context: Context = Context()) throws(JinjaError) -> String {
        try fresh { () throws(JinjaError) in
            try self.capture { () throws(JinjaError) in try self.runRoot(ModuleState(template, context)) }
        }
    }

    /// Runs the top level of a template and keeps what it defined: its macros and variables.
    public func load(_ template: Template, _ context: Context = Context()) throws(JinjaError) -> Module {
        try fresh { () throws(JinjaError) in try self.module(of: template, context) }
    }

    /// The macros of a template; nothing else that stands at its top level is run.
    public func loadMacros(_ template: Template, _ context: Context = Context()) throws(JinjaError) -> Module {
        try fresh { () throws(JinjaError) in
            let state = ModuleState(template, context)
            _ = try self.run(template.body.filter { if case .macro = $0.kind { true } else { false } }, Scope(state))
            return Module(state, text: "")
        }
    }

    /// The value of a template that is one `{{ expression }}` and nothing else; the rendered text of any other, and of a constant, as in Jinja2.
    public func renderNative(_ template: Template, _ context: Context = Context()) throws(JinjaError) -> Value {
        let isFolded = try fresh { () throws(JinjaError) in template.onlyExpression.map { self.isFolded($0, Scope(ModuleState(template, context))) } ?? true }
        return isFolded ? .string(try render(template, context)) : try evaluate(template, context)
    }

    /// The value of a template that is one `{{ expression }}` and nothing else, a constant too; the rendered text of any other.
    public func evaluate(_ template: Template, _ context: Context) throws(JinjaError) -> Value {
        guard let expression = template.onlyExpression else { return .string(try render(template, context)) }
        let scope = Scope(ModuleState(template, context))
        return try fresh { () throws(JinjaError) in try self.evaluate(expression, scope) }
    }

    /// Calls a macro, function or object.
    public func call(_ callee: Value, _ arguments: Arguments = Arguments()) throws(JinjaError) -> Value {
        try invoke(callee, arguments)
    }

    /// For a host function that ends the macro it is called from: `throw interpreter.returning(value)` makes the
    /// macro's call evaluate to `value`, and drops what the macro printed.
    public func returning(_ value: Value) -> JinjaError {
        returned = value
        return JinjaError(.return, "return outside a macro")
    }

    func takeReturned() -> Value {
        defer { returned = nil }
        return returned ?? .none
    }

    /// An undefined value of the environment's policy.
    public func undefined(_ name: String) -> Value {
        .undefined(Undefined(name: name, message: "'\(name)' is undefined", policy: environment.undefined))
    }

    func undefined(message: String) -> Value {
        .undefined(Undefined(message: message, policy: environment.undefined))
    }

    // MARK: Output and bounds

    /// A render that starts while another is under way (a host function that renders) leaves that one untouched.
    private func fresh<Result>(_ body: () throws(JinjaError) -> Result) throws(JinjaError) -> Result {
        if depth == 0 { iterations = 0 }
        let outerSite = callSite
        callSite = nil
        defer { callSite = outerSite }
        do {
            return try body()
        } catch {
            // Nothing is left to return from: tell it like any other mistake.
            throw error.kind == .return ? JinjaError(.runtime, error.message) : error
        }
    }

    /// What `body` prints.
    func capture(_ body: () throws(JinjaError) -> Void) throws(JinjaError) -> String {
        var saved = ""
        swap(&saved, &output)
        do {
            try body()
        } catch {
            output = saved
            throw error
        }
        swap(&saved, &output)
        return saved
    }

    func write(_ text: String) throws(JinjaError) {
        output += text
        guard output.utf8.count <= environment.limits.textBytesMax else { throw textTooLong }
    }

    var textTooLong: JinjaError {
        JinjaError(.limit, "text longer than \(environment.limits.textBytesMax) bytes")
    }

    func checkCount(_ count: Int) throws(JinjaError) {
        guard count <= environment.limits.itemsMax else {
            throw JinjaError(.limit, "more than \(environment.limits.itemsMax) items")
        }
    }

    func countIteration() throws(JinjaError) {
        iterations += 1
        guard iterations <= environment.limits.iterationsMax else {
            throw JinjaError(.limit, "more than \(environment.limits.iterationsMax) turns of loops")
        }
    }

    func enter() throws(JinjaError) {
        guard depth < environment.limits.depthMax else {
            throw JinjaError(.limit, "maximum recursion depth exceeded: evaluation nested deeper than \(environment.limits.depthMax)")
        }
        if depth == 0 { stack = StackGuard() }
        guard stack.bytesUsed <= environment.limits.stackBytesMax else {
            throw JinjaError(.limit, "maximum recursion depth exceeded: evaluation needs more than \(environment.limits.stackBytesMax) bytes of stack")
        }
        depth += 1
    }

    // MARK: Names

    func lookup(_ name: Expression.Name, _ scope: Scope) throws(JinjaError) -> Value {
        var current: Scope? = scope
        while let inner = current {
            if let value = inner.local(name.symbol) { return value }
            current = inner.parent
        }
        let module = scope.module
        if let value = module.value(name.symbol) ?? module.inheritance.variables[name.text] { return value }
        if let value = try module.context.value(of: name.text) { return value }
        if let value = globals[name.text] { return value }
        if name.text == "self" { return .object(BlockReference(module.inheritance)) }
        return undefined(name.text)
    }
}
