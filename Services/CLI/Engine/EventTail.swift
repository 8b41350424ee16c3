public import Bus
public import Contracts
public import Kernel

/// The newest events of the log and then each one that comes, in order, none missed and none twice.
///
/// Everything is read by pull from one position on, so there is no seam between history and what is live: the feed only says
/// that it is time to look. A broker that goes away and comes back changes nothing but the waiting.
public struct EventTail: Sendable {
    public struct Filter: Sendable {
        /// Of the topic `<type>/<role or ->/<pipeline>/`; empty means every one.
        public var topic = ""
        public var pipeline: String?
        public var run: RunID?

        public init(topic: String = "", pipeline: String? = nil, run: RunID? = nil) {
            self.topic = topic
            self.pipeline = pipeline
            self.run = run
        }

        func takes(_ event: Event) -> Bool {
            if let pipeline, event.pipeline != pipeline { return false }
            guard let run else { return true }
            // A request becomes the run of its own name.
            return event.run == run || event.run == nil && event.id == run.description
        }
        var prefixes: [String] { topic.isEmpty ? [] : [topic] }
    }

    /// The first look back; each further one is four times as far.
    static let lookBackMin: UInt64 = 256

    private let client: BusClient
    private let filter: Filter
    /// Everything up to here has been given out, or was not wanted.
    public private(set) var position: UInt64 = 0
    /// What lies before is not wanted.
    private var first: UInt64 = 0

    public init(_ client: BusClient, _ filter: Filter) {
        self.client = client
        self.filter = filter
    }

    /// The last `count` events, or all from the sequence `since` on: of those the last `count` where both are given.
    public mutating func history(last count: Int?, since: UInt64?) async throws -> [SequencedEvent] {
        var newest = try await client.read(ReadCommand(after: .max >> 1, limit: 1)).reply.newest
        if let since {
            first = since
            return try await collect(after: min(max(since, 1) - 1, newest), last: count, upTo: &newest)
        }
        guard let count, count > 0 else {
            position = newest
            return []
        }
        var span = max(Self.lookBackMin, UInt64(count) * 4)
        while true {
            let start = newest > span ? newest - span : 0
            let events = try await collect(after: start, last: count, upTo: &newest)
            if events.count >= count || start == 0 { return events }
            span *= 4
        }
    }

    /// What has come behind the position, a page at a time; empty at the end of the log. Nil where the log has begun anew.
    public mutating func next() async throws -> [SequencedEvent]? {
        while true {
            let (events, reply) = try await client.read(ReadCommand(after: position, prefixes: filter.prefixes))
            if reply.newest < position {
                position = 0
                first = 0
                return nil
            }
            position = max(position, reply.upTo)
            let wanted = events.filter { $0.sequence >= first && filter.takes($0.event) }
            if !wanted.isEmpty || reply.upTo >= reply.newest { return wanted }
        }
    }

    private mutating func collect(after start: UInt64, last count: Int?, upTo newest: inout UInt64) async throws -> [SequencedEvent] {
        position = start
        var events: [SequencedEvent] = []
        while position < newest {
            guard let more = try await next() else { return events }
            events += more
            if let count, events.count > count { events.removeFirst(events.count - count) }
        }
        newest = max(newest, position)
        return events
    }
}
