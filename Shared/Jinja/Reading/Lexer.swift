/// Cuts template text into tokens, over bytes from first to last.
///
/// - The data around tags is trimmed here, so that the parser never thinks about white space.
/// - A tag ends only where every bracket opened in it is closed: `{{ {'a': {}} }}` holds one dictionary.
struct Lexer {
    let source: TemplateSource
    let options: WhitespaceOptions
    /// Tags whose body is kept as it stands, with the tags that end them.
    let verbatimTags: [String: [String]]

    var bytes: [UInt8] { source.bytes }
    var position = 0
    var limit: Int
    var tokens: [Token] = []
    /// Whether the token just read ended a line; `lstripBlocks` asks.
    var isLineStart = true

    init(source: TemplateSource, options: WhitespaceOptions, verbatimTags: [String: [String]]) {
        self.source = source
        self.options = options
        self.verbatimTags = verbatimTags
        limit = source.bytes.count
        // Jinja drops one trailing newline by default.
        if !options.keepTrailingNewline, source.bytes.last == .newline { limit -= 1 }
    }

    mutating func tokenize() throws(JinjaError) -> [Token] {
        tokens.reserveCapacity(limit / 6 + 4)
        while position < limit { try readData() }
        tokens.append(Token(kind: .end, text: "", start: limit, end: limit))
        return tokens
    }

    // MARK: Data and what interrupts it

    private mutating func readData() throws(JinjaError) {
        let start = position
        var open = start
        while open < limit {
            if bytes[open] == .openBrace, open + 1 < limit {
                let next = bytes[open + 1]
                if next == .openBrace || next == .percent || next == .hash { break }
            }
            open += 1
        }
        guard open < limit else {
            append(.data, from: start, to: limit)
            position = limit
            return
        }
        let delimiter = bytes[open + 1]
        let sign = signByte(at: open + 2)
        appendData(from: start, to: open, sign: sign, isVariable: delimiter == .openBrace)
        position = open + (sign == nil ? 2 : 3)
        switch delimiter {
        case .hash: try skipComment(from: open)
        case .openBrace: try readVariable(from: open)
        default: try readBlock(from: open)
        }
    }

    private func signByte(at index: Int) -> UInt8? {
        guard index < limit, bytes[index] == .minus || bytes[index] == .plus else { return nil }
        return bytes[index]
    }

    private mutating func appendData(from start: Int, to end: Int, sign: UInt8?, isVariable: Bool) {
        var end = end
        if sign == .minus {
            end = Whitespace.trimmedEnd(of: bytes, from: start, to: end)
        } else if sign != .plus, options.lstripBlocks, !isVariable {
            var lineStart = end
            while lineStart > start, bytes[lineStart - 1] != .newline { lineStart -= 1 }
            if lineStart > start || isLineStart, Whitespace.trimmedEnd(of: bytes, from: lineStart, to: end) == lineStart {
                end = lineStart
            }
        }
        if end > start { append(.data, from: start, to: end) }
    }

    private mutating func append(_ kind: Token.Kind, from start: Int, to end: Int) {
        tokens.append(Token(kind: kind, text: source.text(in: start..<end), start: start, end: end))
    }

    private mutating func skipComment(from open: Int) throws(JinjaError) {
        let body = position
        while position + 1 < limit {
            if bytes[position] == .hash, bytes[position + 1] == .closeBrace {
                let sign = position > body ? bytes[position - 1] : 0
                position += 2
                finishTag(sign: sign == .minus || sign == .plus ? sign : nil)
                return
            }
            position += 1
        }
        throw failure("missing end of comment tag", at: open)
    }

    /// After a closing delimiter: `-` eats the white space that follows, `trimBlocks` the newline.
    private mutating func finishTag(sign: UInt8?) {
        let closed = position
        if sign == .minus {
            position = Whitespace.skipped(in: bytes, from: position, to: limit)
        } else if sign == nil, options.trimBlocks, position < limit, bytes[position] == .newline {
            position += 1
        }
        isLineStart = position > closed && bytes[position - 1] == .newline
    }

