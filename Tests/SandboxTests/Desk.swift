import Kernel
import SandboxWorld
import Testing

/// A sandbox in this process, asked without a network.
struct Desk {
    static let today = Day(2026, 11, 20), page = World.defaultPages[0], property = World.defaultProperties[0]
    static let noon = 1_795_176_000.0
    // One key pair for all tests: making one takes a moment.
    static let account = ServiceAccount()
    let sandbox: Sandbox

    init(today: Day = Self.today, _ change: (inout Sandbox.Settings) -> Void = { _ in }) {
        var settings = Sandbox.Settings(today: today)
        change(&settings)
        sandbox = Sandbox(settings: settings, account: Self.account)
    }

    func send(_ method: String, _ target: String, _ body: JSON? = nil, bearer: String? = nil, at now: Double = noon) async -> SandboxAnswer {
        var headers = ["host": "sandbox.test"]
        if let bearer { headers["authorization"] = "Bearer \(bearer)" }
        return await sandbox.answer(SandboxRequest(method, target, headers: headers, body: body?.bytes ?? []), now: now)
    }

    /// `GET` from the Graph API with the token that works.
    func graph(_ target: String, at now: Double = noon) async -> SandboxAnswer {
        await send("GET", "/v26.0/\(target)\(target.contains("?") ? "&" : "?")access_token=sandbox-page-token", at: now)
    }

    func json(_ answer: SandboxAnswer) throws -> JSON { try JSON(parsing: answer.body) }

    /// Exchanges a signed claim for an access token.
    func exchange(_ claims: JSON = Self.claims(), account: ServiceAccount = Self.account, at now: Double = noon) async -> SandboxAnswer {
        let form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=\(account.token(claims: claims))"
        return await sandbox.answer(SandboxRequest("POST", "/token", headers: ["host": "sandbox.test"], body: Array(form.utf8)), now: now)
    }
    static func claims(_ changes: [(String, JSON)] = []) -> JSON {
        var claims: JSON = [
            "iss": .string(ServiceAccount.email), "scope": "https://www.googleapis.com/auth/analytics.readonly", "aud": "http://sandbox.test/token",
            "iat": JSON(Int(noon)), "exp": JSON(Int(noon) + 3600),
        ]
        for (key, value) in changes { claims[key] = value }
        return claims
    }

    func bearer() async throws -> String { try #require(try json(await exchange())["access_token"]?.stringValue) }

    /// A report; `body` as the vendor's documents have it.
    func report(_ body: JSON, bearer: String, query: String = "", at now: Double = noon) async -> SandboxAnswer {
        await send("POST", "/v1beta/properties/\(Self.property):runReport\(query)", body, bearer: bearer, at: now)
    }
    static func report(_ dimensions: [String], _ metrics: [String], _ start: String, _ end: String, _ more: [(String, JSON)] = []) -> JSON {
        var body: JSON = [
            "dimensions": .array(dimensions.map { ["name": .string($0)] }), "metrics": .array(metrics.map { ["name": .string($0)] }),
            "dateRanges": [["startDate": .string(start), "endDate": .string(end)]],
        ]
        for (key, value) in more { body[key] = value }
        return body
    }
    /// The rows as plain text, each with its dimensions and then its metrics.
    static func rows(_ report: JSON) -> [[String]] {
        (report["rows"]?.arrayValue ?? []).map { row in
            ["dimensionValues", "metricValues"].flatMap { row[$0]?.arrayValue ?? [] }.compactMap { $0["value"]?.stringValue }
        }
    }
}
