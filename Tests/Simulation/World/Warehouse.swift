import Kernel

/// Where effects go: a ledger of what is done, a fence for each relation, a cursor.
struct SimulatedWarehouse {
    /// By run and task: how often it took effect.
    private(set) var effects: [String: Int] = [:]
    /// By task, which is to say relation: whose rows stand there, and its fence.
    private(set) var standing: [TaskID: RunID] = [:]
    private var fence: [TaskID: UInt64] = [:]
    /// Batches that were loaded, and the cursor: all below it need never be read again.
    private(set) var loaded: Set<Int> = []
    private(set) var cursor = 0

    mutating func write(_ task: TaskID, _ run: RunID, token: UInt64, place: Int?, isSeal: Bool, batches: Int, bug: PlantedBug?) {
        if bug != .noLedger, effects["\(run)/\(task)"] != nil { return }
        if bug != .noFence, let newest = fence[task], newest > token { return }
        fence[task] = token
        effects["\(run)/\(task)", default: 0] += 1
        standing[task] = run
        if isSeal { cursor = batches }
        guard let place, !isSeal else { return }
        loaded.insert(place)
        if bug == .cursorPerBatch { cursor = max(cursor, place + 1) }
    }
}
