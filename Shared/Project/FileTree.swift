internal import FoundationEssentials

/// The files of a project, in an order that does not depend on the disk.
enum FileTree {
    /// Paths of all files below `folder`, relative to it, sorted. Hidden files and folders are passed over.
    static func files(in folder: String) -> [String] {
        var found: [String] = []
        walk(folder, "", into: &found)
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func walk(_ root: String, _ below: String, into found: inout [String]) {
        let folder = below.isEmpty ? root : "\(root)/\(below)"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
        for name in names where !name.hasPrefix(".") {
            let path = below.isEmpty ? name : "\(below)/\(name)"
            if isFolder("\(root)/\(path)") { walk(root, path, into: &found) } else { found.append(path) }
        }
    }

    /// What lies in a folder itself, in an order that does not depend on the disk.
    static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// The path from the root, without `.` and `..`.
    static func absolute(_ path: String) -> String {
        let text = URL(filePath: path).standardized.path(percentEncoded: false)
        return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    static func bytes(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { [UInt8]($0) } }

    /// The text of a file, line ends as `\n`; nil where it is missing or no UTF-8.
    static func text(_ path: String) -> String? {
        guard var bytes = bytes(path) else { return nil }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes.removeFirst(3) }
        if bytes.contains(0x0d) { bytes.removeAll { $0 == 0x0d } }
        return String(validating: bytes, as: UTF8.self)
    }

    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
    /// The name of a file without its folder and its last extension.
    static func stem(of path: String) -> String {
        let name = name(of: path)
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }
    static func folders(of path: String) -> [String] { path.split(separator: "/").dropLast().map(String.init) }
}
