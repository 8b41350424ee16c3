import Glibc
import Kernel
import Platform
import ServiceKit

/// `--env-file FILE` of every command, and the file `.env` of the current folder without it. What it says becomes part of this
/// process's environment and so of every program that is started from it; what the environment says itself goes before.
enum EnvironmentFileOption {
    static let option = "--env-file"
    static let discussion = """
        Settings may lie in a file .env in the current folder, or in one that is named: sluice run --env-file FILE …
        What the environment says itself goes before the file.
        """

    /// - Returns: the arguments without the option. Behind `--` nothing is one.
    static func apply(_ arguments: [String]) throws -> [String] {
        let options = arguments.prefix { $0 != "--" }
        guard let place = options.firstIndex(where: { $0 == option || $0.hasPrefix("\(option)=") }) else {
            // Python keeps its virtual environments in folders of that name.
            if Files.exists(".env"), (try? Files.list(".env")) == nil { try read(".env") }
            return arguments
        }
        let isOneWord = arguments[place] != option
        let file = isOneWord ? String(arguments[place].dropFirst(option.count + 1)) : options.dropFirst(place + 1).first ?? ""
        guard !file.isEmpty else { throw missing("\(option) names no file", option) }
        guard Files.exists(file) else { throw missing("the file that \(option) names does not exist", file) }
        try read(file)
        return Array(arguments[..<place] + arguments[(place + (isOneWord ? 1 : 2))...])
    }

    private static func read(_ path: String) throws {
        let text = String(decoding: try Files.readAll(path), as: UTF8.self)
        for (name, value) in try EnvironmentFile.parse(text, file: path) where !value.isEmpty && isUnset(name) { setenv(name, value, 1) }
    }

    /// An empty variable counts as none, there as in settings.
    private static func isUnset(_ name: String) -> Bool { getenv(name).map { $0.pointee == 0 } ?? true }

    private static func missing(_ summary: String, _ file: String) -> PlainProblem {
        PlainProblem("settings.no_env_file", summary, at: .file(file), remedy: "write sluice COMMAND \(option) FILE …")
    }
}
