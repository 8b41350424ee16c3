import Foundation
import Testing

@testable import Jinja

@Suite(.enabled(if: Jinja2.isInstalled, "needs python3 with jinja2 3.1"))
struct DifferentialTests {
    @Test func `hand-picked templates render as in Jinja2`() throws {
        let cases = HandPicked.all
        #expect(cases.count > 400)
        try compare(cases)
    }

    @Test func `large integers and the methods of Python's types answer as in Python, mistakes too`() throws {
        try compare(HandPicked.strict)
    }

    @Test func `generated templates render as in Jinja2`() throws {
        // Always the same without SEED: about one template in twenty thousand meets a difference the article lists.
        let seed = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init) ?? 2026
        let count = ProcessInfo.processInfo.environment["CASES"].flatMap(Int.init) ?? 4_000
        print("generated templates: SEED=\(seed)")
        var generator = TemplateGenerator(seed: seed)
        try compare((0..<count).map { _ in generator.next() })
    }

    private func compare(_ cases: [Jinja2.Case]) throws {
        let answers = try Jinja2.answers(to: cases)
        #expect(answers.count == cases.count)
        let differences = zip(cases, answers).compactMap { Jinja2.difference($0, $1) }
        let rendered = answers.filter { $0.text != nil }.count
        print("\(cases.count) cases, \(rendered) rendered, \(cases.count - rendered) refused, \(differences.count) differ")
        #expect(differences.isEmpty, "\(differences.prefix(40).joined(separator: "\n"))")
    }
}
