internal import Kernel
internal import Project

/// The command line of `sluice dbt`, in dbt's words.
struct DbtArguments {
    var command = ""
    var projectFolder = "."
    var profilesFolder: String?
    var profile: String?
    var target: String?
    var targetPath: String?
    var select: [String] = []
    var exclude: [String] = []
    var isFullRefresh = false
    var isQuiet = false
    var failsFast = false
    var vars = JSONObject()
    var resourceTypes: [String] = []
    var output = "selector"

    static let commands = ["build", "compile", "ls", "list", "parse", "run", "seed", "test"]
    private static let unsupported = [
        "clean", "clone", "debug", "deps", "docs", "init", "retry", "run-operation", "show", "snapshot", "source", "freshness",
    ]
    /// Flags of dbt's that change nothing here, with and without a value.
    private static let idle: Set<String> = [
        "--no-partial-parse", "--partial-parse", "--no-use-colors", "--use-colors", "--no-version-check", "--no-send-anonymous-usage-stats",
        "--send-anonymous-usage-stats", "--no-print", "--no-populate-cache", "--no-write-json", "--write-json", "--no-static-parser",
        "--static-parser", "--warn-error-options", "--no-introspect", "--debug", "-d", "--no-static", "--cache-selected-only",
    ]
    private static let idleWithValue: Set<String> = ["--threads", "--log-level", "--log-format", "--log-path", "--log-level-file", "--printer-width"]

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            let parts = word.hasPrefix("--") ? word.split(separator: "=", maxSplits: 1).map(String.init) : [word]
            let flag = parts[0]
            func value() throws -> String {
                if parts.count == 2 { return parts[1] }
                guard let next = rest.popFirst() else { throw Self.wrong("\(flag) needs a value", "write \(flag) and its value") }
                return next
            }
            func values() throws -> [String] {
                var found = [try value()]
                while let next = rest.first, !next.hasPrefix("-") { found.append(next); rest.removeFirst() }
                return found
            }
            switch flag {
            case "--project-dir": projectFolder = try value()
            case "--profiles-dir": profilesFolder = try value()
            case "--profile": profile = try value()
            case "--target", "-t": target = try value()
            case "--target-path": targetPath = try value()
            case "--select", "-s", "--models", "--model", "-m": select += try values()
            case "--exclude": exclude += try values()
            case "--resource-type", "--resource-types": resourceTypes += try values()
            case "--output": output = try value()
            case "--full-refresh", "-f": isFullRefresh = true
            case "--fail-fast", "-x": failsFast = true
            case "--quiet", "-q": isQuiet = true
            case "--vars":
                let text = try value()
                guard let written = (try? YAMLValue.object(text)) ?? nil else {
                    throw Self.wrong("--vars takes a map", "write --vars '{name: value}'")
                }
                vars = written
            case let flag where Self.idle.contains(flag): continue
            case let flag where Self.idleWithValue.contains(flag): _ = try value()
            case let flag where flag.hasPrefix("-"): throw Self.wrong("the option \(flag) is not supported", "leave it out")
            case let word where command.isEmpty: command = word
            // `docs generate` is told as `docs`, below.
            case _ where Self.unsupported.contains(command): continue
            default: throw Self.wrong("'\(word)' is not expected here", "write options behind the command")
            }
        }
        if Self.unsupported.contains(command) { throw Self.wrong("the command '\(command)' is not supported yet", "use one of: \(Self.commands.joined(separator: ", "))") }
        guard Self.commands.contains(command) else {
            throw Self.wrong(command.isEmpty ? "no command is given" : "there is no command '\(command)'", "use one of: \(Self.commands.joined(separator: ", "))")
        }
    }

    static func wrong(_ summary: String, _ remedy: String) -> PlainProblem {
        PlainProblem("dbt.usage", summary, at: .named("sluice dbt"), remedy: remedy)
    }
}
