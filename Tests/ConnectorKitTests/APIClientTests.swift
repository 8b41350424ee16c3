import Conversations
import ConnectorKit
import HTTP
import Kernel
import Testing

@Suite struct APIClientTests {
    let clock = PatientClock("2026-11-20T06:00:00Z")

    func client(_ conversation: Conversation, dice: Double = 1, policy: APIClient.Policy = .init(), pause: @escaping @Sendable (HTTPResponse) -> Double? = { _ in nil }) -> APIClient {
        let clock = clock
        return APIClient(clock.context(conversation, dice: dice), policy: policy, pause: pause) { _, response, _ in
            switch response.status {
            case 200: .accepted
            case 429: .limited("too many requests", afterSeconds: APIClient.retryAfter(response, at: clock.now))
            case 500...: .passing("HTTP \(response.status)")
            default: .refused(SourceProblem(.refused, "no", at: "here", remedy: "ask otherwise"))
            }
        }
    }
    let question = HTTPRequest(.get, "http://source/data", query: [.init("access_token", "planted-secret")])

    @Test func `a fault that passes is tried again, each time after longer`() async throws {
        let conversation = Conversation { _, number in number < 5 ? .json([:], status: 503) : .json(["ok": true]) }
        #expect(try await client(conversation).send(question).json["ok"] == true)
        #expect(clock.waits == [1, 2, 4, 8])
        // Full jitter: the dice may say that there is nothing to wait for.
        _ = try await client(Conversation { _, number in number < 3 ? .json([:], status: 500) : .json([:]) }, dice: 0).send(question)
        #expect(clock.waits.suffix(2) == [0, 0])
    }

    @Test func `what never gets better ends, with words and without secrets`() async throws {
        let conversation = Conversation { _, _ in .json([:], status: 500) }
        let problem = await #expect(throws: SourceProblem.self) { try await client(conversation).send(question) }
        #expect(conversation.requests.count == 6)
        #expect(problem?.kind == .unavailable && problem?.response == .retry(afterSeconds: 60))
        #expect(problem?.description.contains("failed 6 times, at last: HTTP 500") == true)
        #expect(problem?.description.contains("planted-secret") == false)
    }

    @Test func `a refusal is thrown at once`() async throws {
        let conversation = Conversation { _, _ in .json([:], status: 400) }
        await #expect(throws: SourceProblem.self) { try await client(conversation).send(question) }
        #expect(conversation.requests.count == 1 && clock.waits.isEmpty)
    }

    @Test func `half a body and HTML where JSON belongs are tried again`() async throws {
        let conversation = Conversation { request, number throws(HTTPError) in
            switch number {
            case 1: throw HTTPError(.cut, request: request.label)
            case 2: .text("<html>maintenance</html>")
            case 3: .text("{\"data\": [{\"a\": 1", type: "application/json")
            default: .json(["ok": true])
            }
        }
        #expect(try await client(conversation).send(question).json["ok"] == true)
        let html = Conversation { _, _ in .text("<html>maintenance</html>") }
        let problem = await #expect(throws: SourceProblem.self) { try await client(html).send(question) }
        #expect(problem?.summary.contains("text/html where JSON belongs") == true)
    }

    @Test(arguments: [200, 403, 502])
    func `a page of HTML for ever is six requests and words about what may stand in between`(status: Int) async throws {
        let conversation = Conversation { _, _ in .text("<html>Please sign in. planted-secret</html>", status: status) }
        let problem = await #expect(throws: SourceProblem.self) { try await client(conversation).send(question) }
        #expect(conversation.requests.count == 6 && clock.waits == [1, 2, 4, 8, 16])
        #expect(problem?.code == "extract.unavailable" && problem?.response == .retry(afterSeconds: 60))
        #expect(problem?.summary.contains("HTTP \(status) came with text/html where JSON belongs") == true)
        #expect(problem?.remedy.contains("proxy") == true && problem?.remedy.contains("curl -i") == true)
        #expect(problem?.location.description == "GET http://source/data" && problem?.description.contains("planted") == false)
    }

    @Test func `JSON that ends in the middle is called that`() async throws {
        let broken = Conversation { _, _ in .text("{\"data\": [{\"a\": 1", type: "application/json; charset=UTF-8") }
        let problem = await #expect(throws: SourceProblem.self) { try await client(broken).send(question) }
        #expect(problem?.summary.contains("JSON that is broken or ends in the middle") == true && problem?.remedy.contains("proxy") == false)
    }

