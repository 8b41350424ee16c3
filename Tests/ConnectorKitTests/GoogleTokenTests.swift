import ConnectorKit
import Conversations
import Digest
import FoundationEssentials
import HTTP
import Kernel
import Support
import Testing

@Suite struct GoogleTokenTests {
    let folder: TemporaryFolder
    let pem: String
    let clock = PatientClock("2026-11-20T06:00:00Z")

    init() throws {
        folder = try TemporaryFolder("google")
        _ = try Tool.run("openssl", ["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", folder.path + "/key.pem"])
        _ = try Tool.run("openssl", ["pkey", "-in", folder.path + "/key.pem", "-pubout", "-out", folder.path + "/public.pem"])
        pem = String(decoding: try folder.read("key.pem"), as: UTF8.self)
    }

    func keyFile(_ change: (inout JSON) -> Void = { _ in }) throws -> String {
        var json: JSON = [
            "type": "service_account", "project_id": "p", "private_key_id": "k1", "private_key": .string(pem), "client_email": "robot@p.iam.example",
            "token_uri": "https://oauth2.example/token",
        ]
        change(&json)
        return try folder.write(json.text(isPretty: true), to: "key.json")
    }

    static func decoded(_ part: Substring) -> [UInt8] {
        let plain = part.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        return Array(Data(base64Encoded: String(plain) + String(repeating: "=", count: (4 - part.count % 4) % 4)) ?? Data())
    }

    @Test func `the assertion is a JWT that openssl verifies`() async throws {
        let conversation = Conversation { _, _ in .json(["access_token": "ya29.fresh", "expires_in": 3599]) }
        let token = GoogleToken(try ServiceAccountKey(file: keyFile()), scopes: ["a", "b"], context: clock.context(conversation))
        #expect(try await token.current() == "ya29.fresh")
        let request = try #require(conversation.requests.first)
        #expect(request.url == "https://oauth2.example/token" && request.method == .post)
        let form = String(decoding: request.body, as: UTF8.self)
        #expect(form.hasPrefix("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="))
        let parts = form.split(separator: "=").last!.split(separator: ".")
        #expect(try JSON(parsing: Self.decoded(parts[0])) == ["alg": "RS256", "typ": "JWT", "kid": "k1"])
        let claims = try JSON(parsing: Self.decoded(parts[1]))
        let seconds = Int(clock.now.seconds)
        #expect(claims == ["iss": "robot@p.iam.example", "scope": "a b", "aud": "https://oauth2.example/token", "iat": JSON(seconds), "exp": JSON(seconds + 3600)])
        try folder.write("\(parts[0]).\(parts[1])", to: "signed")
        try folder.write(Self.decoded(parts[2]), to: "signature")
        let verdict = try Tool.run(
            "openssl", ["dgst", "-sha256", "-verify", folder.path + "/public.pem", "-signature", folder.path + "/signature", folder.path + "/signed"])
        #expect(verdict == "Verified OK\n")
    }

    @Test func `a token is kept until shortly before it expires`() async throws {
        let conversation = Conversation { _, number in .json(["access_token": .string("t\(number)"), "expires_in": 3600]) }
        let token = GoogleToken(try ServiceAccountKey(file: keyFile()), scopes: ["a"], context: clock.context(conversation))
        #expect(try await token.current() == "t1")
        clock.pass(3200)
        #expect(try await token.current() == "t1")
        clock.pass(200)
        #expect(try await token.current() == "t2")
        token.forget()
        #expect(try await token.current() == "t3")
    }

    @Test func `a refused assertion says why and shows none of it`() async throws {
        let conversation = Conversation { request, _ in
            let body = String(decoding: request.body, as: UTF8.self)
            return .json(["error": "invalid_grant", "error_description": .string("Invalid JWT Signature. \(body.split(separator: "=").last!)")], status: 400)
        }
        let token = GoogleToken(try ServiceAccountKey(file: keyFile()), scopes: ["a"], context: clock.context(conversation))
        let problem = await #expect(throws: SourceProblem.self) { try await token.current() }
        #expect(problem?.kind == .credentialsRejected && problem?.summary.contains("invalid_grant: Invalid JWT Signature. REDACTED") == true)
        #expect(conversation.requests.count == 1)
    }

