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
    /// - Throws: where that reaches beyond the years that dbt knows, or is more than anybody would wait for.
    func stretches(of invocation: Invocation, isIncremental: Bool, now: Timestamp) throws -> [BatchStretch] {
        let stated = invocation.options
        // A sample is the whole of what is built.
        let last = invocation.sample?.end ?? stated["event_time_end"]?.stringValue.flatMap(Timestamp.init(isoDay:)) ?? invocation.asOf ?? now
        let end = truncated(last) == last ? last : try moved(truncated(last), by: 1)
        var start: Timestamp
        if let first = invocation.sample?.start ?? stated["event_time_start"]?.stringValue.flatMap(Timestamp.init(isoDay:)) {
            start = truncated(first)
        } else if isIncremental {
            // The end is a border: before it lies the newest batch, and before that those to look back on.
            let (back, overflow) = (node.config["lookback"]?.intValue ?? 1).addingReportingOverflow(1)
            guard !overflow, back != .min else { throw outOfRange }
            start = try moved(end, by: -back)
        } else {
            start = truncated(begin)
        }
        var stretches: [BatchStretch] = []
        repeat {
            guard stretches.count < Self.batchesMax else {
                throw ExecutionError(
                    "execute.bad_microbatch", "Microbatch model '\(node.name)' has more than \(Self.batchesMax) batches", at: node.location,
                    remedy: "set a later begin, a smaller lookback or a larger batch_size")
            }
            let next = try moved(start, by: 1)
            stretches.append(BatchStretch(start: start, end: next))
            start = next
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

    /// A century of hours.
    private static let batchesMax = 876_600
    /// More than lie between the year 1 and the year 9999, whatever the size.
    private static let movesMax = 90_000_000
    private static let years = 1...9999

    private var outOfRange: ExecutionError {
        ExecutionError(
            "execute.bad_microbatch", "Microbatch model '\(node.name)': date value out of range", at: node.location,
            remedy: "set a smaller lookback, or times between the years \(Self.years.lowerBound) and \(Self.years.upperBound)")
    }

    /// - Parameter time: a border.
    private func moved(_ time: Timestamp, by count: Int) throws -> Timestamp {
        guard (-Self.movesMax...Self.movesMax).contains(count) else { throw outOfRange }
        let moved = shifted(time, by: count)
        guard Self.years.contains(moved.civil.year) else { throw outOfRange }
        return moved
    }

    private func shifted(_ time: Timestamp, by count: Int) -> Timestamp {
        let clock = time.civil
        switch size {
        case .hour: return Timestamp(microseconds: time.microseconds + Int64(count) * 3_600_000_000)
        case .day: return Timestamp(microseconds: time.microseconds + Int64(count) * 86_400_000_000)
        case .month, .year:
            // Before the year 1 and behind the year 9999 there is nothing that `moved` would let through.
            let months = min(max(0, clock.year * 12 + clock.month - 1 + (size == .year ? count * 12 : count)), 10_000 * 12)
            return Timestamp(microseconds: Int64(Timestamp.daysSinceEpoch(year: months / 12, month: months % 12 + 1, day: 1)) * 86_400_000_000)
        }
    }
}
