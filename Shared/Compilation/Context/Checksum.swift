internal import Digest

enum Checksum {
    static func md5(_ text: String) -> String { Digest.hex(.md5, text) }
}
