import Foundation
import Kernel
import SandboxWorld
import Support
import Testing

/// The vendors' own clients, from PyPI, read from the sandbox: what they accept is what the vendors send.
@Suite struct OfficialClientTests {
    private static let folder = (#filePath as NSString).deletingLastPathComponent + "/clients"

    private func run(_ script: String, _ arguments: [String]) throws -> JSON {
        let text = try Tool.run(Python.path, ["\(Self.folder)/\(script)"] + arguments)
        return try #require(try? JSON(parsing: text), "\(script) failed: \(text)")
    }

    @Test func `facebook-business reads a page, its insights and all its posts`() throws {
        let server = try SandboxServer(["--today", "2026-11-20"])
        let result = try run("facebook.py", [server.address, "sandbox-page-token", Desk.page, "2026-11-13", "2026-11-20"])
        #expect(result["page"]?["name"] == "Synthetic Karaoke Bar 1 (sandbox data)")

        let world = World(seed: 1), page = world.pages[0]
        let views = try #require(result["insights"]?[0])
        #expect(views["name"] == "page_views_total" && views["period"] == "day")
        let expected = (13..<20).map { world.value(of: InsightMetric.ofPages[0], page: page, day: Day(2026, 11, $0), today: Desk.today) }
        #expect(views["values"]?.arrayValue?.map { $0["value"] } == expected)
        #expect(result["insights"]?[1]?["values"]?[0]?["value"]?["like"]?.intValue != nil)

        let posts = world.posts(of: page, today: Desk.today)
        #expect(posts.count > 300, "more than three pages")
        #expect(result["posts"]?.arrayValue?.map { $0["id"]?.stringValue } == posts.map(\.id))
        let shown = try #require(InsightMetric.ofPosts.first { $0.name == "post_media_view" })
        #expect(result["posts"]?.arrayValue?.map { $0["values"]?[0] } == posts.map { world.value(of: shown, post: $0, today: Desk.today) })

        // As the client's own exception, FacebookRequestError.
        let metric = try #require(result["bad metric"])
        #expect(metric["code"] == 100 && metric["status"] == 400 && metric["message"] == "(#100) The value must be a valid insights metric")
        #expect(try JSON(parsing: metric["usage"]?.stringValue ?? "")["call_count"]?.intValue != nil)
        #expect(result["bad token"]?["code"] == 190 && result["bad token"]?["type"] == "OAuthException")
    }

    @Test func `google-analytics-data signs in by the key file and reads reports to the last page`() throws {
        let folder = try TemporaryFolder("sandbox")
        let server = try SandboxServer(["--today", "2026-11-20", "--write-service-account", "\(folder.path)/key.json"])
        let result = try run("analytics.py", [server.address, "\(folder.path)/key.json", Desk.property, "2026-10-02", "2026-11-20"])
        let rows = try #require(result["rows"]?.arrayValue)
        #expect(rows.count == 50 && result["rowCount"] == 50 && rows.first?[0] == "20261002" && rows.last?[0] == "20261120")
        #expect(result["types"] == ["TYPE_INTEGER", "TYPE_INTEGER", "TYPE_INTEGER"])
        #expect(result["zone"] == "Europe/Berlin" && result["consumed"] == 1 && result["remaining"] == 39999)

        #expect((result["pages"]?.intValue ?? 0) >= 3)
        #expect(result["paged"] == result["distinct"])
        #expect(result["sum"]?.intValue == rows.reduce(0) { $0 + (Int($1[1]?.stringValue ?? "") ?? 0) }, "the fine rows add up to the days")
        #expect(result["batch"] == [50, 8])
        #expect(result["bookings"]?[0]?[0] == "table_booking")
        #expect(result["metrics"]?.arrayValue?.contains("activeUsers") == true)

        // As the client's own exceptions.
        #expect(result["bad metric"]?["class"] == "BadRequest" && result["bad property"]?["class"] == "Forbidden")
    }
}