    // MARK: Tags

    private mutating func readVariable(from open: Int) throws(JinjaError) {
        tokens.append(Token(kind: .variableBegin, text: "", start: open, end: position))
        try readExpressionTokens(closing: .closeBrace)
    }

    private mutating func readBlock(from open: Int) throws(JinjaError) {
        if let body = rawBodyStart() {
            try readRaw(from: body, endTags: ["endraw"], open: open)
            return
        }
        let first = tokens.count
        tokens.append(Token(kind: .blockBegin, text: "", start: open, end: position))
        try readExpressionTokens(closing: .percent)
        guard tokens.count > first + 2, tokens[first + 1].kind == .name, tokens.last?.kind == .blockEnd,
            let endTags = verbatimTags[tokens[first + 1].text]
        else { return }
        try readRaw(from: position, endTags: endTags, open: open)
    }

    /// Where the body of `{% raw %}` begins, if the tag at hand is one.
    private func rawBodyStart() -> Int? {
        var index = Whitespace.skipped(in: bytes, from: position, to: limit)
        guard matches("raw", at: index) else { return nil }
        index = Whitespace.skipped(in: bytes, from: index + 3, to: limit)
        if matches("-%}", at: index) { return Whitespace.skipped(in: bytes, from: index + 3, to: limit) }
        return matches("%}", at: index) ? index + 2 : nil
    }

    private mutating func readRaw(from body: Int, endTags: [String], open: Int) throws(JinjaError) {
        isLineStart = body > 0 && bytes[body - 1] == .newline
        var index = body
        while index + 1 < limit {
            defer { index += 1 }
            guard bytes[index] == .openBrace, bytes[index + 1] == .percent else { continue }
            let sign = signByte(at: index + 2)
            var close = Whitespace.skipped(in: bytes, from: index + (sign == nil ? 2 : 3), to: limit)
            guard let tag = endTags.first(where: { matches($0, at: close) }) else { continue }
            close = Whitespace.skipped(in: bytes, from: close + tag.utf8.count, to: limit)
            let closeSign = signByte(at: close)
            if closeSign != nil { close += 1 }
            guard matches("%}", at: close) else { continue }
            appendData(from: body, to: index, sign: sign, isVariable: false)
            position = close + 2
            if endTags != ["endraw"] {
                tokens.append(Token(kind: .blockBegin, text: "", start: index, end: close))
                tokens.append(Token(kind: .name, text: tag, start: close - tag.utf8.count, end: close))
                tokens.append(Token(kind: .blockEnd, text: "", start: close, end: position))
            }
            finishTag(sign: closeSign)
            return
        }
        throw failure("missing end of raw directive", at: open)
    }

    func matches(_ text: StaticString, at index: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index + count <= limit else { return false }
        return text.withUTF8Buffer { expected in
            for offset in 0..<count where bytes[index + offset] != expected[offset] { return false }
            return true
        }
    }

    private func matches(_ text: String, at index: Int) -> Bool {
        index + text.utf8.count <= limit && bytes[index..<index + text.utf8.count].elementsEqual(text.utf8)
    }

    func failure(_ message: String, at offset: Int) -> JinjaError {
        JinjaError(.syntax, message, at: offset, in: source)
    }

    // MARK: The inside of a tag

    private mutating func readExpressionTokens(closing: UInt8) throws(JinjaError) {
        var brackets: [UInt8] = []
        while position < limit {
            if brackets.isEmpty, closeTag(closing: closing) { return }
            let skipped = Whitespace.skipped(in: bytes, from: position, to: limit)
            if skipped > position {
                position = skipped
                continue
            }
            let byte = bytes[position]
            if byte.isDigit {
                readNumber()
            } else if byte.isWord {
                try readName()
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                try readString(quote: byte)
            } else {
                try readOperator(brackets: &brackets)
            }
        }
    }

