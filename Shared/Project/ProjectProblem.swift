public import Kernel

/// One thing that is wrong with a project, with the line it is on.
public struct ProjectProblem: Problem, Hashable {
    public let code: ProblemCode
    public let summary: String
    public let location: ProblemLocation
    /// The line itself, with a mark under the word that is wrong; empty where there is none to show.
    public let excerpt: String
    public let remedy: String
    /// The node whose template was read, as dbt names it: `model a (models/a.sql)`; empty where it is none's.
    public let subject: String
    public var response: ProblemResponse { .stop }

    public init(_ code: ProblemCode, _ summary: String, at location: ProblemLocation, excerpt: String = "", remedy: String, subject: String = "") {
        self.code = code
        self.summary = summary
        self.location = location
        self.excerpt = excerpt
        self.remedy = remedy
        self.subject = subject
    }

    func of(_ node: Node) -> ProjectProblem {
        ProjectProblem(code, summary, at: location, excerpt: excerpt, remedy: remedy, subject: "\(node.resourceType.rawValue) \(node.name) (\(node.originalFilePath))")
    }

    public var description: String {
        var text = "error[\(code)]: \(summary)"
        if !location.description.isEmpty { text += "\n  at   \(location)" }
        for line in excerpt.split(separator: "\n") { text += "\n  \(line)" }
        if !remedy.isEmpty { text += "\n  try  \(remedy)" }
        return text
    }
}

/// Everything that is wrong with a project, in the order of its files.
public struct ProjectProblems: Problem, Hashable {
    public let problems: [ProjectProblem]

    public init(_ problems: [ProjectProblem]) {
        precondition(!problems.isEmpty, "a project without problems is no error")
        self.problems = problems
    }

    public var code: ProblemCode { problems[0].code }
    public var summary: String {
        problems.count == 1 ? problems[0].summary : "the project has \(problems.count) problems; the first: \(problems[0].summary)"
    }
    public var location: ProblemLocation { problems[0].location }
    public var remedy: String { problems[0].remedy }
    public var response: ProblemResponse { .stop }
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects problems, so that a broken project is reported whole.
final class ProblemList {
    private(set) var problems: [ProjectProblem] = []

    func add(_ problem: ProjectProblem) {
        if !problems.contains(problem) { problems.append(problem) }
    }
    func add(_ code: ProblemCode, _ summary: String, at location: ProblemLocation, remedy: String) {
        add(ProjectProblem(code, summary, at: location, remedy: remedy))
    }
    /// Forgets what a reading found that begins again.
    func removeAll() { problems = [] }
    func throwIfAny() throws(ProjectProblems) {
        if !problems.isEmpty { throw ProjectProblems(problems) }
    }
}
