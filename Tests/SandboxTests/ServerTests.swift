import Foundation
import Kernel
import SandboxWorld
import Support
import Testing

@Suite struct ServerTests {
    private let page = "/v26.0/\(Desk.page)?access_token=sandbox-page-token"

    @Test func `it says where it listens, moves its day on request and ends with its caller`() throws {
        let folder = try TemporaryFolder("sandbox")
        let server = try SandboxServer(["--today", "2026-11-20", "--address-file", "\(folder.path)/address"])
        #expect(String(decoding: try folder.read("address"), as: UTF8.self) == server.address + "\n")
        let state = try JSON(parsing: try server.control("POST", "today", #"{"today": "2026-11-25"}"#))
        #expect(state["today"] == "2026-11-25" && state["synthetic"] == true)
        try server.letGo()
        #expect(!server.isRunning)
    }

    @Test func `the file of today is read at each request`() throws {
        let folder = try TemporaryFolder("sandbox")
        let file = try folder.write("2026-11-20\n", to: "today")
        let server = try SandboxServer(["--today-file", file])
        let posts = "/v26.0/\(Desk.page)/posts?limit=1&since=2026-11-21&access_token=sandbox-page-token"
        #expect(try server.request("GET", posts).body.contains(#""data":[]"#))
        try folder.write("2026-12-20\n", to: "today")
        #expect(try server.request("GET", posts).body.contains("2026-12-"))
    }

    @Test func `without a day of its own it follows the clock until it is told another`() async throws {
        let desk = Desk { $0.followsClock = true }
        #expect(await desk.send("GET", "/_sandbox", at: Desk.noon + 86_400).text.contains("2026-11-21"))
        #expect(await desk.send("GET", "/_sandbox", at: Desk.noon + 2 * 86_400).text.contains("2026-11-22"))
        _ = await desk.send("POST", "/_sandbox/today", ["advance": -1], at: Desk.noon + 2 * 86_400)
        #expect(await desk.send("GET", "/_sandbox", at: Desk.noon + 9 * 86_400).text.contains("2026-11-21"))
    }

    @Test func `half a body breaks the connection, and the next request is answered`() throws {
        let server = try SandboxServer()
        try server.control("POST", "faults", #"{"kind": "half_body"}"#)
        let half = try server.request("GET", page)
        #expect((half.exit, half.status) == (18, 200))
        #expect((try? JSON(parsing: half.body)) == nil)
        let whole = try server.request("GET", page)
        #expect(whole.exit == 0 && whole.body.hasPrefix(half.body) && whole.body.utf8.count / 2 == half.body.utf8.count)
    }

    @Test func `a key file is written for its owner only, and kept by the next start`() throws {
        let folder = try TemporaryFolder("sandbox")
        let file = "\(folder.path)/key.json"
        func key() throws -> (JSON?, JSON?) {
            let json = try JSON(parsing: try folder.read("key.json"))
            return (json["private_key"], json["token_uri"])
        }
        let first = try SandboxServer(["--write-service-account", file])
        let (pem, uri) = try key()
        #expect(uri == .string("\(first.address)/token"))
        #expect(pem?.stringValue?.hasPrefix("-----BEGIN PRIVATE KEY-----") == true)
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        let second = try SandboxServer(["--write-service-account", file])
        #expect(try key() == (pem, .string("\(second.address)/token")))
    }
}
