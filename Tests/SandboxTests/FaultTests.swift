import Kernel
import SandboxWorld
import Testing

@Suite struct FaultTests {
    private func ask(_ desk: Desk, _ fault: JSON) async {
        let answer = await desk.send("POST", "/_sandbox/faults", fault)
        #expect(answer.status == 200, "\(answer.text)")
    }

    @Test(arguments: [4, 17, 32, 613, 80001])
    func `a rate limit answers as often as asked, with its headers, and then no more`(code: Int) async throws {
        let desk = Desk()
        await ask(desk, ["kind": "rate_limit", "code": JSON(code), "times": 2, "regain_minutes": 60, "retry_after": 3])
        for _ in 0..<2 {
            let answer = await desk.graph(Desk.page)
            #expect(try desk.json(answer)["error"]?["code"] == JSON(code))
            #expect(answer.header("X-App-Usage")?.contains("\"call_count\":100") == true)
            #expect(answer.header("X-Business-Use-Case-Usage")?.contains("\"estimated_time_to_regain_access\":60") == true)
            #expect(answer.header("Retry-After") == "3")
        }
        #expect(await desk.graph(Desk.page).status == 200)
    }

    @Test func `faults reach only what they match, after the requests they let pass`() async throws {
        let desk = Desk()
        await ask(desk, ["kind": "status", "status": 503, "match": "/posts", "skip": 1])
        #expect(await desk.graph(Desk.page).status == 200)
        #expect(await desk.graph("\(Desk.page)/posts").status == 200)
        let answer = await desk.graph("\(Desk.page)/posts")
        #expect(try desk.json(answer)["error"]?["is_transient"] == true && answer.status == 503)
        #expect(await desk.graph("\(Desk.page)/posts").status == 200)
    }

    @Test func `each kind has its own answer from both vendors`() async throws {
        let desk = Desk()
        let bearer = try await desk.bearer()
        let body = Desk.report(["date"], ["sessions"], "today", "today")
        for (fault, graph, google) in [
            (["kind": "expired_token"], (400, 190), (401, "UNAUTHENTICATED")), (["kind": "permission"], (403, 200), (403, "PERMISSION_DENIED")),
            (["kind": "rate_limit"], (400, 32), (429, "RESOURCE_EXHAUSTED")), (["kind": "status", "status": 500], (500, 2), (500, "INTERNAL")),
            (["kind": "status", "status": 429, "retry_after": 2], (429, 4), (429, "RESOURCE_EXHAUSTED")),
        ] as [(JSON, (Int, Int), (Int, String))] {
            await ask(desk, [fault, fault])
            let page = await desk.graph(Desk.page)
            #expect((page.status, try desk.json(page)["error"]?["code"]?.intValue) == (graph.0, graph.1))
            let report = await desk.report(body, bearer: bearer)
            #expect((report.status, try desk.json(report)["error"]?["status"]?.stringValue) == (google.0, google.1))
            #expect(report.header("Retry-After") == page.header("Retry-After"))
        }
    }

    @Test func `a metric that is gone is refused until the faults are cleared`() async throws {
        let desk = Desk()
        await ask(desk, ["kind": "metric_gone", "metric": "page_views_total"])
        for _ in 0..<3 { #expect(await desk.graph("\(Desk.page)/insights?metric=page_media_view,page_views_total").status == 400) }
        #expect(await desk.graph("\(Desk.page)/insights?metric=page_media_view").status == 200)
        _ = await desk.send("DELETE", "/_sandbox/faults")
        #expect(await desk.graph("\(Desk.page)/insights?metric=page_media_view,page_views_total").status == 200)
    }

    @Test func `too much data is refused until less is asked for`() async throws {
        let desk = Desk()
        await ask(desk, ["kind": "too_much_data", "above": 25, "times": "forever"])
        #expect(try desk.json(await desk.graph("\(Desk.page)/posts?limit=100"))["error"]?["message"]?.stringValue?.hasPrefix("Please reduce") == true)
        #expect(await desk.graph("\(Desk.page)/posts?limit=25").status == 200)
        #expect(await desk.graph("\(Desk.page)/posts?limit=50").status == 500)
    }

    @Test func `an empty page in the middle has a next, and nothing is lost behind it`() async throws {
        let desk = Desk()
        await ask(desk, ["kind": "empty_page", "match": "/posts", "skip": 2])
        var seen: [String] = [], sizes: [Int] = []
        var next: String? = "/v26.0/\(Desk.page)/posts?fields=id&limit=100&access_token=sandbox-page-token"
        while let target = next {
            let page = try desk.json(await desk.send("GET", target))
            let ids = page["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
            seen += ids
            sizes.append(ids.count)
            next = page["paging"]?["next"]?.stringValue.map { String($0.dropFirst("http://sandbox.test".count)) }
        }
        let world = World(seed: 1)
        #expect(seen == world.posts(of: world.pages[0], today: Desk.today).map(\.id))
        #expect(sizes[2] == 0 && sizes[3] == 100)
    }

    @Test func `html, half a body and usage come as asked`() async throws {
        let desk = Desk()
        await ask(desk, [["kind": "html"], ["kind": "half_body"], ["kind": "usage", "percent": 80]])
        let html = await desk.graph(Desk.page)
        #expect(html.status == 200 && html.header("Content-Type") == "text/html; charset=utf-8" && html.text.hasPrefix("<!DOCTYPE html>"))
        let half = await desk.graph(Desk.page)
        #expect(half.cutAfter == half.body.count / 2)
        #expect(await desk.graph(Desk.page).header("X-Page-Usage")?.contains("\"call_count\":80") == true)
    }

    @Test func `a fault that makes no sense is refused and named`() async throws {
        let desk = Desk()
        #expect(await desk.send("POST", "/_sandbox/faults", ["kind": "earthquake"]).text.contains("kind is one of status, rate_limit"))
        #expect(await desk.send("POST", "/_sandbox/faults", ["kind": "html", "colour": 3]).text.contains("'colour' is no member"))
        #expect(await desk.send("POST", "/_sandbox/today", ["today": "2026-02-30"]).status == 400)
        #expect(await desk.send("GET", "/_sandbox/nowhere").status == 404)
    }

    @Test func `the log of requests shows what was asked, without the token`() async throws {
        let desk = Desk()
        _ = await desk.graph("\(Desk.page)/insights?metric=page_views_total&since=2026-11-01&until=2026-11-08")
        let answer = await desk.send("GET", "/_sandbox/requests")
        let entry = try #require(try desk.json(answer)["requests"]?[0])
        #expect(entry["query"]?["since"] == "2026-11-01" && entry["query"]?["until"] == "2026-11-08" && entry["status"] == 200)
        #expect(!answer.text.contains("sandbox-page-token"))
    }
}
