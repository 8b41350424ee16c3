import Foundation

/// The outer world for a test: `sluice-sandbox` on a free port, gone with the test's last reference to it, or with the test.
public final class SandboxServer: Sendable {
    /// `http://127.0.0.1:PORT`
    public let address: String
    // Its input is held open: the sandbox ends when it closes.
    private let child: Child

    /// Returns when it listens. `arguments` are the program's options, such as `["--today", "2026-11-20"]`.
    public init(_ arguments: [String] = []) throws {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let folder = ProcessInfo.processInfo.environment["SLUICE_BINARIES"] ?? (own as NSString).deletingLastPathComponent
        child = try Child("\(folder)/sluice-sandbox", arguments + ["--until-stdin-closes"], input: .pipe, output: .pipe)
        guard let text = child.read(until: "http://") else { throw Failure(description: "sluice-sandbox ended before it listened") }
        guard let place = text.range(of: "http://[0-9.]+:[0-9]+", options: .regularExpression) else { throw Failure(description: "no address in: \(text)") }
        address = String(text[place])
    }

    deinit {
        child.signal(SIGTERM)
        child.wait()
    }

    public var isRunning: Bool { child.isRunning }
    /// Lets go of it, as the end of a test does, and waits until it is gone.
    public func letGo() throws {
        try child.input?.close()
        child.wait()
    }

    public struct Answer: Sendable {
        /// What curl says: 0, or 18 for a body that broke off.
        public let exit: Int
        public let status: Int
        public let headers: String
        public let body: String
    }
    public struct Failure: Error, CustomStringConvertible { public let description: String }

    /// One request through `curl`, a client that is not ours.
    @discardableResult public func request(_ method: String, _ path: String, body: String? = nil, headers: [String] = []) throws -> Answer {
        var arguments = ["-s", "-i", "-m", "30", "-X", method, "-w", "\n%{http_code} %{exitcode}", address + path]
        for header in headers { arguments += ["-H", header] }
        if let body { arguments += ["--data-binary", body] }
        let text = try Tool.run("curl", arguments)
        let lines = text.components(separatedBy: "\n")
        let end = (lines.last ?? "").split(separator: " ").compactMap { Int($0) }
        let parts = lines.dropLast().joined(separator: "\n").components(separatedBy: "\r\n\r\n")
        guard end.count == 2, parts.count >= 2 else { throw Failure(description: "no answer from \(path): \(text)") }
        return Answer(exit: end[1], status: end[0], headers: parts[0], body: parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    /// The sandbox's own doors: `today`, `faults`, `requests`.
    @discardableResult public func control(_ method: String, _ door: String, _ body: String? = nil) throws -> String {
        let answer = try request(method, "/_sandbox/\(door)", body: body)
        guard answer.status == 200 else { throw Failure(description: answer.body) }
        return answer.body
    }
}
