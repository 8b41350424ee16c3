import Glibc
public import Kernel
import Platform

/// The door by which `sluice doctor` has a program look at what only that program can reach.
///
/// `sluice-<program> examine` reads one JSON object from standard input and prints each finding as a line of JSON as soon as it
/// is known. References in the question are unfilled, so no secret is in it; values of secret variables are blotted out of the answer.
public enum Examination {
    /// The program's first argument.
    public static let word = "examine"

    /// Answers and ends the program, with status 0 whatever was found. `body` runs on a thread that may block.
    public static func run(_ body: @escaping @Sendable (_ question: JSON, _ tell: @escaping @Sendable (Finding) -> Void) async -> Void) async -> Never {
        let log = Log(name: word, environment: Environment.current())
        guard let question = try? JSON(parsing: readInput()) else {
            ServiceProgram.say("standard input holds no JSON; `sluice doctor` asks this program by itself")
            exit(2)
        }
        await withTaskExecutorPreference(BlockingExecutor()) {
            await body(question) { say($0.mapTexts(log.redact).json.bytes + [0x0a]) }
        }
        exit(0)
    }

    private static func readInput() -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(0, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    private static func say(_ line: [UInt8]) {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { exit(0) }
            rest = rest.dropFirst(count)
        }
    }
}
