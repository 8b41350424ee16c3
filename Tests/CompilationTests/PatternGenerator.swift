import Support

/// Writes patterns of all that Python's grammar has, and some that it refuses.
struct PatternGenerator {
    var random: Seed

    private mutating func one(_ words: [String]) -> String { words.randomElement(using: &random) ?? "" }

    private var isRare: Bool { mutating get { Int.random(in: 0..<15, using: &random) == 0 } }

    mutating func text() -> String { (0..<Int.random(in: 0...9, using: &random)).map { _ in one(["a", "b", "c", "a", "b", "A", "1", " ", "\n", "_", "é", "-"]) }.joined() }

    mutating func pattern() -> String {
        var pattern = one(["", "", "", "", "", "(?i)", "(?m)", "(?s)", "(?x)"]) + alternatives(3)
        if Int.random(in: 0..<12, using: &random) == 0 {
            var scalars = Array(pattern.unicodeScalars)
            let place = Int.random(in: 0...scalars.count, using: &random)
            scalars.insert(contentsOf: one(["(", ")", "[", "]", "{", "}", "\\", "?", "*", "+", "|", "-", "^", "9999999999", "(?", "(?("]).unicodeScalars, at: place)
            pattern = String(String.UnicodeScalarView(scalars))
        }
        return pattern
    }

    private mutating func alternatives(_ depth: Int) -> String {
        (0...(Int.random(in: 0..<4, using: &random) == 0 ? 1 : 0)).map { _ in (0..<Int.random(in: 1...3, using: &random)).map { _ in item(depth) }.joined() }.joined(separator: "|")
    }

    private mutating func item(_ depth: Int) -> String {
        if Int.random(in: 0..<8, using: &random) == 0 { return one(["^", "$", "\\b", "\\B", "\\A", "\\Z"]) }
        let atom = atom(depth)
        let turns = one(["", "", "", "", "", "", "", "*", "+", "?", "*?", "+?", "??", "*+", "{2}", "{1,2}", "{,2}", "{1,}?"]) + (isRare ? one(["?+", "{2,1}", "{,}", "{", "{a}", "**"]) : "")
        // CPython tells of a group in a possessive loop what a turn found that it gave up.
        return atom + (atom.contains("(") ? turns.replacing("*+", with: "*").replacing("?+", with: "?") : turns)
    }

    private mutating func atom(_ depth: Int) -> String {
        guard depth > 0, Int.random(in: 0..<3, using: &random) == 0 else {
            return isRare ? one(["[b-a]", "\\q", "\\1", "\\2", "\\377", "\\777", "\\8"]) : one(["a", "b", "c", "a", "b", ".", "\\d", "\\w", "\\W", "\\s", "\\S", "[ab]", "a", "b", "x", "[ab]", "[^b]", "(a)", "(b|a)", "(a|)", "[^a]", "[a-c1]", "[]a]", "[\\w-]", "[\\d-x]", "é", "\\x61", "\\u0062", "\\.", "\\n", " ", "-", "\\0", "\\141"])
        }
        if Int.random(in: 0..<6, using: &random) == 0 { return one(["(?<=a)", "(?<=[ab]c|xx)", "(?<!(a|b).)", "(?<=^a)", "(?<!\\w\\b)"]) }
        let opening = one(["(", "(", "(", "(?:", "(?:", "(?:", "(?=", "(?!", "(?>", "(?i:", "(?-i:", "(?s-m:", "(?P<n>", "(?#"] + (isRare ? ["(?<=", "(?<!", "(?(1)", "(?(2)", "(?(n)"] : []))
        return opening + alternatives(depth - 1) + ")" + (isRare ? one(["(?P=n)", "\\1", "(?(1)a|b)"]) : "")
    }
}
