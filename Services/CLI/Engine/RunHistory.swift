public import Bus
public import Contracts
public import Kernel
public import Runs

/// Runs as the log tells them: folded by the same core that decides them.
public struct RunHistory: Sendable {
    private let client: BusClient?
    public private(set) var runs: [RunID: RunState] = [:]
    public private(set) var order: [RunID] = []
    public private(set) var rejections: [RunID: RunRejected] = [:]
    /// Runs that have been asked for.
    public private(set) var requested: [RunID: Request] = [:]
    private var requests: [RunID] = []
    private var position: UInt64 = 0

    public struct Request: Hashable, Sendable {
        public let pipeline: String
        public let at: Timestamp
        public let isBackfill: Bool
    }

    public init(_ client: BusClient) { self.client = client }

    public init(_ events: [Event]) {
        client = nil
        for event in events { apply(event) }
    }

    /// Asked for, and neither begun nor rejected, in the order of the log.
    public var waiting: [RunID] { requests.filter { runs[$0] == nil && rejections[$0] == nil } }

    /// The runs of a pipeline's backfills that have not ended, begun or not.
    public func openBackfill(of pipeline: String) -> [RunID] {
        requests.filter { requested[$0]?.pipeline == pipeline && requested[$0]?.isBackfill == true && !isOver($0) }
    }

    private func isOver(_ run: RunID) -> Bool { rejections[run] != nil || runs[run]?.isEnded == true }

    /// Why a run that waits has not begun, as far as the log tells; nil where it only has yet to be seen.
    public func reason(of run: RunID, _ board: PipelineBoard) -> String? {
        guard let pipeline = requested[run]?.pipeline else { return nil }
        if let pause = board.entries[pipeline]?.pause {
            return "\(pipeline) is paused\(pause.reason.isEmpty ? "" : " (\(pause.reason))"): sluice unpause \(pipeline)"
        }
        let going = order.filter { runs[$0]?.pipeline == pipeline && runs[$0]?.isEnded == false }
        guard let first = going.first else { return nil }
        return "it waits for the end of \(first)\(going.count == 1 ? "" : " or of \(going.count - 1) more")"
    }

    /// Folds what the log holds by now.
    public mutating func catchUp() async throws {
        guard let client else { return }
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

    static func rejected(_ run: RunID, of pipeline: String, _ rejected: RunRejected, _ board: PipelineBoard) -> PlainProblem {
        let names = board.entries.keys.sorted()
        let remedy = switch rejected.code {
        case RunRejected.unknownPipeline:
            Similarity.nearest(to: pipeline, among: names).map { "did you mean '\($0)'?" }
                ?? (names.isEmpty ? "put one into the folder that sluice up --pipelines names" : "name one of \(names.joined(separator: ", "))")
        case RunRejected.skipped: "ask again when that one has ended, or write overlap: queue in its definition"
        case RunRejected.nothingFailed: "leave --failed away to do all of it over"
        case RunRejected.cancelled: "ask again where that was not meant"
        default: "write a name that there is; sluice doctor lists the pipelines and their steps"
        }
        return PlainProblem("cli.run_rejected", rejected.reason, at: .named(run.description), remedy: remedy)
    }

    private mutating func apply(_ event: Event) {
        if case .runRequested(let wish) = event.payload, case let run = RunID(event.id), requested[run] == nil {
            requested[run] = Request(pipeline: event.pipeline, at: event.time, isBackfill: wish.backfill != nil)
            requests.append(run)
        }
        guard let run = event.run else { return }
        switch event.payload {
        case .runStarted:
            guard runs[run] == nil else { return }
            runs[run] = RunState(event)
            order.append(run)
        case .runRejected(let rejected): rejections[run] = rejected
        default: runs[run]?.apply(event)
        }
    }

    /// Waits until all of them have ended, or been rejected.
    public mutating func waitForEnds(of wanted: [RunID]) async throws {
        guard let client else { throw CancellationError() }
        let hints = await client.hints()
        try await catchUp()
        for await _ in hints {
            try await catchUp()
            if wanted.allSatisfy(isOver) { return }
        }
        throw CancellationError()
    }

    /// Follows a run to its end.
    public mutating func follow(_ run: RunID, onChange: (RunState) -> Void) async throws -> RunState {
        guard let client else { throw CancellationError() }
        let hints = await client.hints()
        try await catchUp()
        var isFirst = true
        for await newest in hints {
            if !isFirst, newest <= position { continue }
            isFirst = false
            try await catchUp()
            if let rejected = rejections[run] {
                throw Self.rejected(run, of: requested[run]?.pipeline ?? "", rejected, try await PipelineBoard(client))
            }
            guard let state = runs[run] else { continue }
            onChange(state)
            if state.isEnded { return state }
        }
        throw CancellationError()
    }
}
