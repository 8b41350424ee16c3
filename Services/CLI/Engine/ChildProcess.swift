import Glibc
import Kernel
import Platform

/// A process that we started, in a process group of its own, so that Ctrl-C reaches us first and we end it in order.
public struct ChildProcess: Sendable {
    public let pid: Int32

    /// Starts `path` with `arguments`; what it prints goes to the end of the file `log`, or to our own outputs without one.
    public init(_ path: String, _ arguments: [String], environment: [String: String], log: String?) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let log {
            posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, &words, &variables)
        guard code == 0 else {
            throw PlainProblem(
                "cli.cannot_start", "\(path) cannot be started: \(String(cString: strerror(code)))", at: .file(path),
                remedy: "build it (swift build -c release), or put it beside the program sluice")
        }
        self.pid = pid
    }

    public func signal(_ number: Int32) { kill(pid, number) }

    /// The exit status, or 128 + the signal that ended it; nil while it runs. Once it is told, the process id is the
    /// system's to give away again: signal it no more.
    public func poll() -> Int32? {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        return Self.code(status)
    }

    /// Waits for its end.
    public func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return Self.code(status)
    }

    private static func code(_ status: Int32) -> Int32 { status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f) }
}
