import ConnectorKit
import Contracts
import Conversations
import ExtractConnectors
import ExtractEngine
import FoundationEssentials
import HTTP
import Kernel
import Landing
import Support
import Testing

/// What sources do wrong, from the sandbox over real connections; only waiting is not real.
@Suite struct BadInputTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var stream: String
        var fault: String
        var code: String
        /// Of the summary and of the remedy.
        var words: [String]
        /// Requests of the kind that the fault is about.
        var door: String
        var requests: Int
        /// The earliest next try; nil where there is to be none.
        var retrySeconds: ClosedRange<Double>?
        var testDescription: String { name }
    }

    static let hour = 3600.0...3602.0
    static let cases = [
        Case(name: "a captive proxy", stream: "page_insights_daily", fault: #"{"kind":"html","match":"/insights"}"#, code: "extract.unavailable",
             words: ["HTTP 200 came with text/html where JSON belongs", "curl -i"], door: "/insights", requests: 6, retrySeconds: 60...60),
        Case(name: "a gateway's page", stream: "page_insights_daily", fault: #"{"kind":"html","status":502,"match":"/insights","skip":1}"#, code: "extract.unavailable",
             words: ["HTTP 502 came with text/html where JSON belongs", "curl -i"], door: "/insights", requests: 7, retrySeconds: 60...60),
        Case(name: "a proxy before the report", stream: "ga4_historical_summary", fault: #"{"kind":"html","match":":runReport"}"#, code: "extract.unavailable",
             words: ["text/html where JSON belongs", "proxy"], door: ":runReport", requests: 6, retrySeconds: 60...60),
        Case(name: "a connection that is always cut", stream: "post_performance", fault: #"{"kind":"half_body","match":"/posts","skip":3}"#, code: "extract.unavailable",
             words: ["the connection ended in the middle of the answer"], door: "/posts", requests: 9, retrySeconds: 60...60),
        Case(name: "limited for an hour, by the usage header", stream: "post_performance", fault: #"{"kind":"rate_limit","code":4,"regain_minutes":60,"match":"/posts","skip":2}"#,
             code: "extract.rate_limited", words: ["Facebook's limit is reached (4)", "61 min"], door: "/posts", requests: 3, retrySeconds: hour),
        Case(name: "limited for an hour, by Retry-After", stream: "ga4_historical_summary", fault: #"{"kind":"status","status":429,"retry_after":3600,"match":":runReport"}"#,
             code: "extract.rate_limited", words: ["Google's quota is used up", "61 min"], door: ":runReport", requests: 1, retrySeconds: hour),
        Case(name: "an answer that leaves no room for another", stream: "page_insights_daily", fault: #"{"kind":"usage","percent":100,"regain_minutes":60,"match":"/insights"}"#,
             code: "extract.rate_limited", words: ["nearly used up", "60 min"], door: "/insights", requests: 1, retrySeconds: hour),
        Case(name: "an expired token", stream: "page_insights_daily", fault: #"{"kind":"expired_token","match":"/insights"}"#, code: "extract.credentials_rejected",
             words: ["190/463", "the token has expired", "FB_ACCESS_TOKEN"], door: "/insights", requests: 1),
        Case(name: "a missing permission", stream: "post_performance", fault: #"{"kind":"permission","code":10,"match":"/posts"}"#, code: "extract.permission_missing",
             words: ["read_insights"], door: "/posts", requests: 1),
        Case(name: "a key that was deleted", stream: "ga4_historical_summary", fault: #"{"kind":"expired_token","match":"/token"}"#, code: "extract.credentials_rejected",
             words: ["invalid_grant", "has not been deleted"], door: "/token", requests: 1),
        Case(name: "a property of somebody else", stream: "ga4_historical_summary", fault: #"{"kind":"permission","match":":runReport"}"#, code: "extract.permission_missing",
             words: ["as a viewer of the property"], door: ":runReport", requests: 1),
    ]

    let server: SandboxServer
    let folder: TemporaryFolder
    // A JWT is good for the hour in which it is made, so this clock starts now; the days are those of `as_of`.
    let clock = PatientClock(Timestamp(seconds: Date().timeIntervalSince1970).description)

    init() throws {
        folder = try TemporaryFolder("bad")
        server = try SandboxServer(["--today", "2026-11-20", "--write-service-account", folder.path + "/key.json", "--token", "planted-page-token"])
    }

    private func extractor(_ home: String, clock: PatientClock? = nil) -> Extractor {
        let clock = clock ?? self.clock
        return Extractor(
            connectors: ConnectorRegistry([FacebookPages.self, GoogleAnalytics4.self]), store: LandingStore(home: "\(folder.path)/\(home)"),
            environment: ["KEY": folder.path + "/key.json", "API": server.address], now: { clock.now }, sleep: { clock.wait($0) })
    }

    private func assignment(_ stream: String, attempt: Int = 1) -> Assignment {
        let isAnalytics = stream == "ga4_historical_summary"
        var args = StreamArguments(
            stream: stream, config: stream == "post_performance" ? ["page_rows": 25] : [:], warehouse: "sqlite:///w.db", schema: "raw", pool: "w",
            generation: 7, cursorToken: 0).json
        args["connector"] = isAnalytics ? "ga4" : "facebook_pages"
        args["settings"] = isAnalytics
            ? ["property_id": "990000001", "credentials_file": "${KEY}", "api_url": "${API}", "token_url": "${API}/token", "as_of": "2026-11-21"]
            : ["page_ids": "990000000000001", "token": "planted-page-token", "api_url": "${API}", "as_of": "2026-11-21"]
        return Assignment(
            run: "p@1", pipeline: "p", spec: TaskSpec(id: TaskID("in.extract.\(stream)"), step: "in", role: .extract, kind: "extract_stream", title: stream, args: args),
            attempt: attempt, logicalDate: Timestamp(microseconds: 0), isFullRefresh: false, token: 9, worker: "extract-1")
    }

    private func requests(_ door: String) throws -> [JSON] {
        (try JSON(parsing: server.control("GET", "requests"))["requests"]?.arrayValue ?? []).filter { $0["path"]?.stringValue?.hasSuffix(door) == true }
    }

    /// What landed: each batch's digest and rows.
    private func landed(_ completion: Completion, _ home: String) throws -> [String] {
        let path = completion.report.details["manifest"]?.stringValue ?? ""
        let manifest = try LandingStore(home: "\(folder.path)/\(home)").manifestIfPresent(path)
        return try #require(manifest).batches.map { "\($0.source) \($0.tally.count)" }
    }

    @Test(arguments: cases)
    func `one clear error, nothing landed, a source left alone, and the next attempt is whole`(bad: Case) async throws {
        let calm = try await extractor("calm").extract(assignment(bad.stream))
        var fault = try JSON(parsing: bad.fault)
        fault["times"] = "forever"
        try server.control("POST", "faults", fault.text())
        try server.control("DELETE", "requests")
        let extractor = extractor("bad")
        let error = await #expect(throws: (any Error).self) { try await extractor.extract(assignment(bad.stream)) }
        let problem = try #require(error as? any Problem)
        #expect(problem.code.description == bad.code)
        for words in bad.words { #expect("\(problem.summary) \(problem.remedy)".contains(words), "\(problem)") }
        #expect(problem.location.description.contains("127.0.0.1") && !"\(problem)".contains("planted"), "\(problem)")
        let record = ProblemRecord(problem)
        #expect(record.isRetryable == (bad.retrySeconds != nil))
        if let range = bad.retrySeconds { #expect(range.contains(record.retryAfterSeconds ?? 0), "\(record)") }
        #expect(try requests(bad.door).count == bad.requests)
        // Without a manifest there is nothing to load and no cursor to move.
        #expect(folder.files(in: "bad/raw").isEmpty)

        if record.code == "extract.rate_limited" {
            // Who comes too early is told by ourselves.
            clock.pass(60)
            await #expect(throws: (any Error).self) { try await extractor.extract(assignment(bad.stream, attempt: 2)) }
            #expect(try requests(bad.door).count == bad.requests)
        }
        try server.control("DELETE", "faults")
        clock.pass(record.retryAfterSeconds ?? 60)
        // A key's assertion must be of this very hour, so there another replica does it, whose clock has not been moved.
        let isAnalytics = bad.stream == "ga4_historical_summary"
        let second = isAnalytics ? self.extractor("bad", clock: PatientClock(Timestamp(seconds: Date().timeIntervalSince1970).description)) : extractor
        let healed = try await second.extract(assignment(bad.stream, attempt: 2))
        #expect(healed.report.rows == calm.report.rows && (calm.report.rows ?? 0) >= 30)
        #expect(try landed(healed, "bad") == landed(calm, "calm"))
    }

    @Test func `another account of the same source is not kept waiting`() async throws {
        try server.control("POST", "faults", #"{"kind":"rate_limit","regain_minutes":60,"match":"990000000000001/insights"}"#)
        let extractor = extractor("two")
        await #expect(throws: SourceProblem.self) { try await extractor.extract(assignment("page_insights_daily")) }
        var other = assignment("page_insights_daily")
        other.spec.id = "in.extract.other"
        other.spec.args["settings"]?["page_ids"] = "990000000000002"
        #expect(try await extractor.extract(other).report.rows == 150)
    }
}
