internal import FoundationEssentials
internal import Glibc
internal import Kernel

/// Files that are either whole or not there, also after a power cut.
enum DurableFile {
    /// Writes beside `path`, syncs, renames. Readers see the old file or the new one.
    static func replace(_ path: String, with bytes: [UInt8]) throws { try replace(path) { try $0(bytes) } }

    /// - Parameter produce: is given where to put the bytes, piece by piece.
    static func replace(_ path: String, _ produce: (_ put: ([UInt8]) throws -> Void) throws -> Void) throws {
        let draft = "\(path).\(getpid()).\(UInt64.random(in: 0...UInt64.max)).tmp"
        do {
            try write(draft, produce)
            guard rename(draft, path) == 0 else { throw failure("renamed", path) }
        } catch {
            unlink(draft)
            throw error
        }
        try syncFolder(of: path)
    }

    /// Creates `path` with these bytes; false where it is there already, which is then left alone.
    static func create(_ path: String, with bytes: [UInt8]) throws -> Bool {
        let draft = "\(path).\(getpid()).\(UInt64.random(in: 0...UInt64.max)).tmp"
        defer { unlink(draft) }
        try write(draft, bytes)
        // A link fails where the name is taken, so of two writers exactly one succeeds.
        if link(draft, path) == 0 {
            try syncFolder(of: path)
            return true
        }
        guard errno == EEXIST else { throw failure("created", path) }
        // Whoever made it may not have come to the folder yet, and we answer that it is there.
        try syncFolder(of: path)
        return false
    }

    static func write(_ path: String, _ bytes: [UInt8], isSynced: Bool = true) throws { try write(path, isSynced: isSynced) { try $0(bytes) } }

    private static func write(_ path: String, isSynced: Bool = true, _ produce: (_ put: ([UInt8]) throws -> Void) throws -> Void) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("opened", path) }
        defer { close(descriptor) }
        try produce { bytes in
            var place = 0
            while place < bytes.count {
                let count = bytes[place...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 else { throw failure("written", path) }
                place += count
            }
        }
        guard !isSynced || fsync(descriptor) == 0 else { throw failure("synced", path) }
    }

    static func createFolder(_ path: String) throws {
        // Not by Foundation, which leaves no `errno` behind that would say why.
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        for count in parts.indices {
            let folder = (path.hasPrefix("/") ? "/" : "") + parts[...count].joined(separator: "/")
            guard mkdir(folder, 0o777) != 0 else { continue }
            let reason = errno
            var status = stat()
            let isThere = stat(folder, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            guard isThere else { throw failure("created", path, reason == EEXIST ? ENOTDIR : reason) }
        }
    }

    static func syncFolder(of path: String) throws {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        try syncFolder(folder.isEmpty ? path.hasPrefix("/") ? "/" : "." : folder)
    }
    /// - Throws: where the folder's entries may not outlast a power cut.
    static func syncFolder(_ folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("opened", folder) }
        defer { close(descriptor) }
        // Some network file systems have no such call for folders, and keep their entries without it.
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else { throw failure("synced", folder) }
    }

    /// Differs between two files, and between two states of one.
    static func signature(of path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
    }

    /// A part of a file; empty behind its end.
    static func read(_ path: String, from place: Int, to end: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("opened", path) }
        defer { close(descriptor) }
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: end - place) { buffer, filled in
            count = pread(descriptor, buffer.baseAddress, end - place, off_t(place))
            filled = max(count, 0)
        }
        guard count >= 0 else { throw failure("read", path) }
        return bytes
    }

    static func read(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { [UInt8]($0) } }

    /// - Parameter reason: of the call that failed just now.
    static func failure(_ verb: String, _ path: String, _ reason: Int32 = errno) -> PlainProblem {
        PlainProblem(
            "execute.disk", "a file cannot be \(verb): \(String(cString: strerror(reason)))", at: .file(path),
            remedy: "check the space on the disk and who may write there", response: .retry(afterSeconds: nil))
    }
}
