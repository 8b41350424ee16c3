import Glibc
public import Kernel
public import NotifyKit
import Platform

/// Appends the notice as one JSON line to `notifications.jsonl`, and syncs it.
///
/// Once: before it appends it looks for the key among the last lines, so a notice that is sent again after a kill is found
/// there. Half a line that a power cut left at the end is taken away first. What it does not promise: a key further up
/// than `tailBytesMax` is not found, so one who removes `notify.db` while the file grows on may see a line twice.
public struct FileChannel: Channel {
    public static let name = "file"
    public static let summary = "one JSON line in SLUICE_HOME/notify/notifications.jsonl"
    public static let delivery = ChannelDelivery.once

    /// How far back a key is looked for.
    static let tailBytesMax = 1 << 18
    private let path: String

    public init(context: ChannelContext) { path = "\(context.folder)/notifications.jsonl" }

    public nonisolated(nonsending) func examine(_ options: JSON) async throws -> String {
        try check(options)
        let place = FileSystem.nearestExisting(path)
        guard Files.isWritable(place) else {
            errno = EACCES
            throw failure("cannot be written")
        }
        return "\(path) is writable"
    }

    /// Every send opens the file anew: it may be rotated away at any time, and a failed send leaves nothing behind.
    public nonisolated(nonsending) func send(_ notice: Notice) async throws {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure("cannot be opened") }
        defer { close(file) }
        var info = stat()
        guard fstat(file, &info) == 0 else { throw failure("cannot be read") }
        let size = Int(info.st_size)
        let tail = try readTail(file, size)
        let whole = tail.lastIndex(of: 0x0a).map { tail[...$0] } ?? (tail.count == size ? [] : tail[...])
        if whole.split(separator: 0x0a).contains(where: { (try? JSON(parsing: Array($0)))?["key"]?.stringValue == notice.key }) {
            // It was appended before; whether it was synced is not known.
            guard fsync(file) == 0 else { throw failure("cannot be synced") }
            return
        }
        let end = size - (tail.count - whole.count)
        guard ftruncate(file, off_t(end)) == 0 else { throw failure("cannot be mended at its end") }
        try append(notice.json.bytes + [0x0a], to: file, at: end)
        guard fsync(file) == 0 else { throw failure("cannot be synced") }
    }

    private func readTail(_ file: Int32, _ size: Int) throws -> [UInt8] {
        let wanted = min(size, Self.tailBytesMax)
        var bytes = [UInt8](repeating: 0, count: wanted)
        var filled = 0
        while filled < wanted {
            let count = bytes[filled...].withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, off_t(size - wanted + filled)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot be read") }
            filled += count
        }
        return bytes
    }

    private func append(_ bytes: [UInt8], to file: Int32, at end: Int) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(end + written)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let problem = failure("cannot be written")
                // Half a line is no line: the next send would take it away too, but a reader should not see it till then.
                ftruncate(file, off_t(end))
                throw problem
            }
            written += count
        }
    }

    private func failure(_ what: String) -> PlainProblem {
        PlainProblem(
            "notify.file", "\(path) \(what): \(String(cString: strerror(errno)))", at: .file(path),
            remedy: "check its permissions and the space on its disk; the notice is tried again", response: .retry(afterSeconds: nil))
    }
}
