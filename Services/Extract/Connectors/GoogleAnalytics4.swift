public import ConnectorKit
internal import HTTP
public import Kernel
internal import Landing
internal import Synchronization

/// Google Analytics 4 through the Data API: one report for each stream, by day.
public struct GoogleAnalytics4: Connector {
    public static let spec = ConnectorSpec(
        name: "ga4", summary: "Google Analytics 4: reports by day",
        options: [
            ConnectorOption("property_id", .text, "the property's number", isRequired: true),
            ConnectorOption("credentials_file", .text, "the key file of a service account that may view the property", isRequired: true),
            ConnectorOption("api_url", .text, "where the Data API is", standard: "https://analyticsdata.googleapis.com"),
            ConnectorOption("token_url", .text, "where access tokens are given; left out: where the key file says"),
            ConnectorOption("start_date", .text, "the first day to read, YYYY-MM-DD; left out: history_days before today"),
            ConnectorOption("history_days", .integer, "how far the first reading goes back", standard: 30),
            ConnectorOption("look_back_days", .integer, "read days again that the source may restate", standard: 3),
            ConnectorOption("wait_seconds_max", .integer, "how long a task waits for limits before it gives its place to others", standard: 120),
            ConnectorOption("as_of", .text, "the day that counts as today, YYYY-MM-DD; for rehearsals"),
        ],
        streamOptions: [
            ConnectorOption("dimensions", .list, "besides date", standard: []),
            ConnectorOption("metrics", .list, "what is counted, at most 10", standard: ["sessions", "activeUsers", "eventCount"]),
            ConnectorOption("slice_days", .integer, "days in one report; left out: 366 for merge, else 1"),
            ConnectorOption("page_rows", .integer, "rows in one request, at most 250000", standard: 100_000),
        ],
        example: """
            extract:
              - connector: ga4
                settings: {property_id: "${GA4_PROPERTY_ID}", credentials_file: "${GOOGLE_APPLICATION_CREDENTIALS}"}
                streams:
                  ga4_historical_summary: {disposition: merge}
                  ga4_events: {dimensions: [eventName], metrics: [eventCount]}
            """)

    public struct Settings: Decodable, Sendable {
        var property_id: String
        var credentials_file: String
        var api_url: String
        var token_url: String?
        var start_date: String?
        var history_days: Int
        var look_back_days: Int
        var wait_seconds_max: Int
        var as_of: String?
    }

    static let pagesMax = 10_000
    private let property: String
    private let api: DataAPI
    private let start: Day
    private let today: Day
    private let lookBackDays: Int
    private let now: Timestamp

