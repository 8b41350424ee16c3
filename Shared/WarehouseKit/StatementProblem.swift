public import Kernel

/// What an engine refused, with the part of the statement that it speaks of.
public protocol StatementProblem: Problem {
    /// The line of the statement and a mark below the place, as the engine's own client draws them; nil where it names no place.
    var excerpt: String? { get }
    /// Whether the remedy is the engine's own advice.
    var isAdvised: Bool { get }
}
