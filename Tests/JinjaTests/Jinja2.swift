import Foundation
import Jinja
import Support

/// The reference implementation, in a Python process of its own.
struct Jinja2 {
    struct Case: Codable {
        var template: String
        var options = Options()
        var templates: [String: String] = [:]
        var comparesErrors = false
    }

    struct Options: Codable {
        var trim = false
        var lstrip = false
        var keep = false
        var undefined = ""
    }

    struct Answer: Codable {
        var text: String?
        var error: String?
    }

    static let isInstalled: Bool = {
        let check = "import jinja2; assert jinja2.__version__.startswith('3.1')"
        return (try? Child(Python.path, ["-W", "ignore", "-c", check], errors: .nothing).wait()) == 0
    }()

    static func answers(to cases: [Case]) throws -> [Answer] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("jinja-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let request = folder.appendingPathComponent("request.json")
        let answer = folder.appendingPathComponent("answer.json")
        try JSONEncoder().encode(cases).write(to: request)
        try Child(Python.path, ["-W", "ignore", script, request.path], output: .file(answer.path)).wait()
        return try JSONDecoder().decode([Answer].self, from: Data(contentsOf: answer))
    }

    private static let script =
        Bundle.module.path(forResource: "differential", ofType: "py") ?? "Tests/JinjaTests/differential.py"

    // MARK: The same case here

    static func render(_ one: Case) -> Result<String, JinjaError> {
        var environment = Environment()
        environment.whitespace.trimBlocks = one.options.trim
        environment.whitespace.lstripBlocks = one.options.lstrip
        environment.whitespace.keepTrailingNewline = one.options.keep
        if one.options.undefined == "strict" { environment.undefined = .strict }
        if one.options.undefined == "chainable" { environment.undefined = .chainable }
        environment.limits.iterationsMax = 20_000
        let loading = environment
        let templates = one.templates
        environment.loader = { name in try templates[name].map { try loading.parse($0, name: name) } }
        do throws(JinjaError) {
            return .success(try environment.render(one.template, variables: variables()))
        } catch {
            return .failure(error)
        }
    }

    /// The variables `differential.py` renders with.
    static func variables() -> [String: Value] {
        let ann: Value = ["name": "Ann", "age": 31, "active": true, "team": "x"]
        let bob: Value = ["name": "bob", "age": 25, "active": false, "team": "y"]
        let cy: Value = ["name": "Cy", "age": 31, "active": true, "team": "X"]
        let four: Value = ["v": 4, "kids": []]
        let three: Value = ["v": 3, "kids": [four]]
        let two: Value = ["v": 2, "kids": []]
        let one: Value = ["v": 1, "kids": [two, three]]
        return [
            "name": "World", "n": 42, "f": 3.5, "zero": 0,
            "text": "the quick brown-fox JUMPS\nover <b>the</b> lazy dog",
            "items": [3, 1, 2], "words": ["pear", "Apple", "fig", "apple"], "users": [ann, bob, cy],
            "d": ["b": 2, "a": 1, "C": 3],
            "nested": ["list": [[1, 2], [3, [4, 5]]], "dict": ["k": ["deep": "v"]]],
            "tree": [one, ["v": 5, "kids": []]],
            "empty": [], "nothing": .none, "yes": true, "accents": "Ünïcødé ß ñ 日本",
        ]
    }

    /// Why two results differ; nil when they agree or cannot be compared.
    static func difference(_ one: Case, _ theirs: Answer) -> String? {
        let ours = render(one)
        switch (ours, theirs.text) {
        case (.success(let text), let expected?):
            // An address in memory, or the name of an iterator type, is nobody's promise.
            let lower = expected.lowercased()
            let isArbitrary = ["at 0x", "iterator object", "<built-in", "<function", "<bound method", "loopcontext", "markup("]
                .contains { lower.contains($0) }
            if Array(text.utf8) == Array(expected.utf8) || isArbitrary { return nil }
            return "\(one.template.debugDescription)\n    ours:   \(text.debugDescription)\n    theirs: \(expected.debugDescription)"
        case (.failure(let error), let expected?):
            // A folded slice of a number, pinned in `DifferenceTests`.
            if error.message.contains("not subscriptable") { return nil }
            return "\(one.template.debugDescription)\n    ours:   \(error)\n    theirs: \(expected.debugDescription)"
        case (.success(let text), nil):
            return "\(one.template.debugDescription)\n    ours:   \(text.debugDescription)\n    theirs: \(theirs.error ?? "")"
        case (.failure(let error), nil):
            guard one.comparesErrors, let words = theirs.error, words != error.message, !words.hasSuffix(": " + error.message) else { return nil }
            return "\(one.template.debugDescription)\n    ours:   \(error.message)\n    theirs: \(words)"
        }
    }
}
