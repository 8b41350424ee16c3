import Glibc
import Kernel
import Wire

enum Tool {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
    static func remove(_ path: String) throws { unlink(path) }
}

enum CurveKeysForTests {
    static func pair() throws -> CurveKeys { CurveKeys.generate() }
}
