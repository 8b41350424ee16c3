public import Contracts
public import Kernel
import Templating

extension Fleet {
    /// The decisions that are not in the log yet. Publishing one twice is publishing it once, for its id is the same.
    public func decide(now: Timestamp) -> [Event] {
        var room = PoolRoom(sizes: poolSizes)
        for run in runs.values { room.occupy(run.occupied) }
        var active: [String: [RunState]] = [:]
        var events = alarms.due(now: now, in: self)
        for name in pipelines.keys.sorted() where paused[name] == nil { events += inbox.requests(for: name, now: now) }
        var candidates: [RunState.Candidate] = []
        for run in runs.values.sorted(by: { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }) {
            // Only requests ask who is going on.
            if !requests.isEmpty { active[run.pipeline, default: []].append(run) }
            let decided = run.decisions(now: now)
            events += decided.settled
            candidates += decided.candidates
        }
        // Where a regular request waits for a place, no backfill takes the next one that is free.
        var crowded: Set<String> = []
        for request in nextRequests {
            if request.wish?.backfill != nil, crowded.contains(request.pipeline), withdrawn[request.id] == nil { continue }
            switch verdict(on: request, active[request.pipeline] ?? [], now) {
            case .wait: if request.wish?.backfill == nil { crowded.insert(request.pipeline) }
            case .reject(let reason, let code): events.append(rejection(request, now, reason, code))
            case .cancel(let runs):
                events += runs.map {
                    $0.event("cancelled_for/\(request.id)", nil, now, .runCancelRequested(RunCancelRequested(cause: .overlap, reason: "\(request.id) takes its place")))
                }
            case .start(let start):
                guard let run = RunState(start) else { continue }
                active[request.pipeline, default: []].append(run)
                // Its first tasks go out with it: one publish, one commit.
                events.append(start)
                let decided = run.decisions(now: now)
                events += decided.settled
                candidates += decided.candidates
            }
        }
        // Pools go to the greatest priority first; among equals to the older run.
        if candidates.contains(where: { $0.priority != 0 }) {
            candidates = candidates.enumerated().sorted { ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset) }.map(\.element)
        }
        for candidate in candidates where room.take(candidate.pools) { events.append(candidate.event) }
        return events
    }

    /// Regular requests before those of backfills: today's run must not wait for last year's.
    private var nextRequests: [Event] {
        lines.next(
            hasWithdrawn: !withdrawn.isEmpty, places: { self.pipelines[$0]?.policy?.activeMax ?? 1 },
            isLine: { self.pipelines[$0] != nil && (self.paused[$0] != nil || (self.pipelines[$0]?.policy?.overlap ?? .queue) == .queue) })
    }

    private enum Verdict {
        case wait
        case start(Event)
        case reject(String, code: String? = nil)
        case cancel([RunState])
    }

    private func verdict(on request: Event, _ active: [RunState], _ now: Timestamp) -> Verdict {
        guard let wish = request.wish else { return .wait }
        guard let pipeline = pipelines[request.pipeline] else { return .reject("no pipeline is named '\(request.pipeline)'", code: RunRejected.unknownPipeline) }
        if let cancel = withdrawn[request.id] { return .reject("cancelled before it began\(cancel.reason.isEmpty ? "" : ": \(cancel.reason)")", code: RunRejected.cancelled) }
        // What cannot be followed need not wait to hear so.
        if let reason = StepSelection(wish, of: pipeline).refusal { return .reject(reason) }
        guard paused[request.pipeline] == nil else { return .wait }
        let places = max(pipeline.policy?.activeMax ?? 1, wish.backfill?.activeMax ?? 1, 1)
        guard active.count >= places else { return start(request, wish, pipeline, now) }
        // A backfill was asked for as a whole: each of its runs waits for its turn, whatever the rule.
        guard wish.backfill == nil else { return .wait }
        switch pipeline.policy?.overlap ?? .queue {
        case .queue: return .wait
        case .skip: return .reject("skipped: \(active[0].id) is going on", code: RunRejected.skipped)
        case .cancelRunning:
            if let newest = lines.newestRegular(of: request.pipeline), newest.id != request.id { return .reject("skipped: \(newest.id) was asked for after it", code: RunRejected.skipped) }
            let going = active.filter { $0.cancel == nil }
            return going.isEmpty ? .wait : .cancel(going)
        }
    }

    private func start(_ request: Event, _ wish: RunRequested, _ pipeline: PipelineRegistered, _ now: Timestamp) -> Verdict {
        var (wish, earlier) = (wish, RunArchive.Ended?.none)
        if let rerun = wish.rerun {
            if runs[rerun.of] != nil { return .reject("\(rerun.of) is still going on") }
            earlier = history.run(rerun.of, of: request.pipeline)
            guard let earlier else { return .reject("'\(rerun.of)' is none of the last \(RunArchive.runsMax) runs of \(request.pipeline)") }
            do { (wish.steps, wish.from) = try earlier.selection(rerun.extent, of: pipeline) } catch { return .reject(error.summary, code: "\(error.code)") }
            wish.logicalDate = earlier.logicalDate
            wish.isFullRefresh = wish.isFullRefresh || earlier.isFullRefresh
        }
        let selection = StepSelection(wish, of: pipeline)
        if let reason = selection.refusal { return .reject(reason) }
        var started = RunStarted(
            request: request.id, pipelineHash: pipeline.hash, logicalDate: wish.logicalDate ?? request.time,
            isFullRefresh: wish.isFullRefresh, steps: selection.steps, omitted: selection.omitted, tasks: selection.tasks, notify: pipeline.notify,
            policy: pipeline.policy, backfill: wish.backfill, rerun: wish.rerun, consumed: wish.consumes)
        if let earlier, wish.rerun?.extent == .failed { started.tasks = started.tasks.map(earlier.limited) }
        do { started.tasks = try filled(started, request) } catch { return .reject(error.summary) }
        return .start(Event(
            source: "orchestrator", id: "\(request.id)/-/started", time: now, pipeline: request.pipeline, run: Self.run(of: request),
            traceparent: request.traceparent, payload: .runStarted(started)))
    }

    /// The first tasks with what their values say of the run.
    private func filled(_ started: RunStarted, _ request: Event) throws(PlainProblem) -> [TaskSpec] {
        let values = RunValues(
            pipeline: request.pipeline, run: Self.run(of: request), logicalDate: started.logicalDate, isFullRefresh: started.isFullRefresh)
        var tasks = started.tasks
        for place in tasks.indices { tasks[place].args = try RunTemplate.render(tasks[place].args, values) }
        return tasks
    }

    private func rejection(_ request: Event, _ now: Timestamp, _ reason: String, _ code: String?) -> Event {
        Event(
            source: "orchestrator", id: "\(request.id)/-/rejected", time: now, pipeline: request.pipeline, run: Self.run(of: request),
            traceparent: request.traceparent,
            payload: .runRejected(RunRejected(request: request.id, reason: reason, code: code, consumed: request.wish?.consumes)))
    }

    /// What reports have told, and what definitions say: there the smallest holds.
    private var poolSizes: [String: Int] {
        var declared: [String: Int] = [:]
        for pipeline in pipelines.values { declared.merge(pipeline.policy?.pools ?? [:], uniquingKeysWith: min) }
        return learntPools.merging(declared) { _, new in new }
    }
}

extension Event {
    var wish: RunRequested? { if case .runRequested(let wish) = payload { wish } else { nil } }
}

/// The free places of pools while decisions are made. A pool whose size nobody has told holds one.
private struct PoolRoom {
    private let sizes: [String: Int]
    private var taken: [String: Int] = [:]

    init(sizes: [String: Int]) { self.sizes = sizes }

    mutating func occupy(_ places: [String: Int]) { taken.merge(places, uniquingKeysWith: +) }

    /// Takes a place in each, or in none.
    mutating func take(_ pools: [String]) -> Bool {
        guard pools.allSatisfy({ taken[$0, default: 0] < sizes[$0, default: 1] }) else { return false }
        for pool in pools { taken[pool, default: 0] += 1 }
        return true
    }
}
