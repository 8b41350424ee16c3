import Kernel

/// The vendors, played: takes requests, keeps the day, the faults asked for and a log of what came in.
public actor Sandbox {
    /// Tokens with a fate, beside the one that works.
    public static let expiredToken = "sandbox-expired-token", powerlessToken = "sandbox-token-without-permission"
    static let logMax = 10_000, faultsMax = 1000, keptReportsMax = 4, issuedTokensMax = 1000
    static let scopes = ["https://www.googleapis.com/auth/analytics.readonly", "https://www.googleapis.com/auth/analytics"]

    public struct Settings: Sendable {
        public var seed: UInt64 = 1
        public var today: Day
        /// Today is the clock's, in UTC, until someone moves it.
        public var followsClock = false
        /// Read again at each request, where it is given and there.
        public var todayFile: String?
        public var pages = World.defaultPages
        public var properties = World.defaultProperties
        /// The page access token that works.
        public var token = "sandbox-page-token"
        /// How long an exchanged access token lives.
        public var tokenSeconds = 3599
        /// Graph calls in an hour before the rate limit answers.
        public var callsPerHour = 20_000
        /// Analytics quota tokens of a property in an hour.
        public var quotaPerHour = 40_000
        public init(today: Day) { self.today = today }
    }

    public private(set) var today: Day
    private var settings: Settings
    private let world: World
    private let account: ServiceAccount
    /// Reads a small file; nil where it is not there.
    private let readFile: @Sendable (String) -> String?
    private var faults: [Fault] = []
    private var log: [JSON] = []
    private var issued: [String: Double] = [:]
    private var calls: [Double] = []
    private var spent: [(at: Double, tokens: Int)] = []
    private var reports: [(key: String, whole: Analytics.Whole)] = []

    public init(settings: Settings, account: ServiceAccount = ServiceAccount(), readFile: @escaping @Sendable (String) -> String? = { _ in nil }) {
        self.settings = settings
        self.account = account
        self.readFile = readFile
        today = settings.today
        world = World(seed: settings.seed, pages: settings.pages, properties: settings.properties)
    }

    /// Answers one request that comes in `now`, in seconds since 1970.
    public func answer(_ request: SandboxRequest, now: Double) -> SandboxAnswer {
        if settings.followsClock { today = Day(number: Int(now) / 86_400) }
        if let file = settings.todayFile, let text = readFile(file), let day = Day(text.prefix(10)) { today = day }
        if request.path.hasPrefix("/_sandbox") { return control(request) }
        let fault = takeFault(for: request)
        var answer = vendor(request, fault, now)
        spoil(&answer, fault, request)
        note(request, answer, fault, now)
        return answer
    }

    // MARK: The vendors

    private enum Vendor { case graph, analytics, tokens }
    private func vendor(of request: SandboxRequest) -> Vendor {
        request.path == "/token" ? .tokens : request.path.hasPrefix("/v1beta/") ? .analytics : .graph
    }

    private func vendor(_ request: SandboxRequest, _ fault: Fault?, _ now: Double) -> SandboxAnswer {
        switch vendor(of: request) {
        case .graph: graph(request, fault, now)
        case .analytics: analytics(request, fault, now)
        case .tokens: exchange(request, fault, now)
        }
    }

    // MARK: Graph

    private func graph(_ request: SandboxRequest, _ fault: Fault?, _ now: Double) -> SandboxAnswer {
        calls.append(now)
        calls.removeAll { $0 <= now - 3600 }
        let percent = fault?.kind == .usage ? fault?.percent ?? 0 : fault?.kind == .rateLimit ? 100 : min(100, calls.count * 100 / settings.callsPerHour)
        // A fault says itself how long it lasts; the real limit lets go of its oldest calls within minutes.
        var headers = usage(of: request, percent: percent, regainMinutes: fault?.regainMinutes ?? (percent >= 100 ? 1 : 0))
        headers.append(("Content-Type", "application/json; charset=UTF-8"))
        headers.append(("facebook-api-version", "v26.0"))
        if let seconds = fault?.retryAfterSeconds { headers.append(("Retry-After", String(seconds))) }
        do throws(GraphError) {
            if let fault { try graphFault(fault, request) }
            guard calls.count <= settings.callsPerHour else { throw .rateLimit(32) }
            let gone = Set(faults.filter { $0.kind == .metricGone }.map(\.metric))
            let json = try Graph(world: world, today: today, token: settings.token, gone: gone, request: request).answer()
            return SandboxAnswer(headers: headers, body: json.bytes)
        } catch {
            headers.append(("WWW-Authenticate", "OAuth \"Facebook Platform\" \"invalid_request\" \"\(error.message)\""))
            let trace = "A" + Base64.encode(Array("\(request.path) \(error.code)".utf8).suffix(15))
            return SandboxAnswer(status: error.status, headers: headers, body: error.json(trace: trace).bytes)
        }
    }

    private func graphFault(_ fault: Fault, _ request: SandboxRequest) throws(GraphError) {
        switch fault.kind {
        case .rateLimit: throw .rateLimit(fault.code ?? 32)
        case .expiredToken: throw .tokenExpired(subcode: fault.subcode ?? 463)
        case .permission: throw .permission(fault.code ?? 200)
        case .tooMuchData: if (request["limit"].flatMap { Int($0) } ?? 25) > fault.above { throw .tooMuchData }
        case .status:
            guard fault.status >= 400 else { return }
            var error = fault.status == 429 ? GraphError.rateLimit(4) : .temporary
            error.status = fault.status
            throw error
        default: return
        }
    }

    private func usage(of request: SandboxRequest, percent: Int, regainMinutes: Double) -> [(name: String, value: String)] {
        let share: JSON = ["call_count": JSON(percent), "total_cputime": JSON(percent / 2), "total_time": JSON(percent / 2)]
        var business = share
        business["type"] = "pages"
        business["estimated_time_to_regain_access"] = regainMinutes == regainMinutes.rounded() ? JSON(Int(regainMinutes)) : .double(regainMinutes)
        let first = request.path.split(separator: "/").first { world.page(String($0.prefix { $0 != "_" })) != nil }
        let page = first.map { String($0.prefix { $0 != "_" }) } ?? world.pages.first?.id ?? "0"
        return [
            ("X-App-Usage", share.text()), ("X-Page-Usage", share.text()), ("X-Business-Use-Case-Usage", JSON([(page, JSON.array([business]))]).text()),
        ]
    }

    // MARK: Analytics

    private func analytics(_ request: SandboxRequest, _ fault: Fault?, _ now: Double) -> SandboxAnswer {
        do throws(GoogleError) {
            try googleFault(fault)
            try authorize(request, now)
            return google(200, try report(request, now))
        } catch {
            return google(error.code, error.json, error.retryAfterSeconds)
        }
    }

    private func google(_ status: Int, _ json: JSON, _ retryAfter: Int? = nil) -> SandboxAnswer {
        var headers = [(name: "Content-Type", value: "application/json; charset=UTF-8")]
        if status == 401 { headers.append(("WWW-Authenticate", "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"")) }
        if let retryAfter { headers.append(("Retry-After", String(retryAfter))) }
        return SandboxAnswer(status: status, headers: headers, body: Array(json.text(isPretty: true).utf8))
    }

    private func googleFault(_ fault: Fault?) throws(GoogleError) {
        guard let fault else { return }
        var error: GoogleError
        switch fault.kind {
        case .rateLimit: error = .exhausted
        case .expiredToken: error = .unauthenticated
        case .permission: error = .permission
        case .status where fault.status >= 400:
            error = fault.status == 429 ? .exhausted : fault.status == 503 ? .unavailable : .internalError
            error.code = fault.status
        default: return
        }
        error.retryAfterSeconds = fault.retryAfterSeconds
        throw error
    }

    /// A token from `/token`, or one that the service account signed itself.
    private func authorize(_ request: SandboxRequest, _ now: Double) throws(GoogleError) {
        guard let bearer = request.bearer else { throw .unauthenticated }
        if let end = issued[bearer] {
            guard now < end else { throw .unauthenticated }
        } else {
            guard let claims = account.claims(of: bearer), claims["iss"]?.stringValue == ServiceAccount.email, now < claims["exp"]?.doubleValue ?? 0 else {
                throw .unauthenticated
            }
        }
    }

    private func report(_ request: SandboxRequest, _ now: Double) throws(GoogleError) -> JSON {
        let rest = request.path.dropFirst("/v1beta/properties/".count)
        let property = String(rest.prefix { $0 != ":" && $0 != "/" })
        let verb = rest.dropFirst(property.count)
        guard request.path.hasPrefix("/v1beta/properties/"), world.properties.contains(property) || property == "0" else { throw .permission }
        let enumsAsNumbers = request.query.contains { $0.value.contains("enum-encoding=int") }
        let analytics = Analytics(world: world, today: today, property: property, enumsAsNumbers: enumsAsNumbers)
        if verb == "/metadata", request.method == "GET" { return analytics.metadata }
        guard request.method == "POST", verb == ":runReport" || verb == ":batchRunReports" else {
            throw GoogleError(code: 404, status: "NOT_FOUND", message: "The requested URL \(request.path) was not found on this server.")
        }
        guard let body = try? JSON(parsing: request.body), body.objectValue != nil else { throw .bad("Invalid JSON payload received.") }
        if verb == ":runReport" { return try oneReport(analytics, body, now) }
        let bodies = body["requests"]?.arrayValue ?? []
        guard (1...Analytics.batchMax).contains(bodies.count) else { throw .bad("A batch holds 1 to \(Analytics.batchMax) requests.") }
        var answers: [JSON] = []
        for body in bodies { answers.append(try oneReport(analytics, body, now)) }
        return ["reports": .array(answers), "kind": "analyticsData#batchRunReports"]
    }

    private func oneReport(_ analytics: Analytics, _ body: JSON, _ now: Double) throws(GoogleError) -> JSON {
        spent.removeAll { $0.at <= now - 3600 }
        let before = spent.reduce(0) { $0 + $1.tokens }
        guard before < settings.quotaPerHour else { throw .exhausted }
        let whole = try whole(analytics, body)
        var answer = try analytics.page(of: whole, body)
        let cost = 1 + (answer["rows"]?.arrayValue?.count ?? 0) / 1000
        spent.append((now, cost))
        if body["returnPropertyQuota"]?.boolValue == true {
            func status(_ consumed: Int, _ remaining: Int) -> JSON { ["consumed": JSON(consumed), "remaining": JSON(max(0, remaining))] }
            answer["propertyQuota"] = [
                "tokensPerDay": status(cost, settings.quotaPerHour * 5 - before - cost), "tokensPerHour": status(cost, settings.quotaPerHour - before - cost),
                "concurrentRequests": status(0, 10), "serverErrorsPerProjectPerHour": status(0, 10), "potentiallyThresholdedRequestsPerHour": status(0, 120),
                "tokensPerProjectPerHour": status(cost, settings.quotaPerHour * 35 / 100 - before - cost),
            ]
        }
        answer["kind"] = "analyticsData#runReport"
        return answer
    }

    /// The rows of a report are kept for its next pages.
    private func whole(_ analytics: Analytics, _ body: JSON) throws(GoogleError) -> Analytics.Whole {
        var question = body
        for name in ["limit", "offset", "returnPropertyQuota", "property"] { question[name] = nil }
        let key = "\(analytics.property) \(today) \(question.text())"
        if let kept = reports.first(where: { $0.key == key }) { return kept.whole }
        let whole = try analytics.whole(body)
        if reports.count >= Self.keptReportsMax { reports.removeFirst() }
        reports.append((key, whole))
        return whole
    }

    // MARK: The token exchange

    private func exchange(_ request: SandboxRequest, _ fault: Fault?, _ now: Double) -> SandboxAnswer {
        func refuse(_ error: String, _ description: String, status: Int = 400) -> SandboxAnswer {
            google(status, ["error": .string(error), "error_description": .string(description)], fault?.retryAfterSeconds)
        }
        switch fault?.kind {
        case .expiredToken: return refuse("invalid_grant", "Token has been expired or revoked.")
        case .permission: return refuse("unauthorized_client", "Client is unauthorized to retrieve access tokens using this method.", status: 401)
        case .rateLimit: return refuse("rate_limit_exceeded", "Too many requests.", status: 429)
        case .status where (fault?.status ?? 0) >= 400: return refuse("internal_failure", "Backend Error", status: fault?.status ?? 500)
        default: break
        }
        let form = Dictionary(Percent.form(Substring(String(decoding: request.body, as: UTF8.self))).map { ($0.name, $0.value) }) { $1 }
        guard request.method == "POST", form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer" else {
            return refuse("unsupported_grant_type", "Invalid grant_type: \(form["grant_type"] ?? "")")
        }
        guard let assertion = form["assertion"], assertion.split(separator: ".").count == 3 else { return refuse("invalid_grant", "Invalid JWT: Failed to parse token.") }
        guard let claims = account.claims(of: assertion) else { return refuse("invalid_grant", "Invalid JWT Signature.") }
        guard claims["iss"]?.stringValue == ServiceAccount.email else { return refuse("invalid_grant", "Invalid grant: account not found") }
        guard let from = claims["iat"]?.doubleValue, let end = claims["exp"]?.doubleValue, from <= now + 300, end > now - 300, end > from, end - from <= 3600 else {
            return refuse(
                "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")
        }
        // The key file names this server; whoever reaches it under another name is meant as well.
        guard let audience = claims["aud"]?.stringValue, audience.hasSuffix("/token") else { return refuse("invalid_grant", "Invalid JWT: Failed audience check.") }
        let asked = (claims["scope"]?.stringValue ?? "").split(separator: " ").map(String.init)
        guard asked.contains(where: Self.scopes.contains) else { return refuse("invalid_scope", "Invalid OAuth scope or ID token audience provided.") }
        if issued.count >= Self.issuedTokensMax { issued.removeAll() }
        let token = "ya29.sandbox-" + String(UInt64.random(in: 0 ... .max), radix: 36) + String(UInt64.random(in: 0 ... .max), radix: 36)
        issued[token] = now + Double(settings.tokenSeconds)
        return google(200, ["access_token": .string(token), "expires_in": JSON(settings.tokenSeconds), "token_type": "Bearer"])
    }

    // MARK: Faults

    /// The first fault that is due for this request.
    private func takeFault(for request: SandboxRequest) -> Fault? {
        let text = request.path + "?" + request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        for index in faults.indices where faults[index].kind != .metricGone && (faults[index].match.isEmpty || text.contains(faults[index].match)) {
            if faults[index].skip > 0 {
                faults[index].skip -= 1
                continue
            }
            // It counts only where it strikes.
            if faults[index].kind == .tooMuchData, (request["limit"].flatMap { Int($0) } ?? 25) <= faults[index].above { continue }
            let fault = faults[index]
            if let times = fault.times {
                if times <= 1 { faults.remove(at: index) } else { faults[index].times = times - 1 }
            }
            return fault
        }
        return nil
    }

    private func spoil(_ answer: inout SandboxAnswer, _ fault: Fault?, _ request: SandboxRequest) {
        switch fault?.kind {
        case .halfBody: answer.cutAfter = min(fault?.bytes ?? answer.body.count / 2, answer.body.count)
        case .slow: answer.delayMilliseconds = fault?.milliseconds ?? 0
        case .html:
            answer.status = fault?.status ?? 200
            answer.headers = [("Content-Type", "text/html; charset=utf-8")]
            answer.body = Array("<!DOCTYPE html>\n<html><head><title>Sorry, something went wrong.</title></head><body><h1>Sorry, something went wrong.</h1></body></html>\n".utf8)
        case .emptyPage: empty(&answer, request)
        default: break
        }
    }

    /// Keeps the way onwards, which leads here again, and takes the records.
    private func empty(_ answer: inout SandboxAnswer, _ request: SandboxRequest) {
        guard var json = try? JSON(parsing: answer.body) else { return }
        if json["data"] != nil {
            let after = request["after"] ?? Graph.cursor(.max)
            let query = (request.query.filter { $0.name != "after" } + [("after", after)]).map { "\(Percent.encode($0.name))=\(Percent.encode($0.value))" }
            json["data"] = []
            json["paging"] = ["cursors": ["before": .string(after), "after": .string(after)], "next": .string("\(request.origin)\(request.path)?\(query.joined(separator: "&"))")]
        } else {
            json["rows"] = nil
        }
        answer.body = json.bytes
    }

    // MARK: The sandbox's own doors

    private func note(_ request: SandboxRequest, _ answer: SandboxAnswer, _ fault: Fault?, _ now: Double) {
        // Tokens are not written down, as in any log.
        let query = JSONObject(request.query.map { ($0.name, ["access_token", "input_token"].contains($0.name) ? "***" : .string($0.value)) })
        var entry: JSON = [
            "at": .double(now), "method": .string(request.method), "path": .string(request.path), "query": .object(query), "status": JSON(answer.status),
        ]
        if vendor(of: request) == .analytics, let body = try? JSON(parsing: request.body) { entry["body"] = body }
        if let fault { entry["fault"] = .string(fault.kind.rawValue) }
        if log.count >= Self.logMax { log.removeFirst(Self.logMax / 10) }
        log.append(entry)
    }

    private func control(_ request: SandboxRequest) -> SandboxAnswer {
        do throws(SandboxProblem) {
            let body: JSON = request.body.isEmpty ? [:] : (try? JSON(parsing: request.body)) ?? nil
            switch (request.method, request.path) {
            case ("GET", "/_sandbox"), ("GET", "/_sandbox/"), ("GET", "/_sandbox/health"): break
            case ("POST", "/_sandbox/today"):
                settings.followsClock = false
                if let count = body["advance"]?.intValue {
                    today = today + count
                } else {
                    guard let text = body["today"]?.stringValue, let day = Day(text) else { throw SandboxProblem("send {\"today\": \"YYYY-MM-DD\"} or {\"advance\": days}") }
                    today = day
                }
            case ("POST", "/_sandbox/faults"):
                let wanted = body.arrayValue ?? [body]
                guard faults.count + wanted.count <= Self.faultsMax else { throw SandboxProblem("there are \(faults.count) faults already; clear them") }
                var read: [Fault] = []
                for one in wanted { read.append(try Fault(one)) }
                faults += read
            case ("DELETE", "/_sandbox/faults"): faults = []
            case ("GET", "/_sandbox/faults"): return plain(200, ["faults": .array(faults.map(\.json))])
            case ("GET", "/_sandbox/requests"): return plain(200, ["requests": .array(log)])
            case ("DELETE", "/_sandbox/requests"): log = []
            case ("GET", "/_sandbox/service-account"): return plain(200, account.file(tokenURI: "\(request.origin)/token"))
            default: return plain(404, ["error": .string("no such door: \(request.method) \(request.path)")])
            }
            return plain(200, state)
        } catch {
            return plain(400, ["error": .string(error.description)])
        }
    }

    private var state: JSON {
        [
            "synthetic": true, "today": .string(today.description), "seed": .string(String(settings.seed)), "pages": .array(world.pages.map { .string($0.id) }),
            "properties": .array(world.properties.map { .string($0) }), "token": .string(settings.token), "faults": JSON(faults.count), "requests": JSON(log.count),
        ]
    }

    private func plain(_ status: Int, _ json: JSON) -> SandboxAnswer {
        SandboxAnswer(status: status, headers: [("Content-Type", "application/json")], body: Array((json.text(isPretty: true) + "\n").utf8))
    }
}

extension JSONObject {
    fileprivate init(_ pairs: [(String, JSON)]) {
        self.init()
        for (key, value) in pairs { self[key] = value }
    }
}
