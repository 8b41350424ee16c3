internal import Foundation

/// A server in Python on a free port of loopback, gone with the last reference to it. Its script prints the port first.
public final class LocalServer: Sendable {
    public let port: Int
    private let process = Process()
    // Held open: the script ends when it closes.
    private let input = Pipe()

    public init(script: String) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while !line.contains(0x0a) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Silent() }
            line += more
        }
        guard let port = Int(String(decoding: line.prefix { $0 != 0x0a }, as: UTF8.self)) else { throw Silent() }
        self.port = port
    }

    deinit { if process.isRunning { process.terminate() } }

    struct Silent: Error, CustomStringConvertible { var description: String { "the server did not say its port" } }
}
