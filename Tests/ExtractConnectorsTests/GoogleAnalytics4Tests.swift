import ConnectorKit
import Conversations
@testable import ExtractConnectors
import HTTP
import Kernel
import Landing
import Support
import Testing

/// Enough of the Data API: as many events a day as it is told of.
struct Analytics: Sendable {
    static let token = "ya29.planted-access-token"
    var perDay = 1
    var metrics: Set<String> = ["sessions", "activeUsers", "eventCount"]

    static func error(_ status: Int, _ word: String, _ message: String = "No.", headers: [(String, String)] = []) -> HTTPResponse {
        .json(["error": ["code": JSON(status), "message": .string("\(message) (\(token))"), "status": .string(word)]], status: status, headers: headers)
    }

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        if request.url.hasSuffix("/token") { return .json(["access_token": .string(Self.token), "expires_in": 3599]) }
        guard request.header("Authorization") == "Bearer \(Self.token)" else { return Self.error(401, "UNAUTHENTICATED") }
        if request.url.hasSuffix("/metadata") { return .json(["name": "properties/7/metadata"]) }
        let body = request.json
        func names(_ member: String) -> [String] { body[member]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? [] }
        if let bad = names("metrics").first(where: { !metrics.contains($0) }) {
            return Self.error(400, "INVALID_ARGUMENT", "Field \(bad) is not a valid metric. For a list of valid dimensions and metrics, see https://x")
        }
        let range = body["dateRanges"]?[0]
        let first = Day(range?["startDate"]?.stringValue ?? "")!.number, last = Day(range?["endDate"]?.stringValue ?? "")!.number
        let hasEvents = names("dimensions").contains("eventName")
        var rows: [JSON] = []
        for day in first...last {
            for event in 0..<(hasEvents ? 3 : perDay) {
                let date = Day(number: day).description.filter { $0 != "-" }
                let dimensions: [JSON] = [["value": .string(date)]] + (hasEvents ? [["value": .string("event_\(event)")]] : [])
                rows.append(["dimensionValues": .array(dimensions), "metricValues": .array(names("metrics").map { _ in ["value": .string(String(day % 10 + event))] })])
            }
        }
        let offset = Int(body["offset"]?.stringValue ?? "") ?? 0, limit = Int(body["limit"]?.stringValue ?? "") ?? 10_000
        let page = Array(rows.dropFirst(offset).prefix(limit))
        var answer: JSON = [
            "dimensionHeaders": .array(names("dimensions").map { ["name": .string($0)] }),
            "metricHeaders": .array(names("metrics").map { ["name": .string($0), "type": "TYPE_INTEGER"] }), "rowCount": JSON(rows.count),
            "metadata": ["currencyCode": "USD", "timeZone": "Europe/Berlin", "subjectToThresholding": true],
            "propertyQuota": ["tokensPerDay": ["consumed": 1, "remaining": 199_999]], "kind": "analyticsData#runReport",
        ]
        if !page.isEmpty { answer["rows"] = .array(page) }
        return .json(answer)
    }
}

