import Kernel
import SandboxWorld
import Testing

@Suite struct AnalyticsTests {
    private static let cells = ["date", "sessionSource", "country", "deviceCategory"]

    @Test func `turning pages to rowCount gives the whole, without doubles`() async throws {
        let desk = Desk()
        let bearer = try await desk.bearer()
        func page(_ more: [(String, JSON)]) async throws -> JSON {
            try desk.json(await desk.report(Desk.report(Self.cells, ["sessions"], "2026-08-01", "today", more), bearer: bearer))
        }
        let whole = try await page([("limit", "250000")])
        let count = try #require(whole["rowCount"]?.intValue)
        var paged: [[String]] = []
        while paged.count < count { paged += Desk.rows(try await page([("limit", "3000"), ("offset", .string(String(paged.count)))])) }
        #expect(count > 6000)
        #expect(paged == Desk.rows(whole))
        #expect(Set(paged.map { $0.dropLast() }).count == count)
        let past = try await page([("offset", .string(String(count)))])
        #expect(past["rows"] == nil && past["rowCount"] == JSON(count))
    }

    @Test func `without a limit the first ten thousand rows come back`() async throws {
        let desk = Desk()
        let json = try desk.json(await desk.report(Desk.report(Self.cells, ["sessions"], "2026-01-01", "today"), bearer: try await desk.bearer()))
        #expect(Desk.rows(json).count == 10_000)
        #expect((json["rowCount"]?.intValue ?? 0) > 20_000)
    }

    @Test func `days add up to the range, and events to the event count`() async throws {
        let desk = Desk()
        let bearer = try await desk.bearer()
        func rows(_ dimensions: [String], _ more: [(String, JSON)] = []) async throws -> [[String]] {
            Desk.rows(try desk.json(await desk.report(Desk.report(dimensions, ["eventCount", "sessions"], "2026-11-01", "2026-11-20", more), bearer: bearer)))
        }
        func sum(_ rows: [[String]], _ column: Int) -> Int { rows.reduce(0) { $0 + (Int($1[column]) ?? 0) } }
        let total = try await rows([])
        let byDate = try await rows(["date"], [("orderBys", [["dimension": ["dimensionName": "date"]]])])
        let november = (0..<20).map { (Day(2026, 11, 1) + $0).compact }
        #expect(byDate.map { $0[0] } == november)
        #expect(sum(byDate, 1) == sum(total, 0) && sum(byDate, 2) == sum(total, 1))
        #expect(sum(try await rows(["date", "eventName"]), 2) == sum(total, 0))
        let filter: JSON = ["filter": ["fieldName": "eventName", "stringFilter": ["matchType": "EXACT", "value": "table_booking"]]]
        let booked = try await rows(["eventName"], [("dimensionFilter", filter)])
        #expect(booked.map { $0[0] } == ["table_booking"])
        let saturdays: JSON = ["filter": ["fieldName": "date", "inListFilter": ["values": ["20261107", "20261114"]]]]
        #expect(try await rows(["date"], [("dimensionFilter", saturdays)]).map { $0[0] }.sorted() == ["20261107", "20261114"])
    }

    @Test func `an answer has the vendor's form`() async throws {
        let desk = Desk()
        let body = Desk.report(["date"], ["sessions", "engagementRate"], "yesterday", "yesterday", [("returnPropertyQuota", true), ("metricAggregations", ["TOTAL"])])
        let answer = await desk.report(body, bearer: try await desk.bearer())
        #expect(answer.header("content-type") == "application/json; charset=UTF-8")
        let json = try desk.json(answer)
        #expect(json["dimensionHeaders"] == [["name": "date"]])
        #expect(json["metricHeaders"] == [["name": "sessions", "type": "TYPE_INTEGER"], ["name": "engagementRate", "type": "TYPE_FLOAT"]])
        #expect(Desk.rows(json).first?.first == "20261119")
        #expect(json["totals"]?[0]?["metricValues"] == json["rows"]?[0]?["metricValues"])
        #expect(json["propertyQuota"]?["tokensPerHour"] == ["consumed": 1, "remaining": 39999])
        #expect(json["kind"] == "analyticsData#runReport")
        let numbers = try desk.json(await desk.report(body, bearer: try await desk.bearer(), query: "?%24alt=json%3Benum-encoding%3Dint"))
        #expect(numbers["metricHeaders"]?[0]?["type"] == 1)
    }

