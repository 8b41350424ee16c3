import CZeroMQ
public import Kernel

/// A CURVE key pair (RFC 26 of ZeroMQ), each half as the 40 characters of Z85.
public struct CurveKeys: Hashable, Sendable {
    public let publicKey: String
    let secretKey: String

    /// - Throws: `PlainProblem` where a half is no key.
    public init(publicKey: String, secretKey: String) throws(PlainProblem) {
        guard Self.isKey(publicKey), Self.isKey(secretKey) else {
            throw PlainProblem("wire.bad_key", "a key is not 40 characters of Z85", at: .named("keys"), remedy: "make keys with sluice keys")
        }
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// A new pair from the system's random numbers.
    public static func generate() -> CurveKeys {
        var publicKey = [CChar](repeating: 0, count: 41)
        var secretKey = [CChar](repeating: 0, count: 41)
        precondition(zmq_curve_keypair(&publicKey, &secretKey) == 0, "this libzmq was built without CURVE")
        func text(_ key: [CChar]) -> String { String(decoding: key.prefix(40).map(UInt8.init(bitPattern:)), as: UTF8.self) }
        return CurveKeys(valid: text(publicKey), text(secretKey))
    }

    private init(valid publicKey: String, _ secretKey: String) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// The secret half, for the one file that holds it.
    public var secretText: String { secretKey }

    public static func isKey(_ text: String) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 32)
        return text.utf8.count == 40 && zmq_z85_decode(&bytes, text) != nil
    }

    static func text(of bytes: [UInt8]) -> String? {
        guard bytes.count == 32 else { return nil }
        var text = [CChar](repeating: 0, count: 41)
        guard zmq_z85_encode(&text, bytes, 32) != nil else { return nil }
        return String(decoding: text.prefix(40).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// How a socket proves who it is, and whom it lets in.
public enum WireSecurity: Sendable {
    /// Anybody who reaches the socket.
    case none
    /// Encrypted; whom it lets in is the affair of the context's `DoorKeeper`.
    case server(CurveKeys)
    /// Encrypted; speaks only with the holder of the server's secret key.
    case client(CurveKeys, server: String)
}
