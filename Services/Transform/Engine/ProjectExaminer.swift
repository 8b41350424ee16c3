internal import Compilation
internal import Execution
public import Kernel
internal import Platform
internal import Project
public import WarehouseKit

/// Reads a dbt project as a run would plan it, for `sluice doctor`: every mistake with its place, nothing sealed or written.
public struct ProjectExaminer {
    private let warehouses: WarehouseRegistry
    private let environment: [String: String]
    private let now: @Sendable () -> Timestamp

    public init(warehouses: WarehouseRegistry, environment: [String: String], now: @escaping @Sendable () -> Timestamp) {
        self.warehouses = warehouses
        self.environment = environment
        self.now = now
    }

    /// - Parameter question: `project`, `warehouse`, and what the step says: `command`, `target`, `vars`, `select`, `exclude`.
    public func examine(_ question: JSON, tell: (Finding) -> Void) {
        do {
            let folder = try filled(question, "project")
            let warehouse = try warehouses.warehouse(at: filled(question, "warehouse"))
            let record = InvocationRecord(of: question, id: InvocationRecord.id(of: "examine"), startedAt: now(), on: warehouse)
            var settings = ReaderSettings(projectFolder: folder, environment: environment)
            settings.vars = record.vars
            settings.target = record.target
            let manifest = try ProjectReader(settings, host: Compiler(parsing: environment, invocation: record.invocation())).read()
            let types = manifest.nodes.values.map(\.resourceType)
            let counts = [(types.count { $0 == .model }, "model"), (types.count { $0 == .seed }, "seed"), (types.count { $0 == .test }, "test")]
            let words = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", ")
            tell(Finding("project", .ok, "\(manifest.project.name): \(words.isEmpty ? "nothing to build" : words)"))
            for warning in manifest.warnings { tell(Finding("project", .warn, warning.text)) }
            try examineSelection(question, manifest, tell)
        } catch let mistakes as ProjectProblems {
            for problem in mistakes.problems { tell(Finding("project", failed: problem)) }
        } catch {
            tell(Finding("project", failed: error, cause: .settings))
        }
    }

    private func examineSelection(_ question: JSON, _ manifest: Manifest, _ tell: (Finding) -> Void) throws {
        for key in ["select", "exclude"] {
            guard let criterion = question[key]?.stringValue, try Selector(manifest).select([criterion]).isEmpty else { continue }
            tell(Finding(key, .warn, "'\(criterion)' matches nothing", remedy: "correct the step's \(key)"))
        }
    }

    private func filled(_ question: JSON, _ key: String) throws -> String {
        try Substitution.expand(question[key]?.stringValue ?? "", environment: environment, file: Files.secret)
    }
}
