internal import CCrypto

/// Signatures by a private key in PEM, through libcrypto.
public enum Signature {
    public enum Failure: Error, Hashable, Sendable {
        /// The PEM holds no private key that libcrypto reads, or an encrypted one.
        case noKey
        /// The key is of another kind than the signature.
        case notRSA
        case refused
    }

    /// RSASSA-PKCS1-v1_5 over SHA-256, which JWTs call RS256.
    public static func rs256(_ message: [UInt8], key pem: String) throws(Failure) -> [UInt8] {
        let text = Array(pem.utf8)
        guard let memory = text.withUnsafeBytes({ BIO_new_mem_buf($0.baseAddress, Int32($0.count)) }) else { throw .noKey }
        defer { BIO_free(memory) }
        // A key with a passphrase is refused rather than asked for on a terminal.
        let key = withExtendedLifetime(text) { PEM_read_bio_PrivateKey(memory, nil, { _, _, _, _ in 0 }, nil) }
        guard let key else { throw .noKey }
        defer { EVP_PKEY_free(key) }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else { throw .notRSA }
        guard let context = EVP_MD_CTX_new() else { throw .refused }
        defer { EVP_MD_CTX_free(context) }
        var count = 0
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
            EVP_DigestSign(context, nil, &count, message, message.count) == 1
        else { throw .refused }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else { throw .refused }
        return Array(signature.prefix(count))
    }
}

public enum Base64 {
    /// RFC 4648 with the alphabet for URLs and without padding, as JWTs are written.
    public static func url(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var out: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let rest = min(3, bytes.count - place)
            var word = UInt32(bytes[place]) << 16
            if rest > 1 { word |= UInt32(bytes[place + 1]) << 8 }
            if rest > 2 { word |= UInt32(bytes[place + 2]) }
            for index in 0...rest { out.append(alphabet[Int(word >> UInt32(18 - index * 6)) & 63]) }
            place += 3
        }
        return String(decoding: out, as: UTF8.self)
    }
}
