import Kernel
import SandboxWorld
import Testing

@Suite struct GraphTests {
    @Test(arguments: ["posts", "published_posts", "feed"])
    func `turning pages to the end gives the whole`(edge: String) async throws {
        let desk = Desk()
        let world = World(seed: 1)
        let whole = world.posts(of: world.pages[0], today: Desk.today).map(\.id)
        #expect(whole.count > 300, "three pages and more at the largest limit")
        for limit in [100, 37] {
            var seen: [String] = [], pages = 0
            var next: String? = "/v26.0/\(Desk.page)/\(edge)?fields=id,created_time&limit=\(limit)&access_token=sandbox-page-token"
            while let target = next {
                let page = try desk.json(await desk.send("GET", target))
                seen += page["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
                pages += 1
                next = page["paging"]?["next"]?.stringValue.map { String($0.dropFirst("http://sandbox.test".count)) }
                #expect(page["paging"]?["cursors"]?["after"] != nil, "cursors are there on the last page too")
            }
            #expect(seen == whole)
            #expect(pages == (whole.count + limit - 1) / limit)
        }
    }

    @Test func `a cursor holds its place when new posts appear, and leads back`() async throws {
        let desk = Desk()
        let first = try desk.json(await desk.graph("\(Desk.page)/posts?limit=10"))
        let after = try #require(first["paging"]?["cursors"]?["after"]?.stringValue)
        let second = try desk.json(await desk.graph("\(Desk.page)/posts?limit=10&after=\(after)"))
        _ = await desk.send("POST", "/_sandbox/today", ["advance": 5])
        let later = try desk.json(await desk.graph("\(Desk.page)/posts?limit=10&after=\(after)"))
        func ids(_ json: JSON) -> [String] { json["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? [] }
        #expect(ids(second) == ids(later) && ids(second).count == 10)
        let before = try #require(later["paging"]?["cursors"]?["before"]?.stringValue)
        #expect(ids(try desk.json(await desk.graph("\(Desk.page)/posts?limit=10&before=\(before)"))) == ids(first))
    }

    @Test func `a post carries the fields and insights asked for`() async throws {
        let desk = Desk()
        let fields = "id,message,created_time,permalink_url,status_type,shares,comments.limit(0).summary(total_count),reactions.limit(0).summary(total_count),"
            + "insights.metric(post_media_view,post_clicks,post_reactions_by_type_total).period(lifetime){name,values}"
        let post = try #require(try desk.json(await desk.graph("\(Desk.page)/posts?limit=1&fields=\(fields)"))["data"]?[0])
        #expect(post["created_time"]?.stringValue?.hasSuffix("+0000") == true)
        #expect(post["comments"]?["summary"]?["total_count"]?.intValue != nil)
        let insights = try #require(post["insights"]?["data"]?.arrayValue)
        #expect(insights.map { $0["name"] } == ["post_media_view", "post_clicks", "post_reactions_by_type_total"])
        #expect(insights[2]["values"]?[0]?["value"]?["like"]?.intValue != nil, "a metric by kinds is an object")
        let id = try #require(post["id"]?.stringValue)
        let alone = try desk.json(await desk.graph("\(id)/insights?metric=post_clicks"))
        #expect(alone["data"]?[0]?["values"] == insights[1]["values"])
    }

    @Test func `insights begin with the day of since and end before until`() async throws {
        let desk = Desk()
        let answer = await desk.graph("\(Desk.page)/insights?metric=%5B%22page_views_total%22%5D&period=day&since=2026-10-30&until=2026-11-03")
        let json = try desk.json(answer)
        #expect(json["data"]?[0]?["values"]?.arrayValue?.map { $0["end_time"] } == [
            "2026-10-31T07:00:00+0000", "2026-11-01T07:00:00+0000", "2026-11-02T08:00:00+0000", "2026-11-03T08:00:00+0000",
        ])
        #expect(json["data"]?[0]?["id"] == .string("\(Desk.page)/insights/page_views_total/day"))
        #expect(json["paging"]?["next"]?.stringValue?.contains("since=1793664000&until=1794009600") == true, "there is always a next window")
    }

    @Test(arguments: [
        ("page_engaged_users", Day(2024, 3, 14)), ("page_impressions", Day(2025, 11, 15)), ("page_fans", Day(2025, 11, 15)),
        ("page_impressions_unique", Day(2026, 6, 15)),
    ])
    func `a dead metric is served until its date and fails the whole request from then on`(metric: String, removed: Day) async throws {
        let target = "\(Desk.page)/insights?metric=page_views_total,\(metric)&period=day"
        let alive = Desk(today: removed - 1)
        #expect(try alive.json(await alive.graph(target))["data"]?.arrayValue?.count == 2)
        let dead = Desk(today: removed)
        let answer = await dead.graph(target)
        #expect(answer.status == 400)
        #expect(try dead.json(answer)["error"]?["code"] == 100)
    }

    @Test(arguments: [
        ("/v26.0/PAGE/insights?metric=page_views_total", 400, 104, nil, "OAuthException"),
        ("/v26.0/me", 400, 2500, nil, "OAuthException"),
        ("/v26.0/PAGE/posts?access_token=nonsense", 400, 190, nil, "OAuthException"),
        ("/v26.0/PAGE/posts?access_token=sandbox-expired-token", 400, 190, 463, "OAuthException"),
        ("/v26.0/PAGE/posts?access_token=sandbox-token-without-permission", 403, 200, nil, "OAuthException"),
        ("/v26.0/123/posts?access_token=TOKEN", 400, 100, 33, "GraphMethodException"),
        ("/v26.0/PAGE/insights?period=day&access_token=TOKEN", 400, 3001, 1504028, "OAuthException"),
        ("/v26.0/PAGE/insights?metric=page_karaoke&access_token=TOKEN", 400, 100, nil, "OAuthException"),
        ("/v26.0/PAGE/insights?metric=page_views_total&period=hour&access_token=TOKEN", 400, 100, nil, "OAuthException"),
        ("/v26.0/PAGE/insights?metric=page_views_total&since=2026-01-01&until=2026-04-02&access_token=TOKEN", 400, 100, nil, "OAuthException"),
        ("/v26.0/PAGE/posts?fields=id,lyrics&access_token=TOKEN", 400, 100, nil, "OAuthException"),
        ("/v26.0/PAGE/posts?limit=101&access_token=TOKEN", 400, 100, nil, "OAuthException"),
        ("/v26.0/PAGE/posts?after=nonsense&access_token=TOKEN", 400, 100, nil, "OAuthException"),
        ("/v3.0/PAGE?access_token=TOKEN", 400, 2500, nil, "OAuthException"),
    ])
    func `errors have the vendor's form`(target: String, status: Int, code: Int, subcode: Int?, type: String) async throws {
        let desk = Desk()
        let answer = await desk.send("GET", target.replacing("PAGE", with: Desk.page).replacing("=TOKEN", with: "=sandbox-page-token"))
        let error = try #require(try desk.json(answer)["error"])
        #expect((answer.status, error["code"]?.intValue, error["error_subcode"]?.intValue) == (status, code, subcode))
        #expect(error["type"]?.stringValue == type && error["message"]?.stringValue != "" && error["fbtrace_id"]?.stringValue != "")
    }

    @Test func `a token is taken from the header as well`() async throws {
        let desk = Desk()
        #expect(await desk.send("GET", "/v26.0/\(Desk.page)", bearer: "sandbox-page-token").status == 200)
    }

    @Test func `usage headers count, and the limit answers until the hour has passed`() async throws {
        let desk = Desk { $0.callsPerHour = 4 }
        for expected in [25, 50, 75, 100] {
            let answer = await desk.graph(Desk.page)
            #expect(answer.status == 200)
            #expect(try JSON(parsing: answer.header("X-App-Usage") ?? "")["call_count"] == JSON(expected))
        }
        let limited = await desk.graph(Desk.page)
        #expect(try desk.json(limited)["error"]?["code"] == 32)
        let business = try JSON(parsing: limited.header("x-business-use-case-usage") ?? "")
        #expect(business[Desk.page]?[0]?["type"] == "pages" && business[Desk.page]?[0]?["estimated_time_to_regain_access"] == 1)
        #expect(await desk.graph(Desk.page, at: Desk.noon + 3601).status == 200)
    }
}
