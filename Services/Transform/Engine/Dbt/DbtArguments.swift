internal import Kernel
internal import Project

/// The command line of `sluice dbt`, in dbt's words. An option comes from the line, else from its `DBT_…` variable.
struct DbtArguments {
    /// `build`, `docs generate`, `source freshness` …
    private(set) var command = ""
    /// What stands behind the command: the macro of `run-operation`, the name of `init`.
    private(set) var words: [String] = []
    /// The words of the line, as `run_results.json` tells them.
    let line: [String]
    private var values: [String: [String]] = [:]
    private var flags: [String: Bool] = [:]
    private(set) var vars = JSONObject()
    /// Whether the selection was given as `--models`: `ls` lists models alone then.
    private(set) var namesModels = false
    private let environment: [String: String]

    static let commands = DbtHelp.commands.keys.sorted()
    private static let groups = ["docs": ["generate", "serve"], "source": ["freshness", "snapshot-freshness"]]

    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        self.environment = environment
        line = arguments
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word.hasPrefix("-"), word != "-" { try read(word, &rest) } else { try take(word) }
        }
        if Self.groups[command] != nil { throw Self.wrong("'\(command)' needs a word behind it", "write one of: \((Self.groups[command] ?? []).map { "\(command) \($0)" }.joined(separator: ", "))") }
        guard Self.commands.contains(command) else {
            throw Self.wrong(
                command.isEmpty ? "no command is given" : "No such command '\(command)'.",
                Similarity.nearest(to: command, among: Self.commands).map { "did you mean '\($0)'?" } ?? "use one of: \(Self.commands.joined(separator: ", "))")
        }
        if let text = value("vars") {
            guard let written = (try? YAMLValue.object(text)) ?? nil else { throw Self.wrong("--vars takes a map", "write --vars '{name: value}'") }
            vars = written
        }
        try checkTimes()
        if let word = value("indirect-selection"), IndirectSelection(rawValue: word) == nil {
            throw Self.wrong("Invalid value for '--indirect-selection': '\(word)'", "choose one of: \(IndirectSelection.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    private func checkTimes() throws {
        let times = try ["event-time-start", "event-time-end"].map { name in
            try value(name).map { text in
                guard let time = Timestamp(isoDay: text) else { throw Self.wrong("Invalid value for '--\(name)': '\(text)' is no date or time", "write 2026-01-31 or 2026-01-31T12:00:00") }
                return time
            }
        }
        guard times[0] != nil || times[1] != nil else { return }
        guard let start = times[0] else {
            throw Self.wrong("The flag `--event-time-end` was specified, but `--event-time-start` was not. When specifying `--event-time-end`, `--event-time-start` must also be present.", "say both")
        }
        guard let end = times[1] else {
            throw Self.wrong("The flag `--event-time-start` was specified, but `--event-time-end` was not. When specifying `--event-time-start`, `--event-time-end` must also be present.", "say both")
        }
        guard start < end else { throw Self.wrong("Value for `--event-time-start` must be less than `--event-time-end`", "exchange them") }
    }

    private mutating func take(_ word: String) throws {
        if command.isEmpty { command = word; return }
        if let words = Self.groups[command] {
            guard words.contains(word) else { throw Self.wrong("No such command '\(command) \(word)'.", "use one of: \(words.map { "\(command) \($0)" }.joined(separator: ", "))") }
            command = command == "source" ? "source freshness" : "\(command) \(word)"
            return
        }
        guard ["run-operation", "init", "clean", "deps"].contains(command) else { throw Self.wrong("Got unexpected extra argument (\(word))", "write options behind the command") }
        words.append(word)
    }

    private mutating func read(_ word: String, _ rest: inout ArraySlice<String>) throws {
        let parts = word.hasPrefix("--") ? word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init) : [word]
        let name = Self.short[parts[0]] ?? String(parts[0].drop { $0 == "-" })
        if let option = DbtOptions.values[name] {
            if ["models", "model"].contains(name) { namesModels = true }
            let first: String
            if parts.count == 2 {
                first = parts[1]
            } else {
                guard let next = rest.popFirst() else { throw Self.wrong("Option '\(parts[0])' requires an argument.", "write \(parts[0]) and its value") }
                first = next
            }
            var found = [first]
            if option.isList {
                while let next = rest.first, !next.hasPrefix("-") { found.append(next); rest.removeFirst() }
                values[option.name, default: []] += found
            } else {
                values[option.name] = found
            }
            return
        }
        if DbtOptions.flags.contains(name), parts.count == 1 { flags[name] = true; return }
        if name.hasPrefix("no-"), DbtOptions.flags.contains(String(name.dropFirst(3))), parts.count == 1 { flags[String(name.dropFirst(3))] = false; return }
        throw Self.wrong("No such option: \(parts[0])", DbtOptions.near(name).map { "did you mean --\($0)?" } ?? "leave it out")
    }

    private static let short = [
        "-s": "select", "-m": "models", "-t": "target", "-f": "full-refresh", "-x": "fail-fast", "-q": "quiet", "-d": "debug", "-r": "record-timing-info", "-o": "output",
    ]

    // MARK: Reading

    /// The last value of an option that takes one.
    func value(_ name: String) -> String? { values[name]?.last ?? variable(name) }
    func list(_ name: String) -> [String] { values[name] ?? variable(name).map { [$0] } ?? [] }

    func flag(_ name: String, byDefault: Bool = false) -> Bool { stated(name) ?? byDefault }
    /// nil where neither the line nor the environment says.
    func stated(_ name: String) -> Bool? {
        flags[name] ?? variable(name).flatMap { ["1", "true", "t", "yes", "y", "on"].contains($0.lowercased()) ? true : ["0", "false", "f", "no", "n", "off"].contains($0.lowercased()) ? false : nil }
    }

    private func variable(_ name: String) -> String? {
        let key = String(decoding: name.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self).uppercased()
        guard !DbtOptions.ofTheLineAlone.contains(name), let value = environment["DBT_\(key)"] ?? environment["DBT_ENGINE_\(key)"], !value.isEmpty else { return nil }
        return value
    }

    var projectFolder: String { value("project-dir") ?? "." }
    var select: [String] { list("select") }
    var exclude: [String] { list("exclude") }
    var isFullRefresh: Bool { flag("full-refresh") }
    var isEmpty: Bool { flag("empty") }
    var indirect: IndirectSelection? { value("indirect-selection").flatMap(IndirectSelection.init(rawValue:)) }

    /// `--warn-error`, or `--warn-error-options` that say the same of all warnings.
    var failsOnWarnings: Bool {
        if let stated = stated("warn-error") { return stated }
        guard let options = value("warn-error-options").flatMap({ (try? YAMLValue.object($0)) ?? nil }) else { return false }
        let errors = options["error"] ?? options["include"]
        return ["all", "*"].contains(errors?.stringValue ?? "") || errors?.arrayValue?.contains("LogTestResult") ?? false
    }

    /// `--threads`, or `--single-threaded`; nil where the target says.
    var threads: Int? {
        get throws {
            if flag("single-threaded") { return 1 }
            guard let text = value("threads") else { return nil }
            guard let count = Int(text), count > 0 else { throw Self.wrong("Invalid value for '--threads': '\(text)' is not a valid integer.", "write how many nodes may be at work at once, at least 1") }
            return count
        }
    }

    /// A copy that runs another command, with what the line said of the rest; `retry` goes on this way.
    func repeating(_ command: String, values: [String: [String]], flags: [String: Bool], vars: JSONObject) -> DbtArguments {
        var copy = self
        copy.command = command
        copy.values.merge(values) { own, _ in own }
        copy.flags.merge(flags) { own, _ in own }
        if copy.vars.isEmpty { copy.vars = vars }
        return copy
    }

    mutating func `repeat`(words: [String]) { self.words = words }

    /// What `run_results.json` keeps of the line, so that `retry` can go on from there.
    var json: JSON {
        func key(_ name: String) -> String { String(decoding: name.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self) }
        var object = JSONObject()
        for (name, values) in values.sorted(by: { $0.key < $1.key }) where name != "vars" && name != "args" {
            object[key(name)] = DbtOptions.values[name]?.isList ?? false ? .array(values.map(JSON.string)) : (values.last.flatMap { Int64($0) }.map(JSON.integer) ?? .string(values.last ?? ""))
        }
        for (name, isOn) in flags.sorted(by: { $0.key < $1.key }) { object[key(name)] = .bool(isOn) }
        if object["select"] == nil { object["select"] = [] }
        if object["exclude"] == nil { object["exclude"] = [] }
        object["vars"] = .object(vars)
        object["which"] = .string(word)
        if command == "run-operation" {
            object["macro"] = JSON(words.first)
            object["args"] = JSON(value("args"))
        }
        if command == "show", object["limit"] == nil { object["limit"] = 5 }
        return .object(object)
    }

    /// `flags.WHICH`: the last word of the command.
    var word: String { command == "ls" ? "list" : command.split(separator: " ").last.map(String.init) ?? command }

    static func wrong(_ summary: String, _ remedy: String) -> PlainProblem {
        PlainProblem("dbt.usage", summary, at: .named("sluice dbt"), remedy: remedy)
    }
}
