internal import Compilation
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
    /// What `flags:` of dbt_project.yml says: it counts where neither the line nor the environment does.
    private var projectFlags = JSONObject()
    /// The same with `require_…` and the like, which no line says.
    private(set) var behavior = JSONObject()
    private(set) var vars = JSONObject()
    /// Those of them that are dates or times to Python.
    private(set) var dates: Set<String> = []
    /// Whether the selection was given as `--models`: `ls` lists models alone then.
    private(set) var namesModels = false
    /// The options with a value that the line has under their own names.
    private var named: Set<String> = []
    func names(_ option: String) -> Bool { named.contains(option) }
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
            let word = command
            command = ""
            throw refused(
                word.isEmpty ? "no command is given" : "No such command '\(word)'.\(DbtOptions.guess(word, Self.commands.filter { !$0.contains(" ") } + Self.groups.keys.sorted()))",
                "use one of: \(Self.commands.joined(separator: ", "))")
        }
        try checkValues()
        if let text = value("vars") { (vars, dates) = (try map(text, "vars"), YAMLValue.dates(in: text)) }
        try checkTimes()
        warnings = try readWarnings()
        if values["select"] != nil || values["exclude"] != nil, value("inline") != nil {
            throw Self.wrong("inline: not allowed with argument \(values["select"] != nil ? "select" : "exclude")", "leave one of them out")
        }
    }

    /// Numbers, maps and words of a list, whether of the line or of a variable.
    private func checkValues() throws {
        for option in DbtOptions.options(of: command) {
            if ["project-dir", "profiles-dir"].contains(option.name), !["init", "debug"].contains(command), let path = value(option.name), !DbtFiles.exists(path) {
                throw refused("Invalid value for '--\(option.name)': Path '\(path)' does not exist.", "name a folder that is there")
            }
            if option.kind == .flag {
                guard flags[option.name] == nil, let text = variable(option), Self.isTrue(text) == nil else { continue }
                throw refused("Invalid value for '--\(option.name)': '\(text)' is not a valid boolean. Recognized values: , 0, 1, f, false, n, no, off, on, t, true, y, yes", "write true or false")
            }
            for text in values[option.name] ?? variable(option).map({ option.isList ? $0.split(separator: " ").map(String.init) : [$0] }) ?? [] {
                if option.kind == .yaml { _ = try map(text, option.name) }
                guard let refusal = option.refusal(of: text) else { continue }
                throw refused("Invalid value for '--\(option.name)': \(refusal)", "correct it")
            }
        }
    }

    private func map(_ text: String, _ name: String) throws -> JSONObject {
        guard text.utf8.contains(where: { $0 > 0x20 }), let map = (try? YAMLValue.object(text)) ?? nil else {
            throw refused("Invalid value for '--\(name)': String '\(text)' is not valid YAML", "write --\(name) '{name: value}'", before: "The YAML provided in the --\(name) argument is not valid.\n")
        }
        return map
    }

    private static func isTrue(_ text: String) -> Bool? {
        let word = text.lowercased()
        return ["1", "true", "t", "yes", "y", "on"].contains(word) ? true : ["0", "false", "f", "no", "n", "off"].contains(word) ? false : nil
    }

    /// The flags of dbt's that a project may set for all its commands.
    private static let flagsOfProjects: Set<String> = [
        "cache_selected_only", "debug", "fail_fast", "indirect_selection", "log_format", "log_format_file", "log_level", "log_level_file", "partial_parse", "populate_cache", "printer_width",
        "send_anonymous_usage_stats", "static_parser", "use_colors", "use_colors_file", "use_experimental_parser", "version_check", "warn_error", "warn_error_options", "write_json",
    ]
    mutating func adopt(_ flags: JSONObject) throws {
        projectFlags = JSONObject(distinct: flags.pairs.filter { Self.flagsOfProjects.contains($0.key) }.map { ($0.key, $0.value) })
        behavior = flags
        warnings = try readWarnings()
        if let word = value("indirect-selection"), IndirectSelection(rawValue: word) == nil {
            throw Self.wrong("Invalid value for 'indirect_selection' in flags: '\(word)'", "choose one of: \(IndirectSelection.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    private func checkTimes() throws {
        let times = try ["event-time-start", "event-time-end"].map { name in
            try value(name).map { text in
                guard let time = Timestamp(isoDay: text) else { throw refused("Invalid value for '--\(name)': '\(text)' does not match the formats '%Y-%m-%d', '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M:%S'.", "write 2026-01-31 or 2026-01-31T12:00:00") }
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

    /// `--sample` of the commands that read a part of their inputs.
    func sample(endingAt now: Timestamp) throws -> SampleWindow? {
        guard ["run", "build", "retry"].contains(command), let text = value("sample") else { return nil }
        let fields = text.hasPrefix("{") ? (try? YAMLValue.object(text)) ?? nil : nil
        do { return try SampleWindow(text, fields: fields, now: now) } catch let error as CompilationError {
            throw refused("Invalid value for '--sample': \(error.summary)", error.remedy)
        }
    }

    private mutating func take(_ word: String) throws {
        if command.isEmpty { command = word; return }
        if let words = Self.groups[command] {
            guard words.contains(word) else { throw refused("No such command '\(word)'.\(DbtOptions.guess(word, words))", "use one of: \(words.map { "\(command) \($0)" }.joined(separator: ", "))") }
            command = command == "source" ? "source freshness" : "\(command) \(word)"
            return
        }
        guard ["run-operation", "init", "clean", "deps"].contains(command) else { throw refused("Got unexpected extra argument (\(word))", "write options behind the command") }
        words.append(word)
    }

    private mutating func read(_ word: String, _ rest: inout ArraySlice<String>) throws {
        let parts = word.hasPrefix("--") ? word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init) : [word]
        guard let (option, isOn) = DbtOptions.option(parts[0], of: command), option.takesValue || parts.count == 1 else {
            throw refused("No such option '\(parts[0])'.\(DbtOptions.guess(parts[0], DbtOptions.longWords(of: command)))", "leave it out, or look into --help")
        }
        guard option.takesValue else { flags[option.name] = isOn; return }
        if ["-m", "--models", "--model"].contains(parts[0]) { namesModels = true } else { named.insert(option.name) }
        let first: String
        if parts.count == 2 {
            first = parts[1]
        } else {
            guard let next = rest.popFirst() else { throw PlainProblem("dbt.line", "Error: Option '\(parts[0])' requires an argument.", at: .named("sluice dbt"), remedy: "write \(parts[0]) and its value") }
            first = next
        }
        guard option.isList else { values[option.name] = [first]; return }
        values[option.name, default: []].append(first)
        while let next = rest.first, !next.hasPrefix("-") { values[option.name, default: []].append(next); rest.removeFirst() }
    }

    // MARK: Reading

    /// The last value of an option that takes one.
    func value(_ name: String) -> String? { values[name]?.last ?? variable(name) ?? projectFlag(name).map { $0.stringValue ?? $0.text() } }
    func list(_ name: String) -> [String] { values[name] ?? variable(name).map { $0.split(separator: " ").map(String.init) } ?? [] }

    func flag(_ name: String, byDefault: Bool = false) -> Bool { stated(name) ?? byDefault }
    /// nil where neither the line nor the environment nor the project says.
    func stated(_ name: String) -> Bool? {
        if name == "print", flags[name] == nil, let text = environment["DBT_NO_PRINT"], Self.isTrue(text) == true { return false }
        return flags[name] ?? variable(name).flatMap(Self.isTrue) ?? projectFlag(name).flatMap { $0.boolValue ?? $0.stringValue.flatMap(Self.isTrue) }
    }

    var secrets: DbtSecrets { DbtSecrets(environment: environment, vars: vars) }

    /// As many programs have it: https://no-color.org
    var refusesColors: Bool { environment["NO_COLOR"].map { !$0.isEmpty } ?? false }

    private func projectFlag(_ name: String) -> JSON? { projectFlags[Self.key(name)].flatMap { $0.isNull ? nil : $0 } }

    private func variable(_ name: String) -> String? { DbtOptions.options(of: command).first { $0.name == name }.flatMap(variable) ?? DbtOptions.all.first { $0.name == name }.flatMap(variable) }
    private func variable(_ option: DbtOption) -> String? {
        option.environmentNames.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }

    static func key(_ name: String) -> String { String(decoding: name.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self) }

    var home: String { environment["HOME"] ?? "" }
    var projectFolder: String { value("project-dir") ?? "." }
    var select: [String] { list("select") }
    var exclude: [String] { list("exclude") }
    var isFullRefresh: Bool { flag("full-refresh") }
    var isEmpty: Bool { flag("empty") }
    var indirect: IndirectSelection? { value("indirect-selection").flatMap(IndirectSelection.init(rawValue:)) }

    /// What `--warn-error` and `--warn-error-options` make of warnings.
    private(set) var warnings = WarningRules()
    private func readWarnings() throws -> WarningRules {
        var rules = WarningRules()
        if let text = values["warn-error-options"]?.last ?? variable("warn-error-options") { rules = try WarningRules(try YAMLValue.object(text) ?? JSONObject()) }
        else if let options = projectFlag("warn-error-options")?.objectValue { rules = try WarningRules(options) }
        if stated("warn-error") != nil, values["warn-error-options"] != nil || variable("warn-error-options") != nil || projectFlag("warn-error-options") != nil {
            throw Self.wrong("warn_error_options: not allowed with argument warn_error", "leave one of them out")
        }
        return stated("warn-error") == true ? .allErrors : rules
    }

    /// What dbt tells of the line and the environment themselves, before all else.
    func deprecations() -> [ProjectWarning] {
        var found: [ProjectWarning] = []
        if warnings.saysInclude || warnings.saysExclude {
            let keys = (warnings.saysInclude ? ["`include`"] : []) + (warnings.saysExclude ? ["`exclude`"] : [])
            found.append(
                .init(
                    "WEOIncludeExcludeDeprecation",
                    "Found \(keys.joined(separator: " and ")) in `warn_error_options` specification." + (warnings.saysInclude ? " Please use `error` instead of `include`." : "")
                        + (warnings.saysExclude ? " Please use `warn` instead of `exclude`." : ""), .deprecation))
        }
        let old = ["--models", "--model", "-m"]
        found += old.filter(line.contains).map { _ in .init("ModelParamUsageDeprecation", "Usage of `--models`, `--model`, and `-m` is deprecated in favor of `--select` or `-s`.", .namelessDeprecation) }
        let known = Set(DbtOptions.all.flatMap(\.environmentNames) + ["DBT_ENGINE_INVOCATION_ENV", "DBT_ENGINE_PACKAGE_HUB_URL", "DBT_ENGINE_DOWNLOAD_DIR", "DBT_ENGINE_TEST_STATE_MODIFIED"])
        for name in environment.keys.sorted() where name.hasPrefix("DBT_ENGINE") && !known.contains(name) {
            found.append(
                .init(
                    "EnvironmentVariableNamespaceDeprecation",
                    "Found custom environment variable `\(name)` in the environment. The prefix `DBT_ENGINE` is reserved for dbt engine environment variables. Custom environment variables with the prefix `DBT_ENGINE` may cause collisions and runtime errors.",
                    .namelessDeprecation))
        }
        return found
    }

    /// `--threads`, or `--single-threaded`; nil where the target says.
    var threads: Int? {
        get throws {
            if flag("single-threaded") { return 1 }
            guard let text = value("threads") else { return nil }
            guard let count = Int(text), count > 0 else { throw refused("Invalid value for '--threads': '\(text)' is not a valid integer.", "write how many nodes may be at work at once, at least 1") }
            return count
        }
    }

    /// What `retry` does not take over from the command that it repeats, by dbt's names.
    static let ofEachCommand: Set<String> = ["log_path", "profiles_dir", "project_dir", "defer_state", "deprecated_state", "target_path", "warn_error"]

    /// A copy that runs another command as it was said then; `retry` goes on this way. Of its own line only the variables, the threads and
    /// what each command says for itself count.
    func repeating(_ command: String, values: [String: [String]], flags: [String: Bool], vars: JSONObject) -> DbtArguments {
        var copy = self
        copy.command = command
        func isOwn(_ name: String) -> Bool { Self.ofEachCommand.contains(Self.key(name)) || ["vars", "threads"].contains(name) }
        copy.values = self.values.filter { isOwn($0.key) }.merging(values) { own, _ in own }
        copy.flags = self.flags.filter { isOwn($0.key) }.merging(flags) { own, _ in own }
        if copy.vars.isEmpty { copy.vars = vars }
        return copy
    }

    mutating func `repeat`(words: [String]) { self.words = words }

    /// `flags.WHICH`: the last word of the command.
    var word: String { command == "ls" ? "list" : command.split(separator: " ").last.map(String.init) ?? command }

    /// What dbt's reader of command lines refuses, in its frame.
    private func refused(_ summary: String, _ remedy: String, before: String = "") -> PlainProblem {
        let program = ["sluice dbt", command].filter { !$0.isEmpty }.joined(separator: " ")
        let form = command.isEmpty ? " [OPTIONS] [COMMAND] [ARGS]..." : Self.groups[command] != nil ? " [OPTIONS] COMMAND [ARGS]..." : " [OPTIONS]"
        return PlainProblem("dbt.line", "\(before)Usage: \(program)\(form)\nTry '\(program) --help' for help.\n\nError: \(summary)", at: .named(""), remedy: remedy)
    }

    static func wrong(_ summary: String, _ remedy: String) -> PlainProblem {
        PlainProblem("dbt.usage", summary, at: .named("sluice dbt"), remedy: remedy)
    }
}
