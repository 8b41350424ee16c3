public import Contracts
public import Kernel

/// One line of a run's balance sheet: what landed of a stream, and what became of it.
public struct BalanceLine: Hashable, Sendable {
    public let stream: String
    public let batches: Int
    public let landed: Tally
    /// By fate, in the order of `BookEntry.Point`.
    public let fates: [(point: BookEntry.Point, tally: Tally)]
    /// The batches whose fates do not add up to what landed.
    public let lost: [(batch: Int, landed: Tally, loaded: Tally)]

    public var isBalanced: Bool { lost.isEmpty }
    public var accounted: Tally { fates.reduce(.zero) { $0 + $1.tally } }

    /// In words: which hop lost how many.
    public var verdict: String {
        guard let first = lost.first else { return "balanced" }
        let difference = first.landed.count &- first.loaded.count
        let what = difference > 0 ? "lost \(difference) of \(first.landed.count) records"
            : difference < 0 ? "counted \(difference.magnitude) records too many (\(first.loaded.count) for \(first.landed.count))"
            : "holds other records than those that landed (\(first.landed.count), equal in number, different in sum)"
        return "stream \(stream), batch \(first.batch): the hop landing → warehouse \(what)"
    }

    public static func == (a: BalanceLine, b: BalanceLine) -> Bool {
        a.stream == b.stream && a.landed == b.landed && a.accounted == b.accounted && a.lost.map(\.batch) == b.lost.map(\.batch)
    }
    public func hash(into hasher: inout Hasher) { hasher.combine(stream) }
}

extension RunState {
    /// The books of the run, one line for each stream, in the order in which the streams landed.
    public var balance: [BalanceLine] {
        var streams: [String] = []
        var landed: [String: [Int: Tally]] = [:]
        var fates: [String: [Int: [BookEntry.Point: Tally]]] = [:]
        var superseded: Set<String> = []
        for task in inOrder {
            guard task.phase == .succeeded, let report = task.report else { continue }
            // A newer run has written this window: its own books tell of the rows, not ours.
            if report.details["superseded"]?.boolValue == true, let stream = task.spec.args["stream"]?.stringValue,
                let ordinal = task.spec.args["ordinal"]?.intValue { superseded.insert("\(stream)/\(ordinal)") }
            for entry in report.books {
                if landed[entry.stream] == nil {
                    streams.append(entry.stream)
                    landed[entry.stream] = [:]
                }
                if entry.point == .landed { landed[entry.stream]?[entry.batch, default: .zero] += entry.tally }
                else { fates[entry.stream, default: [:]][entry.batch, default: [:]][entry.point, default: .zero] += entry.tally }
            }
        }
        return streams.map { stream in
            let batches = (landed[stream] ?? [:]).filter { !superseded.contains("\(stream)/\($0.key)") }
            let loaded = fates[stream] ?? [:]
            var lost: [(batch: Int, landed: Tally, loaded: Tally)] = []
            for batch in Set(batches.keys).union(loaded.keys).sorted() {
                let sum = (loaded[batch] ?? [:]).values.reduce(Tally.zero, +)
                if sum != batches[batch] ?? .zero { lost.append((batch, batches[batch] ?? .zero, sum)) }
            }
            let byPoint = BookEntry.Point.allCases.filter(\.isFate).compactMap { point -> (point: BookEntry.Point, tally: Tally)? in
                let sum = loaded.values.compactMap { $0[point] }.reduce(Tally.zero, +)
                return sum.count > 0 ? (point, sum) : nil
            }
            return BalanceLine(stream: stream, batches: batches.count, landed: batches.values.reduce(.zero, +), fates: byPoint, lost: lost)
        }
    }
}
