import Foundation
import Kernel
import Support
import Testing

@testable import Compilation
@testable import Jinja

/// Regular expressions beside Python's own.
@Suite struct RegexTests {
    /// What a pattern finds in a text: for each match the spans of the whole and of the groups. Nil where it is refused.
    private enum Answer: Equatable, Decodable {
        case refused, slow
        case found([[[Int]]])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() { self = .refused } else if (try? container.decode(String.self)) != nil { self = .slow } else { self = .found(try container.decode([[[Int]]].self)) }
        }

        init(_ pattern: String, _ text: String) {
            do {
                let program = try RegexProgram(pattern, flags: [])
                self = .found(try program.matches(text.unicodeScalars.map(\.value)).map { match in
                    [[match.start, match.end]] + match.groups.map { [$0?.lowerBound ?? -1, $0?.upperBound ?? -1] }
                })
            } catch {
                let isLimit = (error as? JinjaError)?.kind == .limit
                self = isLimit ? .slow : .refused
            }
        }
    }

    @Test func `random patterns never trap, and find what Python's find`() throws {
        var random = Seed("regular expressions")
        let count = ProcessInfo.processInfo.environment["CASES"].flatMap(Int.init) ?? 4_000
        let cases = (0..<count).map { _ in
            var generator = PatternGenerator(random: random)
            defer { random = generator.random }
            return [generator.pattern(), generator.text()]
        }
        let ours = cases.map { Answer($0[0], $0[1]) }
        guard let theirs = try answers(to: cases) else { return }
        let differences = zip(cases, zip(ours, theirs)).filter { $1.0 != $1.1 && $1.0 != .slow && $1.1 != .slow }
        let refused = theirs.filter { $0 == .refused }.count
        print("\(count) patterns, \(refused) refused, \(differences.count) differ")
        func told(_ differences: [([String], (Answer, Answer))]) -> String {
            differences.prefix(20).map { "\($0[0].debugDescription) in \($0[1].debugDescription): ours \($1.0), Python's \($1.1)" }.joined(separator: "\n")
        }
        let found = differences.filter { $0.1.0 != .refused && $0.1.1 != .refused }
        #expect(found.isEmpty, "\(told(found))")
        // Of what nobody writes, one in some ten thousand is refused by one of the two alone.
        let verdicts = differences.filter { $0.1.0 == .refused || $0.1.1 == .refused }
        #expect(verdicts.count * 1_000 < count, "\(told(verdicts))")
        #expect(refused < count / 2)
    }

    private func answers(to cases: [[String]]) throws -> [Answer]? {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("regex-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (request, answer) = (folder.appendingPathComponent("request.json"), folder.appendingPathComponent("answer.json"))
        try JSONEncoder().encode(cases).write(to: request)
        // Older ones know neither possessive repeats nor atomic groups.
        let check = "import sys; assert sys.version_info >= (3, 11)"
        guard (try? Child(Python.path, ["-c", check], errors: .nothing).wait()) == 0 else { return nil }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("regex.py").path
        try Child(Python.path, [script, request.path], output: .file(answer.path)).wait()
        return try JSONDecoder().decode([Answer].self, from: Data(contentsOf: answer))
    }

    private func message(_ pattern: String, _ text: String = "a") -> String? {
        do { _ = try RegexProgram(pattern, flags: []).match(text.unicodeScalars.map(\.value), from: 0) } catch { return (error as? JinjaError)?.message ?? "\(error)" }
        return nil
    }

    @Test(arguments: [
        (#"a{99999999999999999999}"#, #"the repetition number is too large"#),
        (#"a{4294967295}"#, #"the repetition number is too large"#),
        (#"(?(9)a|b)"#, #"invalid group reference 9 at position 3"#),
        (#"(?(0)a|b)"#, #"bad group number at position 3"#),
        (#"(?(99999999999999999999)a|b)"#, #"invalid group reference 99999999999999999999 at position 3"#),
        (#"(a\1)"#, #"cannot refer to an open group at position 2"#),
        (#"(?<=a*)b"#, #"look-behind requires fixed-width pattern"#),
        (#"a**"#, #"multiple repeat at position 2"#),
        (#"^*"#, #"nothing to repeat at position 1"#),
        (#"*a"#, #"nothing to repeat at position 0"#),
        (#"a(?i)b"#, #"global flags not at the start of the expression at position 1"#),
        (#"a{2,1}"#, #"min repeat greater than max repeat at position 2"#),
        (#"\8"#, #"invalid group reference 8 at position 1"#),
        (#"\777"#, #"octal escape value \777 outside of range 0-0o377 at position 0"#),
        (#"(?P<a>x)(?P<a>y)"#, #"redefinition of group name 'a' as group 2; was group 1 at position 12"#),
        (#"(?P<1>x)"#, #"bad character in group name '1' at position 4"#),
        (#"(?iL:a)"#, #"bad inline flags: cannot use 'L' flag with a str pattern at position 4"#),
        (#"(?(x)a)"#, #"unknown group name 'x' at position 3"#),
        (#"(a"#, #"missing ), unterminated subpattern at position 0"#),
        (#"a)"#, #"unbalanced parenthesis at position 1"#),
        (#"[a"#, #"unterminated character set at position 0"#),
        (#"(?#"#, #"missing ), unterminated comment at position 0"#),
        (#"\q"#, #"bad escape \q at position 0"#),
        (#"(?:a"#, #"missing ), unterminated subpattern at position 0"#),
    ])
    func `what re refuses is refused`(pattern: String, words: String) { #expect(message(pattern) == words) }

    @Test func `a group may take thousands of turns`() throws {
        let text = Array(repeating: UInt32(0x61), count: 5_000)
        #expect(try RegexProgram("(a|b)*", flags: []).match(text, from: 0)?.groups == [4_999..<5_000])
        #expect(try RegexProgram("(?:aa)*?$", flags: []).match(text, from: 0)?.end == 5_000)
    }

    @Test func `what nests too deep, or explores too far, ends in an error`() {
        for opening in ["(", "(?:", "(?=", "(?>", "(?i:", "(?<=", "(?P<a>"] {
            #expect(message(String(repeating: opening, count: 50_000)) != nil)
            #expect(message(String(repeating: opening + "a", count: 50_000) + String(repeating: ")", count: 50_000)) != nil)
        }
        for pattern in ["(){1000000000}", "(a?){1000000000}", "(?:a|b){1000000000}", "(a|b)*", "((a*)*)*$b"] {
            _ = message(pattern, String(repeating: "a", count: 50_000))
        }
    }
}

/// Writes patterns of all that Python's grammar has, and some that it refuses.
private struct PatternGenerator {
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
