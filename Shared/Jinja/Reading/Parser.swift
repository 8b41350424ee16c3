/// Turns tokens into a syntax tree. Statements and expressions have their own files.
struct Parser {
    // Deeper nesting than people write; without a bound `((((…` would exhaust the stack.
    static let nestingMax = 100
    static let heightMax = 300

    let source: TemplateSource
    let environment: Environment
    let tokens: [Token]
    var index = 0
    var nesting = 0
    var symbolTable: [String: Int] = [:]
    var symbols: [String] = []
    var definitions: [Template.Definition] = []
    /// How often each name was read so far; tells which special names a body mentions.
    var reads: [Int] = []
    /// Blocks around the current one; only those at level 0 are listed in `definitions`.
    var level = 0
    var loopDepth = 0
    var blockNames: Set<String> = []
    // Jinja2 lets an unknown filter pass where a condition may keep it from running.
    var isConditional = false
    /// Filters and tests that do not exist and will certainly be asked for; the first one fails the template.
    var unknownNames: [JinjaError] = []

    init(source: TemplateSource, environment: Environment) throws(JinjaError) {
        self.source = source
        self.environment = environment
        var verbatim: [String: [String]] = [:]
        for tag in environment.blockTags {
            if case .verbatim = tag.body { verbatim[tag.name] = tag.endNames }
        }
        var lexer = Lexer(source: source, options: environment.whitespace, verbatimTags: verbatim)
        tokens = try lexer.tokenize()
    }

    mutating func parseTemplate() throws(JinjaError) -> Template {
        let body = try parseBody(until: [])
        if let unknown = unknownNames.first { throw unknown }
        return Template(source: source, body: body, definitions: definitions, symbols: symbols)
    }

    // MARK: Tokens

    var current: Token { tokens[index] }
    var next: Token { tokens[min(index + 1, tokens.count - 1)] }

    @discardableResult
    mutating func advance() -> Token {
        let token = tokens[index]
        if index + 1 < tokens.count { index += 1 }
        return token
    }

    func isName(_ text: String) -> Bool { current.kind == .name && current.text == text }

    mutating func skip(_ kind: Token.Kind) -> Bool {
        guard current.kind == kind else { return false }
        advance()
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard isName(name) else { return false }
        advance()
        return true
    }

    @discardableResult
    mutating func expect(_ kind: Token.Kind) throws(JinjaError) -> Token {
        guard current.kind == kind else { throw unexpected("expected token '\(kind.rawValue)', got") }
        return advance()
    }

    mutating func expect(name: String) throws(JinjaError) {
        guard skip(name: name) else { throw unexpected("expected token '\(name)', got") }
    }

    func unexpected(_ message: String) -> JinjaError {
        if current.kind == .end { return failure("unexpected end of template") }
        return failure("\(message) '\(current.described)'")
    }

    func failure(_ message: String, at offset: Int? = nil) -> JinjaError {
        JinjaError(.syntax, message, at: offset ?? current.start, in: source)
    }

    // MARK: Names and nesting

    mutating func intern(_ text: String) -> Expression.Name {
        if let symbol = symbolTable[text] { return Expression.Name(text: text, symbol: symbol) }
        let symbol = symbols.count
        symbolTable[text] = symbol
        symbols.append(text)
        reads.append(0)
        return Expression.Name(text: text, symbol: symbol)
    }

    func readCount(_ name: Expression.Name) -> Int { reads[name.symbol] }

    mutating func nested<Result>(
        _ body: (inout Parser) throws(JinjaError) -> Result
    ) throws(JinjaError) -> Result {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Self.nestingMax else { throw failure("nested too deeply") }
        return try body(&self)
    }
}
