internal import ConnectorKit
internal import HTTP
internal import Kernel
internal import Synchronization

/// What the Graph API refuses for good, with the numbers by which it says why.
struct GraphRefusal: Problem {
    let number: Int
    let subcode: Int
    /// The API's words, without secrets.
    let message: String
    let request: String

    /// One metric of the request is none: the others may be asked for without it. 33 is an object that is not there.
    var isOfMetric: Bool { number == 100 && subcode != 33 && !isTooMuch || number == 3001 }
    var isTooMuch: Bool { (number == 1 || number == 100) && message.lowercased().contains("reduce the amount of data") }

    var kind: SourceProblem.Kind {
        switch number {
        case 102, 190: .credentialsRejected
        case 3, 10, 200...299: .permissionMissing
        default: .refused
        }
    }
    var code: ProblemCode { ProblemCode("extract.\(kind.rawValue)") }
    var summary: String { "Facebook refuses (\(number)\(subcode == 0 ? "" : "/\(subcode)")): \(message)" }
    var location: ProblemLocation { .named(request) }
    var response: ProblemResponse { .stop }
    var remedy: String {
        switch kind {
        case .credentialsRejected:
            "\(Self.reason(subcode)); make a new page access token and set it where the pipeline's 'token' points, usually FB_ACCESS_TOKEN or FB_ACCESS_TOKEN_FILE"
        case .permissionMissing:
            "give the token's person the task ANALYZE on the page, and the token the permissions read_insights and pages_read_engagement"
        default: subcode == 33 ? "check page_ids, and that the token may see the page" : "check page_ids, metrics and api_version"
        }
    }

    private static func reason(_ subcode: Int) -> String {
        switch subcode {
        case 458: "the person has removed the app"
        case 459: "Facebook wants the person to log in and pass a check"
        case 460: "the person has changed the password"
        case 463: "the token has expired"
        case 464: "the person is not confirmed"
        case 467, 492: "the token's session has ended"
        default: "the token is not, or no longer, valid"
        }
    }
}

/// Questions to the Graph API. The token goes in a header, so it is in no address; where an answer quotes it, it is taken out.
final class GraphAPI: Sendable {
    static let pagesMax = 10_000
    private let root: String
    private let token: String
    private let secrets: Secrets
    private let client: APIClient
    private let usage = Usage()

    init(_ settings: FacebookPages.Settings, _ context: ConnectorContext) {
        var url = settings.api_url
        while url.hasSuffix("/") { url.removeLast() }
        root = "\(url)/\(settings.api_version)"
        token = settings.token
        let secrets = Secrets([settings.token])
        self.secrets = secrets
        let usage = usage
        let percentMax = Double(settings.usage_percent_max)
        client = APIClient(
            context, policy: APIClient.Policy(waitSecondsMax: Double(settings.wait_seconds_max)),
            pause: { usage.pause(after: $0, percentMax: percentMax) },
            judge: { request, response, json in Self.judge(request, response, json, secrets, context.now()) })
    }

    /// The most that an answer said was used up of any limit.
    var usagePercent: Double? { usage.percent }

    func withoutSecrets(_ bytes: [UInt8]) -> [UInt8] { secrets.blot(bytes) }

    func get(_ path: String, _ query: [HTTPRequest.Parameter]) async throws -> APIClient.Answer {
        try await client.send(HTTPRequest(.get, "\(root)/\(path)", query: query, headers: [.init("Authorization", "Bearer \(token)")]))
    }

    /// `until` is the day behind the last one.
    func insights(of page: String, metrics: [String], _ days: DayRange) async throws -> APIClient.Answer {
        try await get(
            "\(page)/insights",
            [
                .init("metric", metrics.joined(separator: ",")), .init("period", "day"), .init("since", days.first.description),
                .init("until", (days.last + 1).description),
            ])
    }

    func posts(of page: String, metrics: [String], since: Day, after: String?, limit: Int) async throws -> APIClient.Answer {
        var fields = "id,message,created_time,permalink_url,status_type,shares,comments.limit(0).summary(true)"
        if !metrics.isEmpty { fields += ",insights.metric(\(metrics.joined(separator: ","))).period(lifetime)" }
        var query: [HTTPRequest.Parameter] = [.init("fields", fields), .init("limit", String(limit)), .init("since", since.description)]
        if let after { query.append(.init("after", after)) }
        return try await get("\(page)/posts", query)
    }

    /// The body decides and not the status: limits come as 400 too.
    private static func judge(
        _ request: HTTPRequest, _ response: HTTPResponse, _ json: JSON, _ secrets: Secrets, _ now: Timestamp
    ) -> APIClient.Verdict {
        guard let error = json["error"], !error.isNull else {
            if (200..<300).contains(response.status) { return json.objectValue == nil ? .passing("an answer that is no object") : .accepted }
            if response.status == 429 { return .limited("too many requests", afterSeconds: APIClient.retryAfter(response, at: now)) }
            return .passing("HTTP \(response.status) without a reason")
        }
        let number = error["code"]?.intValue ?? 0
        let subcode = error["error_subcode"]?.intValue ?? 0
        // Blotted before it is cut: half a token is a secret too.
        let message = String(secrets.blot(error["message"]?.stringValue ?? "no message").prefix(300))
        let refusal = GraphRefusal(number: number, subcode: subcode, message: message, request: request.label)
        switch number {
        case 4, 17, 32, 341, 613, 80000...80014:
            return .limited("Facebook's limit is reached (\(number))", afterSeconds: APIClient.retryAfter(response, at: now) ?? Usage.secondsToRegain(response))
        case _ where refusal.isTooMuch: return .refused(refusal)
        case 102, 190, 3, 10, 200...299, 368: return .refused(refusal)
        case 1, 2: return .passing("Facebook is in trouble (\(number)): \(message)")
        case _ where error["is_transient"]?.boolValue == true || subcode == 99 || response.status >= 500:
            return .passing("Facebook is in trouble (\(number)): \(message)")
        case _ where response.status == 429: return .limited("too many requests", afterSeconds: APIClient.retryAfter(response, at: now))
        default: return .refused(refusal)
        }
    }
}

/// What the usage headers say: percents of limits, where 100 is the end.
final class Usage: Sendable {
    private let highest = Mutex<Double?>(nil)
    var percent: Double? { highest.withLock { $0 } }

    /// How long to leave the API alone after this answer.
    func pause(after response: HTTPResponse, percentMax: Double) -> Double? {
        guard let percent = Self.percent(response) else { return nil }
        highest.withLock { $0 = max($0 ?? 0, percent) }
        guard percent >= percentMax else { return nil }
        // The limits are counted over a sliding hour: a minute gives back a sixtieth of them.
        return Self.secondsToRegain(response) ?? 60
    }

    static func percent(_ response: HTTPResponse) -> Double? {
        measures(response).flatMap { measure in ["call_count", "total_time", "total_cputime"].compactMap { measure[$0]?.doubleValue } }.max()
    }

    static func secondsToRegain(_ response: HTTPResponse) -> Double? {
        measures(response).compactMap { $0["estimated_time_to_regain_access"]?.doubleValue }.filter { $0 > 0 }.max().map { $0 * 60 }
    }

    private static func measures(_ response: HTTPResponse) -> [JSON] {
        ["x-app-usage", "x-page-usage", "x-business-use-case-usage"].compactMap { response.header($0) }.compactMap { try? JSON(parsing: $0) }
            .flatMap { json -> [JSON] in
                if json["call_count"] != nil { return [json] }
                return json.objectValue?.pairs.flatMap { $0.value.arrayValue ?? [] } ?? []
            }
    }
}
