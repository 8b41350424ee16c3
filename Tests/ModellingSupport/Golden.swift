import FoundationEssentials

/// Texts that were reviewed once and must not change by accident. `UPDATE_GOLDEN=1` writes them anew.
public enum Golden {
    /// The golden projects beside a test file.
    public static func projects(beside file: String) -> [String] {
        let folder = folder(beside: file)
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map { "\(folder)/\($0)" }
    }
    private static func folder(beside file: String) -> String {
        file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/GoldenProjects"
    }

    /// The expected text and the one that came; both are equal after an update.
    public static func compare(_ text: String, with path: String) throws -> (expected: String, actual: String) {
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
        }
        let expected = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
        return (expected ?? "(no file \(path))", text)
    }
}
