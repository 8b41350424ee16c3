import CCrypto

/// Message digests by libcrypto, which comes with libcurl's OpenSSL and so costs no build time.
public enum DigestAlgorithm: Sendable { case sha256, sha1, md5 }

/// A digest in the making: feed it bytes, then ask for the result once.
public struct Digest: ~Copyable {
    private let context: OpaquePointer

    public init(_ algorithm: DigestAlgorithm) {
        let method = switch algorithm {
        case .sha256: EVP_sha256()
        case .sha1: EVP_sha1()
        case .md5: EVP_md5()
        }
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, method, nil) == 1 else {
            preconditionFailure("libcrypto offers no \(algorithm)")
        }
        self.context = context
    }
    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "libcrypto refuses bytes")
    }
    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    public consuming func finish() -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        precondition(EVP_DigestFinal_ex(context, &result, &count) == 1, "libcrypto gives no digest")
        return Array(result.prefix(Int(count)))
    }

    /// The digest of `bytes` in lower-case hexadecimal.
    public static func hex(_ algorithm: DigestAlgorithm, _ bytes: [UInt8]) -> String {
        var digest = Digest(algorithm)
        digest.update(bytes)
        return hex(digest.finish())
    }
    public static func hex(_ algorithm: DigestAlgorithm, _ text: String) -> String { hex(algorithm, Array(text.utf8)) }

    public static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// HMAC-SHA-256 by RFC 2104, in lower-case hexadecimal.
    public static func hmac(key: [UInt8], _ message: [UInt8]) -> String {
        var key = key.count > 64 ? bytes(.sha256, key) : key
        key += [UInt8](repeating: 0, count: 64 - key.count)
        return hex(bytes(.sha256, key.map { $0 ^ 0x5c } + bytes(.sha256, key.map { $0 ^ 0x36 } + message)))
    }

    private static func bytes(_ algorithm: DigestAlgorithm, _ bytes: [UInt8]) -> [UInt8] {
        var digest = Digest(algorithm)
        digest.update(bytes)
        return digest.finish()
    }
}
