internal import Project

/// What `--help` prints: of the program, or of one command.
struct DbtHelp {
    /// The command as far as it is said: `run`, `docs`, `docs generate`; empty for the program.
    private let command: String

    /// nil where the line does not ask for help. What follows the command does not matter then.
    init?(_ arguments: [String]) {
        guard arguments.contains(where: { $0 == "--help" || $0 == "-h" }) else { return nil }
        // A word may as well be the value of an option.
        let known = Set(Self.commands.keys.compactMap { $0.split(separator: " ").first.map(String.init) })
        let words = arguments.drop { !known.contains($0) }
        let pair = words.prefix(2).joined(separator: " ")
        command = Self.commands[pair] != nil ? pair : words.first ?? ""
    }

    /// nil where there is no such command.
    var text: String? {
        if command.isEmpty { return program }
        let below = Self.commands.keys.filter { $0.hasPrefix("\(command) ") }.sorted()
        if !below.isEmpty { return (["Usage: sluice dbt \(command) COMMAND [OPTIONS]", "", "Commands:"] + below.map { Self.line($0, Self.commands[$0] ?? "") }).joined(separator: "\n") }
        guard let summary = Self.commands[command] else { return nil }
        let own = Self.options.filter { $0.commands.contains(command) }, common = Self.options.filter(\.commands.isEmpty)
        func lines(_ options: [Option]) -> [String] { options.map { Self.line($0.spelling, $0.summary) } }
        var parts = ["Usage: sluice dbt \(command) [OPTIONS]\(Self.words[command].map { " \($0)" } ?? "")", "", "  \(summary)"]
        if !own.isEmpty { parts += ["", "Options:"] + lines(own) }
        return (parts + ["", "Options of every command:"] + lines(common)).joined(separator: "\n")
    }

    private var program: String {
        let commands = Self.commands.sorted { $0.key < $1.key }.map { Self.line($0.key, $0.value) }
        return (["Usage: sluice dbt COMMAND [OPTIONS]", "", "  dbt's own commands on a dbt project, in one process.", "", "Commands:"] + commands
            + ["", "sluice dbt COMMAND --help lists the options of a command."]).joined(separator: "\n")
    }

    private static func line(_ head: String, _ text: String) -> String {
        head.utf8.count < 30 ? "  \(head)\(String(repeating: " ", count: 31 - head.utf8.count))\(text)" : "  \(head)\n\(String(repeating: " ", count: 33))\(text)"
    }

    static let commands = [
        "build": "Builds seeds, models, snapshots and functions and tests them, each behind what it reads.",
        "clean": "Deletes the folders that clean-targets names.",
        "clone": "Makes the nodes of another environment, which --state names, readable in this one.",
        "compile": "Writes the SQL of models, tests and analyses to the target folder, and runs none of it.",
        "debug": "Examines the project, the profile and the connection.",
        "deps": "Installs the packages that packages.yml names.",
        "docs generate": "Writes manifest.json, catalog.json and the page of the documentation.",
        "docs serve": "Serves the documentation on this machine.",
        "init": "Begins a project.",
        "list": "Lists what a selection names.", "ls": "Lists what a selection names.",
        "parse": "Reads the project and writes manifest.json.",
        "retry": "Runs again what failed or was skipped in the last command.",
        "run": "Builds models.",
        "run-operation": "Calls a macro.",
        "seed": "Loads the csv files.",
        "show": "Prints rows of a node, or of SQL on the line, without building it.",
        "snapshot": "Brings snapshots up to date.",
        "source freshness": "Compares the newest rows of sources with their limits.",
        "test": "Runs data tests and unit tests.",
    ]
    private static let words = ["run-operation": "MACRO", "init": "NAME"]

    private struct Option {
        let spelling: String
        let summary: String
        /// Empty for every command.
        let commands: Set<String>
        init(_ spelling: String, _ summary: String, _ commands: Set<String> = []) {
            self.spelling = spelling
            self.summary = summary
            self.commands = commands
        }
    }

    private static let builders: Set<String> = ["build", "run", "test", "seed", "snapshot", "compile", "clone", "retry"]
    private static let selectors: Set<String> = ["build", "run", "test", "seed", "snapshot", "compile", "clone", "docs generate", "list", "ls", "show", "source freshness"]
    private static let deferring: Set<String> = ["build", "run", "test", "snapshot", "compile", "clone", "docs generate", "list", "ls", "show", "source freshness", "seed", "retry"]
    private static let batched: Set<String> = ["build", "run"]
    private static let lists: Set<String> = ["list", "ls"]

