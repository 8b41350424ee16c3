/// The variables of one block: a macro call, one turn of a loop, a `with`. Names are numbers here; see
/// `Expression.Name`. Few names live in one scope, so a search from the end beats hashing.
final class Scope {
    let module: ModuleState
    let parent: Scope?
    private var symbols: [Int] = []
    private var values: [Value] = []

    init(_ module: ModuleState, parent: Scope? = nil) {
        self.module = module
        self.parent = parent
    }

    convenience init(in parent: Scope) {
        self.init(parent.module, parent: parent)
    }

    /// The outermost scope of a template keeps its variables in the module, where importers find them.
    var isTopLevel: Bool { parent == nil && !isDetached }
    /// Set for the scope of a `block`, which has no parent and yet is not the top level.
    var isDetached = false

    func local(_ symbol: Int) -> Value? {
        var index = symbols.count - 1
        while index >= 0 {
            if symbols[index] == symbol { return values[index] }
            index -= 1
        }
        return nil
    }

    func set(_ name: Expression.Name, _ value: Value) {
        if isTopLevel { return module.set(name, value) }
        if let index = symbols.lastIndex(of: name.symbol) {
            values[index] = value
        } else {
            symbols.append(name.symbol)
            values.append(value)
        }
    }

    func removeAll() {
        symbols.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }

    /// Every variable seen from here by name, innermost first; an included template sees them.
    var visible: [String: Value] {
        var result: [String: Value] = [:]
        var scope: Scope? = self
        while let current = scope {
            for (symbol, value) in zip(current.symbols, current.values) where result[module.template.symbols[symbol]] == nil {
                result[module.template.symbols[symbol]] = value
            }
            scope = current.parent
        }
        return result.merging(module.visible) { inner, _ in inner }
    }
}

/// One template being run: its top-level variables and what it was given.
final class ModuleState {
    let template: Template
    let context: Context
    /// By symbol.
    private var variables: [Value?]
    private var order: [Int] = []
    /// Top-level macros that are found through the host only; see `Environment.macrosResolveThroughHost`.
    private var hidden: [Int: Value] = [:]
    let inheritance: Inheritance
    /// The template named by `extends`, once that statement has run.
    var parent: Template?

    init(_ template: Template, _ context: Context, inheritance: Inheritance? = nil) {
        self.template = template
        self.context = context
        variables = Array(repeating: nil, count: template.symbols.count)
        self.inheritance = inheritance ?? Inheritance()
        self.inheritance.addBlocks(of: template.body, self)
    }

    func value(_ symbol: Int) -> Value? { variables[symbol] }

    func set(_ name: Expression.Name, _ value: Value) {
        if variables[name.symbol] == nil, hidden[name.symbol] == nil { order.append(name.symbol) }
        hidden[name.symbol] = nil
        variables[name.symbol] = value
        inheritance.variables[name.text] = value
    }

    func setHidden(_ name: Expression.Name, _ value: Value) {
        if variables[name.symbol] == nil, hidden[name.symbol] == nil { order.append(name.symbol) }
        hidden[name.symbol] = value
    }

    /// What an importer gets: everything set at the top level whose name does not begin with an underscore.
    var exports: [(name: String, value: Value)] {
        order.compactMap { symbol in
            guard let value = hidden[symbol] ?? variables[symbol], !template.symbols[symbol].hasPrefix("_") else {
                return nil
            }
            return (template.symbols[symbol], value)
        }
    }

    var macros: [Macro] {
        order.compactMap { symbol in
            if case .object(let object)? = hidden[symbol] ?? variables[symbol] { object as? Macro } else { nil }
        }
    }

    var visible: [String: Value] {
        var result = inheritance.variables
        for symbol in order { if let value = variables[symbol] { result[template.symbols[symbol]] = value } }
        return result
    }
}

/// What a template shares with the ones it extends: blocks, the most derived first, and top-level variables.
final class Inheritance {
    var blocks: [String: [(definition: Statement.BlockDefinition, module: ModuleState)]] = [:]
    var variables: [String: Value] = [:]
    /// What the child printed before `extends`.
    var heldOutput: String?

    func addBlocks(of statements: [Statement], _ module: ModuleState) {
        var finder = BlockFinder()
        finder.visit(statements)
        for block in finder.found { blocks[block.name, default: []].append((block, module)) }
    }
}

private struct BlockFinder: SyntaxVisitor {
    var found: [Statement.BlockDefinition] = []

    mutating func visit(_ statement: Statement) {
        if case .block(let definition) = statement.kind { found.append(definition) }
        visitChildren(of: statement)
    }

    // Blocks hide in statements only.
    mutating func visit(_ expression: Expression) {}
}
