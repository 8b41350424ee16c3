import Glibc

/// Room on the journal's disk that is kept for the worst hour: given back when the disk is full, so that what workers have
/// finished can still be reported.
public final class Reserve {
    private let path: String
    private let bytes: Int

    /// - Parameter path: a file beside the journal; made by `hold`.
    public init(path: String, bytes: Int = 8 << 20) {
        self.path = path
        self.bytes = bytes
    }

    /// Takes the room; false where the disk has not that much, and then it holds nothing.
    public func hold() -> Bool {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard posix_fallocate(file, 0, off_t(bytes)) == 0 else {
            free()
            return false
        }
        return true
    }

    /// Gives the room back to the disk.
    public func free() { unlink(path) }
}
