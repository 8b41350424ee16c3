import Contracts
import Kernel
import ModellingSupport
import QualityEngine
import Testing
import TransformEngine
import WarehouseKit
import WarehousePostgreSQL
import WarehouseSQLite

struct Outcome: Equatable {
    var failed: [String] = []
    var skipped: [String] = []
}

/// One pipeline run without a broker: plans, then does every task whose edges allow it, each delivered `deliveries` times.
final class Drill {
    let project: TestProject
    let transformer: Transformer
    let tester: Tester
    var sequence: UInt64 = 100
    /// What was asked of the workers, and what they answered first, by title.
    private(set) var specs: [String: TaskSpec] = [:]
    private(set) var reports: [String: TaskReport] = [:]

    private let warehouse: String

    init(_ project: TestProject, warehouse: String = "sqlite://${DRILL}/warehouse.db") {
        self.project = project
        self.warehouse = warehouse
        let warehouses = WarehouseRegistry([SQLiteWarehouse.self, PostgreSQLWarehouse.self])
        let environment = ["DRILL": project.folder]
        transformer = Transformer(warehouses: warehouses, environment: environment, now: { TestProject.startedAt })
        tester = Tester(warehouses: warehouses, environment: environment, now: { TestProject.startedAt })
    }

    func assignment(_ spec: TaskSpec, run: RunID) -> Assignment {
        sequence += 1
        return Assignment(
            run: run, pipeline: "shop", spec: spec, attempt: 1, logicalDate: TestProject.startedAt, isFullRefresh: false, token: sequence, worker: "drill-1")
    }

    func plan(_ run: RunID, command: String = "build") throws -> Completion {
        let args: JSON = [
            "project": .string(project.projectFolder), "projects": "${DRILL}/sealed", "warehouse": .string(warehouse),
            "command": .string(command), "pool": "warehouse", "docs": "${DRILL}/docs/shop",
        ]
        let spec = TaskSpec(id: "model.plan", step: "model", role: .transform, kind: "plan", title: "plan", args: args)
        return try transformer.perform(assignment(spec, run: run))
    }

    func perform(_ run: RunID, command: String = "build", deliveries: Int = 1) throws -> Outcome {
        var outcome = Outcome()
        var ended: [TaskID: Bool] = ["model.plan": true]
        var waiting = try plan(run, command: command).adds
        while let index = waiting.firstIndex(where: { $0.after.allSatisfy { edge in Self.task(edge).map { ended[$0] != nil } ?? true } }) {
            let spec = waiting.remove(at: index)
            if spec.after.contains(where: { edge in edge.on == .succeeded && Self.task(edge).map { ended[$0] == false } ?? false }) {
                ended[spec.id] = false
                outcome.skipped.append(spec.title)
                continue
            }
            let assignment = assignment(spec, run: run)
            var answers: [Completion] = []
            for _ in 0..<deliveries { answers.append(try spec.role == .quality ? tester.perform(assignment) : transformer.perform(assignment)) }
            #expect(Set(answers.map(\.report.message)).count == 1, "a second delivery says the same words")
            specs[spec.title] = spec
            reports[spec.title] = answers[0].report
            ended[spec.id] = answers[0].report.problem == nil
            if answers[0].report.problem != nil { outcome.failed.append(spec.title) }
        }
        #expect(waiting.isEmpty)
        return outcome
    }

    static func task(_ edge: Edge) -> TaskID? { if case .task(let id) = edge.target { id } else { nil } }
}
