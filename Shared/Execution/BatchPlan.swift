internal import Compilation
internal import Kernel
internal import Project

/// Which batches a microbatch model is built in: stretches of one hour, day, month or year.
struct BatchPlan {
    enum Size: String { case hour, day, month, year }

    private let node: Node
    private let size: Size
    private let begin: Timestamp

    /// - Throws: where the model lacks what its batches need.
    init(_ node: Node) throws {
        func wrong(_ what: String, _ remedy: String) -> ExecutionError {
            ExecutionError("execute.bad_microbatch", "Microbatch model '\(node.name)' \(what)", at: node.location, remedy: remedy)
        }
        guard let size = node.config["batch_size"]?.stringValue.flatMap(Size.init(rawValue:)) else {
            throw wrong("must provide a 'batch_size' config that is one of hour, day, month, year", "set batch_size: day")
        }
        guard let begin = node.config["begin"]?.stringValue.flatMap(Timestamp.init(isoDay:)) else {
            throw wrong("must provide a 'begin' (datetime) config", "set begin: '2026-01-01'")
        }
        self.node = node
        self.size = size
        self.begin = begin
    }

    /// What a command is to build; never nothing.
    /// - Parameter isIncremental: whether the table is there and kept; otherwise the model is built from its `begin`.
    func stretches(of invocation: Invocation, isIncremental: Bool, now: Timestamp) -> [BatchStretch] {
        let stated = invocation.options
        // A sample is the whole of what is built.
        let last = invocation.sample?.end ?? stated["event_time_end"]?.stringValue.flatMap(Timestamp.init(isoDay:)) ?? invocation.asOf ?? now
        let end = truncated(last) == last ? last : moved(truncated(last), by: 1)
        var start: Timestamp
        if let first = invocation.sample?.start ?? stated["event_time_start"]?.stringValue.flatMap(Timestamp.init(isoDay:)) {
            start = truncated(first)
        } else if isIncremental {
            // The end is a border: before it lies the newest batch, and before that those to look back on.
            start = moved(end, by: -1 - (node.config["lookback"]?.intValue ?? 1))
        } else {
            start = truncated(begin)
        }
        var stretches: [BatchStretch] = []
        repeat {
            stretches.append(BatchStretch(start: start, end: moved(start, by: 1)))
            start = moved(start, by: 1)
        } while start < end
        stretches[stretches.count - 1].end = end
        return stretches
    }

    func batch(of stretch: BatchStretch) -> Batch {
        Batch(
            node: node.uniqueID, id: name(of: stretch).filter { $0 != "-" }, start: BatchStretch.text(stretch.start, between: " "),
            end: BatchStretch.text(stretch.end, between: " "))
    }

    /// Where it begins, as exact as the size.
    func name(of stretch: BatchStretch) -> String {
        let length = switch size {
            case .hour: 13
            case .day: 10
            case .month: 7
            case .year: 4
        }
        return String(stretch.start.description.prefix(length))
    }

    private func truncated(_ time: Timestamp) -> Timestamp {
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
    private func moved(_ time: Timestamp, by count: Int) -> Timestamp {
        let clock = time.civil
        switch size {
        case .hour: return Timestamp(microseconds: time.microseconds + Int64(count) * 3_600_000_000)
        case .day: return Timestamp(microseconds: time.microseconds + Int64(count) * 86_400_000_000)
        case .month, .year:
            let months = clock.year * 12 + clock.month - 1 + (size == .year ? count * 12 : count)
            return Timestamp(microseconds: Int64(Timestamp.daysSinceEpoch(year: months / 12, month: months % 12 + 1, day: 1)) * 86_400_000_000)
        }
    }
}
