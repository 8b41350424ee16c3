internal import Digest
internal import Glibc

/// The few file operations that landing needs, each with its error as a problem.
enum Disk {
    static let copyBytes = 1 << 20

    static func createFolder(_ path: String) throws {
        var parents: [String] = []
        var current = path
        while !current.isEmpty, current != "/", access(current, F_OK) != 0 {
            parents.append(current)
            current = folder(of: current)
        }
        for folder in parents.reversed() {
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw LandingProblem.disk(folder, "create a folder") }
            // A file is safe only if its folder's own name is.
            try syncFolder(self.folder(of: folder))
        }
    }

    static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func syncFolder(_ path: String) throws {
        let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LandingProblem.disk(path, "open a folder") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw LandingProblem.disk(path, "sync a folder") }
    }

    /// Copies `source` into a new file, which is not synced yet. Returns its size.
    static func copy(_ source: String, to path: String) throws -> Int {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else {
            throw LandingProblem(
                code: "extract.cannot_read", summary: "a source file cannot be read: \(String(cString: strerror(errno)))",
                location: .file(source), remedy: "check that the file is there and may be read by this user", response: .retry(afterSeconds: 5))
        }
        defer { close(input) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: copyBytes, alignment: 16)
        defer { buffer.deallocate() }
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw LandingProblem.disk(path, "create a file") }
        defer { close(output) }
        var total = 0
        while true {
            let count = read(input, buffer.baseAddress!, buffer.count)
            if count == 0 { return total }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw LandingProblem.disk(source, "read a source file")
            }
            try writeAll(output, UnsafeRawBufferPointer(rebasing: buffer[..<count]), path)
            total += count
        }
    }

    /// The names in a folder; none where there is no such folder.
    static func list(_ path: String) throws -> [String] {
        guard let folder = opendir(path) else {
            if errno == ENOENT { return [] }
            throw LandingProblem.disk(path, "list a folder")
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LandingProblem.disk(path, "open a file") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw LandingProblem.disk(path, "sync a file") }
    }

    /// The digest of a file's bytes.
    static func sha256(_ file: MappedFile) -> String {
        var digest = Digest(.sha256)
        file.withBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: copyBytes) {
                digest.update(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + copyBytes, bytes.count)]))
                file.forget(before: start)
            }
        }
        return Digest.hex(digest.finish())
    }

    /// Creates a file that must not exist, writes what `fill` gives, and syncs it.
    static func write(
        to path: String, _ fill: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> (sha256: String, bytes: Int) {
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw LandingProblem.disk(path, "create a file") }
        defer { close(output) }
        var digest = Digest(.sha256)
        var total = 0
        try fill { bytes in
            digest.update(bytes)
            total += bytes.count
            try writeAll(output, bytes, path)
        }
        guard fsync(output) == 0 else { throw LandingProblem.disk(path, "sync a file") }
        return (Digest.hex(digest.finish()), total)
    }

    static func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ path: String) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress!, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw LandingProblem.disk(path, "write a file") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    static func contents(_ path: String) throws -> [UInt8] {
        try MappedFile(path).withBytes { Array($0) }
    }
}

/// A file's bytes in memory, as long as this object lives. The file must not change meanwhile: landed files do not.
// Sendable: the bytes are only read.
final class MappedFile: @unchecked Sendable {
    private let bytes: UnsafeRawBufferPointer
    var count: Int { bytes.count }

    /// The bytes live for the call: without it, the file might be unmapped after the last mention of this object.
    func withBytes<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        try withExtendedLifetime(self) { try body(bytes) }
    }

    /// Gives back the memory of what lies before `offset`; one outside of the file changes nothing. It may still be read: the system then fetches it from the file again.
    func forget(before offset: Int) {
        guard let start = bytes.baseAddress, (0...bytes.count).contains(offset) else { return }
        let whole = offset & ~(Self.pageBytes - 1)
        if whole > 0 { madvise(UnsafeMutableRawPointer(mutating: start), whole, MADV_DONTNEED) }
    }
    private static let pageBytes = Int(getpagesize())

    convenience init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw LandingProblem.missing(path) }
            throw LandingProblem.disk(path, "open a file")
        }
        defer { close(descriptor) }
        try self.init(descriptor: descriptor, path: path)
    }

    init(descriptor: Int32, path: String) throws {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw LandingProblem.disk(path, "measure a file") }
        let size = Int(facts.st_size)
        guard size > 0 else { bytes = UnsafeRawBufferPointer(start: nil, count: 0); return }
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw LandingProblem.disk(path, "map a file")
        }
        madvise(start, size, MADV_SEQUENTIAL)
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    deinit { if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) } }
}
