import Glibc
public import Kernel

/// The few file operations that several rooms share, with errors that name the path.
public enum Files {
    public static func readAll(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("cannot be read", path) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var size = stat()
        if fstat(file, &size) == 0, size.st_size > 0 { bytes.reserveCapacity(Int(size.st_size)) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("cannot be read", path)
            }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    static let secretBytesMax = 65_536

    /// The text of a mounted secret. A failure names the file and nothing of its content.
    public static func secret(_ path: String) throws(PlainProblem) -> String {
        let bytes: [UInt8]
        do { bytes = try readAll(path) } catch {
            throw PlainProblem(
                "settings.secret_not_read", "the file of a secret cannot be read", at: .file(path),
                remedy: "check that the file is there and may be read by this user")
        }
        guard bytes.count <= secretBytesMax, let text = String(validating: bytes, as: UTF8.self) else {
            throw PlainProblem(
                "settings.secret_not_read", "the file of a secret holds no text, or more than \(secretBytesMax) bytes", at: .file(path),
                remedy: "put nothing but the secret into the file")
        }
        return text
    }

    /// Puts `bytes` at `path` so that a reader sees the old file or the new one, and a power cut keeps one of them.
    public static func writeAtomically(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws {
        // A name of its own for each call: two drafts of one path must not write into each other.
        let draft = "\(path).\(getpid()).\(Entropy.hex(8)).part"
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode_t(mode))
        guard file >= 0 else { throw failure("cannot be written", path) }
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let problem = failure("cannot be written", path)
                close(file)
                unlink(draft)
                throw problem
            }
            start += count
        }
        let isSynced = fsync(file) == 0
        close(file)
        guard isSynced, rename(draft, path) == 0 else {
            let problem = failure("cannot be written", path)
            unlink(draft)
            throw problem
        }
    }

    /// Makes a folder and those above it, `mode` being that of the folder itself. An existing folder is fine, as it is; a file of that
    /// name is not.
    public static func createFolder(_ path: String, mode: UInt32 = 0o755) throws {
        var made = ""
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        for (place, part) in parts.enumerated() {
            made += (made.isEmpty && !path.hasPrefix("/") ? "" : "/") + part
            guard mkdir(made, mode_t(place == parts.count - 1 ? mode : 0o755)) != 0 else { continue }
            guard errno == EEXIST else { throw failure("cannot be made", made) }
            var info = stat()
            guard stat(made, &info) == 0 else { throw failure("cannot be made", made) }
            guard info.st_mode & S_IFMT == S_IFDIR else {
                errno = ENOTDIR
                throw failure("cannot be made", made)
            }
        }
    }

    /// The permission bits of a file.
    public static func mode(_ path: String) throws -> UInt32 {
        var info = stat()
        guard stat(path, &info) == 0 else { throw failure("cannot be read", path) }
        return UInt32(info.st_mode) & 0o7777
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    public static func isFolder(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }
    public static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }
    /// Changes whenever the file does: its size, its number and its time of change. Empty where there is none.
    public static func stamp(_ path: String) -> String {
        var info = stat()
        guard stat(path, &info) == 0 else { return "" }
        return "\(info.st_size) \(info.st_ino) \(info.st_mtim.tv_sec).\(info.st_mtim.tv_nsec)"
    }
    public static func remove(_ path: String) { unlink(path) }

    /// The names in a folder, sorted; hidden ones included, `.` and `..` not.
    public static func list(_ path: String) throws -> [String] {
        guard let folder = opendir(path) else { throw failure("cannot be listed", path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// An absolute path without `.` and `..`, seen from the current folder.
    public static func absolute(_ path: String) -> String {
        var full = path
        if !path.hasPrefix("/") {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let folder = getcwd(&buffer, buffer.count).map { String(cString: $0) } ?? "/"
            full = folder + "/" + path
        }
        var parts: [Substring] = []
        for part in full.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    private static func failure(_ what: String, _ path: String) -> PlainProblem {
        let reason = String(cString: strerror(errno))
        return PlainProblem(
            "platform.file", "\(path) \(what): \(reason)", at: .file(path), remedy: "check that the path exists, its permissions and the space on its disk",
            response: .retry(afterSeconds: nil))
    }
}