    public init(settings: Settings, context: ConnectorContext) throws {
        property = settings.property_id.hasPrefix("properties/") ? String(settings.property_id.dropFirst(11)) : settings.property_id
        guard !property.isEmpty, property.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            throw SettingsProblem.single("setting 'property_id' is no number", connector: Self.spec.name)
        }
        let given = settings.token_url.flatMap { $0.isEmpty ? nil : $0 }
        api = DataAPI(settings, try ServiceAccountKey(file: settings.credentials_file, tokenURL: given), property, context)
        now = context.now()
        today = try Self.day(settings.as_of, "as_of") ?? Day(now)
        start = try Self.day(settings.start_date, "start_date") ?? today - min(max(1, settings.history_days), 36_525)
        lookBackDays = settings.look_back_days
    }

    private static func day(_ text: String?, _ name: String) throws -> Day? {
        guard let text, !text.isEmpty else { return nil }
        guard let day = Day(text) else { throw SettingsProblem.single("setting '\(name)' is no day such as 2026-11-01", connector: spec.name) }
        return day
    }

    /// The key gives a token, and the token may read the property.
    public func check() async throws { try await api.check() }

    /// The key has been read by `init`; what is left is whether it gives a token, and what the token may see.
    public func examine(_ streams: JSONObject, tell: @Sendable (Finding) -> Void) async {
        tell(Finding("key file", .ok, "a service account's, \(api.account)"))
        do {
            try await api.signIn()
            tell(Finding("token", .ok, "given for the key"))
        } catch {
            return tell(Finding("token", failed: error))
        }
        do {
            try await api.check()
            tell(Finding("property \(property)", .ok, "readable"))
        } catch {
            tell(Finding("property \(property)", failed: error))
        }
    }

    public func discover() async throws -> Catalog {
        let report = Report(config: [:])
        return Catalog(streams: [
            Catalog.Stream(
                name: "ga4_historical_summary", columns: report.columns(property, now).map(\.name), primaryKey: ["property_id", "date"],
                config: ["disposition": "merge"])
        ])
    }

    public static func loading(of stream: String, config: JSON) -> JSON {
        let key = ["property_id"] + Report(config: config).dimensions
        return ["disposition": "merge", "key": .array(key.map { .string(columnName($0)) }), "order_by": "fetched_at"]
    }

    /// The loader's form of a name: `eventName` becomes `event_name`.
    private static func columnName(_ name: String) -> String {
        var out = ""
        for character in name {
            if character.isUppercase, !out.isEmpty { out += "_" }
            out += character.isLetter || character.isNumber ? character.lowercased() : "_"
        }
        return out
    }

    /// What a stream asks for.
    struct Report {
        var dimensions: [String]
        var metrics: [String]

        init(config: JSON) {
            let more = config["dimensions"]?.arrayValue?.compactMap(\.stringValue).filter { $0 != "date" } ?? []
            dimensions = ["date"] + more
            let listed = config["metrics"]?.arrayValue?.compactMap(\.stringValue) ?? []
            metrics = listed.isEmpty ? ["sessions", "activeUsers", "eventCount"] : listed
        }

        /// Every value comes as a text; those of metrics are numbers.
        func columns(_ property: String, _ now: Timestamp) -> [RecordShape.Column] {
            [.init("property_id", constant: .string(property))]
                + dimensions.enumerated().map { .init($1, "rows[].dimensionValues[\($0)].value") }
                + metrics.enumerated().map { .init($1, "rows[].metricValues[\($0)].value", isLoose: true) }
                + [.init("fetched_at", constant: .string(now.description))]
        }
    }

    /// The cursor is the last day that had a row: `{through: day}`.
    public func read(_ request: ReadRequest, into sink: some RecordSink) async throws {
        let through = request.cursor["through"]?.stringValue.flatMap { Day($0) }
        guard let range = DayPlan(through: through, start: start, newest: today - 1, lookBackDays: lookBackDays).range else {
            return try await sink.checkpoint(request.cursor)
        }
        let isMerge = (request.config["disposition"]?.stringValue ?? "merge") == "merge"
        var report = Report(config: request.config)
        var newest = through
        var total = 0
        for slice in range.slices(days: max(1, request.config["slice_days"]?.intValue ?? (isMerge ? 366 : 1))) {
            let rows = try await read(slice, &report, min(max(1, request.config["page_rows"]?.intValue ?? 100_000), 250_000), into: sink)
            total += rows.count
            // A day that was not asked for moves no mark.
            newest = [newest, rows.newest.map { min($0, slice.last) }].compactMap(\.self).max()
        }
        await sink.state(records: total)
        await sink.record("quota", api.quota)
        try await sink.checkpoint(newest.map { ["through": .string($0.description)] } ?? request.cursor)
    }

    /// One report, page by page, until all of the rows that the source counts have come.
    private func read(_ days: DayRange, _ report: inout Report, _ limit: Int, into sink: some RecordSink) async throws -> (count: Int, newest: Day?) {
        var offset = 0
        var newest: Day?
        for _ in 0..<Self.pagesMax {
            let answer = try await answer(days, &report, offset, limit, into: sink)
            let rows = answer.json["rows"]?.arrayValue ?? []
            let stated = answer.json["rowCount"]?.intValue ?? rows.count
            let shape = RecordShape(records: "rows[]", columns: report.columns(property, now))
            try await sink.send(
                RecordBatch(
                    .bytes(answer.response.body), format: RawFormat(.json, shape: shape), window: "\(days)", source: "report \(days), from row \(offset)"))
            for row in rows { newest = [newest, row["dimensionValues"]?[0]?["value"]?.stringValue.flatMap { Day($0) }].compactMap(\.self).max() }
            if offset == 0 { await flag(answer.json["metadata"], days, into: sink) }
            offset += rows.count
            if offset >= stated { return (offset, newest) }
            guard !rows.isEmpty else {
                throw SourceProblem(
                    .notUnderstood, "the report has \(stated) rows and ends after \(offset)", at: "report \(days)",
                    remedy: "it is tried again: the report may have changed while it was read")
            }
        }
        throw SourceProblem(
            .notUnderstood, "the report has more than \(Self.pagesMax) pages", at: "report \(days)", remedy: "raise page_rows or lower slice_days", response: .stop)
    }

    /// A metric that the property does not have is named and left out; the others load.
    private func answer(
        _ days: DayRange, _ report: inout Report, _ offset: Int, _ limit: Int, into sink: some RecordSink
    ) async throws -> APIClient.Answer {
        while true {
            do {
                return try await api.report(report, days, offset: offset, limit: limit)
            } catch let refusal as DataAPI.Refusal {
                guard refusal.status == 400, report.metrics.count > 1, let metric = report.metrics.first(where: { refusal.names($0) }) else { throw refusal }
                report.metrics.removeAll { $0 == metric }
                await sink.note("the API refuses the metric \(metric)")
            }
        }
    }

    /// What the source says of the report's quality.
    private func flag(_ metadata: JSON?, _ days: DayRange, into sink: some RecordSink) async {
        guard let metadata else { return }
        await sink.record("metadata", metadata)
        if metadata["dataLossFromOtherRow"]?.boolValue == true { await sink.note("\(days): rare values are summed up as (other)") }
        if metadata["subjectToThresholding"]?.boolValue == true { await sink.note("\(days): small numbers are withheld") }
        if metadata["samplingMetadatas"]?.arrayValue?.isEmpty == false { await sink.note("\(days): the report is sampled") }
    }
}