    private mutating func closeTag(closing: UInt8) -> Bool {
        let start = position
        var index = position
        let sign = signByte(at: index)
        // `+}}` is no delimiter: only block tags know `+`.
        if sign != nil {
            guard sign == .minus || closing == .percent else { return false }
            index += 1
        }
        guard index + 1 < limit, bytes[index] == closing, bytes[index + 1] == .closeBrace else { return false }
        position = index + 2
        let kind: Token.Kind = closing == .percent ? .blockEnd : .variableEnd
        tokens.append(Token(kind: kind, text: "", start: start, end: position))
        // The newline that `trimBlocks` takes is the one after a block, not after a printed value.
        finishTag(sign: closing == .percent ? sign : sign ?? .plus)
        return true
    }

    private mutating func readName() throws(JinjaError) {
        let start = position
        while position < limit, bytes[position].isWord {
            // A wide space is a byte sequence above 0x80 and ends the name.
            if bytes[position] >= 0x80, Whitespace.skipped(in: bytes, from: position, to: limit) > position { break }
            position += 1
        }
        append(.name, from: start, to: position)
        let text = tokens[tokens.count - 1].text
        guard text.utf8.allSatisfy({ $0 < 0x80 }) || PythonText.isIdentifier(text) else {
            throw failure("invalid character in identifier", at: start)
        }
    }

    private mutating func readOperator(brackets: inout [UInt8]) throws(JinjaError) {
        let start = position
        guard let (kind, length) = operatorKind(at: start) else {
            throw failure("unexpected char \(PythonText.representation(of: firstCharacter(at: start)))", at: start)
        }
        switch kind {
        case .openBracket: brackets.append(UInt8(ascii: "]"))
        case .openParenthesis: brackets.append(UInt8(ascii: ")"))
        case .openBrace: brackets.append(.closeBrace)
        case .closeBracket, .closeParenthesis, .closeBrace:
            guard let expected = brackets.popLast() else { throw failure("unexpected '\(kind.rawValue)'", at: start) }
            guard expected == bytes[start] else {
                let wanted = String(UnicodeScalar(expected))
                throw failure("unexpected '\(kind.rawValue)', expected '\(wanted)'", at: start)
            }
        default: break
        }
        position = start + length
        tokens.append(Token(kind: kind, text: "", start: start, end: position))
    }

    private func firstCharacter(at index: Int) -> String {
        String(String(decoding: bytes[index..<min(index + 4, limit)], as: UTF8.self).unicodeScalars.prefix(1))
    }

    private func operatorKind(at index: Int) -> (Token.Kind, Int)? {
        let next = index + 1 < limit ? bytes[index + 1] : 0
        let equals = next == UInt8(ascii: "=")
        switch bytes[index] {
        case .plus: return (.add, 1)
        case .minus: return (.sub, 1)
        case UInt8(ascii: "*"): return next == UInt8(ascii: "*") ? (.pow, 2) : (.mul, 1)
        case UInt8(ascii: "/"): return next == UInt8(ascii: "/") ? (.floordiv, 2) : (.div, 1)
        case .percent: return (.mod, 1)
        case UInt8(ascii: "~"): return (.tilde, 1)
        case UInt8(ascii: "["): return (.openBracket, 1)
        case UInt8(ascii: "]"): return (.closeBracket, 1)
        case UInt8(ascii: "("): return (.openParenthesis, 1)
        case UInt8(ascii: ")"): return (.closeParenthesis, 1)
        case .openBrace: return (.openBrace, 1)
        case .closeBrace: return (.closeBrace, 1)
        case UInt8(ascii: "="): return equals ? (.equal, 2) : (.assign, 1)
        case UInt8(ascii: "!"): return equals ? (.notEqual, 2) : nil
        case UInt8(ascii: ">"): return equals ? (.greaterOrEqual, 2) : (.greater, 1)
        case UInt8(ascii: "<"): return equals ? (.lessOrEqual, 2) : (.less, 1)
        case .dot: return (.dot, 1)
        case UInt8(ascii: ":"): return (.colon, 1)
        case UInt8(ascii: "|"): return (.pipe, 1)
        case UInt8(ascii: ","): return (.comma, 1)
        case UInt8(ascii: ";"): return (.semicolon, 1)
        default: return nil
        }
    }
}
