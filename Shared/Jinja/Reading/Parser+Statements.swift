extension Parser {
    /// Reads statements until one of the named tags opens; the parser then stands on that tag's name.
    mutating func parseBody(until ends: [String]) throws(JinjaError) -> [Statement] {
        var body: [Statement] = []
        while current.kind != .end {
            let token = current
            switch token.kind {
            case .data:
                advance()
                body.append(Statement(kind: .text(token.text), offset: token.start))
            case .variableBegin:
                advance()
                let value = try parseTuple()
                try expect(.variableEnd)
                body.append(Statement(kind: .output([value]), offset: token.start))
            default:
                try expect(.blockBegin)
                if current.kind == .name, ends.contains(current.text) { return body }
                body.append(try parseStatement(from: token.start))
                try expect(.blockEnd)
            }
        }
        guard ends.isEmpty else {
            throw failure("unexpected end of template: looking for '\(ends.joined(separator: "' or '"))'")
        }
        return body
    }

    /// The body after an opening tag and the tag that ends it. `hard` bodies start a scope of their own.
    private mutating func parseBlock(until ends: [String], hard: Bool = true) throws(JinjaError) -> [Statement] {
        _ = skip(.colon)
        try expect(.blockEnd)
        let outer = isConditional
        isConditional = !hard
        level += 1
        defer {
            isConditional = outer
            level -= 1
        }
        return try nested { (parser) throws(JinjaError) in try parser.parseBody(until: ends) }
    }

    private mutating func parseStatement(from start: Int) throws(JinjaError) -> Statement {
        guard current.kind == .name else { throw failure("tag name expected") }
        let tag = advance()
        return Statement(kind: try parseStatementKind(tag, start), offset: start)
    }

    private mutating func parseStatementKind(_ tag: Token, _ start: Int) throws(JinjaError) -> Statement.Kind {
        switch tag.text {
        case "for": return try parseFor()
        case "if": return try parseIf()
        case "set": return try parseSet()
        case "with": return try parseWith()
        case "do": return .do(try parseTuple())
        case "print": return try parsePrint()
        case "macro": return try parseMacro(tag, start)
        case "call": return try parseCallBlock()
        case "filter": return try parseFilterBlock()
        case "include": return try parseInclude()
        case "import": return try parseImport()
        case "from": return try parseFromImport()
        case "extends": return .extends(try parseExpression())
        case "block": return try parseBlockDefinition()
        case "break", "continue":
            guard loopDepth > 0 else { throw failure("'\(tag.text)' outside a loop", at: tag.start) }
            return tag.text == "break" ? .break : .continue
        case "autoescape": throw failure("autoescape is not supported", at: tag.start)
        default:
            if let definition = environment.blockTags.first(where: { $0.name == tag.text }) {
                return try parseHostBlock(definition, tag, start)
            }
            throw failure("encountered unknown tag '\(tag.text)'", at: tag.start)
        }
    }

    // MARK: Control flow

    private mutating func parseFor() throws(JinjaError) -> Statement.Kind {
        let target = try parseTarget(end: "in")
        try expect(name: "in")
        let iterable = try parseTuple(conditional: false, end: "recursive")
        let filter = skip(name: "if") ? try parseExpression() : nil
        let isRecursive = skip(name: "recursive")
        let loop = intern("loop")
        let readsBefore = readCount(loop)
        loopDepth += 1
        let body = try parseBlock(until: ["endfor", "else"])
        loopDepth -= 1
        let loopName = isRecursive || readCount(loop) > readsBefore ? loop : nil
        let otherwise = advance().text == "else" ? try parseBlock(until: ["endfor"]) : []
        if current.kind == .name, current.text == "endfor" { advance() }
        return .for(
            Statement.ForLoop(
                target: target, iterable: iterable, filter: filter, isRecursive: isRecursive, loopName: loopName,
                body: body, otherwise: otherwise))
    }

    private mutating func parseIf() throws(JinjaError) -> Statement.Kind {
        var branches: [Statement.Branch] = []
        let outer = isConditional
        defer { isConditional = outer }
        isConditional = true
        while true {
            let test = try parseTuple(conditional: false)
            let body = try parseBlock(until: ["elif", "else", "endif"], hard: false)
            branches.append(Statement.Branch(test: test, body: body))
            switch advance().text {
            case "elif": continue
            case "else":
                let otherwise = try parseBlock(until: ["endif"], hard: false)
                advance()
                return .if(branches, otherwise: otherwise)
            default: return .if(branches, otherwise: [])
            }
        }
    }

    private mutating func parsePrint() throws(JinjaError) -> Statement.Kind {
        var values: [Expression] = []
        while current.kind != .blockEnd {
            if !values.isEmpty { try expect(.comma) }
            values.append(try parseExpression())
        }
        return .output(values)
    }

    // MARK: Assignment

    private mutating func parseSet() throws(JinjaError) -> Statement.Kind {
        let target = try parseTarget(allowsAttributes: true)
        if skip(.assign) { return .set(target, try parseTuple()) }
        let filter = try parseFilters(on: nil)
        let body = try parseBlock(until: ["endset"])
        advance()
        return .setBlock(target, filter: filter, body: body)
    }

    private mutating func parseWith() throws(JinjaError) -> Statement.Kind {
        var bindings: [Statement.Binding] = []
        while current.kind != .blockEnd {
            if !bindings.isEmpty { try expect(.comma) }
            let target = try parseTarget()
            try expect(.assign)
            bindings.append(Statement.Binding(target: target, value: try parseExpression()))
        }
        let body = try parseBlock(until: ["endwith"])
        advance()
        return .with(bindings, body: body)
    }

    private mutating func parseTarget(
        allowsAttributes: Bool = false, end: String? = nil
    ) throws(JinjaError) -> Statement.Target {
        var targets: [Statement.Target] = []
        var isTuple = false
        while true {
            if isTargetEnd(end) { break }
            targets.append(try parseSingleTarget(allowsAttributes))
            guard skip(.comma) else { break }
            isTuple = true
        }
        if isTuple { return .tuple(targets) }
        guard let only = targets.first else { throw unexpected("expected an expression, got") }
        return only
    }

    private func isTargetEnd(_ end: String?) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .closeParenthesis: true
        case .name: end == current.text
        default: false
        }
    }

    private mutating func parseSingleTarget(_ allowsAttributes: Bool) throws(JinjaError) -> Statement.Target {
        if skip(.openParenthesis) {
            let inner = try nested { (parser) throws(JinjaError) in
                parser.current.kind == .closeParenthesis ? .tuple([]) : try parser.parseTarget()
            }
            try expect(.closeParenthesis)
            return inner
        }
        let name = try parseAssignableName()
        guard allowsAttributes, skip(.dot) else { return .name(name) }
        return .attribute(name, try expect(.name).text)
    }

    private mutating func parseAssignableName() throws(JinjaError) -> Expression.Name {
        let token = try expect(.name)
        guard !["true", "false", "none", "True", "False", "None"].contains(token.text) else {
            throw failure("can't assign to '\(token.text)'", at: token.start)
        }
        return intern(token.text)
    }

    // MARK: Macros and calls

    private mutating func parseMacro(_ tag: Token, _ start: Int) throws(JinjaError) -> Statement.Kind {
        let name = try parseAssignableName()
        let parameters = try parseSignature()
        let bodyStart = current.end
        let macro = try parseMacroBody(named: name, parameters, until: ["endmacro"])
        list("macro", name.text, macro, [], start, bodyStart)
        return .macro(macro)
    }

    private mutating func parseHostBlock(
        _ definition: BlockTag, _ tag: Token, _ start: Int
    ) throws(JinjaError) -> Statement.Kind {
        let name = try expect(.name).text
        let parameters = current.kind == .openParenthesis ? try parseSignature() : []
        var options: [(name: String, value: Expression?)] = []
        while skip(.comma) {
            let option = try expect(.name).text
            options.append((option, skip(.assign) ? try parseExpression() : nil))
        }
        let bodyStart = current.end
        switch definition.body {
        case .macro(let macroName):
            let header = BlockHeader(tag: tag.text, name: name, parameters: parameters, options: options)
            let macro = try parseMacroBody(named: intern(macroName(header)), parameters, until: definition.endNames)
            list(tag.text, name, macro, options, start, bodyStart)
            return .macro(macro)
        case .verbatim:
            let body = try parseBlock(until: definition.endNames)
            advance()
            list(tag.text, name, nil, options, start, bodyStart)
            guard case .text(let text)? = body.first?.kind else { return .verbatim("") }
            return .verbatim(text)
        }
    }

    private mutating func list(
        _ tag: String, _ name: String, _ macro: MacroDefinition?, _ options: [(name: String, value: Expression?)],
        _ start: Int, _ bodyStart: Int
    ) {
        guard level == 0 else { return }
        // The closing tag is `{% endmacro %}`: its opening stands two tokens back, its end is the current token.
        let close = tokens[max(index - 2, 0)]
        definitions.append(
            Template.Definition(
                tag: tag, name: name, macroName: macro?.name.text, parameters: macro?.parameters ?? [],
                options: options, range: start..<max(current.end, start), bodyRange: bodyStart..<max(close.start, bodyStart),
                line: source.position(of: start).line))
    }

    private mutating func parseMacroBody(
        named name: Expression.Name, _ parameters: [MacroDefinition.Parameter], until ends: [String],
        isCaller: Bool = false
    ) throws(JinjaError) -> MacroDefinition {
        let special = [intern("varargs"), intern("kwargs"), intern("caller")]
        let readsBefore = special.map { readCount($0) }
        let outerLoopDepth = loopDepth
        loopDepth = 0
        let body = try parseBlock(until: ends)
        loopDepth = outerLoopDepth
        advance()
        if let parameter = parameters.first(where: { $0.name.text == "caller" }), parameter.defaultValue == nil,
            readCount(special[2]) > readsBefore[2]
        {
            throw failure("the parameter 'caller' must be omitted or be given a default")
        }
        // A parameter of that name takes the place of the special one.
        let mentioned = (0..<3).map { index -> Expression.Name? in
            let isParameter = parameters.contains { $0.name.symbol == special[index].symbol }
            return readCount(special[index]) > readsBefore[index] && !isParameter ? special[index] : nil
        }
        return MacroDefinition(
            name: name, parameters: parameters, body: body, varargs: mentioned[0], kwargs: mentioned[1],
            caller: mentioned[2], isCaller: isCaller)
    }

    private mutating func parseSignature() throws(JinjaError) -> [MacroDefinition.Parameter] {
        var parameters: [MacroDefinition.Parameter] = []
        try expect(.openParenthesis)
        while current.kind != .closeParenthesis {
            if !parameters.isEmpty { try expect(.comma) }
            let name = try parseAssignableName()
            guard !parameters.contains(where: { $0.name.symbol == name.symbol }) else {
                throw failure("duplicate parameter '\(name.text)'")
            }
            if skip(.assign) {
                parameters.append(MacroDefinition.Parameter(name: name, defaultValue: try parseExpression()))
            } else if parameters.last?.defaultValue != nil {
                throw failure("non-default argument follows default argument")
            } else {
                parameters.append(MacroDefinition.Parameter(name: name, defaultValue: nil))
            }
        }
        advance()
        return parameters
    }

    private mutating func parseCallBlock() throws(JinjaError) -> Statement.Kind {
        let parameters = current.kind == .openParenthesis ? try parseSignature() : []
        let call = try parseExpression()
        guard case .call = call.kind else { throw failure("expected call", at: call.offset) }
        let caller = try parseMacroBody(named: intern("caller"), parameters, until: ["endcall"], isCaller: true)
        return .call(Statement.CallBlock(caller: caller, call: call))
    }

    private mutating func parseFilterBlock() throws(JinjaError) -> Statement.Kind {
        guard let filter = try parseFilters(on: nil, startsInline: true) else { throw failure("filter name expected") }
        let body = try parseBlock(until: ["endfilter"])
        advance()
        return .filter(filter, body: body)
    }

    // MARK: Other templates

    private mutating func parseContextOption(default value: Bool) -> Bool {
        guard isName("with") || isName("without"), next.kind == .name, next.text == "context" else { return value }
        let withContext = advance().text == "with"
        advance()
        return withContext
    }

    private mutating func parseInclude() throws(JinjaError) -> Statement.Kind {
        let template = try parseExpression()
        var ignoresMissing = false
        if isName("ignore"), next.kind == .name, next.text == "missing" {
            advance()
            advance()
            ignoresMissing = true
        }
        let withContext = parseContextOption(default: true)
        return .include(
            Statement.Include(template: template, ignoresMissing: ignoresMissing, withContext: withContext))
    }

    private mutating func parseImport() throws(JinjaError) -> Statement.Kind {
        let template = try parseExpression()
        try expect(name: "as")
        let name = try parseAssignableName()
        return .import(template, as: name, withContext: parseContextOption(default: false))
    }

    private mutating func parseFromImport() throws(JinjaError) -> Statement.Kind {
        let template = try parseExpression()
        try expect(name: "import")
        var names: [Statement.ImportedName] = []
        var withContext = false
        while true {
            if !names.isEmpty { try expect(.comma) }
            guard current.kind == .name else { throw unexpected("expected token 'name', got") }
            if (isName("with") || isName("without")), next.kind == .name, next.text == "context" {
                withContext = parseContextOption(default: false)
                break
            }
            let name = try parseAssignableName()
            guard !name.text.hasPrefix("_") else {
                throw failure("names starting with an underline can not be imported")
            }
            let alias = skip(name: "as") ? try parseAssignableName() : name
            names.append(Statement.ImportedName(name: name.text, alias: alias))
            let before = index
            withContext = parseContextOption(default: false)
            if index != before || current.kind != .comma { break }
        }
        return .fromImport(template, names, withContext: withContext)
    }

    private mutating func parseBlockDefinition() throws(JinjaError) -> Statement.Kind {
        let name = try expect(.name)
        guard blockNames.insert(name.text).inserted else {
            throw failure("block '\(name.text)' defined twice", at: name.start)
        }
        let isScoped = skip(name: "scoped")
        let isRequired = skip(name: "required")
        let outerLoopDepth = loopDepth
        loopDepth = 0
        let body = try parseBlock(until: ["endblock"])
        loopDepth = outerLoopDepth
        advance()
        _ = skip(name: name.text)
        if isRequired {
            for statement in body {
                guard case .text(let text) = statement.kind, text.unicodeScalars.allSatisfy(Whitespace.isSpace) else {
                    throw failure("required blocks can only contain comments or whitespace", at: name.start)
                }
            }
        }
        return .block(
            Statement.BlockDefinition(name: name.text, isScoped: isScoped, isRequired: isRequired, body: body))
    }
}
