internal import FoundationEssentials
internal import Kernel

/// The few things that commands do with folders.
enum DbtFiles {
    static func json(_ path: String) -> JSON? { FileManager.default.contents(atPath: path).flatMap { try? JSON(parsing: [UInt8]($0)) } }
    static func text(_ path: String) -> String? { FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } }
    static func bytes(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { [UInt8]($0) } }
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
    static func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }
    static func names(in folder: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }

    static func write(_ text: String, to path: String) throws {
        let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        if !parent.isEmpty { try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true) }
        try Data(text.utf8).write(to: URL(filePath: path))
    }
    static func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }
    static func move(_ path: String, to target: String) throws { try FileManager.default.moveItem(atPath: path, toPath: target) }
    /// Also a link to nothing.
    static func isLinkOrFile(_ path: String) -> Bool { (try? FileManager.default.attributesOfItem(atPath: path)) != nil }
    static func createFolder(_ path: String) throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }
    static func copy(_ path: String, to target: String) throws { try FileManager.default.copyItem(atPath: path, toPath: target) }
    static func link(_ target: String, at path: String) throws { try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target) }

    /// The path from the root, without `.`, `..` and a `/` at the end.
    static func absolute(_ path: String) -> String {
        let text = URL(filePath: path).standardized.path(percentEncoded: false)
        return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
