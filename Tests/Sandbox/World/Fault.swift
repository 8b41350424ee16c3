public import Kernel

/// Something that goes wrong on demand.
public struct Fault: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        /// The status in `status`, with `Retry-After` where `retry_after` is given, in the vendor's form of an error.
        case status
        /// The vendor's rate-limit answer: Graph code `code` (4, 17, 32, 613, 80001 …; default 32), Google 429.
        case rateLimit = "rate_limit"
        /// The token has expired: Graph 190/463 (`subcode` for another), Google 401.
        case expiredToken = "expired_token"
        /// The account lacks a permission: Graph 200 (`code` for another), Google 403.
        case permission
        /// "Please reduce the amount of data": Graph code 1, while `limit` is above `above`.
        case tooMuchData = "too_much_data"
        /// The metric in `metric` is refused from now on.
        case metricGone = "metric_gone"
        /// The right answer, cut after `bytes` (default: half) and the connection with it.
        case halfBody = "half_body"
        /// A page of HTML in the place of an answer, with `status` (200): a proxy that wants a password, a gateway in trouble.
        case html
        /// A page of no records, with a link to the next.
        case emptyPage = "empty_page"
        /// The right answer, late by `milliseconds`.
        case slow
        /// The right answer, with usage headers at `percent`.
        case usage
    }

    public var kind: Kind
    /// The requests this is about: their path and query hold this text. Empty: all.
    public var match = ""
    /// So many matching requests are answered well first.
    public var skip = 0
    /// So many are answered wrong; nil: until the faults are cleared.
    public var times: Int? = 1
    public var status = 500
    public var code: Int?
    public var subcode: Int?
    public var retryAfterSeconds: Int?
    /// When access comes back, as the usage header says it. The vendor writes whole minutes; a fraction shortens a test.
    public var regainMinutes = 0.0
    public var above = 0
    public var bytes: Int?
    public var milliseconds = 0
    public var percent = 80
    public var metric = ""

    public init(_ kind: Kind) { self.kind = kind }

    /// Reads the form of `POST /_sandbox/faults`; says what is wrong with it.
    public init(_ json: JSON) throws(SandboxProblem) {
        guard let name = json["kind"]?.stringValue, let kind = Kind(rawValue: name) else {
            throw SandboxProblem("kind is one of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.init(kind)
        // A metric that is gone stays gone.
        if kind == .metricGone { times = nil }
        if kind == .html { status = 200 }
        for (key, value) in json.objectValue?.pairs ?? [] {
            switch (key, value, value.intValue) {
            case ("kind", _, _): break
            case ("match", .string(let text), _): match = text
            case ("metric", .string(let text), _): metric = text
            case ("times", .string("forever"), _): times = nil
            case ("times", _, let number?): times = number
            case ("skip", _, let number?): skip = number
            case ("status", _, let number?): status = number
            case ("code", _, let number?): code = number
            case ("subcode", _, let number?): subcode = number
            case ("retry_after", _, let number?): retryAfterSeconds = number
            case ("regain_minutes", .double(let number), _): regainMinutes = number
            case ("regain_minutes", _, let number?): regainMinutes = Double(number)
            case ("above", _, let number?): above = number
            case ("bytes", _, let number?): bytes = number
            case ("milliseconds", _, let number?): milliseconds = number
            case ("percent", _, let number?): percent = number
            default: throw SandboxProblem("'\(key)' is no member of a fault, or its value does not fit")
            }
        }
    }

    public var json: JSON {
        var json: JSON = ["kind": .string(kind.rawValue), "times": times.map { JSON($0) } ?? "forever"]
        if !match.isEmpty { json["match"] = .string(match) }
        if skip > 0 { json["skip"] = JSON(skip) }
        if kind == .status || kind == .html { json["status"] = JSON(status) }
        if let code { json["code"] = JSON(code) }
        if let retryAfterSeconds { json["retry_after"] = JSON(retryAfterSeconds) }
        if !metric.isEmpty { json["metric"] = .string(metric) }
        return json
    }
}

/// A request to the sandbox's own doors that makes no sense.
public struct SandboxProblem: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
