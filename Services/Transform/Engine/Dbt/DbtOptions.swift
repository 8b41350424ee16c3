internal import Kernel
internal import Project

/// dbt's options. The parser, `--help` and the environment variables all read this one table.
enum DbtOptions {
    private static let builders: Set<String> = ["build", "run", "test", "seed", "snapshot", "compile", "clone", "retry"]
    private static let listing: Set<String> = ["list", "ls"]
    private static let selecting: Set<String> = ["build", "run", "test", "seed", "snapshot", "compile", "clone", "docs generate", "list", "ls", "show", "source freshness"]
    private static let deferring: Set<String> = selecting.union(["retry"])
    private static let typed: Set<String> = ["build", "test", "list", "ls", "clone"]
    private static let writing: Set<String> = [
        "build", "clean", "clone", "compile", "docs generate", "docs serve", "list", "ls", "parse", "retry", "run", "run-operation", "seed", "show", "snapshot", "source freshness", "test",
    ]
    private static let threading: Set<String> = [
        "build", "clone", "compile", "docs generate", "parse", "retry", "run", "run-operation", "seed", "show", "snapshot", "source freshness", "test",
    ]
    private static let types = [
        "metric", "semantic_model", "saved_query", "source", "analysis", "function", "model", "test", "unit_test", "exposure", "snapshot", "seed", "default",
    ]
    private static let logLevels = ["debug", "info", "warn", "error", "none"]
    private static let logFormats = ["text", "debug", "json", "default"]

    static let all: [DbtOption] = selection + building + showing + ofOneCommand + common + leftAlone

    private static let selection = [
        list("select", ["-s", "--select", "-m", "--models", "--model"], selecting, "-s, --select TEXT...", "What it is about, in dbt's selection syntax; --models is the same."),
        list("exclude", ["--exclude"], selecting, "--exclude TEXT...", "What of that is left out."),
        value("selector", selecting, "--selector NAME", "A selection of selectors.yml, in the place of --select.", variables: nil),
        list("resource-type", ["--resource-type", "--resource-types"], typed, "--resource-type TYPE...", "Only such nodes.", types + ["all"], variables: ["RESOURCE_TYPES"]),
        list("exclude-resource-type", ["--exclude-resource-type", "--exclude-resource-types"], typed, "--exclude-resource-type TYPE...", "All nodes but such.", types, variables: ["EXCLUDE_RESOURCE_TYPES"]),
        value("indirect-selection", [], "--indirect-selection MODE", "Which tests join what is selected: eager, cautious, buildable, empty.", .choice(IndirectSelection.allCases.map(\.rawValue)), shownFor: selecting),
        value("state", [], "--state FOLDER", "Artifacts to compare with, and to defer to.", variables: ["ARTIFACT_STATE_PATH"], shownFor: deferring),
        flag("defer", [], "--defer / --no-defer", "Reads what is not selected where --state has it.", variables: ["DEFER_TO_STATE"], shownFor: deferring),
        value("defer-state", [], "--defer-state FOLDER", "Artifacts to defer to, where they are not those of --state.", shownFor: deferring),
        flag("favor-state", [], "--favor-state", "Also where the node is here too.", variables: ["FAVOR_STATE_MODE"], shownFor: deferring),
    ]

    private static let building = [
        flag("full-refresh", ["-f"], "-f, --full-refresh", "Builds incremental models and seeds anew.", of: ["build", "clone", "compile", "retry", "run", "seed", "show"], isNegatable: false),
        flag("empty", [], "--empty", "Builds everything without rows.", of: ["build", "compile", "run", "snapshot"]),
        value("sample", ["build", "run"], "--sample TEXT", "Builds of the newest rows alone: '3 days', or {start: …, end: …}."),
        value("event-time-start", ["build", "run"], "--event-time-start TIME", "Where the first batch of microbatch models begins; with --event-time-end."),
        value("event-time-end", ["build", "run"], "--event-time-end TIME", "Where the last one ends."),
        flag("store-failures", [], "--store-failures", "Keeps the failing rows of tests in tables.", of: ["build", "test"], isNegatable: false),
        flag("fail-fast", ["-x"], "-x, --fail-fast", "Ends at the first failure.", shownFor: builders),
        value("threads", threading, "--threads NUMBER", "How many nodes may be at work at once.", .integer, variables: nil),
        flag("single-threaded", [], "--single-threaded", "One at a time, whatever the target says.", shownFor: threading),
    ]

