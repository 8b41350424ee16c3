public import Contracts
public import Kernel

/// How a run ended.
public struct RunEnd: Hashable, Sendable {
    public enum Outcome: String, Sendable { case succeeded, failed, cancelled }
    public let outcome: Outcome
    public let at: Timestamp
    public let summary: RunEnded

    public var isSuccess: Bool { outcome == .succeeded }
}
