/// All that is wrong with something, at once: a broken project tells every mistake, not the first.
public struct ProblemList: Problem {
    public let problems: [PlainProblem]

    /// - Precondition: there is at least one.
    public init(_ problems: [PlainProblem]) {
        precondition(!problems.isEmpty, "a list of problems holds at least one")
        self.problems = problems
    }

    public var code: ProblemCode { problems[0].code }
    public var summary: String { problems.count == 1 ? problems[0].summary : "\(problems[0].summary) (and \(problems.count - 1) more)" }
    public var location: ProblemLocation { problems[0].location }
    public var remedy: String { problems[0].remedy }
    public var response: ProblemResponse { .stop }
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
