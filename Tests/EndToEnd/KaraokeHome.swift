import Contracts
import Foundation
import Harness
import Kernel
import Runs
import SandboxWorld
import Support
import Testing

/// A home with the pipeline karaoke_social, and the outer world that it reads from.
struct KaraokeHome {
    static let today = Day(2026, 9, 1)
    static let programs = ["broker", "orchestrator", "extract", "load", "transform", "quality", "notify"]
    /// What must be seen nowhere.
    static let token = "EAAplanted-\(UInt64.random(in: 0 ... .max))-token"

    let home: TestHome
    let sandbox: SandboxServer
    /// Secrets lie outside of the home, as mounted files do.
    let secrets: String

    static func with(_ extra: [String: String] = [:], _ body: @escaping @Sendable (KaraokeHome) async throws -> Void) async throws {
        try await TestHome.with(extra) { home in
            let secrets = "/tmp/sluice-secrets-\(UInt32.random(in: 0 ... .max))"
            try FileManager.default.createDirectory(atPath: secrets, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: secrets) }
            try token.write(toFile: "\(secrets)/token", atomically: true, encoding: .utf8)
            let sandbox = try SandboxServer(["--today", "\(today)", "--token", token, "--write-service-account", "\(secrets)/key.json"])
            home.environment.merge([
                "FB_API_URL": sandbox.address, "GA4_API_URL": sandbox.address, "GOOGLE_TOKEN_URL": "\(sandbox.address)/token",
                "FB_PAGE_ID": World.defaultPages.joined(separator: ","), "FB_ACCESS_TOKEN_FILE": "\(secrets)/token",
                "GA4_PROPERTY_ID": World.defaultProperties[0], "GOOGLE_APPLICATION_CREDENTIALS": "\(secrets)/key.json", "SOCIAL_AS_OF": "\(today)",
            ]) { _, new in new }
            let karaoke = KaraokeHome(home: home, sandbox: sandbox, secrets: secrets)
            try karaoke.install()
            try await body(karaoke)
        }
    }

    /// The pipeline as it is deployed, but for its clock: at six in the morning a test would see one run more.
    private func install() throws {
        let folder = "\(home.path)/pipelines/karaoke_social"
        try FileManager.default.copyItem(atPath: "\(TestHome.repository)/deploy/pipelines/karaoke_social", toPath: folder)
        try edit("pipeline.yml") { text in text.split(separator: "\n").filter { !$0.hasPrefix("schedule:") }.joined(separator: "\n") + "\n" }
    }

    func edit(_ file: String, _ change: (String) -> String) throws {
        let path = "\(home.path)/pipelines/karaoke_social/\(file)"
        let before = try String(contentsOfFile: path, encoding: .utf8)
        let after = change(before)
        #expect(after != before, "the words that are to be changed in \(file) are not there any more")
        try after.write(toFile: path, atomically: true, encoding: .utf8)
    }

    func start() async throws { for program in Self.programs { try await home.start(program) } }

    /// Extract again, in another environment: as after a restart with other settings.
    func restartExtract(_ extra: [String: String]) async throws {
        home.kill("extract")
        try await home.start("extract", instance: nil, extra)
    }

    func run() async throws -> RunState { try await home.finish(home.request("karaoke_social")) }

    var database: TestDatabase { get throws { try TestDatabase("\(home.path)/warehouse/karaoke_social.db") } }

    /// What the sandbox was asked, the newest last.
    func requests(_ part: String) throws -> [JSON] {
        let all = try JSON(parsing: sandbox.control("GET", "requests"))["requests"]?.arrayValue ?? []
        return all.filter { $0["path"]?.stringValue?.contains(part) == true }
    }

    var cursors: [String] { get throws { try database.rows("select stream, cursor from _sluice_cursors order by 1", columns: 2) } }

    /// What the marts hold, as lines.
    func marts() throws -> [String] {
        let database = try database
        return try database.rows(
            "select page_id, metric_date, views, likes, reach, impressions, engagements from fct_daily_page_metrics order by 1, 2", columns: 7)
            + database.rows(
                """
                select post_id, page_id, permalink_url, message, impressions, clicks, reactions, comments, shares, engaged_users,
                printf('%.9f', engagement_rate) from fct_post_analytics order by 1
                """, columns: 11)
            + database.rows("select traffic_date, sessions, active_users, event_count from fct_daily_web_traffic order by 1", columns: 4)
    }
}

/// What the marts must hold: asked from a second sandbox in this process, in other requests and without any of our programs.
struct KaraokeExpectation {
    /// In the order of the columns of fct_daily_page_metrics.
    static let metrics = ["page_views_total", "page_follows", "page_total_media_view_unique", "page_media_view", "page_post_engagements"]
    static let messageLength = 72

    /// Days read so far begin here: the first run goes back thirty days.
    var first = KaraokeHome.today - 30
    /// Posts older than this were never asked for; those that have become older keep their last snapshot, whose counts are final.
    var firstPosts = KaraokeHome.today - 90
    var today = KaraokeHome.today

