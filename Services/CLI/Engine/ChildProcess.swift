import Glibc
import Kernel
import Platform

/// A process that we started.
public struct ChildProcess: Sendable {
    public let pid: Int32

    /// Starts `path` with `arguments` in a process group of its own, so that Ctrl-C reaches us first and we end it in order; what it prints goes to the end of the file `log`, or to our own outputs without one.
    public init(_ path: String, _ arguments: [String], environment: [String: String], log: String?) throws {
        pid = try Self.spawn(path, arguments, environment, isInOwnGroup: true) { actions in
            guard let log else { return }
            posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
    }

    /// Starts `path` with descriptors of ours as its standard input and both its outputs. It stays in our process group: Ctrl-C
    /// ends it with us.
    init(_ path: String, _ arguments: [String], environment: [String: String], input: Int32, output: Int32) throws {
        pid = try Self.spawn(path, arguments, environment, isInOwnGroup: false) { actions in
            posix_spawn_file_actions_adddup2(&actions, input, 0)
            posix_spawn_file_actions_adddup2(&actions, output, 1)
            posix_spawn_file_actions_adddup2(&actions, output, 2)
        }
    }

    private static func spawn(
        _ path: String, _ arguments: [String], _ environment: [String: String], isInOwnGroup: Bool, _ prepare: (inout posix_spawn_file_actions_t) -> Void
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        prepare(&actions)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Whatever the thread blocks that we happen to be on, the child hears every signal.
        var nothing = sigset_t()
        sigemptyset(&nothing)
        posix_spawnattr_setsigmask(&attributes, &nothing)
        if isInOwnGroup { posix_spawnattr_setpgroup(&attributes, 0) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | (isInOwnGroup ? POSIX_SPAWN_SETPGROUP : 0)))
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
        return pid
    }

    public func signal(_ number: Int32) { kill(pid, number) }

    /// The exit status, or 128 + the signal that ended it; nil while it runs. Once it is told, the process id is the
    /// system's to give away again: signal it no more.
    public func poll() -> Int32? {
        var status: Int32 = 0
        let answer = waitpid(pid, &status, WNOHANG)
        // Somebody else was told of its end, and nobody ever will be again.
        if answer < 0, errno == ECHILD { return 255 }
        return answer == pid ? Self.code(status) : nil
    }

    /// Waits for its end.
    public func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return Self.code(status)
    }

    private static func code(_ status: Int32) -> Int32 { status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f) }
}
