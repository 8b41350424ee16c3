import Contracts
import Kernel

/// Requests that no run has answered yet: a line for each pipeline, in the order of the log, backfills in one of their own.
///
/// A decision costs what can be decided, not what waits: a line of thousands is looked at as far as it has places.
struct RequestLines: Sendable {
    struct Waiting: Sendable {
        let sequence: UInt64
        let event: Event
    }
    private struct Line: Sendable {
        // Slices: what leaves at the front moves nothing.
        var regular: ArraySlice<Waiting> = []
        var backfills: ArraySlice<Waiting> = []
        /// Requests of which something may be said before it is their turn: they name steps that may not be there.
        var partial = 0

        mutating func take(_ waiting: Waiting) { if waiting.event.wish?.isPartial == true { partial -= 1 } }
    }

    private var lines: [String: Line] = [:]
    /// By id, the pipeline.
    private var pipelines: [String: String] = [:]

    var isEmpty: Bool { pipelines.isEmpty }
    var count: Int { pipelines.count }
    func contains(_ id: String) -> Bool { pipelines[id] != nil }

    /// All of them, in the order of the log.
    var events: [Event] { lines.values.flatMap { $0.regular + $0.backfills }.sorted { $0.sequence < $1.sequence }.map(\.event) }

    mutating func add(_ event: Event, _ wish: RunRequested, _ sequence: UInt64) {
        let waiting = Waiting(sequence: sequence, event: event)
        pipelines[event.id] = event.pipeline
        if wish.backfill == nil { lines[event.pipeline, default: Line()].regular.append(waiting) }
        else { lines[event.pipeline, default: Line()].backfills.append(waiting) }
        if wish.isPartial { lines[event.pipeline]?.partial += 1 }
    }

    mutating func remove(_ id: String) {
        guard let pipeline = pipelines.removeValue(forKey: id), var line = lines.removeValue(forKey: pipeline) else { return }
        if line.regular.first?.event.id == id, let first = line.regular.popFirst() { line.take(first) }
        else if let place = line.regular.firstIndex(where: { $0.event.id == id }) { line.take(line.regular.remove(at: place)) }
        else if let place = line.backfills.firstIndex(where: { $0.event.id == id }) { line.take(line.backfills.remove(at: place)) }
        if !line.regular.isEmpty || !line.backfills.isEmpty { lines[pipeline] = line }
    }

    func newestRegular(of pipeline: String) -> Event? { lines[pipeline]?.regular.last?.event }

    /// The requests that a decision may be about, regular ones first, each kind in the order of the log.
    /// - Parameter isLine: whether those of a pipeline just wait behind one another; where not, each is looked at.
    func next(hasWithdrawn: Bool, places: (String) -> Int, isLine: (String) -> Bool) -> [Event] {
        var regular: [Waiting] = [], backfills: [Waiting] = []
        for (pipeline, line) in lines {
            let isShort = !hasWithdrawn && line.partial == 0
            // One more than there are places tells whether one waits.
            regular += isShort && isLine(pipeline) ? line.regular.prefix(places(pipeline) + 1) : line.regular
            backfills += isShort ? line.backfills.prefix(BackfillReference.activeMaxBound) : line.backfills
        }
        return (regular.sorted { $0.sequence < $1.sequence } + backfills.sorted { $0.sequence < $1.sequence }).map(\.event)
    }
}

extension RunRequested {
    fileprivate var isPartial: Bool { !steps.isEmpty || from != nil }
}