    @Test(arguments: [("20", 20.0), ("Fri, 20 Nov 2026 06:00:30 GMT", 30), ("soon", nil), ("-1", nil)])
    func `Retry-After is kept, as seconds and as a date`(text: String, seconds: Double?) async throws {
        let conversation = Conversation { _, number in number == 1 ? .json([:], status: 429, headers: [("Retry-After", text)]) : .json([:]) }
        _ = try await client(conversation).send(question)
        // Without a word from the source it is our own time, of which half is certain.
        if let seconds { #expect(clock.waits[0] >= seconds && clock.waits[0] <= seconds + 0.5) } else { #expect(clock.waits == [15]) }
    }

    @Test func `who is hasty hears the first fault and the first limit, and waits for neither`() async throws {
        for (status, kind) in [(500, SourceProblem.Kind.unavailable), (429, .rateLimited)] {
            let conversation = Conversation { _, _ in .json([:], status: status, headers: [("Retry-After", "1")]) }
            var context = clock.context(conversation)
            context.isHasty = true
            let client = APIClient(context) { _, response, _ in response.status == 429 ? .limited("too many requests", afterSeconds: 1) : .passing("HTTP 500") }
            let problem = await #expect(throws: SourceProblem.self) { try await client.send(question) }
            #expect(problem?.kind == kind && conversation.requests.count == 1 && clock.waits.isEmpty)
        }
    }

    @Test func `a limit of an hour gives the worker free and says when to come back`() async throws {
        let conversation = Conversation { _, _ in .json([:], status: 429, headers: [("Retry-After", "3600")]) }
        let problem = await #expect(throws: SourceProblem.self) { try await client(conversation).send(question) }
        #expect(problem?.kind == .rateLimited && conversation.requests.count == 1 && clock.waits.isEmpty)
        #expect(problem?.summary == "too many requests; it may be asked again in 61 min")
        guard case .retry(let seconds?) = problem?.response else { Issue.record("no time"); return }
        #expect(seconds >= 3600 && seconds <= 3601)
    }

    @Test(arguments: ["1e308", "9999999999999999", "0"])
    func `no number that a source says is too much for us`(text: String) async throws {
        let conversation = Conversation { _, number in number == 1 ? .json([:], status: 429, headers: [("Retry-After", text)]) : .json([:]) }
        if text == "0" { _ = try await client(conversation).send(question) } else { await #expect(throws: SourceProblem.self) { try await client(conversation).send(question) } }
        let context = clock.context(conversation)
        let patient = APIClient(context, pause: { _ in .infinity }) { _, _, _ in .accepted }
        _ = try await patient.send(question)
        await #expect(throws: SourceProblem.self) { try await patient.send(question) }
    }

    @Test func `a limit that is nearly used up holds everyone who asks that source`() async throws {
        let conversation = Conversation { _, _ in .json([:], headers: [("X-Used", "95")]) }
        let context = clock.context(conversation)
        func client() -> APIClient { APIClient(context, pause: { $0.header("x-used") == "95" ? 60 : nil }) { _, _, _ in .accepted } }
        _ = try await client().send(question)
        #expect(clock.waits.isEmpty)
        _ = try await client().send(question)
        #expect(clock.waits == [60])
    }

    @Test func `a time that the source has named to one is not asked for by the others, and ends when it is over`() async throws {
        let conversation = Conversation { _, number in number == 1 ? .json([:], status: 429, headers: [("Retry-After", "3600")]) : .json(["ok": true]) }
        let context = clock.context(conversation)
        func client() -> APIClient {
            APIClient(context) { _, response, _ in
                response.status == 429 ? .limited("the limit is reached", afterSeconds: APIClient.retryAfter(response, at: context.now())) : .accepted
            }
        }
        await #expect(throws: SourceProblem.self) { try await client().send(question) }
        clock.pass(600)
        let problem = await #expect(throws: SourceProblem.self) { try await client().send(question) }
        #expect(conversation.requests.count == 1)
        #expect(problem?.summary == "the limit is reached; it may be asked again in 50 min" && problem?.response == .retry(afterSeconds: 3000))
        clock.pass(3000)
        #expect(try await client().send(question).json["ok"] == true && conversation.requests.count == 2 && clock.waits.isEmpty)
    }

    @Test func `requests keep their distance`() async throws {
        let conversation = Conversation { _, _ in .json([:]) }
        var context = clock.context(conversation)
        context.limiter = RateLimiter(spacingSeconds: 2)
        let client = APIClient(context) { _, _, _ in .accepted }
        for _ in 0..<3 { _ = try await client.send(question) }
        #expect(clock.waits == [2, 2])
    }

    @Test func `secrets are taken out in every form`() {
        let secrets = Secrets(["EAAB/x+y=z", "ab"])
        #expect(secrets.blot("a EAAB/x+y=z b ab") == "a REDACTED b ab")
        #expect(secrets.blot("https://h/p?access_token=EAAB%2Fx%2By%3Dz&x=1") == "https://h/p?access_token=REDACTED&x=1")
        #expect(secrets.blot("\"EAAB\\/x+y=z\"EAAB/x+y=z") == "\"REDACTED\"REDACTED")
        #expect(secrets.blot("EAAB/x+y") == "EAAB/x+y")
    }
}

@Suite struct DayTests {
    @Test func `days are those of the calendar`() {
        #expect(Day("2026-11-01")?.description == "2026-11-01" && Day("20261101") == Day("2026-11-01"))
        #expect(Day("2026-02-29") == nil && Day("2024-02-29") != nil && Day("2026-1-1") == nil && Day("") == nil)
        #expect(Day(Timestamp(rfc3339: "2026-11-20T23:59:59Z")!).description == "2026-11-20")
        #expect((Day("2026-12-31")! + 1).description == "2027-01-01")
    }

    @Test func `a plan reads on from the cursor, and again what may be restated`() {
        func range(_ through: String?, newest: String = "2026-11-19", back: Int = 3) -> String? {
            DayPlan(through: through.flatMap { Day($0) }, start: Day("2026-11-01")!, newest: Day(newest)!, lookBackDays: back).range?.description
        }
        #expect(range(nil) == "2026-11-01..2026-11-19")
        #expect(range("2026-11-18") == "2026-11-16..2026-11-19")
        #expect(range("2026-11-19") == "2026-11-17..2026-11-19")
        #expect(range("2026-11-19", back: 0) == nil)
        #expect(range("2026-11-02") == "2026-11-01..2026-11-19")
        #expect(range(nil, newest: "2026-10-01") == nil)
    }

    @Test func `slices cover each day once`() {
        let range = DayRange(Day("2026-01-01")!, Day("2026-12-31")!)
        for days in [1, 7, 90, 365, 1000] {
            let slices = range.slices(days: days)
            #expect(slices.flatMap { Array($0.first.number...$0.last.number) } == Array(range.first.number...range.last.number))
            #expect(slices.allSatisfy { $0.last.number - $0.first.number < days })
        }
    }
}
