internal import CLinux
import Glibc

/// Descriptors that no child inherits, from their first moment on: one that a child holds is open for as long as the child runs,
/// and whoever waits at its other end for the end waits as long.
public enum Descriptors {
    /// The next connection at `listener`; negative, with `errno`, where none can be taken.
    public static func accept(_ listener: Int32) -> Int32 { accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue)) }

    /// Nil where the system gives no more.
    public static func pipe() -> (reading: Int32, writing: Int32)? {
        var ends: [Int32] = [-1, -1]
        return pipe2(&ends, O_CLOEXEC) == 0 ? (ends[0], ends[1]) : nil
    }

    /// A file that has lost its name, open for reading and writing; negative, with `errno`, where none can be made in `folder`.
    public static func unnamedFile(in folder: String) -> Int32 {
        var template = Array("\(folder)/.unnamed-XXXXXX".utf8CString)
        let descriptor = mkostemp(&template, O_CLOEXEC)
        if descriptor >= 0 { unlink(&template) }
        return descriptor
    }
}
