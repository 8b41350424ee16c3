import ConnectorKit
import Conversations
@testable import ExtractConnectors
import HTTP
import Kernel
import Landing
import Testing

/// Enough of the Graph API to be asked: it serves the metrics that it is told of.
struct Graph: Sendable {
    static let token = "EAAB-planted/token+1"
    var metrics: Set<String> = [
        "page_views_total", "page_follows", "page_total_media_view_unique", "page_media_view", "page_post_engagements", "post_media_view",
        "post_total_media_view_unique", "post_clicks", "post_reactions_by_type_total",
    ]
    /// The last day of which there are values.
    var newest = Day("2026-11-19")!
    var posts = 0
    var headers: [(String, String)] = []
    /// The most posts that it answers at once.
    var postsMax = 100
    /// After this many posts comes a page without any.
    var gapAfter: Int?

    static func error(_ code: Int, _ message: String = "No.", subcode: Int? = nil, status: Int = 400, headers: [(String, String)] = []) -> HTTPResponse {
        var error: JSON = ["message": .string("(#\(code)) \(message) (token \(token))"), "type": "OAuthException", "code": JSON(code), "fbtrace_id": "x"]
        if let subcode { error["error_subcode"] = JSON(subcode) }
        return .json(["error": error], status: status, headers: headers)
    }

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        guard request.header("Authorization") == "Bearer \(Self.token)" else { return Self.error(190, "Malformed access token", subcode: 467) }
        if request.url.hasSuffix("/insights") { return insights(request) }
        if request.url.hasSuffix("/posts") { return posts(request) }
        return .json(["id": "111", "name": "Bar"])
    }

    private func insights(_ request: HTTPRequest) -> HTTPResponse {
        let names = (request["metric"] ?? "").split(separator: ",").map(String.init)
        guard !names.isEmpty else { return Self.error(3001, subcode: 1_504_028) }
        guard names.allSatisfy(metrics.contains) else { return Self.error(100, "The value must be a valid insights metric") }
        let first = Day(request["since"] ?? "")!, last = min(Day(request["until"] ?? "")! - 1, newest)
        let days = first <= last ? Array(first.number...last.number).map(Day.init(number:)) : []
        let data = names.map { name -> JSON in
            let values = days.map { day -> JSON in ["value": JSON(day.number % 100), "end_time": .string("\(day + 1)T08:00:00+0000")] }
            return ["name": .string(name), "period": "day", "values": .array(values), "id": .string("111/insights/\(name)/day")]
        }
        return .json(
            ["data": .array(data), "paging": ["next": .string("https://graph.example/111/insights?access_token=\(PercentCoding.encode(Self.token))&since=1")]],
            headers: headers)
    }

    private func posts(_ request: HTTPRequest) -> HTTPResponse {
        let fields = request["fields"] ?? ""
        let names = fields.split(separator: "(").last { $0.contains("post_") }?.prefix { $0 != ")" }.split(separator: ",").map(String.init) ?? []
        guard names.allSatisfy(metrics.contains) else { return Self.error(100, "The value must be a valid insights metric") }
        let limit = Int(request["limit"] ?? "") ?? 25
        guard limit <= postsMax else { return Self.error(1, "Please reduce the amount of data you're asking for, then retry your request", status: 500) }
        let start = Int(request["after"]?.dropFirst(1) ?? "") ?? 0
        let isGap = request["after"].map { $0.hasPrefix("g") } ?? false
        let end = isGap ? start : min(start + limit, gapAfter.map { start < $0 ? min($0, posts) : posts } ?? posts)
        let data = (start..<end).map { number -> JSON in
            var insights: [JSON] = []
            for name in names {
                insights.append(["name": .string(name), "period": "lifetime", "values": [["value": name.contains("reactions") ? ["like": JSON(number)] : JSON(number * 10)]]])
            }
            var post: JSON = ["id": .string("111_\(number)"), "created_time": "2026-11-01T10:00:00+0000", "insights": ["data": .array(insights)]]
            if number % 2 == 0 { post["message"] = .string("Número \"\(number)\" 🎤"); post["shares"] = ["count": JSON(number)] }
            return post
        }
        var paging: JSON = [:]
        if end < posts {
            let after = end == gapAfter && !isGap ? "g\(end)" : "c\(end)"
            paging = ["cursors": ["after": .string(after)], "next": .string("https://graph.example/v26.0/111/posts?access_token=\(Self.token)&after=\(after)")]
        }
        return .json(["data": .array(data), "paging": paging], headers: headers)
    }
}

