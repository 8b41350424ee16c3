import Glibc
import Kernel
import Platform
import ServiceKit

/// Asks a sibling program to examine something, and gives it no more time than a person has.
struct SiblingExaminer: Sendable {
    /// A program that says nothing for so long hangs: its own requests end before.
    static let silenceSecondsMax = 10.0
    private let silenceSeconds: Double
    static let secondsMax = 60.0
    static let answerBytesMax = 4 << 20

    let folder: String
    let environment: [String: String]
    private let log: Log

    init(folder: String, environment: [String: String], silenceSeconds: Double = silenceSecondsMax) {
        self.silenceSeconds = silenceSeconds
        self.folder = folder
        self.environment = environment
        log = Log(name: "doctor", environment: environment)
    }

    /// - Parameter check: what to call it where the program itself fails.
    func examine(_ program: String, _ question: JSON, check: String) async -> [Finding] {
        await withCheckedContinuation { continuation in
            // It waits in `poll`, so it has a thread of its own.
            SystemThread.start { continuation.resume(returning: ask("\(folder)/sluice-\(program)", question, check)) }
        }
    }

    private func ask(_ path: String, _ question: JSON, _ check: String) -> [Finding] {
        do {
            let talk = try Talk(path, environment)
            return answer(talk, question, check, path.split(separator: "/").last.map(String.init) ?? path)
        } catch {
            return [Finding(check, failed: error, cause: .environment)]
        }
    }

    private func answer(_ talk: Talk, _ question: JSON, _ check: String, _ program: String) -> [Finding] {
        talk.say(question.bytes)
        let begin = SystemClock.monotonicSeconds()
        var findings: [Finding] = []
        var bytes: [UInt8] = []
        var words: [String] = []
        var size = 0
        while case let piece = talk.hear(seconds: silenceSeconds), piece != .end {
            guard case .bytes(let more) = piece, SystemClock.monotonicSeconds() - begin < Self.secondsMax, size < Self.answerBytesMax else {
                talk.kill()
                findings.append(Finding(
                    check, .fail, "no answer within \(silenceSeconds == silenceSeconds.rounded() ? "\(Int(silenceSeconds))" : "\(silenceSeconds)") s", location: findings.last.map { "behind '\($0.check)'" } ?? "",
                    remedy: "something there hangs: look at the host or the file that it names", code: "doctor.timeout", cause: .environment))
                return findings
            }
            size += more.count
            bytes += more
            while let end = bytes.firstIndex(of: 0x0a) {
                let line = Array(bytes[..<end])
                bytes.removeSubrange(...end)
                if let finding = (try? JSON(parsing: line)).flatMap({ Finding($0) }) { findings.append(finding) } else { words.append(String(decoding: line, as: UTF8.self)) }
            }
        }
        let status = talk.wait()
        if status != 0 {
            let last = words.suffix(3).joined(separator: " ")
            findings.append(Finding(
                check, .fail, log.redact("\(program) ended with \(status > 128 ? "signal \(status - 128)" : "status \(status)")\(last.isEmpty ? "" : ": \(last)")"),
                remedy: "run programs of one version", code: "doctor.program_failed", cause: .environment))
        }
        return findings
    }
}

/// A child whose standard input and outputs are one socket to us. Used from one thread.
private final class Talk {
    enum Piece: Equatable { case bytes([UInt8]), silence, end }
    private let child: ChildProcess
    private let socket: Int32

    init(_ path: String, _ environment: [String: String]) throws {
        // A pair of sockets and not of pipes: they are born closed to the children that other threads start meanwhile.
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw PlainProblem("cli.cannot_start", "the system gives no socket: \(String(cString: strerror(errno)))", remedy: "close other programs")
        }
        defer { close(ends[1]) }
        do { child = try ChildProcess(path, [Examination.word], environment: environment, input: ends[1], output: ends[1]) } catch {
            close(ends[0])
            throw error
        }
        socket = ends[0]
    }

    deinit { close(socket) }

    /// Says all of it and that this was all. A program that has ended already is noticed by its silence.
    func say(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        shutdown(socket, Int32(SHUT_WR))
    }

    func hear(seconds: Double) -> Piece {
        let deadline = SystemClock.monotonicSeconds() + seconds
        var ear = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        while true {
            let count = poll(&ear, 1, Int32(max(0, deadline - SystemClock.monotonicSeconds()) * 1000))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return .silence }
            break
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(socket, &buffer, buffer.count)
        return count > 0 ? .bytes(Array(buffer[..<count])) : .end
    }

    func wait() -> Int32 { child.wait() }

    func kill() {
        child.signal(SIGKILL)
        _ = child.wait()
    }
}
