/// One question to a server.
public struct HTTPRequest: Hashable, Sendable {
    public enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE", head = "HEAD" }

    public var method: Method
    /// Without the parameters: `https://graph.facebook.com/v26.0/111/insights`.
    public var url: String
    /// Percent-encoded when they are sent. They may hold secrets and appear in no error.
    public var query: [Parameter]
    public var headers: [Parameter]
    public var body: [UInt8]
    public var timeoutSeconds: Double
    /// A longer body is refused: of the answer, after it has been inflated.
    public var bodyBytesMax: Int

    public struct Parameter: Hashable, Sendable {
        public var name: String
        public var value: String
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(
        _ method: Method = .get, _ url: String, query: [Parameter] = [], headers: [Parameter] = [], body: [UInt8] = [],
        timeoutSeconds: Double = 60, bodyBytesMax: Int = 64 << 20
    ) {
        self.method = method
        self.url = url
        self.query = query
        self.headers = headers
        self.body = body
        self.timeoutSeconds = timeoutSeconds
        self.bodyBytesMax = bodyBytesMax
    }

    /// What may be shown: the method, the host and the path. A user name, a password and the parameters are left out.
    public var label: String {
        let plain = url.prefix { $0 != "?" && $0 != "#" }
        var parts = plain.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        // scheme:, nothing, user@host, path
        if parts.count > 2, let host = parts[2].split(separator: "@", omittingEmptySubsequences: false).last { parts[2] = host }
        return "\(method.rawValue) \(parts.joined(separator: "/"))"
    }

    /// The address as it is sent.
    public var fullURL: String {
        guard !query.isEmpty else { return url }
        return url + (url.utf8.contains(UInt8(ascii: "?")) ? "&" : "?")
            + query.map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))" }.joined(separator: "&")
    }
}

/// A server's answer, whatever its status.
public struct HTTPResponse: Hashable, Sendable {
    public var status: Int
    /// As they came, names in lower case.
    public var headers: [HTTPRequest.Parameter]
    public var body: [UInt8]

    public init(status: Int, headers: [HTTPRequest.Parameter] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers.map { .init($0.name.lowercased(), $0.value) }
        self.body = body
    }

    /// The first header of a name, in any case.
    public func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name == name }?.value
    }
}

/// Asks a server and waits for its answer. Blocks: call it on a thread that may.
///
/// An answer of any status is an answer; what throws is that there was none, or not all of it.
public protocol HTTPTransport: Sendable {
    func send(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse
}

public enum PercentCoding {
    /// All but RFC 3986's unreserved characters as `%XX`, by their UTF-8 bytes.
    public static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): out.append(byte)
            default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// A form's body: `a=1&b=2`.
    public static func form(_ fields: [HTTPRequest.Parameter]) -> [UInt8] {
        Array(fields.map { "\(encode($0.name))=\(encode($0.value))" }.joined(separator: "&").utf8)
    }
}
