/// A statement of the template language, with the byte its tag starts at.
public struct Statement: Sendable {
    public indirect enum Kind: Sendable {
        case text(String)
        case output([Expression])
        case `for`(ForLoop)
        case `if`([Branch], otherwise: [Statement])
        case set(Target, Expression)
        case setBlock(Target, filter: Expression?, body: [Statement])
        case macro(MacroDefinition)
        case call(CallBlock)
        case filter(Expression, body: [Statement])
        case with([Binding], body: [Statement])
        case `do`(Expression)
        case include(Include)
        case `import`(Expression, as: Expression.Name, withContext: Bool)
        case fromImport(Expression, [ImportedName], withContext: Bool)
        case extends(Expression)
        case block(BlockDefinition)
        case `break`
        case `continue`
        /// The body of a verbatim host tag; prints nothing.
        case verbatim(String)
    }

    /// Where an assignment goes.
    public indirect enum Target: Sendable {
        case name(Expression.Name)
        case attribute(Expression.Name, String)
        case tuple([Target])
    }

    public struct Branch: Sendable {
        public let test: Expression
        public let body: [Statement]
    }

    public struct Binding: Sendable {
        public let target: Target
        public let value: Expression
    }

    public struct ForLoop: Sendable {
        public let target: Target
        public let iterable: Expression
        public let filter: Expression?
        public let isRecursive: Bool
        /// The variable `loop`, if the body mentions it; loops that do not are cheaper.
        let loopName: Expression.Name?
        public let body: [Statement]
        public let otherwise: [Statement]
    }

    public struct CallBlock: Sendable {
        /// The `caller` the called macro receives.
        public let caller: MacroDefinition
        public let call: Expression
    }

    public struct Include: Sendable {
        public let template: Expression
        public let ignoresMissing: Bool
        public let withContext: Bool
    }

    public struct ImportedName: Sendable {
        public let name: String
        public let alias: Expression.Name
    }

    public struct BlockDefinition: Sendable {
        public let name: String
        public let isScoped: Bool
        public let isRequired: Bool
        public let body: [Statement]
    }

    public let kind: Kind
    public let offset: Int
}

/// A macro as written: its name, parameters and body.
public struct MacroDefinition: Sendable {
    public struct Parameter: Sendable {
        public let name: Expression.Name
        public let defaultValue: Expression?
    }

    public let name: Expression.Name
    public let parameters: [Parameter]
    public let body: [Statement]
    // Which of the special names the body mentions decides what a call may pass, as in Jinja2.
    let varargs: Expression.Name?
    let kwargs: Expression.Name?
    let caller: Expression.Name?
    /// A `call` block's body. It is no boundary for `return`, which passes through to the macro around it.
    let isCaller: Bool
}
