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

    @Test(.enabled(if: PythonPatterns.areKnown, "only Python 3.11 and newer know possessive repeats and atomic groups"))
    func `random patterns never trap, and find what Python's find`() throws {
        var random = Seed("regular expressions")
        let count = ProcessInfo.processInfo.environment["CASES"].flatMap(Int.init) ?? 4_000
        let cases = (0..<count).map { _ in
            var generator = PatternGenerator(random: random)
            defer { random = generator.random }
            return [generator.pattern(), generator.text()]
        }
        let ours = cases.map { Answer($0[0], $0[1]) }
        let theirs = try answers(to: cases)
        #expect(theirs.count == count)
        let differences = zip(cases, zip(ours, theirs)).filter { $1.0 != $1.1 && $1.0 != .slow && $1.1 != .slow }
        let refused = theirs.filter { $0 == .refused }.count
        print("\(count) patterns, \(refused) refused, \(differences.count) differ")
        func told(_ differences: [([String], (Answer, Answer))]) -> String {
            differences.prefix(20).map { "\($0[0].debugDescription) in \($0[1].debugDescription): ours \($1.0), Python's \($1.1)" }.joined(separator: "\n")
        }
        let found = differences.filter { $0.1.0 != .refused && $0.1.1 != .refused }
        #expect(found.isEmpty, "\(told(found))")
        // Of what nobody writes, a few in ten thousand are refused by one of the two alone.
        let verdicts = differences.filter { $0.1.0 == .refused || $0.1.1 == .refused }
        #expect(verdicts.count * 1_000 < count, "\(told(verdicts))")
        #expect(ours.count { $0 == .slow } * 100 < count)
        #expect(refused < count / 2)
    }

    private func answers(to cases: [[String]]) throws -> [Answer] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("regex-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (request, answer) = (folder.appendingPathComponent("request.json"), folder.appendingPathComponent("answer.json"))
        try JSONEncoder().encode(cases).write(to: request)
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

    @Test(arguments: ["(", "(?:", "(?=", "(?>", "(?i:", "(?<=", "(?P<a>", "(a)(?(1)"]) func `what nests too deep ends in an error`(opening: String) {
        #expect(message(String(repeating: opening, count: 50_000)) != nil)
        #expect(message(String(repeating: opening + "a", count: 50_000) + String(repeating: ")", count: 50_000)) != nil)
    }

    @Test func `a condition in a condition, and so on, ends in an error`() {
        #expect(message("(a)" + String(repeating: "(?(1)", count: 50_000))?.hasPrefix("maximum recursion depth") == true)
    }

    @Test(arguments: ["(){1000000000}", "(a?){1000000000}", "(?:a|b){1000000000}", "(a|b)*", "((a*)*)*$b"]) func `what explores far comes to an end`(pattern: String) {
        _ = message(pattern, String(repeating: "a", count: 50_000))
    }

    @Test func `to look back takes as long as what is looked for, not as what lies before`() throws {
        let program = try RegexProgram(#"(?<!\w\w)x|(?<=ab)c"#, flags: [])
        #expect(try program.matches(Array(repeating: UInt32(0x61), count: 200_000) + [0x62, 0x63]).map(\.start) == [200_001])
    }
}

private enum PythonPatterns {
    static let areKnown = (try? Child(Python.path, ["-c", "import sys; assert sys.version_info >= (3, 11)"], errors: .nothing).wait()) == 0
}