@Suite struct FacebookPagesTests {
    let clock = PatientClock("2026-11-20T14:00:00Z")

    func connector(_ http: any HTTPTransport, _ more: JSON = [:]) throws -> any Connector {
        var settings: JSON = ["page_ids": "111", "token": .string(Graph.token), "api_url": "https://graph.example/", "start_date": "2026-11-01"]
        for (key, value) in more.objectValue?.pairs ?? [] { settings[key] = value }
        return try ConnectorRegistry([FacebookPages.self]).connector("facebook_pages", settings: settings, context: clock.context(http))
    }

    @discardableResult func read(
        _ stream: String, _ http: any HTTPTransport, _ settings: JSON = [:], config: JSON = [:], cursor: JSON = .null
    ) async throws -> Basket {
        let basket = Basket()
        let filled = try FacebookPages.spec.validated(stream: stream, config: ConnectorRegistry([FacebookPages.self]).loading("facebook_pages", stream: stream, config: config))
        try await connector(http, settings).read(ReadRequest(stream: stream, config: filled, cursor: cursor), into: basket)
        return basket
    }

    static func records(_ batch: RecordBatch) -> [[String: String?]] {
        guard case .bytes(let bytes) = batch.content else { return [] }
        let names = batch.format.shape!.columns.map(\.name)
        return bytes.withUnsafeBufferPointer { bytes in
            var reader = JSONRecordReader(bytes, format: batch.format, header: names)
            var rows: [[String: String?]] = []
            while reader.next() {
                rows.append(Dictionary(uniqueKeysWithValues: names.indices.map { (names[$0], reader[$0].isQuoted ? String(decoding: reader[$0].bytes, as: UTF8.self) : nil) }))
            }
            return rows
        }
    }

    // MARK: Insights

    @Test func `daily insights come as one row for each page, metric and day, and keep the API's own names`() async throws {
        let conversation = Conversation { request, _ in Graph().answer(request) }
        let basket = try await read("page_insights_daily", conversation)
        let batch = try #require(basket.batches.first)
        let rows = Self.records(batch)
        #expect(basket.batches.count == 1 && rows.count == 5 * 19)
        #expect(Set(rows.compactMap { $0["metric_word"]! }) == ["views", "likes", "reach", "impressions", "engagements"])
        #expect(rows.first { $0["metric_word"]! == "reach" }?["metric"]! == "page_total_media_view_unique")
        #expect(rows[0]["page_id"]! == "111" && rows[0]["end_time"]! == "2026-11-02T08:00:00+0000" && rows[0]["period"]! == "day")
        #expect(rows[0]["fetched_at"]! == "2026-11-20T14:00:00Z")
        let request = try #require(conversation.requests.last)
        #expect(request.url == "https://graph.example/v26.0/111/insights" && request["period"] == "day")
        #expect(request["since"] == "2026-11-01" && request["until"] == "2026-11-20")
        #expect(basket.cursor == ["pages": ["111": "2026-11-19"]])
        #expect(basket.notes.isEmpty)
    }

    @Test func `the second run asks only since the mark, less the look-back`() async throws {
        clock.pass(86_400)
        let conversation = Conversation { request, _ in Graph(newest: Day("2026-11-20")!).answer(request) }
        let basket = try await read("page_insights_daily", conversation, cursor: ["pages": ["111": "2026-11-19"]])
        #expect(conversation.requests.last?["since"] == "2026-11-17" && conversation.requests.last?["until"] == "2026-11-21")
        #expect(basket.cursor == ["pages": ["111": "2026-11-20"]])
        let far = Conversation { request, _ in Graph(newest: Day("2026-11-20")!).answer(request) }
        try await read("page_insights_daily", far, ["look_back_days": 7], cursor: ["pages": ["111": "2026-11-19"]])
        #expect(far.requests.last?["since"] == "2026-11-13")
        // A source that has nothing newer leaves the mark where it was.
        let still = try await read("page_insights_daily", Conversation { request, _ in Graph().answer(request) }, cursor: ["pages": ["111": "2026-11-19"]])
        #expect(still.cursor == ["pages": ["111": "2026-11-19"]])
    }

