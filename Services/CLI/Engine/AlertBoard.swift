public import Bus
public import Contracts
public import Kernel

/// What the last day has brought that somebody should know: the broker's alerts, deadlines that passed, tasks given up.
public struct AlertBoard: Sendable {
    /// One more than this is counted, not shown.
    static let shownMax = 5
    static let prefixes = ["alert.raised", "sla.missed", "task.dead_lettered"]

    public private(set) var entries: [SequencedEvent] = []
    private let since: Timestamp

    public init(_ client: BusClient, now: Timestamp) async throws {
        self.init([], now: now)
        var position: UInt64 = 0
        while true {
            let (events, reply) = try await client.read(ReadCommand(after: position, prefixes: Self.prefixes, limit: 1000))
            add(events)
            position = max(position, reply.upTo)
            if reply.upTo >= reply.newest { return }
        }
    }

    public init(_ events: [SequencedEvent], now: Timestamp) {
        since = now.adding(seconds: -86_400)
        add(events)
    }

    private mutating func add(_ events: [SequencedEvent]) { entries += events.filter { $0.event.time >= since } }

    /// The newest, oldest of them first, each with its way out; empty where all is quiet.
    public func lines(_ events: EventText, _ text: RunText) -> [String] {
        let hidden = max(0, entries.count - Self.shownMax)
        return (hidden > 0 ? ["  " + text.dim("\(hidden) before these: sluice events tail --since 0 --topic alert.")] : []) + entries.suffix(Self.shownMax).flatMap { entry in
            let remedy: String? = switch entry.event.payload {
            case .alertRaised(let alert): alert.remedy
            case .taskDeadLettered(let letter): "sluice dead-letters show \(letter.entry)"
            default: nil
            }
            return ["  " + events.line(entry)] + (remedy.map { ["    " + text.dim("try  \(EventText.printable($0))")] } ?? [])
        }
    }
}
