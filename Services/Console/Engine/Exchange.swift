import Kernel
import Markup

/// A request, free of any HTTP library.
public struct Ask: Sendable {
    public var method: String
    /// Percent-encoded, without the query.
    public var path: String
    /// By name in lower case.
    public var headers: [String: String]
    public var body: [UInt8]

    public init(_ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }
}

/// An answer, free of any HTTP library.
public struct Reply: Sendable {
    public var status: Int
    public var headers: [(String, String)]
    public var body: [UInt8]

    static func page(_ html: HTML, status: Int = 200) -> Reply { Reply(status, "text/html; charset=utf-8", Array(html.text.utf8)) }
    static func json(_ value: JSON, status: Int = 200) -> Reply { Reply(status, "application/json", value.bytes + [0x0a]) }
    static func problem(_ status: Int, _ problem: any Problem) -> Reply {
        json(
            ["error": [
                "code": .string(problem.code.description), "summary": .string(problem.summary), "location": .string(problem.location.description),
                "remedy": .string(problem.remedy),
            ]], status: status)
    }
    static func problem(_ status: Int, _ code: ProblemCode, _ summary: String, remedy: String) -> Reply {
        .problem(status, PlainProblem(code, summary, remedy: remedy))
    }

    /// Nothing from elsewhere, nothing inline: a title that slipped through the escaping could still run nothing.
    static let ownPages = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    /// A page that stands alone, with its style in it. It runs no script and is of no origin, so it could not speak to the API.
    static let lonePages = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-top-navigation-by-user-activation"

    public init(_ status: Int, _ type: String, _ body: [UInt8], caching: String = "no-store", policy: String? = nil) {
        self.status = status
        self.body = body
        headers = [
            ("Content-Type", type), ("Cache-Control", caching), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", policy ?? Self.ownPages),
        ]
    }
}
