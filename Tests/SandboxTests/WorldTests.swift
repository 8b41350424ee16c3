import Kernel
import SandboxWorld
import Testing

@Suite struct WorldTests {
    private let insights = "\(Desk.page)/insights?metric=page_views_total,page_follows,page_actions_post_reactions_total&period=day&since=2026-10-01&until=2026-11-21"
    private let posts = "\(Desk.page)/posts?fields=id,message,created_time,insights.metric(post_media_view,post_clicks_by_type)&limit=100"
    private let report = Desk.report(["date", "eventName"], ["sessions", "eventCount"], "2026-10-01", "today")

    @Test func `the same seed and day give the same bytes, another seed others`() async throws {
        func bytes(seed: UInt64) async throws -> [[UInt8]] {
            let desk = Desk { $0.seed = seed }
            let bearer = try await desk.bearer()
            return [await desk.graph(insights).body, await desk.graph(posts).body, await desk.report(report, bearer: bearer).body]
        }
        let first = try await bytes(seed: 7), again = try await bytes(seed: 7), other = try await bytes(seed: 8)
        #expect(first == again)
        for (a, b) in zip(first, other) { #expect(a != b) }
    }

    @Test func `a day is provisional for three days, then final, and only grows`() throws {
        let world = World(seed: 3), page = world.pages[0]
        for metric in InsightMetric.ofPages where metric.isServed(on: Desk.today) {
            for offset in 0..<40 {
                let day = Desk.today - offset
                let seen = (0...10).compactMap { world.value(of: metric, page: page, day: day, today: day + $0)?.intValue }
                guard !seen.isEmpty else { continue }  // an object
                #expect(Set(seen[3...]).count == 1, "\(metric.name) of \(day) is final from the third day on")
                #expect(zip(seen, seen.dropFirst()).prefix(3).allSatisfy { $0 < $1 || $1 <= 3 }, "\(metric.name) of \(day): \(seen)")
                #expect(Double(seen[3] - seen[0]) <= max(3, Double(seen[3]) * 0.12), "only slightly")
            }
        }
    }

    @Test func `moving today by one restates exactly the last three days and adds one`() async throws {
        let desk = Desk()
        let bearer = try await desk.bearer()
        func days() async throws -> ([String: JSON], [String: [String]]) {
            let json = try desk.json(await desk.graph("\(Desk.page)/insights?metric=page_media_view&period=day&since=2026-11-01&until=2026-12-01"))
            let values = json["data"]?[0]?["values"]?.arrayValue ?? []
            let site = Desk.rows(try desk.json(await desk.report(Desk.report(["date"], ["sessions", "activeUsers"], "2026-11-01", "2026-12-01"), bearer: bearer)))
            return (
                Dictionary(uniqueKeysWithValues: values.map { ($0["end_time"]?.stringValue ?? "", $0["value"] ?? nil) }),
                Dictionary(uniqueKeysWithValues: site.map { ($0[0], Array($0.dropFirst())) })
            )
        }
        let (page, site) = try await days()
        _ = await desk.send("POST", "/_sandbox/today", ["advance": 1])
        let (laterPage, laterSite) = try await days()
        #expect((page.count, laterPage.count) == (20, 21))
        #expect((site.count, laterSite.count) == (20, 21))
        #expect(page.keys.filter { page[$0] != laterPage[$0] }.sorted() == (19...21).map { "2026-11-\($0)T08:00:00+0000" })
        #expect(site.keys.filter { site[$0] != laterSite[$0] }.sorted() == ["20261118", "20261119", "20261120"])
    }

    @Test func `days after today do not exist`() async throws {
        let desk = Desk()
        let json = try desk.json(await desk.graph("\(Desk.page)/insights?metric=page_views_total&period=day&since=2026-11-21&until=2026-12-01"))
        #expect(json["data"] == [])
        let posts = try desk.json(await desk.graph("\(Desk.page)/posts?since=2026-11-21"))
        #expect(posts == ["data": []])
        let report = await desk.report(Desk.report(["date"], ["sessions"], "2026-11-21", "2026-12-01"), bearer: try await desk.bearer())
        let body = try desk.json(report)
        #expect(body["rows"] == nil && body["rowCount"] == nil)
    }

    @Test func `weekends are livelier and the years grow`() {
        let world = World(seed: 1), page = world.pages[0]
        let views = InsightMetric.ofPages[0]
        func mean(_ year: Int, _ weekday: Int) -> Int {
            let days = (0..<364).map { Day(year, 1, 1) + $0 }.filter { $0.weekday == weekday }
            return days.compactMap { world.value(of: views, page: page, day: $0, today: Desk.today)?.intValue }.reduce(0, +) / days.count
        }
        #expect(mean(2025, 5) > mean(2025, 0) * 3 / 2)
        #expect(mean(2025, 2) > mean(2024, 2) && mean(2024, 2) > mean(2023, 2))
    }

    @Test(arguments: [
        (Day(2026, 3, 8), 8), (Day(2026, 3, 9), 7), (Day(2026, 7, 1), 7), (Day(2026, 11, 1), 7), (Day(2026, 11, 2), 8), (Day(2024, 3, 10), 8),
        (Day(2024, 3, 11), 7), (Day(2024, 11, 3), 7), (Day(2024, 11, 4), 8),
    ])
    func `midnight in California follows its summer time`(day: Day, hour: Int) { #expect(day.pacificMidnight == "\(day)T0\(hour):00:00+0000") }

    @Test func `ids and names say that all of it is synthetic`() async throws {
        let desk = Desk()
        let page = try desk.json(await desk.graph("me?fields=id,name"))
        #expect(page == ["name": "Synthetic Karaoke Bar 1 (sandbox data)", "id": .string(Desk.page)])
        let posts = try desk.json(await desk.graph(posts))["data"]?.arrayValue ?? []
        #expect(posts.allSatisfy { $0["message"]?.stringValue?.hasPrefix("Synthetic post ") ?? true && $0["id"]?.stringValue?.hasPrefix("99") ?? false })
        #expect(posts.contains { $0["message"] == nil }, "some posts have no words")
    }
}
