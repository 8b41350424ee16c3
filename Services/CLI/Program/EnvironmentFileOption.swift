import Glibc
import Kernel
import Platform
import ServiceKit

/// `sluice --env-file FILE …`, and the file `.env` of the current folder without it. What it says becomes part of this process's
/// environment and so of every program that is started from it; what the environment says itself goes before.
enum EnvironmentFileOption {
    static let discussion = """
        Settings may lie in a file .env in the current folder, or in one that is named first of all: sluice --env-file FILE run …
        What the environment says itself goes before the file.
        """

    /// - Returns: the arguments without the option.
    static func apply(_ arguments: [String]) throws -> [String] {
        var rest = arguments[...]
        var file: String?
        if rest.first == "--env-file" {
            file = rest.dropFirst().first
            rest = rest.dropFirst(2)
            guard file != nil else { throw missing("--env-file names no file") }
        } else if let word = rest.first, word.hasPrefix("--env-file=") {
            file = String(word.dropFirst("--env-file=".count))
            rest = rest.dropFirst()
        }
        if let file, !Files.exists(file) { throw missing("the file that --env-file names does not exist", file) }
        let path = file ?? ".env"
        guard Files.exists(path) else { return Array(rest) }
        let text = String(decoding: try Files.readAll(path), as: UTF8.self)
        for (name, value) in try EnvironmentFile.parse(text, file: path) where !value.isEmpty && isUnset(name) { setenv(name, value, 1) }
        return Array(rest)
    }

    /// An empty variable counts as none, there as in settings.
    private static func isUnset(_ name: String) -> Bool { getenv(name).map { $0.pointee == 0 } ?? true }

    private static func missing(_ summary: String, _ file: String = "--env-file") -> PlainProblem {
        PlainProblem("settings.no_env_file", summary, at: .file(file), remedy: "write sluice --env-file FILE COMMAND …")
    }
}
