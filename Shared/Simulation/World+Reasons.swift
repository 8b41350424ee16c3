import Contracts
import Kernel
import Runs

/// Why a deadline was missed: what held the run up for longest until then.
extension World {
    func reason(_ event: Event, _ missed: SLAMissed) -> String {
        guard let run = event.run else { return "" }
        if fleet.runs[run] == nil, let before = fleet.runs.values.filter({ $0.pipeline == event.pipeline }).min(by: { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }) {
            if let jam = chronicle.jams[event.pipeline], jam.run != run { return "held up behind \(jam.run): \(jam.words) for \(DurationWords.short(jam.seconds))" }
            return "held up behind \(before.id): \(cause(of: before.id, since: before.startedAt))"
        }
        if let end = chronicle.ends[run], end.outcome != .succeeded { return "the run \(end.outcome.rawValue): \(end.words)" }
        if fleet.runs[run] == nil, chronicle.ends[run] == nil, isDisturbed(since: missed.due) == 0 { return missed.standing }
        return cause(of: run, since: missed.due)
    }

    private func isDisturbed(since time: Timestamp) -> Double {
        chronicle.outages.map { max(0, min($0.end, now) - max($0.start, time)) }.filter { $0 > 0 }.reduce(0, +)
    }

    private func cause(of run: RunID, since time: Timestamp) -> String {
        var causes = chronicle.delays[run] ?? []
        let away = isDisturbed(since: time)
        if away > 0 { causes.append(("the broker took nothing new", away)) }
        for (task, since) in chronicle.queueing where task.run == run { causes.append(("\(task.task) waited for a place in pool \(task.pools)", now - since)) }
        for entry in queue.entries.values where entry.run == run {
            if case .waiting = entry.state { causes.append(("\(entry.task) waited for a free \(entry.role.rawValue) worker", seconds - entry.since)) }
        }
        if let state = fleet.runs[run] {
            for case .retrying(let until) in state.inOrder.map(\.phase) where until > now { causes.append(("a task waits for its next attempt", until - now)) }
        }
        let worst = causes.max { ($0.seconds, $0.words) < ($1.seconds, $1.words) }
        guard let worst, worst.seconds >= 1 else { return "its tasks take longer than the deadline allows" }
        return "\(worst.words) for \(DurationWords.short(worst.seconds))"
    }
}