    func marts() async throws -> [String] { try await pageMetrics().map(\.line) + posts().map(\.line) + traffic() }

    private var sandbox: Sandbox {
        Sandbox(settings: Sandbox.Settings(today: today), account: Self.account)
    }
    private static let account = ServiceAccount()

    private func graph(_ target: String) async throws -> JSON {
        let answer = await sandbox.answer(SandboxRequest("GET", "/v26.0/\(target)&access_token=sandbox-page-token"), now: 0)
        guard answer.status == 200 else { throw TestHome.Failure("the sandbox says \(answer.text)") }
        return try JSON(parsing: answer.body)
    }

    /// One request for each metric and day; the day is the one that was asked for.
    func pageMetrics() async throws -> [(page: String, day: Day, values: [Int], line: String)] {
        var lines: [(String, Day, [Int], String)] = []
        for page in World.defaultPages {
            var day = first
            while day < today {
                var values: [Int] = []
                for metric in Self.metrics {
                    let json = try await graph("\(page)/insights/\(metric)?period=day&since=\(day)&until=\(day + 1)")
                    values.append(json["data"]?[0]?["values"]?[0]?["value"]?.intValue ?? -1)
                }
                lines.append((page, day, values, "\(page)|\(day)|" + values.map(String.init).joined(separator: "|")))
                day = day + 1
            }
        }
        return lines
    }

    func posts() async throws -> [(impressions: Int, engaged: Int, message: String?, line: String)] {
        var posts: [(id: String, impressions: Int, engaged: Int, message: String?, line: String)] = []
        for page in World.defaultPages {
            var after: String?
            repeat {
                let json = try await graph(
                    "\(page)/posts?limit=7&fields=id,message,created_time,permalink_url,shares,comments.limit(0).summary(true),"
                        + "insights.metric(post_media_view,post_clicks,post_reactions_by_type_total)" + (after.map { "&after=\($0)" } ?? ""))
                for post in json["data"]?.arrayValue ?? [] where (post["created_time"]?.stringValue ?? "") >= "\(firstPosts)" {
                    posts.append(Self.post(post, page))
                }
                after = json["paging"]?["next"] == nil ? nil : json["paging"]?["cursors"]?["after"]?.stringValue
            } while after != nil
        }
        return posts.sorted { $0.id < $1.id }.map { ($0.impressions, $0.engaged, $0.message, $0.line) }
    }

    private static func post(_ post: JSON, _ page: String) -> (id: String, impressions: Int, engaged: Int, message: String?, line: String) {
        func metric(_ name: String) -> JSON? {
            post["insights"]?["data"]?.arrayValue?.first { $0["name"]?.stringValue == name }?["values"]?[0]?["value"]
        }
        let id = post["id"]?.stringValue ?? ""
        let impressions = metric("post_media_view")?.intValue ?? -1, clicks = metric("post_clicks")?.intValue ?? -1
        let reactions = metric("post_reactions_by_type_total")?.objectValue?.pairs.compactMap(\.value.intValue).reduce(0, +) ?? -1
        let comments = post["comments"]?["summary"]?["total_count"]?.intValue ?? -1, shares = post["shares"]?["count"]?.intValue ?? 0
        let engaged = clicks + reactions + comments + shares
        let message = post["message"]?.stringValue.map(beginning)
        let rate = impressions == 0 ? "·" : String(format: "%.9f", Double(engaged) / Double(impressions))
        let numbers = [impressions, clicks, reactions, comments, shares, engaged].map(String.init).joined(separator: "|")
        return (id, impressions, engaged, message, "\(id)|\(page)|\(post["permalink_url"]?.stringValue ?? "")|\(message ?? "·")|\(numbers)|\(rate)")
    }

    /// Whole characters, as a reader sees them, while their code points are not more than the length.
    private static func beginning(_ text: String) -> String {
        var out = "", count = 0
        for character in text {
            count += character.unicodeScalars.count
            if count > messageLength { break }
            out.append(character)
        }
        return out
    }

    func traffic() async throws -> [String] {
        let bearer = Self.account.token(claims: ["iss": .string(ServiceAccount.email), "exp": 4_000_000_000])
        let body: JSON = [
            "dimensions": [["name": "date"]], "metrics": [["name": "sessions"], ["name": "activeUsers"], ["name": "eventCount"]],
            "dateRanges": [["startDate": .string("\(first)"), "endDate": .string("\(today - 1)")]],
        ]
        let answer = await sandbox.answer(
            SandboxRequest("POST", "/v1beta/properties/\(World.defaultProperties[0]):runReport", headers: ["authorization": "Bearer \(bearer)"], body: body.bytes), now: 0)
        return try (JSON(parsing: answer.body)["rows"]?.arrayValue ?? []).map { row in
            let values = ["dimensionValues", "metricValues"].flatMap { row[$0]?.arrayValue ?? [] }.compactMap { $0["value"]?.stringValue }
            let date = values[0]
            return "\(date.prefix(4))-\(date.dropFirst(4).prefix(2))-\(date.suffix(2))|" + values.dropFirst().joined(separator: "|")
        }.sorted()
    }
}
