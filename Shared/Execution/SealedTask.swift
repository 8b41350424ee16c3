public import Kernel
internal import Platform

/// What a task of a plan carries: which project, made into what, with which node to work on.
public struct SealedTask: Hashable, Sendable {
    /// The folder of sealed projects, as it was written: `${…}` is filled on each replica.
    public var projects: String
    public var project: String
    public var invocation: String
    /// As it was written, with its secrets still named and not filled.
    public var warehouse: String
    /// Empty for a task that works on no node: `open` and `close`.
    public var uniqueID: String

    public init(projects: String, project: String, invocation: String, warehouse: String, uniqueID: String = "") {
        self.projects = projects
        self.project = project
        self.invocation = invocation
        self.warehouse = warehouse
        self.uniqueID = uniqueID
    }

    public init(args: JSON) throws {
        func text(_ key: String) throws -> String {
            guard let value = args[key]?.stringValue else {
                throw PlainProblem(
                    "transform.bad_task", "the task lacks '\(key)'", at: .named("args"), remedy: "run programs of one version")
            }
            return value
        }
        self.init(
            projects: try text("projects"), project: try text("project_hash"), invocation: try text("invocation_hash"),
            warehouse: try text("warehouse"), uniqueID: args["unique_id"]?.stringValue ?? "")
    }

    public var args: JSON {
        var args: JSON = [
            "projects": .string(projects), "project_hash": .string(project), "invocation_hash": .string(invocation), "warehouse": .string(warehouse),
        ]
        if !uniqueID.isEmpty { args["unique_id"] = .string(uniqueID) }
        return args
    }
}
