/// One piece of template text: verbatim data, a delimiter, or a word inside a tag.
struct Token {
    enum Kind: String {
        case data
        case variableBegin = "begin of print statement"
        case variableEnd = "end of print statement"
        case blockBegin = "begin of statement block"
        case blockEnd = "end of statement block"
        case end = "end of template"
        case name, string, integer, float
        case add = "+", sub = "-", mul = "*", div = "/", floordiv = "//", mod = "%", pow = "**", tilde = "~"
        case openBracket = "[", closeBracket = "]", openParenthesis = "(", closeParenthesis = ")"
        case openBrace = "{", closeBrace = "}"
        case equal = "==", notEqual = "!=", greater = ">", greaterOrEqual = ">=", less = "<", lessOrEqual = "<="
        case assign = "=", dot = ".", colon = ":", pipe = "|", comma = ",", semicolon = ";"
    }

    let kind: Kind
    /// The unescaped value of a string, the digits of a number, the text of a name or of data.
    let text: String
    let start: Int
    let end: Int

    var described: String {
        switch kind {
        case .name: text
        case .string, .integer, .float, .data: kind.rawValue
        default: kind.rawValue
        }
    }
}