    private static let showing = [
        flag("show", [], "--show", "Prints rows of what was loaded.", of: ["build", "seed"], isNegatable: false, variables: nil, shownFor: ["seed"]),
        value("inline", ["compile", "show"], "--inline SQL", "A query of the line instead of a node.", variables: nil),
        value("inline-direct", ["show"], "--inline-direct SQL", "The same, sent as it is: no template, no project's nodes.", variables: nil),
        value("limit", ["show"], "--limit NUMBER", "How many rows; -1 for all.", .integer, variables: nil),
        value("output", ["compile", "show"], "--output FORMAT", "text or json.", .choice(["json", "text"]), variables: nil),
        value("output", listing, "--output FORMAT", "name, path, selector or json.", .choice(["json", "name", "path", "selector"]), variables: nil),
        list("output-keys", ["--output-keys"], listing, "--output-keys KEY...", "Which members --output json prints."),
        value("output", ["source freshness"], "-o, --output FILE", "Another place for sources.json.", variables: nil, short: ["-o"]),
    ]

    private static let ofOneCommand = [
        value("args", ["run-operation"], "--args YAML", "The macro's arguments: '{name: value}'.", .yaml, variables: nil),
        flag("compile", [], "--no-compile", "Leaves the SQL out.", of: ["docs generate"], variables: nil),
        flag("inject-ephemeral-ctes", [], "--no-inject-ephemeral-ctes", "Leaves ephemeral models out of their readers' SQL.", of: ["compile"], variables: nil),
        flag("empty-catalog", [], "--empty-catalog", "Asks the warehouse nothing.", of: ["docs generate"], isNegatable: false, variables: nil),
        flag("static", [], "--static", "As always here: the page needs nothing beside itself.", of: ["docs generate"], isNegatable: false, variables: nil),
        value("host", ["docs serve"], "--host TEXT", "Where it listens: 127.0.0.1."),
        value("port", ["docs serve"], "--port NUMBER", "And on which port: 8080.", .integer, variables: nil),
        flag("browser", [], "--no-browser", "Opens no browser, as always here.", of: ["docs serve"], variables: nil),
        flag("connection", [], "--connection", "Examines the connection alone.", of: ["debug"], isNegatable: false, variables: nil),
        flag("config-dir", [], "--config-dir", "Says where profiles.yml is, and nothing else.", of: ["debug"], isNegatable: false, variables: nil),
        flag("lock", [], "--lock", "Writes package-lock.yml and installs nothing.", of: ["deps"], isNegatable: false, variables: nil),
        flag("upgrade", [], "--upgrade", "Looks for newer versions than those of package-lock.yml.", of: ["deps"], isNegatable: false, variables: nil),
        value("add-package", ["deps"], "--add-package NAME@VERSION", "Names a package in packages.yml, then installs.", variables: nil),
        value("source", ["deps"], "--source KIND", "What it is: hub, git or local.", .choice(["hub", "git", "local"]), variables: nil),
        flag("clean-project-files-only", [], "--no-clean-project-files-only", "Deletes outside the project too.", of: ["clean"]),
        flag("skip-profile-setup", ["-s"], "-s, --skip-profile-setup", "Writes no profile.", of: ["init"], isNegatable: false, variables: nil),
    ]

    private static let common = [
        value("project-dir", [], "--project-dir FOLDER", "Where dbt_project.yml is."),
        value("profiles-dir", [], "--profiles-dir FOLDER", "Where profiles.yml is."),
        value("profile", [], "--profile NAME", "Another profile than the project names."),
        value("target", [], "-t, --target NAME", "Another target than the profile names.", short: ["-t"]),
        value("target-path", writing, "--target-path FOLDER", "Where artifacts go."),
        value("vars", [], "--vars YAML", "Variables: '{name: value}'.", .yaml, variables: nil),
        flag("partial-parse", [], "--no-partial-parse", "Reads every file anew."),
        flag("version-check", [], "--no-version-check", "Reads projects that ask for another version of dbt."),
        flag("quiet", ["-q"], "-q, --quiet", "Prints errors and results alone."),
        flag("debug", ["-d"], "-d, --debug", "Prints more, and each statement."),
        flag("print", [], "--no-print", "Leaves out what macros print.", variables: []),
        value("log-format", [], "--log-format FORMAT", "text, debug, json or default.", .choice(logFormats)),
        value("log-level", [], "--log-level LEVEL", "debug, info, warn, error or none.", .choice(logLevels)),
        value("log-path", [], "--log-path FOLDER", "Where dbt.log goes: logs."),
        value("log-format-file", [], "--log-format-file FORMAT", "The same for dbt.log.", .choice(logFormats)),
        value("log-level-file", [], "--log-level-file LEVEL", "The same for dbt.log; none writes no file.", .choice(logLevels)),
        value("log-file-max-bytes", [], "--log-file-max-bytes NUMBER", "How long dbt.log grows before it is begun anew: 10 MiB.", .integer),
        value("printer-width", [], "--printer-width NUMBER", "How wide lines of nodes are: 80.", .integer),
        flag("warn-error", [], "--warn-error", "Takes warnings for errors.", isNegatable: false),
        value("warn-error-options", [], "--warn-error-options YAML", "Some of them: '{error: all, warn: [Name], silence: [Name]}'.", .yaml),
        flag("show-all-deprecations", [], "--show-all-deprecations", "Tells each deprecation, not the first of its kind alone."),
        flag("write-json", [], "--no-write-json", "Writes no artifacts."),
        flag("use-colors", [], "--use-colors", "Colours, also where the output is no terminal; --no-use-colors: none in a terminal."),
        flag("use-colors-file", [], "--use-colors-file", "Colours in the log file."),
    ]

