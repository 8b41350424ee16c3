internal import FoundationEssentials

/// A folder of a test's own, gone with the last reference to it.
public final class TemporaryFolder: Sendable {
    public let path: String

    public init(_ label: String = "test") throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(label)-\(UInt64.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult public func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
    }
    @discardableResult public func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: file).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }
    public func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))) }
    /// All files below, as paths below this folder.
    public func files(in name: String = "") -> [String] {
        let base = name.isEmpty ? path : "\(path)/\(name)"
        return (try? FileManager.default.subpathsOfDirectory(atPath: base))?.sorted().filter {
            var isFolder = false
            return FileManager.default.fileExists(atPath: "\(base)/\($0)", isDirectory: &isFolder) && !isFolder
        } ?? []
    }
}
