public import Kernel

/// The broker gave no answer, or one that cannot be read.
public struct BusProblem: Problem, Hashable {
    public enum Reason: Hashable, Sendable { case noAnswer(seconds: Double), unreadable(String), stopped }
    public let reason: Reason
    public let verb: String
    public let endpoint: String

    public var code: ProblemCode {
        switch reason {
        case .noAnswer: "bus.no_answer"
        case .unreadable: "bus.unreadable_answer"
        case .stopped: "bus.stopped"
        }
    }
    public var summary: String {
        switch reason {
        case .noAnswer(let seconds): "the broker did not answer '\(verb)' within \(Int(seconds)) s"
        case .unreadable(let why): "the broker's answer to '\(verb)' cannot be read: \(why)"
        case .stopped: "the connection to the broker was closed"
        }
    }
    public var location: ProblemLocation { .named(endpoint) }
    public var remedy: String { "check that sluice-broker runs (sluice status) and listens there" }
    public var response: ProblemResponse { .retry(afterSeconds: 1) }
}