    /// What changes nothing here.
    private static let leftAlone: [DbtOption] =
        [
            "cache-selected-only", "log-cache-events", "macro-debugging", "partial-parse-file-diff", "populate-cache", "send-anonymous-usage-stats", "static-parser",
            "use-experimental-parser", "use-fast-test-edges", "upload-to-artifacts-ingest-api", "show-resource-report",
        ].map { DbtOption(name: $0, spellings: ["--\($0)"], kind: .flag, isNegatable: true) }
        + [
            DbtOption(name: "partial-parse-file-path", spellings: ["--partial-parse-file-path"], kind: .text),
            DbtOption(name: "record-timing-info", spellings: ["-r", "--record-timing-info"], kind: .text, variables: nil),
            DbtOption(name: "introspect", spellings: ["--introspect"], kind: .flag, commands: ["compile", "show"], isNegatable: true),
            DbtOption(name: "export-saved-queries", spellings: ["--export-saved-queries"], kind: .flag, commands: ["build"], isNegatable: true),
            DbtOption(name: "include-saved-query", spellings: ["--include-saved-query"], kind: .flag, commands: ["build"], isNegatable: true),
            DbtOption(name: "sqlparse", spellings: ["--sqlparse"], kind: .yaml, commands: ["build", "compile", "docs generate", "run", "seed", "show", "snapshot", "source freshness", "test"]),
        ]

    // MARK: Finding

    private static let byWord: [String: [(option: DbtOption, isOn: Bool)]] = {
        var found: [String: [(DbtOption, Bool)]] = [:]
        for option in all { for word in option.words { found[word, default: []].append((option, option.spellings.contains(word))) } }
        return found
    }()

    /// The option of a command that is written so, and whether it is said or taken back.
    static func option(_ word: String, of command: String) -> (option: DbtOption, isOn: Bool)? { byWord[word]?.first { $0.option.isOf(command) } }

    static func option(named name: String, of command: String) -> DbtOption? { all.first { $0.name == name && $0.isOf(command) } }

    static func options(of command: String) -> [DbtOption] { all.filter { $0.isOf(command) } }

    /// Every word that begins with two dashes.
    static func longWords(of command: String) -> [String] { options(of: command).flatMap(\.words).filter { $0.hasPrefix("--") } + ["--help"] }

    /// What dbt asks behind a word that it does not know, ` (Did you mean one of: …?)`; empty where no word is near.
    static func guess(_ word: String, _ known: [String]) -> String {
        let near = CloseMatches.of(word, among: known).sorted().map { "'\($0)'" }
        return near.isEmpty ? "" : near.count == 1 ? " Did you mean \(near[0])?" : " (Did you mean one of: \(near.joined(separator: ", "))?)"
    }

    // MARK: Writing the table

    private static func flag(
        _ name: String, _ short: [String], _ heading: String, _ summary: String, of commands: Set<String> = [], isNegatable: Bool = true, variables: [String]? = [], shownFor: Set<String>? = nil
    ) -> DbtOption {
        DbtOption(
            name: name, spellings: short + ["--\(name)"], kind: .flag, commands: commands, isNegatable: isNegatable, variables: variables, summary: summary, heading: heading, shownFor: shownFor)
    }

    private static func value(
        _ name: String, _ commands: Set<String>, _ heading: String, _ summary: String, _ kind: DbtOption.Kind = .text, variables: [String]? = [], short: [String] = [], shownFor: Set<String>? = nil
    ) -> DbtOption {
        DbtOption(name: name, spellings: short + ["--\(name)"], kind: kind, commands: commands, variables: variables, summary: summary, heading: heading, shownFor: shownFor)
    }

    private static func list(
        _ name: String, _ spellings: [String], _ commands: Set<String>, _ heading: String, _ summary: String, _ choices: [String] = [], variables: [String]? = nil
    ) -> DbtOption {
        DbtOption(name: name, spellings: spellings, kind: .list(choices), commands: commands, variables: variables, summary: summary, heading: heading)
    }
}
