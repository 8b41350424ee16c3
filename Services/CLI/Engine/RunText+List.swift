public import Kernel
import Runs

extension RunText {
    /// So many of those that wait are shown: what they wait for is mostly the same.
    private static let waitingMax = 5
    /// A longer name moves its own line, not all.
    private static let nameMax = 52

    /// A line for each of the `limit` newest runs, behind those that have not begun: how it stands, its name, when it began, how long it
    /// took, why it did not succeed.
    /// - Parameter pipeline: only runs of this one; nil for all.
    public func list(_ history: RunHistory, _ board: PipelineBoard, pipeline: String? = nil, limit: Int, now: Timestamp) -> [String] {
        let waiting = history.waiting.filter { pipeline == nil || history.requested[$0]?.pipeline == pipeline }
        let shown = waiting.prefix(Self.waitingMax)
        let runs = history.order.reversed().lazy.compactMap { history.runs[$0] }.filter { pipeline == nil || $0.pipeline == pipeline }.prefix(limit)
        let width = (shown.map(\.description.count) + runs.map(\.id.description.count)).filter { $0 <= Self.nameMax }.max() ?? 0
        var lines = shown.map { id in
            let asked = dim("asked for at \(history.requested[id].map { moment($0.at) } ?? "")")
            return "\(padded(yellow("waiting"), 10))  \(padded(id.description, width))  \(asked)\(history.reason(of: id, board).map { "  \($0)" } ?? "")"
        }
        if waiting.count > shown.count { lines.append(dim("and \(waiting.count - shown.count) more wait")) }
        return lines + runs.map { line($0, width: width, now: now) }
    }

    private func line(_ run: RunState, width: Int, now: Timestamp) -> String {
        let word = run.end.map { self.word($0.outcome) } ?? (run.cancel == nil ? "running" : yellow("cancelling"))
        let seconds = decimal((run.end?.at ?? now) - run.startedAt, 2)
        let facts = dim("\(moment(run.startedAt))  \(leftPadded(seconds, 8)) s  \(run.tasks.count == 1 ? "1 task" : "\(run.tasks.count) tasks")")
        let waiting = waiting(run, now: now)
        let why = run.end.map { $0.isSuccess || $0.summary.summary == $0.outcome.rawValue ? "" : $0.summary.summary } ?? (waiting.isEmpty ? "" : yellow(waiting))
        return "\(padded(word, 10))  \(padded(run.id.description, width))  \(facts)\(why.isEmpty ? "" : "  " + why)"
    }

    /// A run that has not begun: why, or that it never will; nil where nobody has asked for it.
    public func request(_ id: RunID, _ history: RunHistory, _ board: PipelineBoard) -> String? {
        guard let request = history.requested[id] else { return nil }
        let why = history.rejections[id].map { "was rejected: \($0.reason)" } ?? "has not begun: \(history.reason(of: id, board) ?? "it has only just been asked for")"
        return "\(bold(id.description)) \(why)\n\(dim("pipeline \(request.pipeline), asked for at \(moment(request.at))"))"
    }

    /// To the second, in UTC, which it says: `2026-01-31T06:00:00Z`.
    public func moment(_ time: Timestamp) -> String { "\(time.description.prefix(19))Z" }

    /// What the broker says of its queue and its log.
    public func broker(_ status: JSON) -> [String] {
        let queue = (status["queue"]?.objectValue?.pairs ?? []).map { role, counts in
            let words = ["waiting", "leased", "dead"].compactMap { key in
                counts[key]?.intValue.flatMap { $0 == 0 ? nil : "\($0) \(key == "leased" ? "at work" : key == "dead" ? "given up (sluice dead-letters)" : key)" }
            }
            return "  \(padded(role, 9))  \(words.isEmpty ? dim("nothing waits") : words.joined(separator: ", "))"
        }
        let log = [
            status["newest"]?.intValue.map { "newest event \($0)" }, status["bytes"]?.intValue.map { "\(decimal(Double($0) / 1_048_576, 1)) MiB" },
            status["leader"]?.stringValue.map { "led by \($0)" }, status["is_available"]?.boolValue == false ? red("cannot be written to") : nil,
        ].compactMap(\.self)
        return (queue.isEmpty ? [] : ["queue"] + queue) + ["log", "  " + log.joined(separator: ", ")]
    }
}
