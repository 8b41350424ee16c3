internal import Compilation
internal import Execution
internal import Kernel
internal import Platform
internal import Project
internal import WarehouseKit

/// Several lanes at once, each on a thread of its own, as dbt's `threads`: what a database takes long over, it does beside the rest.
///
/// All that people see is said by whoever takes: lanes hand over their words together with their results.
final class DbtTeam {
    enum Event: Sendable {
        case said(DbtMessage)
        case batch(BatchEvent)
        case ended(NodeResult)
        case gone
    }

    /// What a lane begins with.
    struct Start: Sendable {
        let manifest: Manifest
        let invocation: Invocation
        let environment: [String: String]
        let warehouse: any Warehouse
        let folder: RunFolder
        let now: @Sendable () -> Timestamp
        let tellsStatements: Bool
        let earlierBatches: [String: BatchResults]
        let judge: DbtWarnings.Judge
    }

    /// Each lane is a thread and a connection; a system gives some thousands.
    static let lanesMax = 500

    private let nodes = Mailbox<Node?>()
    private let events = Mailbox<Event>()
    private let count: Int

    init(_ start: Start, count: Int) {
        self.count = count
        for number in 1...count {
            SystemThread.start { [nodes, events] in Self.work(start, number, nodes, events) }
        }
    }

    func give(_ node: Node) { nodes.put(node) }
    func take() -> Event { events.take() }

    /// Waits until every lane has left its session. Whatever was given must have ended.
    func end() {
        for _ in 0..<count { nodes.put(nil) }
        var gone = 0
        while gone < count { if case .gone = events.take() { gone += 1 } }
    }

    private static func work(_ start: Start, _ number: Int, _ nodes: Mailbox<Node?>, _ events: Mailbox<Event>) {
        // A lane that gets nothing to do opens no session.
        var lane: DbtLane?
        while let node = nodes.take() {
            let startedAt = start.now()
            do {
                let ready = try lane ?? open(start, number, events)
                lane = ready
                events.put(.ended(ready.perform(node)))
            } catch {
                events.put(.ended(DbtLane.failed(node, error, startedAt: startedAt, at: start.now())))
            }
        }
        lane = nil
        events.put(.gone)
    }

    private static func open(_ start: Start, _ number: Int, _ events: Mailbox<Event>) throws -> DbtLane {
        let session = try start.warehouse.open()
        let compiler = try Compiler(start.manifest, session: session, environment: start.environment, invocation: start.invocation)
        compiler.tablesFolder = start.manifest.project.folder
        DbtMessage.connect(compiler, session, start.judge, tellsStatements: start.tellsStatements) { events.put(.said($0)) }
        return try DbtLane(
            compiler, session, folder: start.folder, now: start.now, name: NodeResult.thread(number), earlierBatches: start.earlierBatches,
            onBatch: { events.put(.batch($0)) })
    }
}
