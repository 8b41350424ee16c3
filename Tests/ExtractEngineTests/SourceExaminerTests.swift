import ConnectorKit
import Conversations
import ExtractConnectors
import ExtractEngine
import HTTP
import Kernel
import Support
import Synchronization
import Testing

@Suite struct SourceExaminerTests {
    private static let token = "planted-page-token"
    private static let now = Timestamp(rfc3339: "2026-11-20T06:00:00Z")!

    private func findings(_ connection: JSON, _ environment: [String: String] = [:], _ http: Conversation = Conversation { _, _ in .json([:]) }) async -> [Finding] {
        let found = Mutex<[Finding]>([])
        let examiner = SourceExaminer(
            connectors: ConnectorRegistry([CSVFolder.self, FacebookPages.self, GoogleAnalytics4.self]), environment: environment, http: http, now: { Self.now })
        await examiner.examine(connection) { finding in found.withLock { $0.append(finding) } }
        return found.withLock { $0 }
    }
    private func short(_ findings: [Finding]) -> [String] { findings.map { "\($0.state.rawValue) \($0.check)" } }

    private func facebook(pages: String = "1,2", streams: JSON = ["post_performance": [:]]) -> JSON {
        ["connector": "facebook_pages", "settings": ["page_ids": .string(pages), "token": "${TOKEN}", "api_url": "http://graph"], "streams": streams]
    }
    private func refusal(_ code: Int, _ message: String, status: Int = 400) -> HTTPResponse {
        .json(["error": ["code": JSON(code), "message": .string(message)]], status: status)
    }

    @Test func `each page and each permission is told apart`() async {
        let graph = Conversation { [self] request, _ in
            if request.url.hasSuffix("/2") { return refusal(100, "Unsupported get request") }
            if request.url.hasSuffix("/3/insights") { return refusal(200, "Requires read_insights", status: 403) }
            return .json(["id": "1", "name": "A page", "data": []])
        }
        let found = await findings(facebook(pages: "1,2,3"), ["TOKEN": Self.token], graph)
        #expect(short(found) == ["ok token", "ok page 1", "ok page 1 insights", "fail page 2", "ok page 3", "fail page 3 insights"])
        #expect(found.last?.remedy.contains("read_insights") == true && found.last?.cause == .settings)
    }

    @Test func `a token that nobody takes is one finding for all pages, asked once and quoted nowhere`() async {
        let graph = Conversation { [self] _, _ in refusal(190, "Error validating access token \(Self.token)") }
        let found = await findings(facebook(), ["TOKEN": Self.token], graph)
        #expect(short(found) == ["fail token"] && graph.requests.count == 1)
        #expect(found.allSatisfy { !$0.json.text().contains(Self.token) })
    }

    @Test func `a source that is limited is no failure, one that is away is the environment's and is waited for once`() async {
        let limited = Conversation { [self] _, _ in refusal(4, "Application request limit reached") }
        #expect(short(await findings(facebook(pages: "1"), ["TOKEN": Self.token], limited)) == ["warn page 1"])
        let away = Conversation { request, _ throws(HTTPError) in throw HTTPError(.timeout, request: request.label) }
        let found = await findings(facebook(), ["TOKEN": Self.token], away)
        #expect(short(found) == ["fail page 1"] && found[0].cause == .environment && away.requests.count == 1)
        #expect(away.requests.allSatisfy { $0.timeoutSeconds <= 8 })
    }

    @Test func `wrong settings and streams are found without asking anybody`() async {
        let graph = Conversation { _, _ in .json(["id": "1", "data": []]) }
        let streams: JSON = ["post_performances": [:], "page_insights_daily": ["metric": ["views"]]]
        let found = await findings(facebook(pages: "1", streams: streams), ["TOKEN": Self.token], graph)
        #expect(short(found).prefix(2) == ["fail stream page_insights_daily", "fail stream post_performances"])
        #expect(found[0].summary.contains("'metric' is unknown") && found[1].summary.contains("post_performance"))
        let silent = Conversation { _, _ in .json([:]) }
        #expect(short(await findings(facebook(pages: "one"), ["TOKEN": Self.token], silent)) == ["fail settings"] && silent.requests.isEmpty)
        #expect(await findings(facebook()).map(\.summary) == ["the environment variable TOKEN is not set"])
        #expect(await findings(["connector": "pigeon"]).map(\.code) == ["settings.unknown_connector"])
    }

    @Test func `a key file names the field that it lacks`() async throws {
        let folder = try TemporaryFolder("examiner")
        let path = try folder.write(#"{"type": "service_account", "client_email": "a@b.example", "token_uri": "http://t"}"#, to: "key.json")
        let found = await findings(["connector": "ga4", "settings": ["property_id": "1", "credentials_file": .string(path)], "streams": ["s": [:]]])
        #expect(short(found) == ["fail credentials"] && found[0].summary.contains("'private_key'") && found[0].location == path)
    }

    @Test func `a folder of files is told by its streams`() async throws {
        let folder = try TemporaryFolder("examiner")
        try folder.write("a\n1\n", to: "t_1.csv")
        let streams: JSON = ["t": ["path": "t_*.csv"], "u": ["path": "u_*.csv"]]
        #expect(short(await findings(["connector": "csv", "settings": ["folder": .string(folder.path)], "streams": streams])) == ["ok folder", "ok stream t", "warn stream u"])
        let away = await findings(["connector": "csv", "settings": ["folder": "/no/such/folder"], "streams": streams])
        #expect(short(away) == ["fail folder"] && away[0].location == "/no/such/folder")
    }
}
