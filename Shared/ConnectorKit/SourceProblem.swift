public import Kernel

/// What a source answers instead of data.
public struct SourceProblem: Problem, Hashable {
    public enum Kind: String, Hashable, Sendable {
        /// Nobody gets in with this token or key.
        case credentialsRejected = "credentials_rejected"
        case permissionMissing = "permission_missing"
        /// The request is one that the source never answers: an unknown account, metric or parameter.
        case refused
        /// `TaskState.wait` shows it as waiting, not as failing.
        case rateLimited = "rate_limited"
        /// It failed again and again.
        case unavailable
        /// What came is not what this source speaks.
        case notUnderstood = "not_understood"
    }
    public let kind: Kind
    public let summary: String
    public let location: ProblemLocation
    public let remedy: String
    public let response: ProblemResponse

    public var code: ProblemCode { ProblemCode("extract.\(kind.rawValue)") }

    public init(_ kind: Kind, _ summary: String, at location: String, remedy: String, response: ProblemResponse? = nil) {
        self.kind = kind
        self.summary = summary
        self.location = .named(location)
        self.remedy = remedy
        self.response = response ?? Self.standard(kind)
    }

    private static func standard(_ kind: Kind) -> ProblemResponse {
        switch kind {
        case .credentialsRejected, .permissionMissing, .refused: .stop
        case .rateLimited: .retry(afterSeconds: 300)
        case .unavailable, .notUnderstood: .retry(afterSeconds: 60)
        }
    }
}
