import Kernel

/// An error of the Graph API, in its own words.
struct GraphError: Error {
    var status = 400
    var type = "OAuthException"
    var code: Int
    var subcode: Int?
    var message: String
    var isTransient = false

    func json(trace: String) -> JSON {
        var error: JSON = ["message": .string(message), "type": .string(type), "code": JSON(code)]
        if let subcode { error["error_subcode"] = JSON(subcode) }
        error["is_transient"] = .bool(isTransient)
        error["fbtrace_id"] = .string(trace)
        return ["error": error]
    }

    static let noToken = GraphError(code: 104, message: "An access token is required to request this resource.")
    static let noTokenForMe = GraphError(code: 2500, message: "An active access token must be used to query information about the current user.")
    static let brokenToken = GraphError(code: 190, message: "Invalid OAuth access token - Cannot parse access token")
    static func tokenExpired(subcode: Int = 463) -> GraphError {
        let reason = [
            458: "The user has not authorized application 990000000000099.", 460: "The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.",
            467: "The session is invalid because the user logged out.",
        ][subcode] ?? "Session has expired on Saturday, 01-Jan-26 00:00:00 PST."
        return GraphError(code: 190, subcode: subcode, message: "Error validating access token: \(reason)")
    }
    static func permission(_ code: Int = 200) -> GraphError {
        let need = "Requires read_insights and pages_read_engagement permission, and the ANALYZE task on the page"
        return code == 10
            ? GraphError(status: 403, code: 10, message: "(#10) This endpoint requires the 'pages_read_engagement' permission or the 'Page Public Content Access' feature.")
            : GraphError(status: 403, code: code, message: "(#\(code)) \(need)")
    }
    static func rateLimit(_ code: Int) -> GraphError {
        switch code {
        case 4: GraphError(code: 4, subcode: 1504022, message: "(#4) Application request limit reached", isTransient: true)
        case 17: GraphError(code: 17, subcode: 2446079, message: "(#17) User request limit reached", isTransient: true)
        case 613: GraphError(code: 613, subcode: 1487742, message: "(#613) Calls to this api have exceeded the rate limit.", isTransient: true)
        case 80000...: GraphError(code: code, subcode: 2446079, message: "(#\(code)) There have been too many calls to this Page account. Wait a bit and try again.", isTransient: true)
        default: GraphError(code: code, message: "(#\(code)) Page request limit reached", isTransient: true)
        }
    }
    static let badMetric = GraphError(code: 100, message: "(#100) The value must be a valid insights metric")
    static let noMetric = GraphError(code: 3001, subcode: 1504028, message: "No metric was specified to be fetched. Please specify one or more metrics to be fetched and try again.")
    static let tooMuchData = GraphError(status: 500, code: 1, message: "Please reduce the amount of data you're asking for, then retry your request")
    static let temporary = GraphError(status: 500, code: 2, message: "An unexpected error has occurred. Please retry your request later.", isTransient: true)
    static func bad(_ message: String) -> GraphError { GraphError(code: 100, message: "(#100) \(message)") }
    static func missing(_ id: String, method: String = "get") -> GraphError {
        GraphError(
            type: "GraphMethodException", code: 100, subcode: 33,
            message: "Unsupported \(method) request. Object with ID '\(id)' does not exist, cannot be loaded due to missing permissions, or does not support this operation")
    }
}

/// The Graph API for pages, as far as insights and posts go.
struct Graph {
    static let versions = 21...26
    static let insightsSpanDaysMax = 90
    static let postsLimitMax = 100

    let world: World
    let today: Day
    /// The token that opens every page.
    let token: String
    /// Metrics that a fault has taken away.
    let gone: Set<String>
    let request: SandboxRequest

    func answer() throws(GraphError) -> JSON {
        var parts = request.path.split(separator: "/").map(String.init)
        if let first = parts.first, first.first == "v", let version = Double(first.dropFirst()) {
            guard Self.versions.contains(Int(version)) else { throw GraphError(code: 2500, message: "Unknown path components: /\(parts.joined(separator: "/"))") }
            parts.removeFirst()
        }
        guard let node = parts.first else { throw GraphError(type: "GraphMethodException", code: 100, message: "Unsupported get request.") }
        guard request.method == "GET" || request.method == "HEAD" else { throw .missing(node, method: request.method.lowercased()) }
        if node == "debug_token" { return debugToken() }
        try authorize(isMe: node == "me")
        if node == "me", parts.count == 2, parts[1] == "accounts" { return accounts() }
        if let page = node == "me" ? world.pages.first : world.page(node) { return try answer(page: page, edge: parts.dropFirst()) }
        let owner = node.split(separator: "_").first.flatMap { world.page(String($0)) }
        guard let owner, let post = world.posts(of: owner, today: today).first(where: { $0.id == node }) else { throw .missing(node) }
        return try answer(post: post, edge: parts.dropFirst())
    }

