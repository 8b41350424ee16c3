public import Kernel
internal import Project
public import WarehouseKit

/// Why a node could not be run.
public struct ExecutionError: StatementProblem, Hashable {
    public let code: ProblemCode
    public let summary: String
    public let location: ProblemLocation
    public let remedy: String
    public let response: ProblemResponse
    public let excerpt: String?
    public private(set) var isAdvised = false

    public init(_ code: ProblemCode, _ summary: String, at location: ProblemLocation, remedy: String, response: ProblemResponse = .stop, excerpt: String? = nil) {
        self.excerpt = excerpt
        self.code = code
        self.summary = summary
        self.location = location
        self.remedy = remedy
        self.response = response
    }

    static func unsupported(_ what: String, in node: Node, remedy: String) -> ExecutionError {
        ExecutionError("execute.unsupported", "\(node.resourceType.rawValue) '\(node.name)': \(what) is not supported yet", at: node.location, remedy: remedy)
    }

    /// An error of the warehouse, told with the node whose SQL it was.
    static func of(_ error: any Error, running node: Node) -> any Problem {
        guard let problem = error as? any Problem else {
            return ExecutionError("execute.failed", String(describing: error), at: node.location, remedy: "")
        }
        // What a template or this room says is placed already.
        guard problem.code.description.hasPrefix("warehouse.") else { return problem }
        var placed = ExecutionError(
            problem.code, "\(node.resourceType.rawValue) '\(node.name)': \(problem.summary)", at: node.location, remedy: problem.remedy,
            response: problem.response, excerpt: (error as? any StatementProblem)?.excerpt)
        placed.isAdvised = (error as? any StatementProblem)?.isAdvised ?? false
        return placed
    }
}
