public import Bus
public import Contracts
import Kernel
public import Runs

/// A backfill as the log tells of it: planned, then its runs one after the other.
public struct BackfillProgress {
    private let client: BusClient
    private let id: String
    private var position: UInt64 = 0
    private var planned: BackfillPlanned?
    private var runs: [RunID: RunState] = [:]
    private var ended: [RunState] = []
    /// Asked for, and no run: rejected.
    private var rejected = 0
    private var wanted: Set<RunID> = []

    public init(_ client: BusClient, id: String) {
        self.client = client
        self.id = id
    }

    /// Waits until the orchestrator has said how many runs there will be.
    public mutating func plan() async throws -> BackfillPlanned {
        for await _ in await client.hints() {
            try await catchUp()
            if let planned { return planned }
        }
        throw CancellationError()
    }

    /// Follows all runs to their ends.
    /// - Returns: how many did not succeed.
    public mutating func finish(onEnd: (RunState) -> Void) async throws -> Int {
        var told = 0
        for await _ in await client.hints() {
            try await catchUp()
            for state in ended[told...] { onEnd(state) }
            told = ended.count
            if ended.count + rejected >= planned?.runs ?? .max { return rejected + ended.count { $0.end?.isSuccess != true } }
        }
        throw CancellationError()
    }

    private mutating func catchUp() async throws {
        while true {
            let (events, reply) = try await client.read(ReadCommand(after: position, prefixes: ["run.", "backfill."], limit: 2000))
            for entry in events { apply(entry.event) }
            position = max(position, reply.upTo)
            if reply.upTo >= reply.newest { return }
        }
    }

    private mutating func apply(_ event: Event) {
        switch event.payload {
        case .backfillPlanned(let plan) where plan.backfill == id: planned = plan
        case .runRequested(let wish) where wish.backfill?.id == id: wanted.insert(Fleet.run(of: event))
        case .runStarted(let started) where started.backfill?.id == id:
            if let run = event.run { runs[run] = RunState(event) }
        case .runRejected where event.run.map(wanted.contains) == true: rejected += 1
        case .runSucceeded, .runFailed, .runCancelled:
            guard let run = event.run, runs[run] != nil, runs[run]?.isEnded == false else { return }
            runs[run]?.apply(event)
            if let state = runs[run] { ended.append(state) }
        default: return
        }
    }
}