    private func authorize(isMe: Bool) throws(GraphError) {
        guard let given = request["access_token"] ?? request.bearer, !given.isEmpty else { throw isMe ? .noTokenForMe : .noToken }
        switch given {
        case token: return
        case Sandbox.expiredToken: throw .tokenExpired()
        case Sandbox.powerlessToken: throw .permission()
        default: throw .brokenToken
        }
    }

    private func debugToken() -> JSON {
        let isValid = request["input_token"] == token
        return [
            "data": [
                "app_id": "990000000000099", "type": "PAGE", "application": "Synthetic Sandbox", "is_valid": .bool(isValid), "expires_at": 0,
                "scopes": isValid ? ["read_insights", "pages_read_engagement", "pages_show_list"] : [],
            ]
        ]
    }

    private func accounts() -> JSON {
        ["data": .array(world.pages.map { ["access_token": .string(token), "category": "Karaoke Bar", "name": .string($0.name), "id": .string($0.id), "tasks": ["ANALYZE"]] })]
    }

    // MARK: Nodes

    private func answer(page: World.Page, edge: ArraySlice<String>) throws(GraphError) -> JSON {
        switch edge.first {
        case nil:
            let fields = try fields() ?? [FieldExpression(name: "name")]
            var json: JSON = [:]
            for field in fields {
                switch field.name {
                case "id": break
                case "name": json["name"] = .string(page.name)
                case "category": json["category"] = "Karaoke Bar"
                case "link": json["link"] = .string("https://www.facebook.com/\(page.id)")
                case "followers_count", "fan_count":
                    let level = InsightMetric.ofPages.first { $0.name == "page_follows" }
                    json[field.name] = level.flatMap { world.value(of: $0, page: page, day: today, today: today) }
                case "access_token": json["access_token"] = .string(token)
                default: throw .bad("Tried accessing nonexisting field (\(field.name)) on node type (Page)")
                }
            }
            json["id"] = .string(page.id)
            return json
        case "insights":
            return try insights(of: page, metrics: edge.count > 1 ? [edge[edge.startIndex + 1]] : metricsAsked())
        case "posts", "published_posts", "feed":
            return try posts(of: page)
        case let name?:
            throw GraphError(code: 2500, message: "Unknown path components: /\(name)")
        }
    }

    private func answer(post: Post, edge: ArraySlice<String>) throws(GraphError) -> JSON {
        guard let name = edge.first else { return try json(post, try fields() ?? Self.defaultPostFields) }
        guard name == "insights" else { throw GraphError(code: 2500, message: "Unknown path components: /\(name)") }
        return try insights(of: post, names: edge.count > 1 ? [edge[edge.startIndex + 1]] : metricsAsked())
    }

    // MARK: Insights of a page

    private func insights(of page: World.Page, metrics names: [String]) throws(GraphError) -> JSON {
        let metrics = try metrics(names, of: InsightMetric.ofPages)
        let periods: [String]
        switch request["period"] {
        case nil: periods = ["day", "week", "days_28"]
        case let period? where ["day", "week", "days_28", "month", "lifetime", "total_over_range"].contains(period): periods = [period]
        case let period?: throw .bad("For field 'insights': period must be one of the following values: day, week, days_28, month, lifetime, total_over_range; not \(period)")
        }
        let (since, until) = try window()
        // Kept for two years; older days are silently absent.
        let days = (max(since, today - World.insightsDaysMax).number..<max(until, since).number).map { Day(number: $0) }.filter { $0 <= today }
        var data: [JSON] = []
        for metric in metrics {
            for period in periods {
                let length = ["day": 1, "week": 7, "days_28": 28, "total_over_range": until - since][period] ?? 0
                let shown = period == "total_over_range" ? Array(days.suffix(1)) : days
                var values: [JSON] = []
                for day in shown {
                    guard length > 0, let value = world.value(of: metric, page: page, day: day, days: length, today: today) else { continue }
                    values.append(["value": value, "end_time": .string((day + 1).pacificMidnight)])
                }
                // A metric that is not offered for a period is left out, not refused.
                guard !values.isEmpty else { continue }
                data.append([
                    "name": .string(metric.name), "period": .string(period), "values": .array(values), "title": .string("\(Self.word(for: period)) \(metric.title)"),
                    "description": .string("Synthetic. \(metric.title)."), "id": .string("\(page.id)/insights/\(metric.name)/\(period)"),
                ])
            }
        }
        let span = until - since
        return [
            "data": .array(data),
            // There is always a next window, even past the last day: clients stop by themselves.
            "paging": [
                "previous": .string(link(["since": String((since - span).midnightUTC), "until": String(since.midnightUTC)])),
                "next": .string(link(["since": String(until.midnightUTC), "until": String((until + span).midnightUTC)])),
            ],
        ]
    }