    @Test(arguments: [
        ("client_email", JSON.null, "no 'client_email'"), ("private_key", .null, "no 'private_key'"), ("token_uri", "", "no 'token_uri'"),
        ("type", "authorized_user", "'type' is not 'service_account'"), ("private_key", "-----BEGIN PRIVATE KEY-----\nnope\n", "'private_key' holds no private key"),
        ("client_email", "robot", "'client_email' is no address"), ("client_email", 7, "no 'client_email'"), ("token_uri", "oauth2.example", "'token_uri' is no web address"),
    ])
    func `a malformed key names what is wrong with it`(member: String, value: JSON, words: String) throws {
        let file = try keyFile { $0[member] = value.isNull ? nil : value }
        let problem = #expect(throws: SourceProblem.self) { try ServiceAccountKey(file: file) }
        #expect(problem?.summary.contains(words) == true)
        #expect(problem?.description.contains(pem.split(separator: "\n")[1]) == false)
    }

    @Test func `a private key that is broken or another thing says which`() throws {
        let shown = String(decoding: try folder.read("public.pem"), as: UTF8.self)
        _ = try Tool.run("openssl", ["pkey", "-in", folder.path + "/key.pem", "-aes128", "-passout", "pass:planted", "-out", folder.path + "/locked.pem"])
        let locked = String(decoding: try folder.read("locked.pem"), as: UTF8.self)
        _ = try Tool.run("openssl", ["req", "-x509", "-new", "-key", folder.path + "/key.pem", "-subj", "/CN=x", "-out", folder.path + "/cert.pem"])
        let certificate = String(decoding: try folder.read("cert.pem"), as: UTF8.self)
        for (text, words) in [
            (shown, "holds a public key"), (certificate, "holds a certificate"), (locked, "is locked with a passphrase"),
            (pem.split(separator: "\n").joined(separator: "\\n"), "written as two characters"), (String(pem.prefix(pem.count / 2)), "not all of it"),
        ] {
            let file = try keyFile { $0["private_key"] = .string(text) }
            let problem = #expect(throws: SourceProblem.self) { try ServiceAccountKey(file: file) }
            #expect(problem?.summary.contains(words) == true, "\(problem?.summary ?? "")")
            #expect(problem?.location.description.contains("key.json") == true && problem?.response == .stop)
        }
    }

    @Test func `a key where its file's name belongs is refused and not shown`() throws {
        let key = String(decoding: try folder.read(keyFile().split(separator: "/").last.map(String.init)!), as: UTF8.self)
        for path in [key, key.split(separator: "\n").joined(separator: " "), pem] {
            let problem = #expect(throws: SourceProblem.self) { try ServiceAccountKey(file: path) }
            #expect(problem?.description.contains("stands where the name of its file belongs") == true)
            #expect(problem?.description.contains("BEGIN") == false && problem?.description.contains(pem.split(separator: "\n")[3]) == false)
        }
    }

    @Test func `a key file that is none says so`() throws {
        for (text, words) in [("not json", "no JSON"), ("[]", "no JSON"), ("{}", "'client_email', 'private_key', 'token_uri'")] {
            let file = try folder.write(text, to: "bad.json")
            #expect(#expect(throws: SourceProblem.self) { try ServiceAccountKey(file: file) }?.summary.contains(words) == true)
        }
        #expect(throws: SourceProblem.self) { try ServiceAccountKey(file: folder.path + "/nowhere.json") }
        // Without RSA there is no RS256.
        _ = try Tool.run("openssl", ["genpkey", "-algorithm", "ED25519", "-out", folder.path + "/ed.pem"])
        let ed = String(decoding: try folder.read("ed.pem"), as: UTF8.self)
        let file = try keyFile { $0["private_key"] = .string(ed) }
        #expect(#expect(throws: SourceProblem.self) { try ServiceAccountKey(file: file) }?.summary.contains("no RSA key") == true)
    }
}
