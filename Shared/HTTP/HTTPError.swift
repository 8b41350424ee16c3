public import Kernel

/// Why there is no answer, or not all of it. It holds the host and the path, never parameters, headers or bodies.
public struct HTTPError: Problem, Hashable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case badAddress = "bad_address"
        case unknownHost = "unknown_host"
        case refused
        case timeout
        /// The connection ended before the answer did.
        case cut
        /// The server's certificate or the agreement on a cipher.
        case tls
        case tooLarge = "too_large"
        case other
    }
    public let kind: Kind
    /// Method, host and path.
    public let request: String
    /// The library's own words for the kind of failure, which hold nothing of the request.
    public let detail: String

    public init(_ kind: Kind, request: String, detail: String = "") {
        self.kind = kind
        self.request = request
        self.detail = detail
    }

    public var code: ProblemCode { ProblemCode("http.\(kind.rawValue)") }
    public var location: ProblemLocation { .named(request) }

    public var summary: String {
        let what = switch kind {
        case .badAddress: "the address is none that can be asked"
        case .unknownHost: "the host has no address"
        case .refused: "the host does not take the connection"
        case .timeout: "the answer did not come in time"
        case .cut: "the connection ended in the middle of the answer"
        case .tls: "the encrypted connection failed"
        case .tooLarge: "the answer is longer than allowed"
        case .other: "the request failed"
        }
        return detail.isEmpty ? what : "\(what) (\(detail))"
    }

    public var remedy: String {
        switch kind {
        case .badAddress: "write it as https://host/path"
        case .unknownHost: "check the host's name and this machine's name server"
        case .refused: "check that the server runs and that a firewall lets this machine reach it"
        case .timeout, .cut: "it is tried again; if it comes back, ask for less at a time"
        case .tls: "check the server's certificate, this machine's clock and its list of authorities"
        case .tooLarge: "ask for less at a time"
        case .other: "check the network between this machine and the server"
        }
    }

    public var response: ProblemResponse {
        switch kind {
        case .badAddress, .tooLarge: .stop
        case .unknownHost, .refused, .timeout, .cut, .tls, .other: .retry(afterSeconds: nil)
        }
    }
}