    @Test func `several pages are read, and a new one from its start`() async throws {
        let conversation = Conversation { request, _ in Graph().answer(request) }
        let basket = try await read("page_insights_daily", conversation, ["page_ids": " 111, 222 "], cursor: ["pages": ["111": "2026-11-19"]])
        #expect(basket.cursor == ["pages": ["111": "2026-11-19", "222": "2026-11-19"]])
        #expect(conversation.requests(to: "/222/insights").last?["since"] == "2026-11-01")
    }

    @Test func `an append reads day by day, so that a restated day has a window of its own`() async throws {
        let basket = try await read(
            "page_insights_daily", Conversation { request, _ in Graph().answer(request) }, ["start_date": "2026-11-16"], config: ["disposition": "append"])
        #expect(basket.batches.map(\.window) == ["111/2026-11-16", "111/2026-11-17", "111/2026-11-18", "111/2026-11-19"])
    }

    @Test func `an older API is asked for the names that it knows`() async throws {
        var graph = Graph()
        graph.metrics = ["page_views_total", "page_fans", "page_impressions_unique", "page_impressions", "page_engaged_users"]
        let old = graph
        let basket = try await read("page_insights_daily", Conversation { request, _ in old.answer(request) })
        let rows = Self.records(try #require(basket.batches.first))
        #expect(rows.first { $0["metric"]! == "page_fans" }?["metric_word"]! == "likes")
        #expect(rows.first { $0["metric"]! == "page_impressions_unique" }?["metric_word"]! == "reach")
        #expect(Set(rows.compactMap { $0["metric_word"]! }).count == 5)
        #expect(basket.notes.isEmpty)
    }

    @Test func `a metric that is refused is named and left out, and the others load`() async throws {
        var graph = Graph()
        graph.metrics.remove("page_follows")
        let without = graph
        let basket = try await read(
            "page_insights_daily", Conversation { request, _ in without.answer(request) },
            config: ["metrics": ["views", "likes", "page_invented", "reach"]])
        let rows = Self.records(try #require(basket.batches.first))
        #expect(Set(rows.compactMap { $0["metric"]! }) == ["page_views_total", "page_total_media_view_unique"])
        #expect(basket.notes == ["the API refuses the metric page_invented", "the API has no metric for 'likes' (tried page_follows, page_fans)"])
    }

    @Test func `a pipeline whose every metric is refused fails with the API's words`() async throws {
        let conversation = Conversation { request, _ in Graph(metrics: []).answer(request) }
        let problem = await #expect(throws: GraphRefusal.self) { try await read("page_insights_daily", conversation) }
        #expect(problem?.number == 100 && problem?.kind == .refused)
    }

    @Test func `settings as large as can be are cut to what makes sense`() async throws {
        let huge: JSON = ["look_back_days": .integer(.max), "history_days": .integer(.max), "start_date": .null]
        let conversation = Conversation { request, _ in Graph().answer(request) }
        try await read("page_insights_daily", conversation, huge, config: ["slice_days": .integer(.max)], cursor: ["pages": ["111": "2026-11-19"]])
        #expect(conversation.requests.last?["since"] == "2026-11-10")
        try await read("post_performance", conversation, config: ["posts_days": .integer(.max), "page_rows": .integer(.min)])
        // A source's own day beyond all days is no mark.
        let far = Conversation { _, _ in .json(["data": [["name": "page_views_total", "values": [["value": 1, "end_time": "9999-12-31T08:00:00+0000"]]]]]) }
        #expect(try await read("page_insights_daily", far).cursor == ["pages": ["111": "2026-11-19"]])
    }

    // MARK: Errors

    @Test func `a dead token is permanent: one request, no storm, and words that help`() async throws {
        let conversation = Conversation { _, _ in Graph.error(190, "Malformed access token \(Graph.token)", subcode: 463) }
        let problem = await #expect(throws: GraphRefusal.self) { try await read("page_insights_daily", conversation) }
        #expect(conversation.requests.count == 1 && clock.waits.isEmpty)
        #expect(problem?.code == "extract.credentials_rejected" && problem?.response == .stop)
        #expect(problem?.remedy.contains("the token has expired") == true && problem?.remedy.contains("FB_ACCESS_TOKEN") == true)
        #expect(problem?.description.contains("planted") == false)
    }

    @Test(arguments: [10, 200, 3])
    func `a missing permission is named`(code: Int) async throws {
        let conversation = Conversation { _, _ in Graph.error(code, status: 403) }
        let problem = await #expect(throws: GraphRefusal.self) { try await read("post_performance", conversation) }
        #expect(problem?.code == "extract.permission_missing" && conversation.requests.count == 1)
        #expect(problem?.remedy.contains("read_insights") == true)
    }

    @Test(arguments: [4, 17, 32, 613, 80001])
    func `a limit is waited for and the reading goes on where it was`(code: Int) async throws {
        let conversation = Conversation { request, number in
            number == 2 ? Graph.error(code, headers: code == 32 ? [("Retry-After", "20")] : []) : Graph().answer(request)
        }
        let basket = try await read("page_insights_daily", conversation)
        #expect(basket.batches.count == 1 && clock.waits.count == 1)
        #expect(code == 32 ? clock.waits[0] == 20.5 : clock.waits[0] == 15)
        #expect(conversation.requests[1] == conversation.requests[2])
    }

    @Test func `usage near the limit makes the next request wait`() async throws {
        let busy = Graph(headers: [("X-App-Usage", "{\"call_count\":12,\"total_time\":91,\"total_cputime\":3}")])
        let basket = try await read("page_insights_daily", Conversation { request, _ in busy.answer(request) })
        #expect(clock.waits == [60])
        #expect(basket.facts["usage_percent"] == .double(91))
        let regain = Graph(headers: [("X-Business-Use-Case-Usage", "{\"111\":[{\"type\":\"pages\",\"call_count\":95,\"total_cputime\":1,\"total_time\":1,\"estimated_time_to_regain_access\":1}]}")])
        try await read("page_insights_daily", Conversation { request, _ in regain.answer(request) })
        #expect(clock.waits == [60, 60])
        let calm = Graph(headers: [("X-App-Usage", "{\"call_count\":12,\"total_time\":25,\"total_cputime\":3}")])
        try await read("page_insights_daily", Conversation { request, _ in calm.answer(request) })
        #expect(clock.waits.count == 2)
    }

    @Test func `trouble that passes is passed: 500, code 2, half a body, HTML`() async throws {
        let conversation = Conversation { request, number throws(HTTPError) in
            switch number {
            case 1: return Graph.error(2, "An unexpected error has occurred", status: 500)
            case 2: throw HTTPError(.cut, request: request.label)
            case 4: return .text("<html>")
            case 5: return .text("{\"data\":[{\"name\":", type: "application/json")
            default: return Graph().answer(request)
            }
        }
        let basket = try await read("page_insights_daily", conversation)
        #expect(basket.batches.count == 1 && clock.waits == [1, 2, 1, 2])
    }

    // MARK: Posts

    @Test(arguments: [nil, 7] as [Int?])
    func `posts are paged to the end, through an empty page too`(gap: Int?) async throws {
        let graph = Graph(posts: 23, gapAfter: gap)
        let conversation = Conversation { request, _ in graph.answer(request) }
        let basket = try await read("post_performance", conversation, config: ["page_rows": 5])
        let rows = basket.batches.flatMap(Self.records)
        #expect(rows.map { $0["post_id"]! } == (0..<23).map { "111_\($0)" })
        #expect(rows[4]["message"]! == "Número \"4\" 🎤" && rows[5]["message"]! == nil && rows[4]["shares"]! == "4" && rows[5]["shares"]! == nil)
        #expect(rows[4]["impressions"]! == "40" && rows[4]["clicks"]! == "40" && rows[4]["reactions"]! == "{\"like\":4}")
        // Gone from the API without a successor; the column is there all the same.
        #expect(rows[4].keys.contains("engaged_users") && rows[4]["engaged_users"]! == nil)
        #expect(basket.notes == ["the API has no metric for 'engaged_users' (tried post_engaged_users)"])
        #expect(Set(basket.batches.map(\.window)) == ["111"] && rows.allSatisfy { $0["snapshot_at"]! == "2026-11-20T14:00:00Z" })
        #expect(conversation.requests.last?["since"] == "2026-08-22")
    }

    @Test func `where engaged users are still served they are taken`() async throws {
        var graph = Graph(posts: 3)
        graph.metrics = ["post_impressions", "post_engaged_users", "post_clicks"]
        let old = graph
        let basket = try await read("post_performance", Conversation { request, _ in old.answer(request) })
        let rows = Self.records(try #require(basket.batches.first))
        #expect(rows[2]["engaged_users"]! == "20" && rows[2]["impressions"]! == "20" && rows[2]["reach"]! == nil)
    }

    @Test func `asked for too much, it asks for less`() async throws {
        let graph = Graph(posts: 60, postsMax: 30)
        let basket = try await read("post_performance", Conversation { request, _ in graph.answer(request) })
        #expect(basket.batches.flatMap(Self.records).count == 60 && clock.waits.isEmpty)
    }

    @Test func `a next page that was there before is no way on`() async throws {
        let conversation = Conversation { _, _ in .json(["data": [], "paging": ["cursors": ["after": "c1"], "next": "https://x"]]) }
        let problem = await #expect(throws: SourceProblem.self) { try await read("post_performance", conversation) }
        #expect(problem?.kind == .notUnderstood && conversation.requests.count < 10)
    }

    // MARK: All

    @Test func `the token is in no address, no page, no cursor and no note`() async throws {
        let graph = Graph(posts: 12)
        let conversation = Conversation { request, _ in graph.answer(request) }
        for stream in ["page_insights_daily", "post_performance"] {
            let everything = (try await read(stream, conversation, config: stream == "post_performance" ? ["page_rows": 5] : [:])).everything
            #expect(everything.contains("access_token=REDACTED"))
            for form in [Graph.token, PercentCoding.encode(Graph.token), "planted"] { #expect(!everything.contains(form)) }
        }
        #expect(conversation.requests.allSatisfy { !$0.fullURL.contains("planted") })
    }

    @Test func `check proves the token and the permission, and reads nothing`() async throws {
        try await connector(Conversation { request, _ in Graph().answer(request) }).check()
        // A metric that is gone is not a permission that lacks.
        try await connector(Conversation { request, _ in Graph(metrics: []).answer(request) }).check()
        await #expect(throws: GraphRefusal.self) { try await connector(Conversation { request, _ in Graph().answer(request) }, ["token": "other-token"]).check() }
    }

    @Test func `settings that cannot be are refused by name`() throws {
        let http = Conversation { _, _ in .json([:]) }
        for (more, word) in [(["page_ids": "abc"], "page_ids"), (["page_ids": ","], "page_ids"), (["as_of": "today"], "as_of"), (["token": ""], "token")] as [(JSON, String)] {
            let problem = #expect(throws: SettingsProblem.self) { try connector(http, more) }
            #expect(problem?.summary.contains(word) == true)
        }
        let streams = try ConnectorRegistry([FacebookPages.self]).spec(of: "facebook_pages")
        #expect(throws: SettingsProblem.self) { try streams.validated(stream: "post_performance", config: ["matrics": ["x"]]) }
    }

    @Test(arguments: [
        ("2026-11-20T07:59:59Z", "2026-11-19"), ("2026-11-20T08:00:00Z", "2026-11-20"), ("2026-07-01T06:59:59Z", "2026-06-30"), ("2026-07-01T07:00:00Z", "2026-07-01"),
        ("2026-03-08T09:59:00Z", "2026-03-08"), ("2026-03-09T06:59:00Z", "2026-03-08"), ("2026-03-09T07:00:00Z", "2026-03-09"),
        ("2026-11-01T07:00:00Z", "2026-11-01"), ("2026-11-02T07:59:00Z", "2026-11-01"), ("2026-11-02T08:00:00Z", "2026-11-02"),
    ])
    func `a day in California ends at its own midnight`(time: String, day: String) { #expect(PacificTime.day(of: Timestamp(rfc3339: time)!).description == day) }
}
