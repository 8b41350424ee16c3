internal import Foundation

/// A server in Python that a test talks to: a program of `Tests/Companions`, on a free port of loopback. It ends with this object.
public final class Companion: @unchecked Sendable {
    // Safe: set in `init` and read afterwards; a child takes its own lock.
    private let child: Child
    public let folder: String
    public let port: Int

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public init(description: String) { self.description = description }
    }

    /// - Parameter folder: holds what the program reads and writes.
    public init(_ script: String, folder: String, _ arguments: String...) throws {
        self.folder = folder
        try? FileManager.default.removeItem(atPath: "\(folder)/port")
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let errors = "\(folder)/\(script).errors"
        child = try Child(
            Python.path, ["-W", "ignore", here.appendingPathComponent("Companions/\(script)").path, folder] + arguments, errors: .file(errors))
        let deadline = Date().addingTimeInterval(20)
        while true {
            if let text = try? String(contentsOfFile: "\(folder)/port", encoding: .utf8), let port = Int(text) {
                self.port = port
                return
            }
            guard Date() < deadline, child.isRunning else {
                child.signal(SIGTERM)
                throw Failure(description: "\(script) does not start; set SLUICE_TEST_PYTHON as deploy/test does\n\((try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")")
            }
            usleep(20_000)
        }
    }

    public func stop() {
        child.signal(SIGKILL)
        child.wait()
    }
    deinit { stop() }

    /// An authority and a server's certificate for 127.0.0.1, by the openssl command: `ca.pem`, `cert.pem`, `key.pem`.
    public static func makeCertificates(in folder: String) throws {
        try "subjectAltName=IP:127.0.0.1\n".write(toFile: "\(folder)/names", atomically: true, encoding: .utf8)
        let curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        _ = try Tool.run("sh", ["-c", """
            cd \(folder) && {
            openssl req -x509 \(curve) -keyout ca.key -out ca.pem -days 2 -subj '/CN=test authority' &&
            openssl req \(curve) -keyout key.pem -out request.pem -subj '/CN=127.0.0.1' &&
            openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem; } 2>/dev/null
            """])
        guard FileManager.default.fileExists(atPath: "\(folder)/cert.pem") else { throw Failure(description: "openssl made no certificate") }
    }
}
