/// One member of a Graph `fields` expression: `insights.metric(a,b).period(lifetime){name,values}`.
struct FieldExpression: Sendable {
    var name: String
    var arguments: [String: String] = [:]
    var members: [FieldExpression] = []

    /// Reads `a,b.limit(3){c}`, or the same as a JSON list of strings; nil where brackets do not close.
    static func read(_ text: String) -> [FieldExpression]? {
        var letters = Array(text)[...]
        let fields = list(&letters, until: nil)
        return letters.isEmpty ? fields : nil
    }

    private static func list(_ letters: inout ArraySlice<Character>, until end: Character?) -> [FieldExpression]? {
        var fields: [FieldExpression] = []
        var isOpen = end != nil
        while let letter = letters.first {
            if letter == end {
                letters.removeFirst()
                isOpen = false
                break
            }
            if letter == "," || letter.isWhitespace {
                letters.removeFirst()
                continue
            }
            guard var field = word(&letters).map({ FieldExpression(name: $0) }) else { return nil }
            while letters.first == "." {
                letters.removeFirst()
                guard let name = word(&letters), letters.first == "(", let close = letters.firstIndex(of: ")") else { return nil }
                field.arguments[name] = String(letters[(letters.startIndex + 1)..<close])
                letters = letters[(close + 1)...]
            }
            if letters.first == "{" {
                letters.removeFirst()
                guard let members = list(&letters, until: "}") else { return nil }
                field.members = members
            }
            fields.append(field)
        }
        return isOpen ? nil : fields
    }

    private static func word(_ letters: inout ArraySlice<Character>) -> String? {
        let word = letters.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        letters = letters.dropFirst(word.count)
        return word.isEmpty ? nil : String(word)
    }
}
