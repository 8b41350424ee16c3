public import Foundation

/// A program that a test starts, in a process of its own.
///
/// Not Foundation's `Process`: there a child's end is told by a socket that children started at the same moment inherit, so
/// with tests running side by side a wait for one could last until quite another program ended, which could be never. Here a child
/// gets no pipe but its own, no blocked signals, and is waited for by its id.
public final class Child: @unchecked Sendable {
    // Safe: `ended` is behind `lock`, all else is set in `init`.
    public let pid: pid_t
    /// Ours to write, where `input` is a pipe.
    public let input: FileHandle?
    /// Ours to read, where `output` is a pipe.
    public let output: FileHandle?
    private let lock = NSLock()
    private var ended: Int32?
    private var deadline: Deadline?

    public enum Input { case nothing, pipe }
    /// A file is written at its end.
    public enum Output { case inherited, nothing, file(String), pipe }

    /// How long a program may run that nothing is said of: more than any test needs. `SLUICE_TEST_SECONDS_MAX` says another.
    public static let secondsMax = ProcessInfo.processInfo.environment["SLUICE_TEST_SECONDS_MAX"].flatMap(Double.init) ?? 300

    /// - Parameters:
    ///   - program: a path, or a name that `PATH` is searched for.
    ///   - environment: the whole of it; nil passes on our own.
    ///   - errors: where standard error goes; nil puts it where `output` goes.
    ///   - secondsMax: when it is ended, whoever waits for it; nil for one that lives as long as the tests do.
    public init(
        _ program: String, _ arguments: [String] = [], environment: [String: String]? = nil, input: Input = .nothing, output: Output = .nothing,
        errors: Output? = .inherited, secondsMax: Double? = Child.secondsMax
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let into = if case .pipe = input { try Self.pipe() } else { Ends?.none }
        let out = if case .pipe = output { try Self.pipe() } else { Ends?.none }
        if let into {
            posix_spawn_file_actions_adddup2(&actions, into.reading, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        func direct(_ output: Output, _ descriptor: Int32) {
            switch output {
            case .inherited: break
            case .nothing: posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
            case .file(let path): posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
            case .pipe: if let out { posix_spawn_file_actions_adddup2(&actions, out.writing, descriptor) }
            }
        }
        direct(output, 1)
        if let errors { direct(errors, 2) } else { posix_spawn_file_actions_adddup2(&actions, 1, 2) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = (environment ?? ProcessInfo.processInfo.environment).map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, program, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw Failure(description: "\(program) cannot be started: \(String(cString: strerror(code)))") }
        self.pid = pid
        self.input = into.map { FileHandle(fileDescriptor: $0.writing, closeOnDealloc: true) }
        self.output = out.map { FileHandle(fileDescriptor: $0.reading, closeOnDealloc: true) }
        if let into { close(into.reading) }
        if let out { close(out.writing) }
        guard let secondsMax else { return }
        deadline = Deadline(seconds: secondsMax) { [weak self] in
            guard let self, self.isRunning else { return }
            print("a program that a test started still ran after \(Int(secondsMax)) s and is ended: \(program) \(arguments.joined(separator: " "))")
            fflush(nil)
            self.signal(SIGKILL)
        }
    }

    deinit { deadline?.cancel() }

    private typealias Ends = (reading: Int32, writing: Int32)
    /// Closed in every child from the start: one that holds another's pipe would keep it from its end.
    private static func pipe() throws -> Ends {
        var ends: [Int32] = [-1, -1]
        // A pair of sockets, as `pipe2` is not to be seen from Swift and `pipe` leaves a moment in which another child gets hold of it.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { throw Failure(description: "no pipe: \(String(cString: strerror(errno)))") }
        return (ends[0], ends[1])
    }

    public var isRunning: Bool { lock.withLock { reap(WNOHANG) == nil } }
    public func signal(_ number: Int32) { lock.withLock { if reap(WNOHANG) == nil { Foundation.kill(pid, number) } } }

    /// Blocks until it has ended.
    ///
    /// - Returns: its exit status; 128 and the signal's number where a signal ended it.
    @discardableResult public func wait() -> Int32 {
        // Looks without taking, so that the lock is not held while it waits.
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        return lock.withLock { reap(0) ?? -1 }
    }

    /// As `wait`, for a test beside others: a wait in a task holds one of the few threads that all tests share.
    public func end() async -> Int32 { await Self.aside { self.wait() } }

    private static func aside<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in Thread.detachNewThread { continuation.resume(returning: body()) } }
    }

    private func reap(_ options: Int32) -> Int32? {
        if let ended { return ended }
        var status: Int32 = 0
        guard waitpid(pid, &status, options) == pid else { return nil }
        ended = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        return ended
    }

    /// All that it prints, to its end.
    public func readToEnd() -> String { String(decoding: output?.readDataToEndOfFile() ?? Data(), as: UTF8.self) }

    /// What it prints up to and with the first line that holds `mark`; nil where it ends before.
    public func read(until mark: String) -> String? {
        var bytes = Data()
        while true {
            let more = output?.availableData ?? Data()
            guard !more.isEmpty else { return nil }
            bytes += more
            if let text = String(data: bytes, encoding: .utf8), let place = text.range(of: mark), text[place.lowerBound...].contains("\n") { return text }
        }
    }

    /// As `read(until:)`, for a test beside others.
    public func line(with mark: String) async -> String? { await Self.aside { self.read(until: mark) } }

    public struct Failure: Error, CustomStringConvertible { public let description: String }
}

/// A Python with what we compare ourselves to: the one that `deploy/test` names or has made before.
public enum Python {
    public static let path: String = {
        if let named = ProcessInfo.processInfo.environment["SLUICE_TEST_PYTHON"], !named.isEmpty { return named }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let made = root.appendingPathComponent(".build/environments/tests/bin/python").path
        return FileManager.default.isExecutableFile(atPath: made) ? made : "python3"
    }()
}
