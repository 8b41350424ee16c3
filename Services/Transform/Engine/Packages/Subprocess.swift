internal import Glibc
internal import Kernel

/// Runs another program to its end: git and tar, which know their formats better than we do.
enum Subprocess {
    /// - Parameter output: the file that takes what it prints.
    /// - Throws: where it cannot be started, or ends with another status than 0; what it printed is in the problem.
    static func run(_ words: [String], environment: [String: String], output: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Nobody is there to answer when git asks for a password.
        let variables = environment.merging(["GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"]) { _, own in own }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var values: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + values { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, words[0], &actions, nil, &arguments, &values)
        guard code == 0 else {
            throw PlainProblem("dbt.cannot_start", "\(words[0]) cannot be started: \(String(cString: strerror(code)))", at: .named(words[0]), remedy: "install \(words[0])")
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            let said = (DbtFiles.text(output) ?? "").split(separator: "\n").suffix(3).joined(separator: "; ")
            throw PlainProblem("dbt.program_failed", "\(words.prefix(2).joined(separator: " ")) failed: \(said)", at: .named(words[0]), remedy: "correct the package's address or revision")
        }
    }
}
