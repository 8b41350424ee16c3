import ConnectorKit
import Conversations
@testable import ExtractConnectors
import FoundationEssentials
import HTTP
import Kernel
import Support
import Testing

/// Both connectors against a server that answers as the vendors do, over real connections.
@Suite struct OuterWorldTests {
    let server: SandboxServer
    let folder: TemporaryFolder
    // A JWT is good for the hour in which it is made, so this clock starts now; the days are those of `as_of`.
    let clock = PatientClock(Timestamp(seconds: Date().timeIntervalSince1970).description)

    init() throws {
        folder = try TemporaryFolder("world")
        server = try SandboxServer(["--today", "2026-11-20", "--write-service-account", folder.path + "/key.json", "--token", "planted-page-token"])
    }

    func read(_ connector: String, _ stream: String, config: JSON = [:]) async throws -> Basket {
        let registry = ConnectorRegistry([FacebookPages.self, GoogleAnalytics4.self])
        let settings: JSON = connector == "ga4"
            ? ["property_id": "990000001", "credentials_file": .string(folder.path + "/key.json"), "api_url": .string(server.address), "as_of": "2026-11-21"]
            : ["page_ids": "990000000000001,990000000000002", "token": "planted-page-token", "api_url": .string(server.address), "as_of": "2026-11-21"]
        let filled = try registry.spec(of: connector).validated(stream: stream, config: registry.loading(connector, stream: stream, config: config))
        let basket = Basket()
        let source = try registry.connector(connector, settings: settings, context: clock.context(HTTPClient()))
        try await source.check()
        try await source.read(ReadRequest(stream: stream, config: filled, cursor: .null), into: basket)
        return basket
    }

    @Test(arguments: [("facebook_pages", "page_insights_daily", 2 * 5 * 30), ("ga4", "ga4_historical_summary", 30)])
    func `a month is read whole`(connector: String, stream: String, count: Int) async throws {
        let basket = try await read(connector, stream, config: connector == "ga4" ? ["page_rows": 7] : [:])
        #expect(basket.batches.flatMap(FacebookPagesTests.records).count == count && clock.waits.isEmpty)
        #expect(!basket.everything.contains("planted-page-token"))
        #expect(basket.cursor.text().contains("2026-11-20"))
    }

    @Test func `what goes wrong on the way changes nothing in what arrives`() async throws {
        func posts() async throws -> [String?] {
            try await read("facebook_pages", "post_performance", config: ["page_rows": 10]).batches.flatMap(FacebookPagesTests.records).map { $0["post_id"]! }
        }
        let calm = try await posts()
        #expect(calm.count > 50 && Set(calm).count == calm.count)
        for fault in [
            #"{"kind":"half_body","match":"/posts","skip":2}"#, #"{"kind":"html","match":"/posts"}"#, #"{"kind":"status","status":500,"times":2}"#,
            #"{"kind":"rate_limit","code":32,"match":"/posts","skip":3}"#, #"{"kind":"empty_page","match":"/posts","skip":2}"#,
            #"{"kind":"too_much_data","match":"/posts","above":5,"times":"forever"}"#, #"{"kind":"usage","percent":96,"skip":4}"#,
        ] {
            try server.control("POST", "faults", fault)
            #expect(try await posts() == calm, "\(fault)")
            try server.control("DELETE", "faults")
        }
    }

    @Test func `a metric that goes is named, and the others stay`() async throws {
        try server.control("POST", "faults", #"{"kind":"metric_gone","metric":"page_media_view"}"#)
        let basket = try await read("facebook_pages", "page_insights_daily")
        #expect(basket.batches.flatMap(FacebookPagesTests.records).count == 2 * 4 * 30)
        #expect(basket.notes == ["the API has no metric for 'impressions' (tried page_media_view, page_impressions)"])
    }
}
