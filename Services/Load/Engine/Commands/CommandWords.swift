internal import Kernel

/// The words behind a command: options with their values, and what stands for itself, in its order.
struct CommandWords {
    private(set) var plain: [String] = []
    private var given: [String: [String]] = [:]

    /// - Parameter options: each takes one value, as `--key id` or `--key=id`, and may come more than once.
    init(_ words: [String], options: [String], usage: String) throws(PlainProblem) {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--"), word.utf8.count > 2 else { plain.append(word); continue }
            let sides = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard options.contains(sides[0]) else { throw Self.wrong("there is no option --\(sides[0])", usage) }
            guard let value = sides.count == 2 ? sides[1] : rest.popFirst() else { throw Self.wrong("option --\(sides[0]) has no value", usage) }
            given[sides[0], default: []].append(value)
        }
    }

    func all(_ option: String) -> [String] { given[option] ?? [] }

    func one(_ option: String, usage: String) throws(PlainProblem) -> String? {
        let values = all(option)
        guard values.count < 2 else { throw Self.wrong("option --\(option) stands more than once", usage) }
        return values.first
    }

    func required(_ option: String, usage: String) throws(PlainProblem) -> String {
        guard let value = try one(option, usage: usage), !value.isEmpty else { throw Self.wrong("option --\(option) is missing", usage) }
        return value
    }

    static func wrong(_ what: String, _ usage: String) -> PlainProblem {
        PlainProblem("settings.command_line", what, remedy: usage.split(separator: "\n").first.map(String.init) ?? usage)
    }
}
