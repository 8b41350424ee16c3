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
        let told = DbtOptions.options(of: command).filter { $0.summary != nil && $0.shownFor?.contains(command) ?? true }
        let own = told.filter { $0.shownFor != nil || !$0.commands.isEmpty && $0.name != "target-path" }, common = told.filter { option in !own.contains { $0.heading == option.heading } }
        func lines(_ options: [DbtOption]) -> [String] { options.map { Self.line($0.heading ?? $0.spellings[0], $0.summary ?? "") } }
        var parts = ["Usage: sluice dbt \(command) [OPTIONS]\(Self.words[command].map { " \($0)" } ?? "")", "", "  \(summary)"]
        if !own.isEmpty { parts += ["", "Options:"] + lines(own) }
        return (parts + ["", "Options of every command:"] + lines(common) + [Self.line("-h, --help", "This text.")]).joined(separator: "\n")
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
}
