public import ConnectorKit
internal import HTTP
public import Kernel
internal import Landing

/// Facebook pages through the Graph API: daily metrics of each page, and how each post does.
///
/// Metrics are asked for by words that stay (`reach`), and the names that the API has for them change: `FacebookMetric` knows
/// which name to try first. A metric that the API refuses is named in the report and left out; the others load.
public struct FacebookPages: Connector {
    public static let spec = ConnectorSpec(
        name: "facebook_pages", summary: "Facebook pages: daily page metrics and the performance of posts",
        options: [
            ConnectorOption("page_ids", .text, "the pages' ids, with commas between them", isRequired: true),
            ConnectorOption("token", .text, "a page access token with read_insights and pages_read_engagement", isRequired: true, isSecret: true),
            ConnectorOption("api_url", .text, "where the Graph API is", standard: "https://graph.facebook.com"),
            ConnectorOption("api_version", .text, "the version to speak", standard: "v26.0"),
            ConnectorOption("start_date", .text, "the first day to read, YYYY-MM-DD; left out: history_days before today"),
            ConnectorOption("history_days", .integer, "how far the first reading goes back, at most 730", standard: 30),
            ConnectorOption("look_back_days", .integer, "read days again that the source may restate", standard: 3),
            ConnectorOption("usage_percent_max", .integer, "pause once this much of the source's limit is used up", standard: 90),
            ConnectorOption("wait_seconds_max", .integer, "how long a task waits for limits before it gives its place to others", standard: 120),
            ConnectorOption("as_of", .text, "the day that counts as today, YYYY-MM-DD; for rehearsals"),
        ],
        streamOptions: [
            ConnectorOption("metrics", .list, "words (views, likes, reach, impressions, engagements; for posts impressions, reach, clicks, engaged_users, reactions) or the API's own names"),
            ConnectorOption("slice_days", .integer, "days in one request, at most 90; left out: 90 for merge, else 1"),
            ConnectorOption("posts_days", .integer, "posts not older than this", standard: 90),
            ConnectorOption("page_rows", .integer, "posts in one request, at most 100", standard: 100),
        ],
        example: """
            extract:
              - connector: facebook_pages
                settings: {page_ids: "${FB_PAGE_ID}", token: "${FB_ACCESS_TOKEN}"}
                streams:
                  page_insights_daily: {disposition: merge}
                  post_performance: {disposition: snapshot}
            """)

    public struct Settings: Decodable, Sendable {
        var page_ids: String
        var token: String
        var api_url: String
        var api_version: String
        var start_date: String?
        var history_days: Int
        var look_back_days: Int
        var usage_percent_max: Int
        var wait_seconds_max: Int
        var as_of: String?
    }

    static let idlePagesMax = 3
    enum Stream: String, CaseIterable { case page_insights_daily, post_performance }

    private let pages: [String]
    private let graph: GraphAPI
    private let plan: @Sendable (Day?) -> DayPlan
    private let today: Day
    private let now: Timestamp