    private static func word(for period: String) -> String { ["day": "Daily", "week": "Weekly", "days_28": "28 Days"][period] ?? "Total" }

    private func metricsAsked() -> [String] {
        guard let text = request["metric"], !text.isEmpty else { return [] }
        if let list = (try? JSON(parsing: text))?.arrayValue { return list.compactMap(\.stringValue) }
        return text.split(separator: ",").map { String($0.drop { $0 == " " }) }
    }

    /// One metric that is not known, or not any more, fails the whole request.
    private func metrics(_ names: [String], of known: [InsightMetric]) throws(GraphError) -> [InsightMetric] {
        guard !names.isEmpty else { throw .noMetric }
        var metrics: [InsightMetric] = []
        for name in names {
            guard let metric = known.first(where: { $0.name == name }), metric.isServed(on: today), !gone.contains(name) else { throw .badMetric }
            metrics.append(metric)
        }
        return metrics
    }

    /// The days asked for: from the first, up to but without the second.
    private func window() throws(GraphError) -> (since: Day, until: Day) {
        if let preset = request["date_preset"], request["since"] == nil {
            let first = today - today.civil.day + 1
            switch preset {
            case "today": return (today, today + 1)
            case "yesterday": return (today - 1, today)
            case "this_month": return (first, today + 1)
            case "last_month": return (first - (first - 1).civil.day, first)
            default:
                guard preset.hasPrefix("last_"), preset.hasSuffix("d"), let count = Int(preset.dropFirst(5).dropLast()), [3, 7, 14, 28, 30, 90].contains(count) else {
                    throw .bad("date_preset must be a valid date preset, not \(preset)")
                }
                return (today - count, today)
            }
        }
        let until = try request["until"].map { text throws(GraphError) in try day(text, "until") }
        let since = try request["since"].map { text throws(GraphError) in try day(text, "since") }
        let last = until ?? since.map { min($0 + Self.insightsSpanDaysMax, max(today, $0) + 1) } ?? today + 1
        let first = since ?? last - 2
        guard first <= last else { throw .bad("since param must be before until") }
        guard last - first <= Self.insightsSpanDaysMax else {
            throw .bad("There cannot be more than \(Self.insightsSpanDaysMax) days (\(Self.insightsSpanDaysMax * 86_400) s) between since and until")
        }
        return (first, last)
    }

    private func day(_ text: String, _ name: String) throws(GraphError) -> Day { Day(number: try seconds(text, name) / 86_400) }

    /// Seconds since 1970 of `YYYY-MM-DD`, of a time or of a number.
    private func seconds(_ text: String, _ name: String) throws(GraphError) -> Int {
        if let day = Day(text) { return day.midnightUTC }
        if let number = Int(text), number >= 0 { return number }
        if let time = Timestamp(rfc3339: text.replacingSuffix("+0000", by: "Z")) { return Int(time.seconds) }
        switch text {
        case "today", "now": return today.midnightUTC
        case "yesterday": return (today - 1).midnightUTC
        default: throw .bad("Param \(name) must be a valid date/time or UNIX timestamp")
        }
    }

    // MARK: Posts

    private static let defaultPostFields = ["created_time", "message"].map { FieldExpression(name: $0) }

    private func fields() throws(GraphError) -> [FieldExpression]? {
        guard var text = request["fields"], !text.isEmpty else { return nil }
        if let list = (try? JSON(parsing: text))?.arrayValue { text = list.compactMap(\.stringValue).joined(separator: ",") }
        guard let fields = FieldExpression.read(text) else {
            throw GraphError(code: 2500, message: "Syntax error \"Expected end of string instead of \"(\".\" at character \(text.count): \(text)")
        }
        return fields
    }

    private func posts(of page: World.Page) throws(GraphError) -> JSON {
        let fields = try fields() ?? Self.defaultPostFields
        let limit: Int
        switch request["limit"].map({ Int($0) }) {
        case nil: limit = 25
        case let number?? where (1...Self.postsLimitMax).contains(number): limit = number
        case .some: throw .bad("For field 'posts': limit must be between 1 and \(Self.postsLimitMax)")
        }
        var posts = world.posts(of: page, today: today)
        if let text = request["since"] { let since = try seconds(text, "since"); posts.removeAll { $0.createdAt < since } }
        if let text = request["until"] { let until = try seconds(text, "until"); posts.removeAll { $0.createdAt >= until } }

        var start = 0
        if let cursor = request["after"] {
            let number = try Self.number(of: cursor)
            start = posts.firstIndex { $0.number < number } ?? posts.count
        } else if let cursor = request["before"] {
            let number = try Self.number(of: cursor)
            start = max(0, (posts.firstIndex { $0.number <= number } ?? posts.count) - limit)
        }
        let shown = posts[start..<min(start + limit, posts.count)]
        guard let first = shown.first, let last = shown.last else { return ["data": []] }

        var paging: JSON = ["cursors": ["before": .string(Self.cursor(first.number)), "after": .string(Self.cursor(last.number))]]
        if shown.endIndex < posts.count { paging["next"] = .string(link(["after": Self.cursor(last.number), "before": nil])) }
        if start > 0 { paging["previous"] = .string(link(["before": Self.cursor(first.number), "after": nil])) }
        var data: [JSON] = []
        for post in shown { data.append(try json(post, fields)) }
        return ["data": .array(data), "paging": paging]
    }

