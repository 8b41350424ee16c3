internal import Foundation

/// A server in Python on a free port of loopback, gone with the last reference to it. Its script prints the port first.
public final class LocalServer: Sendable {
    public let port: Int
    // Its input is held open: the script ends when it closes.
    private let child: Child

    public init(script: String) throws {
        child = try Child("python3", ["-c", script], input: .pipe, output: .pipe)
        guard let line = child.read(until: "\n"), let port = Int(line.split(separator: "\n").first ?? "") else { throw Silent() }
        self.port = port
    }

    deinit {
        child.signal(SIGTERM)
        child.wait()
    }

    struct Silent: Error, CustomStringConvertible { var description: String { "the server did not say its port" } }
}
