public import Contracts
import Kernel

/// When things came from outside on the days that a log knows: files, webhooks, messages.
public struct ArrivalHistory: Sendable {
    /// Of each trigger, the newest days; and of a day, so many arrivals.
    static let daysMax = 56, dayMax = 1000

    private struct Day {
        let number: Int64
        /// Seconds from midnight, UTC.
        var seconds: [Double]
    }
    private var days: [String: [Day]] = [:]

    public init() {}

    /// Takes in one event; in the order of the log.
    public mutating func apply(_ event: Event) {
        switch event.payload {
        case .fileArrived(let file): note(Self.key(.file(pattern: file.pattern, settleSeconds: 0), event.pipeline), event.time)
        case .webhookReceived: note(Self.key(.webhook(secret: "", windowSeconds: 0), event.pipeline), event.time)
        case .other(let type, _): note(Self.key(.message(type: type), event.pipeline), event.time)
        default: return
        }
    }

    private mutating func note(_ key: String, _ time: Timestamp) {
        let dayMicroseconds: Int64 = 86_400_000_000
        let number = time.microseconds / dayMicroseconds, seconds = Double(time.microseconds % dayMicroseconds) / 1e6
        var known = days.removeValue(forKey: key) ?? []
        defer { days[key] = known }
        if known.last?.number != number {
            // Days on which nothing came are known too: so a quiet weekend stays one.
            let first = max(known.last.map { $0.number + 1 } ?? number, number - Int64(Self.daysMax) + 1)
            for day in first..<max(number, first) { known.append(Day(number: day, seconds: [])) }
            known.append(Day(number: number, seconds: []))
            known.removeFirst(max(0, known.count - Self.daysMax))
        }
        if known[known.count - 1].seconds.count < Self.dayMax { known[known.count - 1].seconds.append(seconds) }
    }

    /// A message is for everybody who waits for its type, with or without its version; a file and a webhook are for one pipeline.
    private static func key(_ trigger: Trigger, _ pipeline: String) -> String {
        switch trigger {
        case .upstream: "upstream"
        case .file(let pattern, _): "file \(pipeline) \(pattern)"
        case .webhook: "webhook \(pipeline)"
        case .message(let type): "message \(type.replacing(/\.v[0-9]+$/, with: ""))"
        }
    }

    /// What days like the one that begins at `start` have brought: each the times in seconds from midnight UTC. A day of the week is
    /// like itself; where the log does not reach back to it, all known days are. Empty where nothing ever came.
    func days(like start: Timestamp, of trigger: Trigger, in pipeline: String) -> [[Double]] {
        let known = days[Self.key(trigger, pipeline)] ?? [], weekday = start.microseconds / 86_400_000_000 % 7
        let alike = known.filter { $0.number % 7 == weekday }
        return (alike.isEmpty ? known : alike).map(\.seconds)
    }
}
