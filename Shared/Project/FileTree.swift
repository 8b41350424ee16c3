internal import FoundationEssentials
internal import Glibc

/// The files of a project, in an order that does not depend on the disk.
enum FileTree {
    /// Paths of all files below `folder`, relative to it, sorted, as dbt finds them: a name that begins with `.`, `#` or `~` is an editor's
    /// file, a folder may have any name, and a link to a folder is not followed.
    static func files(in folder: String) -> [String] {
        var found: [String] = []
        walk(folder, "", into: &found)
        return found.sortedByBytes()
    }

    private static func walk(_ root: String, _ below: String, into found: inout [String]) {
        for (name, kind) in entries(of: below.isEmpty ? root : "\(root)/\(below)") {
            let path = below.isEmpty ? name : "\(below)/\(name)"
            switch kind {
            case .folder: walk(root, path, into: &found)
            case .file where !".#~".contains(name.first ?? "."): found.append(path)
            case .file, .linkToFolder: break
            }
        }
    }

    /// What lies in a folder itself, in an order that does not depend on the disk. Hidden files and folders are passed over.
    static func names(in folder: String) -> [String] {
        entries(of: folder).map(\.name).filter { !$0.hasPrefix(".") }.sortedByBytes()
    }

    static var currentFolder: String { FileManager.default.currentDirectoryPath }

    private enum Kind { case file, folder, linkToFolder }

    private static func entries(of folder: String) -> [(name: String, kind: Kind)] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var found: [(name: String, kind: Kind)] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            found.append((name, kind("\(folder)/\(name)", entry.pointee.d_type)))
        }
        return found
    }

    private static func kind(_ path: String, _ type: UInt8) -> Kind {
        if type == UInt8(DT_DIR) { return .folder }
        // A link, or a file system that does not say, is asked itself.
        guard type != UInt8(DT_REG), isFolder(path) else { return .file }
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK ? .linkToFolder : .folder
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The path from the root, without `.` and `..`.
    static func absolute(_ path: String) -> String {
        let text = URL(filePath: path).standardized.path(percentEncoded: false)
        return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// nil where it is missing, no file, or not to be read.
    static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return nil }
        var bytes: [UInt8] = []
        var expected = Int(status.st_size)
        while true {
            // One more than is expected: the end is seen without a further call, and a file that has grown is read on.
            let room = expected + 1
            let start = bytes.count
            let isRead = Array<UInt8>(unsafeUninitializedCapacity: room) { buffer, count in
                let read = Glibc.read(descriptor, buffer.baseAddress, room)
                count = max(read, 0)
            }
            if start == 0 { bytes = isRead } else { bytes += isRead }
            if isRead.count < room { return bytes }
            expected = 65_536
        }
    }

    /// The text of a file, line ends as `\n`; nil where it is missing or no UTF-8.
    static func text(_ path: String) -> String? { bytes(path).flatMap { String(validating: unified($0), as: UTF8.self) } }

    /// One of the project's files. That it must not be read is a problem; that it is missing is none.
    static func bytes(_ file: String, in folder: String, _ problems: ProblemList) -> [UInt8]? {
        if let bytes = bytes("\(folder)/\(file)") { return bytes }
        var status = stat()
        // A link that leads nowhere is there, and cannot be read.
        if access("\(folder)/\(file)", R_OK) != 0, case let reason = errno, lstat("\(folder)/\(file)", &status) == 0 {
            problems.add("project.unreadable", "the file cannot be read: \(String(cString: strerror(reason)))", at: .file(file), remedy: "let this user read it, or take it away")
        }
        return nil
    }

    /// The text of one of the project's files. That it is no UTF-8, or must not be read, is a problem; that it is missing is none.
    static func text(_ file: String, in folder: String, _ problems: ProblemList) -> String? {
        guard let bytes = bytes(file, in: folder, problems).map(unified) else { return nil }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let (line, column) = placeOfBrokenText(bytes)
        problems.add("project.unreadable", "the file is not UTF-8", at: .file(file, line: line, column: column), remedy: "save it as UTF-8")
        return nil
    }

    /// Without a mark of the byte order.
    private static func unified(_ written: [UInt8]) -> [UInt8] {
        var bytes = written
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes.removeFirst(3) }
        if bytes.contains(0x0d) { bytes.removeAll { $0 == 0x0d } }
        return bytes
    }

    /// The line and the column, in bytes, of the first byte that is no UTF-8.
    private static func placeOfBrokenText(_ bytes: [UInt8]) -> (line: Int, column: Int) {
        var (line, column) = (1, 1)
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = (1...4).first { $0 <= rest.count && String(validating: rest.prefix($0), as: UTF8.self) != nil }
            guard let length else { break }
            if rest.first == 0x0a { (line, column) = (line + 1, 1) } else { column += length }
            rest = rest.dropFirst(length)
        }
        return (line, column)
    }

    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
    /// The name of a file without its folder and its last extension.
    static func stem(of path: String) -> String {
        let name = name(of: path)
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }
    /// Whether a path ends in one of these, in either case.
    static func ends(_ path: String, in endings: String...) -> Bool {
        let path = path.lowercased()
        return endings.contains(where: path.hasSuffix)
    }
    static func isSchema(_ path: String) -> Bool { ends(path, in: ".yml", ".yaml") }
    static func folders(of path: String) -> [String] { path.split(separator: "/").dropLast().map(String.init) }
}
