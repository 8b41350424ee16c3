internal import Compilation
internal import Contracts
internal import Execution
internal import Kernel
internal import Platform
internal import Project
internal import WarehouseKit

/// Seals a project and turns what is selected into tasks.
struct Planner {
    private let transformer: Transformer
    private let assignment: Assignment
    private let startedAt: Timestamp

    init(_ transformer: Transformer, _ assignment: Assignment, startedAt: Timestamp) {
        self.transformer = transformer
        self.assignment = assignment
        self.startedAt = startedAt
    }

    private var args: JSON { assignment.spec.args }
    private var environment: [String: String] { transformer.environment }

    func plan() throws -> Completion {
        let isDocs = ["docs", "docs generate"].contains(args["command"]?.stringValue ?? "")
        let command = isDocs ? .compile : try command()
        let warehouseURL = try required("warehouse")
        let projectsWritten = try required("projects")
        let projects = try Substitution.expand(projectsWritten, environment: environment, file: Files.secret)
        let warehouse = try transformer.warehouses.warehouse(at: try Substitution.expand(warehouseURL, environment: environment, file: Files.secret))
        let sealed = try SealedProject.seal(try Substitution.expand(try required("project"), environment: environment, file: Files.secret), in: projects)
        transformer.reach("transform.after_seal")

        var record = try record(isDocs ? "generate" : command.rawValue, warehouse, projects)
        let manifest = try ProjectCache.read(sealed, record, environment: environment)
        record.environment = InvocationRecord.digests(of: manifest.environmentRead, in: environment)
        var selected = try Selector(manifest).select(texts("select"), exclude: texts("exclude"))
        // What an earlier run left to do: of that, what the project still has.
        if args["only"] != nil { selected.formIntersection(texts("only")) }
        let plan = RunPlan(command, manifest: manifest, selected: selected)
        let task = SealedTask(projects: projectsWritten, project: sealed.hash, invocation: try record.store(in: projects), warehouse: warehouseURL)
        if isDocs { return documentation(selected, manifest, task) }
        return completion(plan, manifest, task, writersMax: warehouse.capabilities.writersMax)
    }

    // MARK: Arguments

    private func required(_ key: String) throws -> String {
        guard let value = args[key]?.stringValue, !value.isEmpty else {
            throw PlainProblem("transform.bad_plan", "the plan does not say its '\(key)'", at: .named("step \(assignment.spec.step)"), remedy: "add '\(key)' to the step")
        }
        return value
    }

    private func texts(_ key: String) -> [String] { args[key]?.stringValue.map { [$0] } ?? args[key]?.arrayValue?.compactMap(\.stringValue) ?? [] }

    private func command() throws -> RunPlan.Command {
        let word = args["command"]?.stringValue ?? "build"
        guard let command = RunPlan.Command(rawValue: word), command != .compile else {
            throw PlainProblem(
                "transform.unsupported", "a pipeline cannot run 'dbt: \(word)' yet", at: .named("step \(assignment.spec.step)"),
                remedy: "choose build, run, test, seed, snapshot or docs")
        }
        return command
    }

    private func record(_ command: String, _ warehouse: any Warehouse, _ projects: String) throws -> InvocationRecord {
        let key = "\(assignment.run)/\(assignment.spec.id)"
        var record = InvocationRecord(
            of: args, id: InvocationRecord.id(of: key), startedAt: try InvocationRecord.firstStart(of: key, in: projects, now: startedAt), on: warehouse)
        record.command = command
        record.isFullRefresh = record.isFullRefresh || assignment.isFullRefresh
        return record
    }

    // MARK: Tasks

    private func completion(_ plan: RunPlan, _ manifest: Manifest, _ task: SealedTask, writersMax: Int) -> Completion {
        let pool = args["pool"]?.stringValue
        var report = TaskReport(message: Self.summary(plan, manifest), details: ["project": .string(task.project), "invocation": .string(task.invocation)])
        if let pool { report.pools = [pool: writersMax] }
        if !manifest.warnings.isEmpty { report.details["warnings"] = .array(manifest.warnings.map { .string($0.text) }) }
        guard !plan.order.isEmpty else { return Completion(report: report) }

        let step = assignment.spec.step
        func id(_ name: String) -> TaskID { TaskID("\(step).\(name)") }
        func with(_ pairs: [(String, JSON)]) -> JSON {
            var args = task.args
            for (key, value) in pairs { args[key] = value }
            return args
        }
        // A test writes only where it keeps its failing rows.
        let written = plan.order.compactMap { manifest.nodes[$0] }.filter { $0.resourceType != .test || $0.failuresRelation() != nil }
        let writers = Set(written.map(\.uniqueID))
        let schemas = Set(written.map(\.schema)).sorted()
        var tasks = [TaskSpec(
            id: id("open"), step: step, role: .transform, kind: "open", title: "open \(manifest.project.name)",
            args: with([("schemas", .array(schemas.map(JSON.string)))]), after: [.task(assignment.spec.id)], pool: pool)]
        for uniqueID in plan.order {
            guard let node = manifest[uniqueID] else { continue }
            let isTest = node.resourceType == .test || node.resourceType == .unitTest
            let isWriter = writers.contains(uniqueID)
            let parents = (plan.waitsFor[uniqueID] ?? []).map { Edge.task(id($0)) }
            tasks.append(TaskSpec(
                id: id(uniqueID), step: step, role: isTest ? .quality : .transform, kind: isTest ? "test" : "node",
                title: "\(node.resourceType.rawValue) \(node.name)", args: with([("unique_id", .string(uniqueID))]),
                after: [.task(id("open"))] + parents, attemptsMax: isWriter ? 3 : 1, pool: isWriter ? pool : nil))
        }
        tasks.append(TaskSpec(
            id: id("close"), step: step, role: .transform, kind: "close", title: "close \(manifest.project.name)",
            args: with([("nodes", .array(plan.order.map(JSON.string)))]), after: plan.order.map { .task(id($0), on: .ended) }, pool: pool))
        return Completion(report: report, adds: tasks)
    }

    private func documentation(_ selected: Set<String>, _ manifest: Manifest, _ task: SealedTask) -> Completion {
        var args = task.args
        args["nodes"] = .array(selected.sorted().map(JSON.string))
        if let site = self.args["docs"] { args["docs"] = site }
        let step = assignment.spec.step
        let spec = TaskSpec(
            id: TaskID("\(step).docs"), step: step, role: .transform, kind: "docs", title: "docs \(manifest.project.name)", args: args,
            after: [.task(assignment.spec.id)])
        return Completion(report: TaskReport(message: "documentation of \(manifest.project.name)", details: ["project": .string(task.project)]), adds: [spec])
    }

    private static func summary(_ plan: RunPlan, _ manifest: Manifest) -> String {
        let kinds = Dictionary(grouping: plan.order.compactMap { manifest[$0]?.resourceType }, by: \.rawValue).mapValues(\.count)
        guard !kinds.isEmpty else { return "nothing is selected" }
        return kinds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)\($0.value == 1 ? "" : "s")" }.joined(separator: ", ")
    }
}
