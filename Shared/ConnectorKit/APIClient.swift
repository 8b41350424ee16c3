public import HTTP
public import Kernel
internal import Synchronization

/// Asks an API for JSON until it answers or must not be asked any more.
///
/// - A passing fault (a connection that ends, 5xx, text that is no JSON) is tried again, `attemptsMax` times in all, after a
///   time with full jitter: anywhere from nothing to `baseSeconds · 2ⁿ`, at most `capSeconds`.
/// - A limit is waited for: as long as `Retry-After` or the source's own words say, else from `limitedSeconds` on, doubling.
///   A time that the source has named holds for all who share the limiter: they do not ask to hear the same.
/// - All waiting of one client together is bounded by `waitSecondsMax`. Beyond it the task fails with the time after which
///   it may be tried again, so that a source that says "in an hour" does not hold a worker for one.
/// - A refusal is thrown at once.
public final class APIClient: Sendable {
    public struct Policy: Hashable, Sendable {
        public var attemptsMax = 6
        public var baseSeconds = 1.0
        public var capSeconds = 60.0
        public var limitedSeconds = 15.0
        public var waitSecondsMax = 120.0
        public init() {}
        public init(waitSecondsMax: Double) { self.waitSecondsMax = waitSecondsMax }
    }

    /// What an answer means.
    public enum Verdict: Sendable {
        case accepted
        /// Try again soon; the words say why, and what a person can do where it does not pass.
        case passing(String, remedy: String = "it is tried again later; look at the source's own status page if this lasts")
        /// Try again when the source allows it.
        case limited(String, afterSeconds: Double?)
        case refused(any Problem)
    }

    public struct Answer: Sendable {
        public var response: HTTPResponse
        public var json: JSON
    }

    public typealias Judge = @Sendable (_ request: HTTPRequest, _ response: HTTPResponse, _ json: JSON) -> Verdict
    private enum Outcome { case answer(Answer), wait(seconds: Double, why: String) }

    private let context: ConnectorContext
    private let policy: Policy
    private let judge: Judge
    private let pause: @Sendable (HTTPResponse) -> Double?
    private let waited = Mutex(0.0)

    /// - Parameter pause: how long nobody is to ask after this answer: the source's headers say how much is used up.
    public init(
        _ context: ConnectorContext, policy: Policy = Policy(), pause: @escaping @Sendable (HTTPResponse) -> Double? = { _ in nil },
        judge: @escaping Judge
    ) {
        self.context = context
        self.policy = policy
        self.pause = pause
        self.judge = judge
    }

    public func send(_ request: HTTPRequest) async throws -> Answer {
        var faults = 0
        var limits = 0
        while true {
            try Task.checkCancellation()
            let hold = context.limiter.reserve(at: context.now())
            if hold.seconds > 0 { try await wait(hold.seconds, hold.why, request) }
            switch try ask(request, &faults, &limits) {
            case .answer(let answer):
                if let seconds = pause(answer.response) {
                    context.limiter.hold(seconds: Self.sane(seconds), from: context.now(), why: "the source's limit is nearly used up")
                }
                return answer
            case .wait(let seconds, let why):
                try await wait(seconds, why, request)
            }
        }
    }

    private func ask(_ request: HTTPRequest, _ faults: inout Int, _ limits: inout Int) throws -> Outcome {
        let verdict: Verdict
        do {
            let response = try context.http.send(request)
            if let json = try? JSON(parsing: response.body) {
                verdict = judge(request, response, json)
                if case .accepted = verdict { return .answer(Answer(response: response, json: json)) }
            } else {
                verdict = Self.withoutJSON(response, at: context.now())
            }
        } catch {
            guard case .retry = error.response else { throw error }
            verdict = .passing(error.summary)
        }
        switch verdict {
        case .accepted: preconditionFailure("an accepted answer has been returned")
        case .refused(let problem): throw problem
        case .passing(let why, let remedy):
            faults += 1
            guard faults < policy.attemptsMax, !context.isHasty else {
                let times = faults == 1 ? "the source has failed" : "the source has failed \(faults) times, at last"
                throw SourceProblem(
                    .unavailable, "\(times): \(why)", at: request.label, remedy: remedy)
            }
            return .wait(seconds: context.random() * backOff(policy.baseSeconds, faults), why: why)
        case .limited(let why, let seconds):
            limits += 1
            if let seconds {
                context.limiter.hold(seconds: Self.sane(seconds), from: context.now(), why: why)
                return .wait(seconds: Self.sane(seconds) + context.random() * 0.5, why: why)
            }
            // Half is certain: nobody wins by asking a source again that has just said no.
            return .wait(seconds: backOff(policy.limitedSeconds, limits) * (0.5 + context.random() / 2), why: why)
        }
    }

    /// Sources say how long to wait, and may say anything: at least a moment, at most a week.
    private static func sane(_ seconds: Double) -> Double { seconds.isNaN ? 60 : min(max(seconds, 0.1), 604_800) }

    private func backOff(_ base: Double, _ count: Int) -> Double {
        min(max(policy.capSeconds, base), base * Double(1 << min(count - 1, 20)))
    }

    /// Waits, if all the waiting stays within its bound.
    private func wait(_ seconds: Double, _ why: String, _ request: HTTPRequest) async throws {
        let total = waited.withLock { $0 += seconds; return $0 }
        guard total <= policy.waitSecondsMax, !context.isHasty else {
            throw SourceProblem(
                .rateLimited, "\(why); it may be asked again in \(Self.words(seconds))", at: request.label,
                remedy: "nothing is to be done: the task gives its worker free and is tried again then, from the same cursor; if this comes back, ask less often",
                response: .retry(afterSeconds: seconds.rounded(.up)))
        }
        try await context.sleep(seconds)
    }

    private static func words(_ seconds: Double) -> String {
        seconds < 120 ? "\(Int(seconds.rounded(.up))) s" : "\(Int((seconds / 60).rounded(.up))) min"
    }

    private static func withoutJSON(_ response: HTTPResponse, at now: Timestamp) -> Verdict {
        if response.status == 429 { return .limited("too many requests", afterSeconds: retryAfter(response, at: now)) }
        let type = response.header("content-type").map { String($0.prefix { $0 != ";" }.prefix(60)) } ?? "text of no named type"
        if type.lowercased().hasSuffix("json") { return .passing("HTTP \(response.status) came with JSON that is broken or ends in the middle") }
        return .passing(
            "HTTP \(response.status) came with \(type) where JSON belongs",
            remedy: "a proxy, a firewall or a sign-in page may answer in the source's place: ask that address with curl -i from this machine; it is tried again later")
    }

    /// What `Retry-After` says: seconds, or a date.
    public static func retryAfter(_ response: HTTPResponse, at now: Timestamp) -> Double? {
        guard let text = response.header("retry-after") else { return nil }
        if let seconds = Double(text) { return seconds.isFinite && seconds >= 0 ? seconds : nil }
        return HTTPDate.parse(text).map { max(0, $0 - now) }
    }
}

enum HTTPDate {
    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func parse(_ text: String) -> Timestamp? {
        let parts = text.split(whereSeparator: { $0 == " " || $0 == ":" })
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 8, parts[7] == "GMT", let day = Int(parts[1]), let month = months.firstIndex(of: String(parts[2])),
            let year = Int(parts[3]), let hour = Int(parts[4]), let minute = Int(parts[5]), let second = Int(parts[6]),
            (1...31).contains(day), (1970...9999).contains(year), (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        let days = Timestamp.daysSinceEpoch(year: year, month: month + 1, day: day)
        return Timestamp(microseconds: Int64(days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000)
    }
}
