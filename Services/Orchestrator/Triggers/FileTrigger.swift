import Digest
import Glibc
public import Kernel

/// Files that fit a pattern, once they have come to rest.
///
/// A file is at rest when its size, its number and its time of change have stayed the same from one look to another one, at least
/// `settleSeconds` later, and while its bytes were hashed. Hidden files and folders are none. A writer that renames the finished
/// file into the folder is never seen half.
public struct FileTrigger: Sendable {
    /// More files of one pattern are not looked at: an inbox is no archive.
    public static let filesMax = 10_000

    public struct Arrival: Hashable, Sendable {
        public let path: String
        public let sha256: String
        public let bytes: Int
        /// When it was looked at, before it was hashed.
        public let at: Timestamp
    }

    /// What tells one state of a file from another. The time of change cannot be set by hand, as that of writing can.
    struct Stamp: Hashable, Sendable {
        let device, inode: UInt64
        let bytes: Int
        let changedAt: Timestamp
    }
    private struct Resting {
        let stamp: Stamp
        /// On the monotonic clock.
        let since: Double
    }

    public let pattern: String
    private let settleSeconds: Double
    private var resting: [String: Resting] = [:]
    private var told: [String: Stamp] = [:]

    /// - Parameter pattern: an absolute path as glob(7) has it, its variables filled.
    public init(pattern: String, settleSeconds: Double) {
        self.pattern = pattern
        self.settleSeconds = settleSeconds
    }

    /// The files that have come to rest since the last look, hashed. May read long: call it where that holds nobody up.
    /// - Parameters:
    ///   - isKnown: whether the log tells of this file already: its path, its size, and when it last changed.
    public mutating func look(monotonic: Double, now: Timestamp, isKnown: (String, Int, Timestamp) -> Bool) throws(PlainProblem) -> [Arrival] {
        var arrivals: [Arrival] = []
        var seen: Set<String> = []
        for path in try paths() {
            seen.insert(path)
            guard let stamp = Self.stamp(path), told[path] != stamp else { continue }
            guard let before = resting[path], before.stamp == stamp else {
                resting[path] = Resting(stamp: stamp, since: monotonic)
                continue
            }
            guard monotonic - before.since >= settleSeconds else { continue }
            if !isKnown(path, stamp.bytes, stamp.changedAt) {
                // Gone, or still being written: the next look finds out.
                guard let sha256 = Self.hash(path), Self.stamp(path) == stamp else { continue }
                arrivals.append(Arrival(path: path, sha256: sha256, bytes: stamp.bytes, at: now))
            }
            told[path] = stamp
            resting[path] = nil
        }
        resting = resting.filter { seen.contains($0.key) }
        told = told.filter { seen.contains($0.key) }
        return arrivals
    }

    private func paths() throws(PlainProblem) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        let code = glob(pattern, 0, nil, &found)
        guard code != GLOB_NOMATCH else { return [] }
        guard code == 0 else {
            throw PlainProblem("triggers.bad_pattern", "the pattern '\(pattern)' cannot be followed", at: .file(pattern), remedy: "check that its folders may be read by this user")
        }
        guard found.gl_pathc <= Self.filesMax else {
            throw PlainProblem(
                "triggers.too_many_files", "\(found.gl_pathc) files fit '\(pattern)'; at most \(Self.filesMax) are looked at", at: .file(pattern),
                remedy: "move away what has been loaded, or narrow the pattern")
        }
        return (0..<Int(found.gl_pathc)).compactMap { place in found.gl_pathv[place].map { String(cString: $0) } }
    }

    /// Nil for what is no plain file.
    static func stamp(_ path: String) -> Stamp? {
        var info = stat()
        guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
        return Stamp(
            device: UInt64(info.st_dev), inode: UInt64(info.st_ino), bytes: Int(info.st_size),
            changedAt: Timestamp(microseconds: Int64(info.st_ctim.tv_sec) * 1_000_000 + Int64(info.st_ctim.tv_nsec) / 1000))
    }

    private static func hash(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var digest = Digest(.sha256)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count == 0 { return Digest.hex(digest.finish()) }
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
