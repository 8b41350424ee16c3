import CCrypto
public import Kernel

/// An RSA key pair of the invented service account: made at start-up or read from a key file.
public final class KeyPair: @unchecked Sendable {
    // Safe because the key is never changed after `init`, and libcrypto's EVP_PKEY may be read from several threads.
    private let key: OpaquePointer

    /// A new pair of 2048 bits.
    public init() {
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) == 1, EVP_PKEY_keygen(context, &made) == 1, let made else {
            preconditionFailure("libcrypto makes no RSA key")
        }
        key = made
    }

    /// Reads a private key in PEM; nil where it is none.
    public init?(pem: String) {
        let bytes = Array(pem.utf8)
        guard let buffer = BIO_new_mem_buf(bytes, Int32(bytes.count)) else { return nil }
        defer { BIO_free(buffer) }
        guard let read = PEM_read_bio_PrivateKey(buffer, nil, nil, nil) else { return nil }
        key = read
    }

    deinit { EVP_PKEY_free(key) }

    /// The private key as PKCS#8 in PEM.
    public var pem: String {
        guard let buffer = BIO_new(BIO_s_mem()) else { preconditionFailure("libcrypto gives no buffer") }
        defer { BIO_free(buffer) }
        precondition(PEM_write_bio_PKCS8PrivateKey(buffer, key, nil, nil, 0, nil, nil) == 1, "libcrypto cannot write its own key")
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = BIO_read(buffer, &chunk, Int32(chunk.count)), count > 0 { text.append(contentsOf: chunk[..<Int(count)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether `signature` is RS256 (RSA PKCS#1 v1.5 over SHA-256) of `message` by this pair.
    public func verifies(_ message: [UInt8], _ signature: [UInt8]) -> Bool {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// Signs as a client would; for tests.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 1024)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1, EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else {
            preconditionFailure("libcrypto signs nothing")
        }
        return Array(signature.prefix(count))
    }
}

/// The invented service account: a key pair with a name, and what its key file says.
public struct ServiceAccount: Sendable {
    public static let email = "sluice-sandbox@synthetic.invalid"
    public static let keyID = "sandbox0000000000000000000000000000000key"
    public let keys: KeyPair

    public init(keys: KeyPair = KeyPair()) { self.keys = keys }

    /// The key file, in the vendor's form.
    public func file(tokenURI: String) -> JSON {
        [
            "type": "service_account", "project_id": "synthetic-sandbox", "private_key_id": .string(Self.keyID), "private_key": .string(keys.pem),
            "client_email": .string(Self.email), "client_id": "990000000000000000001", "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": .string(tokenURI), "universe_domain": "googleapis.com",
        ]
    }

    /// Claims and head of a token that these keys signed; nil for a broken or foreign one.
    func claims(of token: String) -> JSON? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64.decode(parts[0]).flatMap({ try? JSON(parsing: $0) }), head["alg"]?.stringValue == "RS256",
            let claims = Base64.decode(parts[1]).flatMap({ try? JSON(parsing: $0) }), let signature = Base64.decode(parts[2])
        else { return nil }
        guard keys.verifies(Array("\(parts[0]).\(parts[1])".utf8), signature) else { return nil }
        return claims
    }

    /// Signs a JSON Web Token; for tests.
    public func token(claims: JSON) -> String {
        let head: JSON = ["alg": "RS256", "typ": "JWT", "kid": .string(Self.keyID)]
        let signed = Base64.encode(head.bytes) + "." + Base64.encode(claims.bytes)
        return signed + "." + Base64.encode(keys.sign(Array(signed.utf8)))
    }
}