@Suite struct GoogleAnalytics4Tests {
    let clock = PatientClock("2026-11-20T06:00:00Z")
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("ga4")
        _ = try Tool.run("openssl", ["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", folder.path + "/key.pem"])
        let key: JSON = [
            "type": "service_account", "private_key_id": "k", "private_key": .string(String(decoding: try folder.read("key.pem"), as: UTF8.self)),
            "client_email": "robot@p.example", "token_uri": "https://oauth2.example/token",
        ]
        try folder.write(key.text(), to: "key.json")
    }

    func connector(_ http: any HTTPTransport, _ more: JSON = [:]) throws -> any Connector {
        var settings: JSON = [
            "property_id": "7", "credentials_file": .string(folder.path + "/key.json"), "api_url": "https://data.example", "start_date": "2026-11-01",
        ]
        for (key, value) in more.objectValue?.pairs ?? [] { settings[key] = value }
        return try ConnectorRegistry([GoogleAnalytics4.self]).connector("ga4", settings: settings, context: clock.context(http))
    }

    @discardableResult func read(_ http: any HTTPTransport, _ settings: JSON = [:], config: JSON = [:], cursor: JSON = .null) async throws -> Basket {
        let basket = Basket()
        let registry = ConnectorRegistry([GoogleAnalytics4.self])
        let filled = try GoogleAnalytics4.spec.validated(stream: "ga4_historical_summary", config: registry.loading("ga4", stream: "ga4_historical_summary", config: config))
        try await connector(http, settings).read(ReadRequest(stream: "ga4_historical_summary", config: filled, cursor: cursor), into: basket)
        return basket
    }

    @Test func `a report of three metrics by day, with its quota and its flags`() async throws {
        let conversation = Conversation { request, _ in Analytics().answer(request) }
        let basket = try await read(conversation)
        let rows = basket.batches.flatMap(FacebookPagesTests.records)
        #expect(rows.count == 19 && rows[0] == [
            "property_id": "7", "date": "20261101", "sessions": rows[0]["sessions"]!, "activeUsers": rows[0]["activeUsers"]!, "eventCount": rows[0]["eventCount"]!,
            "fetched_at": "2026-11-20T06:00:00Z",
        ])
        let request = try #require(conversation.requests.last)
        #expect(request.url == "https://data.example/v1beta/properties/7:runReport" && request.method == .post)
        #expect(request.json["dateRanges"] == [["startDate": "2026-11-01", "endDate": "2026-11-19"]])
        #expect(request.json["limit"] == "100000" && request.json["offset"] == "0" && request.json["returnPropertyQuota"] == true)
        #expect(basket.cursor == ["through": "2026-11-19"] && basket.stated == 19)
        #expect(basket.facts["quota"]?["tokensPerDay"]?["remaining"] == 199_999)
        #expect(basket.facts["metadata"]?["timeZone"] == "Europe/Berlin")
        #expect(basket.notes == ["2026-11-01..2026-11-19: small numbers are withheld"])
    }

    @Test(arguments: [1, 4, 7, 19, 20])
    func `pages are read until all rows that the source counts have come`(limit: Int) async throws {
        let basket = try await read(Conversation { request, _ in Analytics().answer(request) }, config: ["page_rows": JSON(limit)])
        let rows = basket.batches.flatMap(FacebookPagesTests.records)
        #expect(rows.count == 19 && Set(rows.map { $0["date"]! }).count == 19)
        #expect(basket.batches.count == (19 + limit - 1) / limit && basket.stated == 19)
    }

    @Test func `dimensions make rows of their own, and the key follows them`() async throws {
        let basket = try await read(Conversation { request, _ in Analytics().answer(request) }, config: ["dimensions": ["eventName"], "metrics": ["eventCount"]])
        #expect(basket.batches.flatMap(FacebookPagesTests.records).count == 57)
        #expect(GoogleAnalytics4.loading(of: "x", config: ["dimensions": ["eventName"]])["key"] == ["property_id", "date", "event_name"])
    }

    @Test func `the second run looks back, and a source without news keeps the mark`() async throws {
        let conversation = Conversation { request, _ in Analytics().answer(request) }
        let basket = try await read(conversation, ["as_of": "2026-11-21"], cursor: ["through": "2026-11-19"])
        #expect(conversation.requests.last?.json["dateRanges"] == [["startDate": "2026-11-17", "endDate": "2026-11-20"]])
        #expect(basket.cursor == ["through": "2026-11-20"])
        let silent = try await read(
            Conversation { request, _ in request.url.hasSuffix("/token") ? Analytics().answer(request) : .json(["rowCount": 0]) }, cursor: ["through": "2026-11-19"])
        #expect(silent.cursor == ["through": "2026-11-19"] && silent.batches.count == 1)
    }

    @Test func `a metric that is refused is named and left out`() async throws {
        let basket = try await read(Conversation { request, _ in Analytics().answer(request) }, config: ["metrics": ["sessions", "session", "activeUsers"]])
        let rows = basket.batches.flatMap(FacebookPagesTests.records)
        #expect(rows[0].keys.contains("sessions") && rows[0].keys.contains("activeUsers") && !rows[0].keys.contains("session"))
        #expect(basket.notes.first == "the API refuses the metric session")
    }

    @Test func `quota, trouble and a token that died are overcome`() async throws {
        let conversation = Conversation { request, number in
            switch number {
            case 2: Analytics.error(429, "RESOURCE_EXHAUSTED", "Exhausted tokens", headers: [("Retry-After", "30")])
            case 3: Analytics.error(503, "UNAVAILABLE")
            case 4: Analytics.error(401, "UNAUTHENTICATED")
            default: Analytics().answer(request)
            }
        }
        let basket = try await read(conversation)
        #expect(basket.stated == 19 && clock.waits == [30.5, 1])
        #expect(conversation.requests(to: "/token").count == 2)
    }

    @Test(arguments: [(401, "UNAUTHENTICATED", "extract.credentials_rejected", 4), (403, "PERMISSION_DENIED", "extract.permission_missing", 2), (400, "INVALID_ARGUMENT", "extract.refused", 2)])
    func `what stays refused is permanent`(status: Int, word: String, code: String, requests: Int) async throws {
        let conversation = Conversation { request, _ in request.url.hasSuffix("/token") ? Analytics().answer(request) : Analytics.error(status, word) }
        let problem = await #expect(throws: DataAPI.Refusal.self) { try await read(conversation) }
        #expect(problem?.code.description == code && problem?.response == .stop && conversation.requests.count == requests && clock.waits.isEmpty)
        #expect(problem?.description.contains("planted") == false)
        if status == 403 { #expect(problem?.remedy.contains("robot@p.example") == true) }
    }

    @Test func `a report that ends too early is not taken for whole`() async throws {
        let conversation = Conversation { request, _ in
            if request.url.hasSuffix("/token") { return Analytics().answer(request) }
            return .json(["rowCount": 5, "rows": request.json["offset"] == "0" ? [["dimensionValues": [["value": "20261101"]], "metricValues": []]] : []])
        }
        let problem = await #expect(throws: SourceProblem.self) { try await read(conversation) }
        #expect(problem?.kind == .notUnderstood)
    }

    @Test func `secrets are nowhere, and check proves them`() async throws {
        let conversation = Conversation { request, _ in Analytics().answer(request) }
        #expect(!(try await read(conversation)).everything.contains("planted"))
        try await connector(conversation).check()
        await #expect(throws: DataAPI.Refusal.self) {
            try await connector(Conversation { request, _ in request.url.hasSuffix("/token") ? Analytics().answer(request) : Analytics.error(403, "PERMISSION_DENIED") }).check()
        }
        #expect(throws: SourceProblem.self) { try connector(conversation, ["credentials_file": "/nowhere"]) }
        #expect(throws: SettingsProblem.self) { try connector(conversation, ["property_id": "UA-1"]) }
    }
}
