internal import Digest
internal import HTTP
internal import Kernel
internal import Platform
internal import Synchronization

/// A service account's key file, as Google's console gives it.
public struct ServiceAccountKey: Sendable {
    public let clientEmail: String
    let privateKeyID: String?
    let privateKey: String
    public let tokenURL: String

    /// - Parameter tokenURL: asked in the place of the key's own `token_uri`.
    public init(file path: String, tokenURL: String? = nil) throws {
        // The key itself where its file's name belongs is a path that must not be shown.
        let isKey = path.contains("{") || path.contains("PRIVATE KEY")
        func problem(_ what: String) -> SourceProblem {
            SourceProblem(
                .credentialsRejected, "the service account's key cannot be used: \(what)", at: isKey ? "setting 'credentials_file'" : path,
                remedy: "create a JSON key for the service account in the Google Cloud console and name its file in credentials_file")
        }
        guard !isKey else { throw problem("it stands where the name of its file belongs") }
        let bytes: [UInt8]
        do { bytes = try Files.readAll(path) } catch { throw problem("its file cannot be read") }
        guard let json = try? JSON(parsing: bytes), json.objectValue != nil else { throw problem("its file is no JSON") }
        if let type = json["type"]?.stringValue, type != "service_account" { throw problem("its 'type' is not 'service_account'") }
        let needed = ["client_email", "private_key"] + (tokenURL == nil ? ["token_uri"] : [])
        let missing = needed.filter { json[$0]?.stringValue?.isEmpty ?? true }
        guard missing.isEmpty else { throw problem("it has no " + missing.map { "'\($0)'" }.joined(separator: ", ")) }
        clientEmail = json["client_email"]?.stringValue ?? ""
        guard clientEmail.contains("@") else { throw problem("'client_email' is no address") }
        privateKeyID = json["private_key_id"]?.stringValue
        privateKey = json["private_key"]?.stringValue ?? ""
        self.tokenURL = tokenURL ?? json["token_uri"]?.stringValue ?? ""
        let isAddress = self.tokenURL.hasPrefix("https://") || self.tokenURL.hasPrefix("http://")
        guard isAddress else { throw problem(tokenURL == nil ? "'token_uri' is no web address" : "'token_url' is no web address") }
        do {
            _ = try Signature.rs256([], key: privateKey)
        } catch {
            throw problem(error == .notRSA ? "'private_key' is no RSA key" : Self.fault(ofPEM: privateKey))
        }
    }

    private static func fault(ofPEM text: String) -> String {
        if text.contains("\\n") { return "'private_key' has its line ends written as two characters, \\ and n: the file was quoted twice" }
        if text.contains("ENCRYPTED") { return "'private_key' is locked with a passphrase" }
        for (word, name) in [("PUBLIC KEY", "a public key"), ("CERTIFICATE", "a certificate")] where text.contains("BEGIN \(word)") {
            return "'private_key' holds \(name)"
        }
        return "'private_key' holds no private key in PEM, or not all of it"
    }

    /// A JWT that asks for an access token, good for an hour.
    func assertion(scopes: [String], at now: Timestamp) throws -> String {
        let seconds = Int(now.seconds)
        var header: JSON = ["alg": "RS256", "typ": "JWT"]
        if let privateKeyID { header["kid"] = .string(privateKeyID) }
        let claims: JSON = [
            "iss": .string(clientEmail), "scope": .string(scopes.joined(separator: " ")), "aud": .string(tokenURL), "iat": JSON(seconds),
            "exp": JSON(seconds + 3600),
        ]
        let text = "\(Base64.url(header.bytes)).\(Base64.url(claims.bytes))"
        return "\(text).\(Base64.url(try Signature.rs256(Array(text.utf8), key: privateKey)))"
    }
}

/// Access tokens for a service account: asked for when needed, kept until shortly before they expire.
public final class GoogleToken: Sendable {
    /// A token is renewed this long before it expires: longer than any request lasts.
    static let marginSeconds = 300.0

    private struct Held {
        var token: String
        var expiresAt: Timestamp
    }
    private let key: ServiceAccountKey
    private let scopes: [String]
    private let context: ConnectorContext
    private let client: APIClient
    private let held = Mutex<Held?>(nil)

    public init(_ key: ServiceAccountKey, scopes: [String], context: ConnectorContext, policy: APIClient.Policy = .init()) {
        self.key = key
        self.scopes = scopes
        self.context = context
        let email = key.clientEmail
        client = APIClient(context, policy: policy) { request, response, json in
            if response.status == 200, json["access_token"]?.stringValue != nil { return .accepted }
            if response.status == 429 { return .limited("too many requests", afterSeconds: APIClient.retryAfter(response, at: context.now())) }
            if response.status >= 500 { return .passing("HTTP \(response.status)") }
            let words = [json["error"]?.stringValue, json["error_description"]?.stringValue].compactMap(\.self).joined(separator: ": ")
            // The description may quote what was sent; the assertion is a secret as long as it is good.
            let assertion = String(decoding: request.body, as: UTF8.self).split(separator: "=").last.map(String.init) ?? ""
            return .refused(
                SourceProblem(
                    .credentialsRejected, "Google gives \(email) no token: \(Secrets([assertion]).blot(words).prefix(300))", at: request.label,
                    remedy: "check that the key has not been deleted, that the account is enabled and that this machine's clock is right"))
        }
    }

    public func current() async throws -> String {
        let now = context.now()
        if let held = held.withLock({ $0 }), held.expiresAt - now > Self.marginSeconds { return held.token }
        let assertion = try key.assertion(scopes: scopes, at: now)
        let answer = try await client.send(
            HTTPRequest(
                .post, key.tokenURL, headers: [.init("Content-Type", "application/x-www-form-urlencoded")],
                body: PercentCoding.form([.init("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), .init("assertion", assertion)]),
                bodyBytesMax: 1 << 20))
        let token = answer.json["access_token"]?.stringValue ?? ""
        let seconds = min(max(answer.json["expires_in"]?.doubleValue ?? 3600, 0), 86_400)
        held.withLock { $0 = Held(token: token, expiresAt: now.adding(seconds: seconds)) }
        return token
    }

    /// The source has refused the token: the next one is a new one.
    public func forget() { held.withLock { $0 = nil } }
}
