public import Bus
public import Contracts
public import Kernel
import Schedules

/// The pipelines that the log knows: when each runs next, what else starts it, whether it is paused.
public struct PipelineBoard: Sendable {
    public struct Entry: Sendable {
        public var definition: PipelineRegistered
        public var pause: PipelinePaused?

        /// When the schedule is due next; nil where there is none, or it is paused.
        public func next(after now: Timestamp) -> Timestamp? {
            guard pause == nil, let schedule = definition.schedule else { return nil }
            return try? schedule.trigger().next(after: now)
        }
    }

    public private(set) var entries: [String: Entry] = [:]

    public init(_ client: BusClient) async throws {
        var position: UInt64 = 0
        while true {
            let (events, reply) = try await client.read(ReadCommand(after: position, prefixes: ["pipeline."], limit: 1000))
            for entry in events { apply(entry.event) }
            position = max(position, reply.upTo)
            if reply.upTo >= reply.newest { return }
        }
    }

    public init(_ events: [Event]) { for event in events { apply(event) } }

    private mutating func apply(_ event: Event) {
        switch event.payload {
        case .pipelineRegistered(let definition): entries[event.pipeline] = Entry(definition: definition, pause: entries[event.pipeline]?.pause)
        case .pipelinePaused(let pause): entries[event.pipeline]?.pause = pause
        case .pipelineUnpaused: entries[event.pipeline]?.pause = nil
        default: return
        }
    }

    /// A line for each pipeline, in the order of names.
    public func lines(now: Timestamp, _ text: RunText) -> [String] {
        let width = entries.keys.map(\.count).max() ?? 0
        return entries.sorted { $0.key < $1.key }.map { name, entry in
            var words: [String] = []
            if let pause = entry.pause { words.append(text.yellow("paused") + (pause.reason.isEmpty ? "" : ": \(pause.reason)")) }
            if let next = entry.next(after: now) { words.append("next \(next)") }
            if let schedule = entry.definition.schedule { words.append(text.dim(schedule.words)) }
            words += (entry.definition.triggers?.triggers ?? []).map { text.dim($0.words) }
            return "  \(name)\(String(repeating: " ", count: width - name.count))  \(words.isEmpty ? text.dim("runs when asked") : words.joined(separator: ", "))"
        }
    }
}