/// Questions to the Data API, with a service account's token.
final class DataAPI: Sendable {
    struct Refusal: Problem {
        let status: Int
        let word: String
        /// The API's words, without secrets.
        let message: String
        let request: String
        let account: String

        /// Whether the message names this metric, as a word of its own.
        func names(_ metric: String) -> Bool {
            message.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != ":" }).contains { $0 == metric }
        }
        private var kind: SourceProblem.Kind {
            switch status {
            case 401: .credentialsRejected
            case 403: .permissionMissing
            default: .refused
            }
        }
        var code: ProblemCode { ProblemCode("extract.\(kind.rawValue)") }
        var summary: String { "Google refuses (\(status) \(word)): \(message)" }
        var location: ProblemLocation { .named(request) }
        var response: ProblemResponse { .stop }
        var remedy: String {
            switch kind {
            case .credentialsRejected: "check the service account's key in credentials_file"
            case .permissionMissing: "add \(account) as a viewer of the property, and enable the Google Analytics Data API in its project"
            default: "check property_id, dimensions and metrics"
            }
        }
    }

    private let root: String
    /// Who asks: the address of the service account.
    let account: String
    private let token: GoogleToken
    private let client: APIClient
    private let lastQuota = Mutex(JSON.null)

    init(_ settings: GoogleAnalytics4.Settings, _ key: ServiceAccountKey, _ property: String, _ context: ConnectorContext) {
        var url = settings.api_url
        while url.hasSuffix("/") { url.removeLast() }
        root = "\(url)/v1beta/properties/\(property)"
        let policy = APIClient.Policy(waitSecondsMax: Double(settings.wait_seconds_max))
        token = GoogleToken(key, scopes: ["https://www.googleapis.com/auth/analytics.readonly"], context: context, policy: policy)
        let account = key.clientEmail
        self.account = account
        client = APIClient(context, policy: policy) { request, response, json in Self.judge(request, response, json, account, context.now()) }
    }

    /// The quota as the last answer had it.
    var quota: JSON { lastQuota.withLock { $0 } }

    func check() async throws { _ = try await send(.get, "/metadata", []) }
    func signIn() async throws { _ = try await token.current() }

    func report(_ report: GoogleAnalytics4.Report, _ days: DayRange, offset: Int, limit: Int) async throws -> APIClient.Answer {
        let body: JSON = [
            "dateRanges": [["startDate": .string("\(days.first)"), "endDate": .string("\(days.last)")]],
            "dimensions": .array(report.dimensions.map { ["name": .string($0)] }), "metrics": .array(report.metrics.map { ["name": .string($0)] }),
            // Rows must not change places between two pages.
            "orderBys": .array(report.dimensions.map { ["dimension": ["dimensionName": .string($0)]] }),
            "limit": .string(String(limit)), "offset": .string(String(offset)), "keepEmptyRows": false, "returnPropertyQuota": true,
        ]
        let answer = try await send(.post, ":runReport", body.bytes)
        if let quota = answer.json["propertyQuota"] { lastQuota.withLock { $0 = quota } }
        return answer
    }

    private func send(_ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]) async throws -> APIClient.Answer {
        do {
            return try await sendOnce(method, path, body)
        } catch let refusal as Refusal where refusal.status == 401 {
            // A token may die before its time; a new one settles whether it was that.
            token.forget()
            return try await sendOnce(method, path, body)
        }
    }

    private func sendOnce(_ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]) async throws -> APIClient.Answer {
        let token = try await token.current()
        return try await client.send(
            HTTPRequest(
                method, root + path, headers: [.init("Authorization", "Bearer \(token)")] + (body.isEmpty ? [] : [.init("Content-Type", "application/json")]),
                body: body, bodyBytesMax: 256 << 20))
    }

    private static func judge(
        _ request: HTTPRequest, _ response: HTTPResponse, _ json: JSON, _ account: String, _ now: Timestamp
    ) -> APIClient.Verdict {
        if (200..<300).contains(response.status) { return json.objectValue == nil ? .passing("an answer that is no object") : .accepted }
        let error = json["error"]
        let word = error?["status"]?.stringValue ?? "without a reason"
        let token = request.headers.first { $0.name == "Authorization" }.map { String($0.value.dropFirst(7)) } ?? ""
        let message = String(Secrets([token]).blot(error?["message"]?.stringValue ?? "").prefix(300))
        switch response.status {
        case 429: return .limited("Google's quota is used up: \(message)", afterSeconds: APIClient.retryAfter(response, at: now))
        case 500...: return .passing("HTTP \(response.status) \(word)")
        default: return .refused(Refusal(status: response.status, word: word, message: message, request: request.label, account: account))
        }
    }
}
