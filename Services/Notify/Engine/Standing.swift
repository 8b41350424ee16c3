public import Kernel
public import NotifyKit

/// A pipeline is failing and a target has been told so: what the next run is compared with.
public struct Standing: Hashable, Sendable, Codable {
    /// `<task>|<code>` for each cause, sorted. A run that fails for some of them, and for no other, fails for the same cause.
    public var causes: [String]
    /// The end of the first run that failed so.
    public var since: Timestamp
    public var firstRun: RunID
    /// The end of the run that was last told.
    public var toldAt: Timestamp
    public var runs: Int

    /// More causes than this are not compared.
    static let causesMax = 100
}

/// What an end of a run has led to: to be stored in one piece before anything is sent.
public struct Decision: Sendable {
    public internal(set) var notices: [Notice] = []
    /// By `<pipeline>/<target>`; nil where it is over.
    public internal(set) var standings: [String: Standing?] = [:]
    /// The sequence of the newest end that is in it.
    public internal(set) var through: UInt64 = 0
}
