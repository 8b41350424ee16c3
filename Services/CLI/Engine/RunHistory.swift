public import Bus
import Contracts
public import Kernel
public import Runs

/// Runs as the log tells them: folded by the same core that decides them.
public struct RunHistory: Sendable {
    private let client: BusClient
    public private(set) var runs: [RunID: RunState] = [:]
    public private(set) var order: [RunID] = []
    public private(set) var rejections: [RunID: String] = [:]
    /// The pipelines of runs that have been asked for.
    public private(set) var requested: [RunID: String] = [:]
    private var position: UInt64 = 0

    public init(_ client: BusClient) { self.client = client }

    /// Folds what the log holds by now.
    public mutating func catchUp() async throws {
        while true {
            let (events, reply) = try await client.read(ReadCommand(after: position, prefixes: ["run.", "task.", "tasks."], limit: 2000))
            for entry in events { apply(entry.event) }
            position = max(position, reply.upTo)
            if reply.upTo >= reply.newest { return }
        }
    }

    public static func unknown(_ run: String, _ command: String) -> PlainProblem {
        PlainProblem("cli.unknown_run", "no run is named '\(run)'", at: .named(command), remedy: "see sluice runs for the names")
    }

    private mutating func apply(_ event: Event) {
        if case .runRequested = event.payload { requested[RunID(event.id)] = event.pipeline }
        guard let run = event.run else { return }
        switch event.payload {
        case .runStarted:
            guard runs[run] == nil else { return }
            runs[run] = RunState(event)
            order.append(run)
        case .runRejected(let rejected): rejections[run] = rejected.reason
        default: runs[run]?.apply(event)
        }
    }

    /// Follows a run to its end.
    public mutating func follow(_ run: RunID, onChange: (RunState) -> Void) async throws -> RunState {
        let hints = await client.hints()
        try await catchUp()
        var isFirst = true
        for await newest in hints {
            if !isFirst, newest <= position { continue }
            isFirst = false
            try await catchUp()
            if let reason = rejections[run] {
                throw PlainProblem("cli.run_rejected", reason, at: .named(run.description), remedy: "write a name that there is; sluice doctor lists the pipelines and their steps")
            }
            guard let state = runs[run] else { continue }
            onChange(state)
            if state.isEnded { return state }
        }
        throw CancellationError()
    }
}