    private static let options: [Option] = [
        Option("-s, --select TEXT...", "What it is about, in dbt's selection syntax; --models is the same.", selectors),
        Option("--exclude TEXT...", "What of that is left out.", selectors),
        Option("--selector NAME", "A selection of selectors.yml.", selectors),
        Option("--resource-type TYPE...", "Only such nodes; --exclude-resource-type for all others.", ["build", "test", "list", "ls", "clone", "docs generate"]),
        Option("--indirect-selection MODE", "Which tests join what is selected: eager, cautious, buildable, empty.", selectors),
        Option("--state FOLDER", "Artifacts to compare with, and to defer to.", deferring),
        Option("--defer / --no-defer", "Reads what is not selected where --state has it.", deferring),
        Option("--defer-state FOLDER", "Artifacts to defer to, where they are not those of --state.", deferring),
        Option("--favor-state", "Also where the node is here too.", deferring),
        Option("-f, --full-refresh", "Builds incremental models and seeds anew.", ["build", "run", "seed", "compile", "clone", "show", "docs generate", "retry"]),
        Option("--empty", "Builds everything without rows.", ["build", "run", "snapshot", "compile"]),
        Option("--sample TEXT", "Builds of the newest rows alone: '3 days', or {start: …, end: …}.", batched),
        Option("--event-time-start TIME", "Where the first batch of microbatch models begins; with --event-time-end.", batched),
        Option("--event-time-end TIME", "Where the last one ends.", batched),
        Option("--store-failures", "Keeps the failing rows of tests in tables.", ["build", "test"]),
        Option("-x, --fail-fast", "Ends at the first failure.", builders),
        Option("--threads NUMBER", "How many nodes may be at work at once.", builders.union(["source freshness", "docs generate"])),
        Option("--show", "Prints rows of what was loaded.", ["seed"]),
        Option("--inline SQL", "A query of the line instead of a node.", ["show", "compile"]),
        Option("--limit NUMBER", "How many rows; -1 for all.", ["show"]),
        Option("--output FORMAT", "text or json; of list: name, path, selector, json.", lists.union(["show", "compile"])),
        Option("--output-keys KEY...", "Which members --output json prints.", lists),
        Option("-o, --output FILE", "Another place for sources.json.", ["source freshness"]),
        Option("--args YAML", "The macro's arguments: '{name: value}'.", ["run-operation"]),
        Option("--no-compile", "Leaves the SQL out.", ["docs generate"]),
        Option("--empty-catalog", "Asks the warehouse nothing.", ["docs generate"]),
        Option("--host TEXT, --port NUMBER", "Where it listens: 127.0.0.1 and 8080.", ["docs serve"]),
        Option("--no-browser", "Opens no browser.", ["docs serve"]),
        Option("--connection", "Examines the connection alone.", ["debug"]),
        Option("--upgrade", "Looks for newer versions than those of package-lock.yml.", ["deps"]),
        Option("--no-clean-project-files-only", "Deletes outside the project too.", ["clean"]),
        Option("--skip-profile-setup", "Writes no profile.", ["init"]),
        Option("--project-dir FOLDER", "Where dbt_project.yml is."),
        Option("--profiles-dir FOLDER", "Where profiles.yml is."),
        Option("--profile NAME", "Another profile than the project names."),
        Option("-t, --target NAME", "Another target than the profile names."),
        Option("--target-path FOLDER", "Where artifacts go."),
        Option("--vars YAML", "Variables: '{name: value}'."),
        Option("--no-partial-parse", "Reads every file anew."),
        Option("-q, --quiet", "Prints errors and results alone."),
        Option("-d, --debug", "Prints more, and each statement."),
        Option("--log-format FORMAT", "text, debug, json or default."),
        Option("--log-level LEVEL", "debug, info, warn, error or none."),
        Option("--log-path FOLDER", "Where dbt.log goes."),
        Option("--warn-error", "Takes warnings for errors."),
        Option("--no-write-json", "Writes no artifacts."),
        Option("--no-use-colors", "As everything is printed here."),
        Option("-h, --help", "This text."),
    ]
}
