import Glibc
import Kernel
import Platform

/// Lines for people, on standard error: time, level, program, words. Values of secret variables are blotted out.
public struct Log: Sendable {
    public enum Level: String, Sendable { case info, warn, error }

    static let lineBytesMax = 16_384
    private let name: String
    private let secrets: [String]

    public init(name: String, environment: [String: String]) {
        self.name = name
        secrets = Self.secrets(in: environment)
    }

    /// Values that must never be shown: those of variables whose names speak of secrets. Shorter than 6 bytes would blot out words.
    static func secrets(in environment: [String: String]) -> [String] {
        let marks = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "PRIVATE", "API_KEY", "ACCESS_KEY"]
        func speaksOfSecrets(_ key: String) -> Bool { marks.contains { key.uppercased().contains($0) } }
        var environment = environment
        // A mounted secret is one too. What cannot be read cannot be shown either.
        for (key, path) in environment where key.hasSuffix("_FILE") && speaksOfSecrets(key) {
            if let text = try? Files.secret(path) { environment[String(key.dropLast(5))] = String(text.split(separator: "\n").first ?? "") }
        }
        return environment.filter { key, value in
            value.utf8.count >= 6 && !key.hasSuffix("_FILE") && speaksOfSecrets(key)
        }.values.sorted { $0.utf8.count > $1.utf8.count }
    }

    public func redact(_ text: String) -> String {
        var text = text
        for secret in secrets { text = text.replacing(secret, with: "•••") }
        return text
    }

    public func info(_ text: String) { write(.info, text) }
    public func warn(_ text: String) { write(.warn, text) }
    public func error(_ text: String) { write(.error, text) }

    private func write(_ level: Level, _ text: String) {
        let line = "\(SystemClock.now()) \(level.rawValue) \(name) \(redact(text))"
        let bytes = Array(line.utf8.prefix(Self.lineBytesMax)) + [0x0a]
        _ = Glibc.write(2, bytes, bytes.count)
    }
}
