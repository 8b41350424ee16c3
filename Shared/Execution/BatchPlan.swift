internal import Compilation
internal import Kernel
internal import Project

/// The batches of a microbatch model: stretches of one hour, day, month or year.
struct BatchPlan {
    enum Size: String { case hour, day, month, year }

    let batches: [Batch]

    /// - Parameters:
    ///   - isIncremental: whether the table is there and kept; otherwise the model is built from its `begin`.
    init(_ node: Node, invocation: Invocation, isIncremental: Bool, now: Timestamp) throws {
        func wrong(_ what: String, _ remedy: String) -> ExecutionError {
            ExecutionError("execute.bad_microbatch", "Microbatch model '\(node.name)' \(what)", at: node.location, remedy: remedy)
        }
        guard node.config["event_time"]?.stringValue != nil else { throw wrong("must provide an 'event_time' (string) config", "name the column with the time of a row") }
        guard let size = node.config["batch_size"]?.stringValue.flatMap(Size.init(rawValue:)) else {
            throw wrong("must provide a 'batch_size' config that is one of hour, day, month, year", "set batch_size: day")
        }
        guard let begin = node.config["begin"]?.stringValue.flatMap(Self.time) else {
            throw wrong("must provide a 'begin' (datetime) config", "set begin: '2026-01-01'")
        }
        let stated = invocation.options
        // A sample is the whole of what is built.
        let end = invocation.sample?.end ?? stated["event_time_end"]?.stringValue.flatMap(Self.time) ?? invocation.asOf ?? now
        let ceiling = Self.truncated(end, size) == end ? end : Self.moved(Self.truncated(end, size), size, by: 1)
        var start: Timestamp
        if let first = invocation.sample?.start ?? stated["event_time_start"]?.stringValue.flatMap(Self.time) {
            start = Self.truncated(first, size)
        } else if isIncremental {
            let lookback = node.config["lookback"]?.intValue ?? 1
            // A moment on the border begins a batch that has no rows yet: the newest is the one before.
            let isBorder = Self.truncated(end, size) == end
            start = max(Self.moved(Self.truncated(end, size), size, by: -(lookback + (isBorder ? 1 : 0))), Self.truncated(begin, size))
        } else {
            start = Self.truncated(begin, size)
        }
        var batches: [Batch] = []
        while start < ceiling {
            let next = Self.moved(start, size, by: 1)
            let last = min(next, stated["event_time_end"] == nil ? next : ceiling)
            batches.append(Batch(node: node.uniqueID, id: Self.id(start, size), start: Self.text(start), end: Self.text(last), isFirst: batches.isEmpty))
            start = next
        }
        self.batches = batches
    }

    private static func time(_ text: String) -> Timestamp? {
        let full = text.utf8.count == 10 ? "\(text)T00:00:00Z" : text.hasSuffix("Z") || text.contains("+") ? text : "\(text)Z"
        return Timestamp(rfc3339: full)
    }

    private static func truncated(_ time: Timestamp, _ size: Size) -> Timestamp {
        let clock = time.civil
        func day(_ month: Int, _ day: Int) -> Timestamp {
            Timestamp(microseconds: Int64(Timestamp.daysSinceEpoch(year: clock.year, month: month, day: day)) * 86_400_000_000)
        }
        switch size {
        case .hour: return Timestamp(microseconds: day(clock.month, clock.day).microseconds + Int64(clock.hour) * 3_600_000_000)
        case .day: return day(clock.month, clock.day)
        case .month: return day(clock.month, 1)
        case .year: return day(1, 1)
        }
    }

    /// - Parameter time: a border.
    private static func moved(_ time: Timestamp, _ size: Size, by count: Int) -> Timestamp {
        let clock = time.civil
        switch size {
        case .hour: return Timestamp(microseconds: time.microseconds + Int64(count) * 3_600_000_000)
        case .day: return Timestamp(microseconds: time.microseconds + Int64(count) * 86_400_000_000)
        case .month, .year:
            let months = clock.year * 12 + clock.month - 1 + (size == .year ? count * 12 : count)
            return Timestamp(microseconds: Int64(Timestamp.daysSinceEpoch(year: months / 12, month: months % 12 + 1, day: 1)) * 86_400_000_000)
        }
    }

    private static func text(_ time: Timestamp) -> String {
        let text = time.description
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8) + "+00:00"
    }
    private static func id(_ time: Timestamp, _ size: Size) -> String {
        let digits = time.description.filter { $0 != "-" }
        switch size {
        case .hour: return String(digits.prefix(11))
        case .day: return String(digits.prefix(8))
        case .month: return String(digits.prefix(6))
        case .year: return String(digits.prefix(4))
        }
    }
}
