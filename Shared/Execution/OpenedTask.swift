public import Compilation
public import Contracts
internal import Kernel
internal import Platform
public import Project
public import WarehouseKit

/// A task of a plan opened on this replica: the project as read, the warehouse, and where artifacts go.
public struct OpenedTask {
    public let manifest: Manifest
    public let record: InvocationRecord
    public let session: any WarehouseSession
    public let compiler: Compiler
    public let folder: RunFolder
    private let assignment: Assignment

    /// Opens the sealed project of the task's plan, and the warehouse.
    ///
    /// - Throws: where this replica has no copy of the project or another one, where the warehouse's address names a variable that is
    ///   not set, and where the warehouse cannot be reached.
    public init(_ assignment: Assignment, cache: ProjectCache, warehouses: WarehouseRegistry, environment: [String: String]) throws {
        self.assignment = assignment
        let task = try SealedTask(args: assignment.spec.args)
        let projects = try Substitution.expand(task.projects, environment: environment, file: Files.secret)
        (manifest, record) = try cache.project(task.project, invocation: task.invocation, in: projects, environment: environment)
        session = try warehouses.warehouse(at: try Substitution.expand(task.warehouse, environment: environment, file: Files.secret)).open()
        compiler = try Compiler(manifest, session: session, environment: environment, invocation: record.invocation())
        folder = RunFolder("\(projects)/runs/\(record.id)")
        compiler.earlierNotes = { [folder] in folder.notes(except: assignment.spec.id.description) }
    }

    /// Does the task's work, and passes on what its templates have noted in `graph`: also where the work fails, as in dbt. Another
    /// attempt begins without those notes.
    public func noting<Outcome>(_ body: () throws -> Outcome) throws -> Outcome {
        func passOn() throws {
            guard let change = compiler.noteChanges() else { return }
            try folder.keep(notes: change, of: assignment.spec.id.description, order: assignment.token)
        }
        do {
            let outcome = try body()
            try passOn()
            return outcome
        } catch {
            try? passOn()
            compiler.forgetGraph()
            throw error
        }
    }

    public func node(_ id: String) throws -> Node {
        guard let node = manifest[id] else {
            throw PlainProblem("transform.node_unknown", "the project has no node '\(id)'", at: .named(id), remedy: "run programs of one version")
        }
        return node
    }
}
