import Contracts
import Kernel

/// The events that pipelines wait for: which have come, and which run takes them.
///
/// An event is put in once for each pipeline whose triggers it fits, and leaves with the one request that consumes it.
struct Inbox: Sendable {
    struct Waiting: Sendable {
        let reference: EventReference
        let at: Timestamp
        let cause: RunRequested.Cause
        let triggers: [Trigger]
        let logicalDate: Timestamp?
        let backfill: BackfillReference?
    }

    /// One run takes at most so many: they travel in its request.
    static let consumedMax = 1000
    /// An unbroken stream of events cannot put a debounced run off for longer than so many times the debounce.
    static let debounceFactorMax = 10.0

    private var rules: [String: TriggerRule] = [:]
    private var waiting: [String: [Waiting]] = [:]
    /// By pipeline, when a run was last asked for because of an event.
    private var requestedAt: [String: Timestamp] = [:]

    // MARK: Facts

    /// What has come already stays where it still fits.
    mutating func subscribe(_ pipeline: String, _ rule: TriggerRule?) {
        rules[pipeline] = rule
        waiting[pipeline]?.removeAll { come in !come.triggers.contains { rule?.triggers.contains($0) == true } }
    }

    /// - Parameter run: the run that the event ended, with its end.
    mutating func apply(_ sequenced: SequencedEvent, of run: RunState?) {
        // Somebody tried a step: that is no news for those who wait for the whole.
        if let started = run?.started, started.isPartial, started.rerun == nil { return }
        for (pipeline, rule) in rules {
            if run?.started.backfill != nil, rule.ignoresBackfills == true { continue }
            let event = sequenced.event
            let fits = rule.triggers.filter { $0.fits(event, for: pipeline) }
            guard !fits.isEmpty else { continue }
            waiting[pipeline, default: []].append(Waiting(
                reference: EventReference(sequence: sequenced.sequence, source: event.source, id: event.id), at: event.time,
                cause: fits[0].cause, triggers: fits, logicalDate: run?.started.logicalDate, backfill: run?.started.backfill))
        }
    }

    /// - Returns: those of `references` that waited; they wait no more. Nil where there are none.
    mutating func consume(_ references: [EventReference]?, by pipeline: String, at time: Timestamp) -> [EventReference]? {
        guard let references, !references.isEmpty else { return nil }
        let named = Set(references)
        let taken = (waiting[pipeline] ?? []).filter { named.contains($0.reference) }.map(\.reference)
        guard !taken.isEmpty else { return nil }
        waiting[pipeline]?.removeAll { named.contains($0.reference) }
        requestedAt[pipeline] = time
        return taken
    }

    func waiting(for pipeline: String) -> [Waiting] { waiting[pipeline] ?? [] }

    // MARK: Decisions

    func requests(for pipeline: String, now: Timestamp) -> [Event] {
        guard let rule = rules[pipeline], let come = waiting[pipeline], !come.isEmpty, isDue(rule, pipeline, come, now) else { return [] }
        guard rule.gathers else { return come.prefix(Self.consumedMax).map { request([$0], pipeline, now) } }
        return [request(Array(come.prefix(Self.consumedMax)), pipeline, now)]
    }

    private func isDue(_ rule: TriggerRule, _ pipeline: String, _ come: [Waiting], _ now: Timestamp) -> Bool {
        if rule.mode == .all, !isComplete(rule, come) { return false }
        // Nor is a request of ours from a calendar that was ahead and has come back a reason to wait for its year.
        if let seconds = rule.intervalSeconds, let last = requestedAt[pipeline], last > now.adding(seconds: seconds) { return true }
        guard let time = dueAt(rule, pipeline, come) else { return true }
        // A client's clock may be ahead of ours: what comes from the future is not waited for.
        return time <= now || come.contains { $0.at > now }
    }

    private func isComplete(_ rule: TriggerRule, _ come: [Waiting]) -> Bool {
        rule.triggers.allSatisfy { trigger in come.contains { $0.triggers.contains(trigger) } }
    }

    private func dueAt(_ rule: TriggerRule, _ pipeline: String, _ come: [Waiting]) -> Timestamp? {
        var times: [Timestamp] = []
        if let seconds = rule.debounceSeconds, let oldest = come.map(\.at).min(), let newest = come.map(\.at).max() {
            times.append(min(newest.adding(seconds: seconds), oldest.adding(seconds: seconds * Self.debounceFactorMax)))
        }
        if let seconds = rule.intervalSeconds, let last = requestedAt[pipeline] { times.append(last.adding(seconds: seconds)) }
        return times.max()
    }

    /// Its id is made of the first event's place in the log, which belongs to one request of the pipeline alone.
    private func request(_ come: [Waiting], _ pipeline: String, _ now: Timestamp) -> Event {
        // A chain hands its logical date on; anything else stands for the time at which it came.
        let date = come.compactMap(\.logicalDate).max() ?? come.map(\.at).max() ?? now
        let backfills = Set(come.map { $0.backfill?.id })
        return Event(
            source: "orchestrator", id: "\(pipeline)@\(date.compact)-\(String(come[0].reference.sequence, radix: 36))", time: now, pipeline: pipeline,
            payload: .runRequested(RunRequested(
                cause: come[0].cause, logicalDate: date, backfill: backfills.count == 1 ? come[0].backfill : nil, consumes: come.map(\.reference))))
    }

    func nextDeadline(of pipeline: String) -> Timestamp? {
        guard let rule = rules[pipeline], let come = waiting[pipeline], !come.isEmpty, rule.mode == .any || isComplete(rule, come) else { return nil }
        return dueAt(rule, pipeline, come)
    }
}

extension Trigger {
    /// Whether an event is one that this trigger of `pipeline` waits for.
    func fits(_ event: Event, for pipeline: String) -> Bool {
        switch (self, event.payload) {
        case (.upstream(let upstream, let on), .runSucceeded): event.pipeline == upstream && on != .failed
        case (.upstream(let upstream, let on), .runFailed): event.pipeline == upstream && on != .succeeded
        case (.upstream(let upstream, let on), .runCancelled): event.pipeline == upstream && on == .ended
        case (.file(let pattern, _), .fileArrived(let file)): event.pipeline == pipeline && file.pattern == pattern
        case (.webhook, .webhookReceived): event.pipeline == pipeline
        case (.message(let name), .other(let type, _)): type == name || type.hasPrefix("\(name).v") && type.dropFirst(name.count + 2).allSatisfy(\.isNumber)
        default: false
        }
    }

    var cause: RunRequested.Cause {
        switch self {
        case .upstream: .upstream
        case .file: .file
        case .webhook: .webhook
        case .message: .message
        }
    }
}