    /// Cursors mean nothing to a client, and they begin as the vendor's do.
    static func cursor(_ number: Int) -> String { "QVFIU" + Base64.encode(Array("synthetic:\(number)".utf8)) }
    private static func number(of cursor: String) throws(GraphError) -> Int {
        guard cursor.hasPrefix("QVFIU"), let bytes = Base64.decode(cursor.dropFirst(5)), case let text = String(decoding: bytes, as: UTF8.self),
            text.hasPrefix("synthetic:"), let number = Int(text.dropFirst(10))
        else { throw .bad("Invalid cursor") }
        return number
    }

    private func json(_ post: Post, _ fields: [FieldExpression]) throws(GraphError) -> JSON {
        var json: JSON = [:]
        for field in fields {
            switch field.name {
            case "id": json["id"] = .string(post.id)
            case "message": if let message = world.message(of: post) { json["message"] = .string(message) }
            case "created_time", "updated_time": json[field.name] = .string(post.createdTime)
            case "permalink_url": json["permalink_url"] = .string(post.link)
            case "status_type": json["status_type"] = .string(post.statusType)
            case "is_published": json["is_published"] = true
            case "from": json["from"] = ["name": .string(post.page.name), "id": .string(post.page.id)]
            case "shares":
                let count = world.shares(of: post, today: today)
                if count > 0 { json["shares"] = ["count": JSON(count)] }
            // Read with `.limit(0).summary(total_count)`; what they hold is not served.
            case "comments": json["comments"] = ["data": [], "summary": ["order": "chronological", "total_count": JSON(world.comments(of: post, today: today))]]
            case "reactions", "likes": json[field.name] = ["data": [], "summary": ["total_count": JSON(world.reactions(of: post, today: today))]]
            case "insights":
                let names = (field.arguments["metric"] ?? "").split(separator: ",").map { String($0.drop { $0 == " " }) }
                json["insights"] = try insights(of: post, names: names, period: field.arguments["period"])
            case "story", "full_picture", "parent_id": break
            default: throw .bad("Tried accessing nonexisting field (\(field.name)) on node type (Post)")
            }
        }
        json["id"] = .string(post.id)
        return json
    }

    private func insights(of post: Post, names: [String], period: String? = nil) throws(GraphError) -> JSON {
        var data: [JSON] = []
        for metric in try metrics(names, of: InsightMetric.ofPosts) where (period ?? request["period"] ?? "lifetime") == "lifetime" {
            guard let value = world.value(of: metric, post: post, today: today) else { continue }
            data.append([
                "name": .string(metric.name), "period": "lifetime", "values": [["value": value]], "title": .string("Lifetime \(metric.title)"),
                "description": .string("Synthetic. \(metric.title)."), "id": .string("\(post.id)/insights/\(metric.name)/lifetime"),
            ])
        }
        let path = "\(request.origin)/\(post.id)/insights?access_token=\(Percent.encode(token))"
        return [
            "data": .array(data),
            "paging": ["previous": .string("\(path)&since=\((today - 2).midnightUTC)&until=\(today.midnightUTC)"), "next": .string("\(path)&since=\((today + 1).midnightUTC)&until=\((today + 3).midnightUTC)")],
        ]
    }

    // MARK: Links

    /// This request again with other parameters; nil takes one away. Like the vendor's, the link holds the token.
    private func link(_ changes: [String: String?]) -> String {
        var query = request.query.filter { changes[$0.name] == nil }
        if request["access_token"] == nil { query.append(("access_token", token)) }
        for change in changes.sorted(by: { $0.key < $1.key }) { if let value = change.value { query.append((change.key, value)) } }
        return "\(request.origin)\(request.path)?" + query.map { "\(Percent.encode($0.name))=\(Percent.encode($0.value))" }.joined(separator: "&")
    }
}

extension String {
    fileprivate func replacingSuffix(_ suffix: String, by other: String) -> String { hasSuffix(suffix) ? dropLast(suffix.count) + other : self }
}