    public init(settings: Settings, context: ConnectorContext) throws {
        pages = settings.page_ids.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
        guard !pages.isEmpty, pages.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }) else {
            throw SettingsProblem.single("setting 'page_ids' is no list of numbers with commas between them", connector: Self.spec.name)
        }
        guard !settings.token.isEmpty else { throw SettingsProblem.single("setting 'token' is empty", connector: Self.spec.name) }
        graph = GraphAPI(settings, context)
        now = context.now()
        let today = try Self.day(settings.as_of, "as_of") ?? PacificTime.day(of: context.now())
        self.today = today
        // The API keeps two years.
        let start = try Self.day(settings.start_date, "start_date") ?? today - min(max(1, settings.history_days), 730)
        let lookBack = settings.look_back_days
        // A day is over when the next one has begun.
        plan = { DayPlan(through: $0, start: start, newest: today - 1, lookBackDays: lookBack) }
    }

    private static func day(_ text: String?, _ name: String) throws -> Day? {
        guard let text, !text.isEmpty else { return nil }
        guard let day = Day(text) else { throw SettingsProblem.single("setting '\(name)' is no day such as 2026-11-01", connector: spec.name) }
        return day
    }

    /// Each page is seen, and its insights may be read.
    public func check() async throws {
        for page in pages {
            _ = try await graph.get(page, [.init("fields", "id,name")])
            try await readInsight(of: page)
        }
    }

    private func readInsight(of page: String) async throws {
        do {
            _ = try await graph.insights(of: page, metrics: ["page_views_total"], DayRange(today - 2, today - 2))
        } catch let refusal as GraphRefusal where refusal.isOfMetric {
            // The metric is gone, and the permission is not what was lacking.
        }
    }

    public func examine(_ streams: JSONObject, tell: @Sendable (Finding) -> Void) async {
        for name in streams.keys where Stream(rawValue: name) == nil { tell(Finding("stream \(name)", failed: Self.unknown(name))) }
        var isTokenTold = false
        for page in pages {
            do {
                let name = try await graph.get(page, [.init("fields", "id,name")]).json["name"]?.stringValue ?? ""
                if !isTokenTold { tell(Finding("token", .ok, "valid")) }
                isTokenTold = true
                tell(Finding("page \(page)", .ok, "readable\(name.isEmpty ? "" : ", '\(name.prefix(60))'")"))
            } catch let refusal as GraphRefusal where refusal.kind == .credentialsRejected {
                // Nobody gets in with it: the other pages would say the same.
                return tell(Finding("token", failed: refusal))
            } catch let problem as SourceProblem where problem.kind == .unavailable {
                // Who has waited for one answer need not wait for as many as there are pages.
                return tell(Finding("page \(page)", failed: problem))
            } catch {
                tell(Finding("page \(page)", failed: error))
                continue
            }
            do {
                try await readInsight(of: page)
                tell(Finding("page \(page) insights", .ok, "read_insights is granted"))
            } catch {
                tell(Finding("page \(page) insights", failed: error))
            }
        }
    }

    public func discover() async throws -> Catalog {
        Catalog(
            streams: Stream.allCases.map { stream in
                let loading = Self.loading(of: stream.rawValue, config: [:])
                return Catalog.Stream(
                    name: stream.rawValue,
                    columns: stream == .page_insights_daily ? Self.insightColumns("", [:], Timestamp(microseconds: 0)).map(\.name)
                        : Self.postColumns("", [:], Timestamp(microseconds: 0)).map(\.name) + FacebookMetric.posts.map(\.word),
                    primaryKey: loading["key"]?.arrayValue?.compactMap(\.stringValue) ?? [], config: ["disposition": loading["disposition"] ?? .null])
            })
    }

    public static func loading(of stream: String, config: JSON) -> JSON {
        switch Stream(rawValue: stream) {
        case .page_insights_daily:
            ["disposition": "merge", "key": ["page_id", "metric", "period", "end_time"], "order_by": "fetched_at"]
        case .post_performance: ["disposition": "snapshot", "key": ["post_id", "snapshot_at"]]
        case nil: [:]
        }
    }

    public func read(_ request: ReadRequest, into sink: some RecordSink) async throws {
        switch Stream(rawValue: request.stream) {
        case .page_insights_daily: try await readInsights(request, into: sink)
        case .post_performance: try await readPosts(request, into: sink)
        case nil: throw Self.unknown(request.stream)
        }
    }

    private static func unknown(_ stream: String) -> SettingsProblem {
        .single("there is no stream '\(stream)'; there are: \(Stream.allCases.map(\.rawValue).joined(separator: ", "))", connector: spec.name)
    }

    // MARK: Page insights

    /// The cursor is the last day of which each page has had values: `{pages: {id: day}}`.
    private func readInsights(_ request: ReadRequest, into sink: some RecordSink) async throws {
        var cursor = request.cursor["pages"]?.objectValue ?? JSONObject()
        // Only windows of one day fall on those of another run, where windows are what is replaced.
        let isMerge = (request.config["disposition"]?.stringValue ?? "merge") == "merge"
        let sliceDays = min(max(1, request.config["slice_days"]?.intValue ?? (isMerge ? 90 : 1)), 90)
        var names: FacebookMetric.Names?
        for page in pages {
            let through = cursor[page]?.stringValue.flatMap { Day($0) }
            guard let range = plan(through).range else { continue }
            var newest = through
            for slice in range.slices(days: sliceDays) {
                if names == nil {
                    let wanted = FacebookMetric.wanted(request.config, standard: FacebookMetric.page)
                    names = try await FacebookMetric.resolve(wanted, today: today, into: sink) { names in
                        _ = try await graph.insights(of: page, metrics: names, DayRange(slice.first, slice.first))
                    }
                }
                let words = names?.words ?? [:]
                let answer = try await graph.insights(of: page, metrics: words.keys.sorted(), slice)
                let shape = RecordShape(records: "data[].values[]", columns: Self.insightColumns(page, words, now))
                try await sink.send(
                    RecordBatch(
                        .bytes(graph.withoutSecrets(answer.response.body)), format: RawFormat(.json, shape: shape), window: "\(page)/\(slice)",
                        source: "\(page)/insights \(slice)"))
                // A day that was not asked for moves no mark.
                newest = [newest, Self.newestDay(in: answer.json).map { min($0, slice.last) }].compactMap(\.self).max()
            }
            if let newest { cursor[page] = .string(newest.description) }
        }
        await recordUsage(in: sink)
        try await sink.checkpoint(["pages": .object(cursor)])
    }

    static func insightColumns(_ page: String, _ words: [String: String], _ now: Timestamp) -> [RecordShape.Column] {
        [
            .init("page_id", constant: .string(page)), .init("metric", "data[].name"), .init("metric_word", paths: ["data[].name"], words: words),
            .init("period", "data[].period"), .init("end_time", "data[].values[].end_time"), .init("value", "data[].values[].value"),
            .init("fetched_at", constant: .string(now.description)),
        ]
    }

    /// A day's value ends at the next midnight in California, 07:00 or 08:00 UTC; twelve hours earlier it is that day everywhere.
    private static func newestDay(in json: JSON) -> Day? {
        (json["data"]?.arrayValue ?? []).flatMap { $0["values"]?.arrayValue ?? [] }.compactMap { value in
            value["end_time"]?.stringValue.flatMap { Day(String($0.prefix(10))) }.map { $0 - 1 }
        }.max()
    }

    // MARK: Posts

    private func readPosts(_ request: ReadRequest, into sink: some RecordSink) async throws {
        let wanted = FacebookMetric.wanted(request.config, standard: FacebookMetric.posts)
        let since = today - min(max(1, request.config["posts_days"]?.intValue ?? 90), 36_525)
        var names: FacebookMetric.Names?
        for page in pages {
            if names == nil {
                names = try await FacebookMetric.resolve(wanted, today: today, into: sink) { names in
                    _ = try await graph.posts(of: page, metrics: names, since: since, after: nil, limit: 1)
                }
            }
            try await readPosts(of: page, names?.words ?? [:], since: since, limit: min(max(1, request.config["page_rows"]?.intValue ?? 100), 100), into: sink)
        }
        await recordUsage(in: sink)
    }

    private func readPosts(of page: String, _ words: [String: String], since: Day, limit: Int, into sink: some RecordSink) async throws {
        var limit = limit
        var after: String?
        var seen: Set<String> = []
        var idlePages = 0
        for number in 1...GraphAPI.pagesMax {
            let answer: APIClient.Answer
            do {
                answer = try await graph.posts(of: page, metrics: words.keys.sorted(), since: since, after: after, limit: limit)
            } catch let refusal as GraphRefusal where refusal.isTooMuch && limit > 1 {
                limit /= 2
                continue
            }
            let shape = RecordShape(records: "data[]", columns: Self.postColumns(page, words, now))
            try await sink.send(
                RecordBatch(
                    .bytes(graph.withoutSecrets(answer.response.body)), format: RawFormat(.json, shape: shape), window: page,
                    source: "\(page)/posts, page \(number)"))
            // A short or an empty page may have a successor, so the end is where `next` is absent, and not where posts are.
            let paging = answer.json["paging"]
            guard paging?["next"]?.stringValue != nil else { return }
            let next = paging?["cursors"]?["after"]?.stringValue
            let isNew = next.map { seen.insert($0).inserted } ?? false
            // A page without posts that leads to itself is asked for again, for a while: the source may only have been slow.
            let isIdle = !isNew && answer.json["data"]?.arrayValue?.isEmpty == true
            if isIdle { idlePages += 1 }
            guard let next, isNew || isIdle && idlePages <= Self.idlePagesMax else {
                throw SourceProblem(
                    .notUnderstood, "the source names a next page of posts and no way to it that has not been gone", at: "\(page)/posts, page \(number)",
                    remedy: "it is tried again; report it with the landed pages if it comes back")
            }
            after = next
        }
        throw SourceProblem(
            .notUnderstood, "the source has more than \(GraphAPI.pagesMax) pages of posts", at: "\(page)/posts", remedy: "lower posts_days", response: .stop)
    }

    static func postColumns(_ page: String, _ words: [String: String], _ now: Timestamp) -> [RecordShape.Column] {
        let metrics = Dictionary(grouping: words.sorted { $0.key < $1.key }, by: \.value).sorted { $0.key < $1.key }
        let known = Set(metrics.map(\.key))
        return [
            .init("page_id", constant: .string(page)), .init("post_id", "data[].id"), .init("message", "data[].message"),
            .init("created_time", "data[].created_time"), .init("permalink_url", "data[].permalink_url"), .init("status_type", "data[].status_type"),
            .init("shares", "data[].shares.count"), .init("comments", "data[].comments.summary.total_count"),
        ] + metrics.map { word, names in .init(word, paths: names.map { "data[].insights.data[name=\($0.key)].values[0].value" }) }
            // What no metric fills is a column all the same, so that models need not ask whether it is there.
            + FacebookMetric.posts.map(\.word).filter { !known.contains($0) && !words.isEmpty }.map { .init($0, paths: []) }
            + [.init("insights", "data[].insights.data"), .init("snapshot_at", constant: .string(now.description))]
    }

    private func recordUsage(in sink: some RecordSink) async {
        if let percent = graph.usagePercent { await sink.record("usage_percent", .double(percent)) }
    }
}