    @Test(arguments: [
        (Desk.report(["karaoke"], ["sessions"], "today", "today"), "Field karaoke is not a valid dimension."),
        (Desk.report(["date"], ["songs"], "today", "today"), "Field songs is not a valid metric."),
        (Desk.report(["date"], ["sessions"], "2026-02-30", "today"), "Invalid date: 2026-02-30."),
        (Desk.report(["date"], ["sessions"], "today", "yesterday"), "startDate must not be after endDate."),
        (Desk.report(["date"], ["sessions"], "today", "today", [("limit", "-1")]), "Invalid value for limit."),
        (Desk.report(["date"], [String](repeating: "sessions", count: 11), "today", "today"), "Requests are limited to 10 metrics."),
    ])
    func `a wrong report is refused in Google's envelope`(body: JSON, message: String) async throws {
        let desk = Desk()
        let answer = await desk.report(body, bearer: try await desk.bearer())
        let error = try desk.json(answer)["error"]
        #expect((answer.status, error?["code"], error?["status"]) == (400, 400, "INVALID_ARGUMENT"))
        #expect(error?["message"]?.stringValue?.hasPrefix(message) == true)
    }

    @Test func `tokens are needed, expire, and open their own properties only`() async throws {
        let desk = Desk { $0.tokenSeconds = 60 }
        let body = Desk.report(["date"], ["sessions"], "today", "today")
        #expect(await desk.report(body, bearer: "nonsense").status == 401)
        #expect(await desk.send("POST", "/v1beta/properties/\(Desk.property):runReport", body).status == 401)
        let bearer = try await desk.bearer()
        #expect(await desk.report(body, bearer: bearer).status == 200)
        #expect(await desk.report(body, bearer: bearer, at: Desk.noon + 61).status == 401)
        let foreign = await desk.send("POST", "/v1beta/properties/1:runReport", body, bearer: bearer)
        #expect(try desk.json(foreign)["error"]?["status"] == "PERMISSION_DENIED" && foreign.status == 403)
        // A token that the account signed itself opens the door too.
        #expect(await desk.report(body, bearer: Desk.account.token(claims: Desk.claims())).status == 200)
    }

    @Test(arguments: [
        (Desk.claims([("iss", "someone@else.invalid")]), "invalid_grant", "Invalid grant: account not found"),
        (Desk.claims([("exp", JSON(Int(Desk.noon) + 7200))]), "invalid_grant", "Invalid JWT: Token must be a short-lived token"),
        (Desk.claims([("iat", JSON(Int(Desk.noon) - 9000)), ("exp", JSON(Int(Desk.noon) - 6000))]), "invalid_grant", "Invalid JWT: Token must be"),
        (Desk.claims([("aud", "https://elsewhere.invalid/")]), "invalid_grant", "Invalid JWT: Failed audience check."),
        (Desk.claims([("scope", "https://www.googleapis.com/auth/drive")]), "invalid_scope", "Invalid OAuth scope"),
    ])
    func `a claim that does not fit is refused`(claims: JSON, error: String, description: String) async throws {
        let desk = Desk()
        let answer = await desk.exchange(claims)
        let json = try desk.json(answer)
        #expect(answer.status == 400 && json["error"]?.stringValue == error)
        #expect(json["error_description"]?.stringValue?.hasPrefix(description) == true)
    }

    @Test func `a claim signed with another key is refused`() async throws {
        let desk = Desk()
        let answer = await desk.exchange(account: ServiceAccount())
        let json = try desk.json(answer)
        #expect((json["error"]?.stringValue, json["error_description"]?.stringValue) == ("invalid_grant", "Invalid JWT Signature."))
        let form = SandboxRequest("POST", "/token", body: Array("grant_type=password".utf8))
        #expect(await desk.sandbox.answer(form, now: Desk.noon).text.contains("unsupported_grant_type"))
    }

    @Test func `the quota runs out and comes back after the hour`() async throws {
        let desk = Desk { $0.quotaPerHour = 2 }
        let bearer = try await desk.bearer()
        let body = Desk.report(["date"], ["sessions"], "today", "today")
        for _ in 0..<2 { #expect(await desk.report(body, bearer: bearer).status == 200) }
        let answer = await desk.report(body, bearer: bearer)
        #expect(try desk.json(answer)["error"]?["status"] == "RESOURCE_EXHAUSTED" && answer.status == 429)
        let later = Desk.noon + 3601
        let fresh = try desk.json(await desk.exchange(at: Desk.noon + 300))["access_token"]?.stringValue ?? ""
        #expect(await desk.report(body, bearer: fresh, at: later).status == 200)
    }
}
