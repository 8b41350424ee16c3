internal import Digest
internal import Glibc
internal import Kernel

/// A file that a source offers, for connectors that watch folders.
public struct SourceFile: Hashable, Sendable {
    public var name: String
    public var path: String
    public var bytes: Int
    /// When its content last changed, in nanoseconds since 1970.
    public var changedAt: Int

    /// The visible, regular files of a folder whose names match a shell pattern, by name. Files still being written
    /// (`.part`, `.tmp`, a leading dot) are not there yet.
    public static func files(in folder: String, matching pattern: String) throws -> [SourceFile] {
        guard let directory = opendir(folder) else {
            throw PlainProblem(
                "extract.cannot_read", "the folder cannot be read: \(String(cString: strerror(errno)))", at: .file(folder),
                remedy: "check that the folder is there and may be read by this user")
        }
        defer { closedir(directory) }
        var found: [SourceFile] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix("."), !name.hasSuffix(".part"), !name.hasSuffix(".tmp"), fnmatch(pattern, name, 0) == 0 else { continue }
            var facts = stat()
            let path = "\(folder)/\(name)"
            guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { continue }
            found.append(
                SourceFile(
                    name: name, path: path, bytes: Int(facts.st_size),
                    changedAt: facts.st_mtim.tv_sec * 1_000_000_000 + facts.st_mtim.tv_nsec))
        }
        return found.sorted { $0.name < $1.name }
    }

    public var isReadable: Bool { access(path, R_OK) == 0 }

    /// The SHA-256 of the content.
    public func digest() throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable() }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var digest = Digest(.sha256)
        while true {
            let count = read(descriptor, buffer.baseAddress!, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable() }
            if count == 0 { return Digest.hex(digest.finish()) }
            digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    private func unreadable() -> PlainProblem {
        PlainProblem(
            "extract.cannot_read", "a source file cannot be read: \(String(cString: strerror(errno)))", at: .file(path),
            remedy: "check that the file is there and may be read by this user", response: .retry(afterSeconds: 5))
    }
}
