import Contracts
import Kernel
import Platform
import Synchronization
import Triggers

/// Looks after the files that pipelines wait for. Hashing a large one takes long and must not hold up those who decide, so the
/// two sides only share a small state under a lock.
final class FileWatch: Sendable {
    static let lookSeconds = 0.5

    struct Rule: Hashable, Sendable {
        let pipeline: String
        /// As the pipeline has it.
        let pattern: String
        let settleSeconds: Double
    }
    /// What the log tells of a file: how large it was, and when it was looked at.
    struct Known: Sendable {
        let bytes: Int
        let at: Timestamp
    }

    private struct State {
        var rules: Set<Rule> = []
        var known: [String: Known] = [:]
        var arrived: [Event] = []
    }

    private let state = Mutex(State())
    private let environment: [String: String]
    private let wake: @Sendable () -> Void
    private let note: @Sendable (String) -> Void

    init(environment: [String: String], wake: @escaping @Sendable () -> Void, note: @escaping @Sendable (String) -> Void) {
        self.environment = environment
        self.wake = wake
        self.note = note
    }

    // MARK: For those who decide

    /// What is waited for now; nothing where another orchestrator leads.
    func follow(_ rules: Set<Rule>) { state.withLock { $0.rules = rules } }

    /// The log tells of files; where one was told of, it is hashed again only when it has changed since.
    func learn(_ event: Event) {
        guard case .fileArrived(let file) = event.payload else { return }
        state.withLock { $0.known["\(event.pipeline) \(file.path)"] = Known(bytes: file.bytes, at: event.time) }
    }

    /// Events to publish; they stay here until `settle` says that they are in the log.
    var waiting: [Event] { state.withLock { $0.arrived } }
    func settle(_ events: [Event]) {
        let ids = Set(events.map(\.id))
        state.withLock { $0.arrived.removeAll { ids.contains($0.id) } }
    }

    // MARK: The looking

    /// Looks until it is cancelled, on a thread of its own.
    func run() async {
        await withTaskExecutorPreference(BlockingExecutor()) {
            var triggers: [Rule: FileTrigger] = [:]
            // Told once for each rule.
            var broken: [Rule: String] = [:]
            while !Task.isCancelled {
                let rules = state.withLock { $0.rules }
                triggers = triggers.filter { rules.contains($0.key) }
                for rule in rules.sorted(by: { ($0.pipeline, $0.pattern) < ($1.pipeline, $1.pattern) }) {
                    do {
                        var trigger = try triggers[rule]
                            ?? FileTrigger(pattern: Substitution.expand(rule.pattern, environment: environment), settleSeconds: rule.settleSeconds)
                        defer { triggers[rule] = trigger }
                        try look(rule, &trigger)
                        broken[rule] = nil
                    } catch {
                        if broken[rule] != "\(error)" { note("pipeline \(rule.pipeline): \(error)") }
                        broken[rule] = "\(error)"
                    }
                }
                try? await Task.sleep(for: .seconds(Self.lookSeconds))
            }
        }
    }

    private func look(_ rule: Rule, _ trigger: inout FileTrigger) throws {
        let arrivals = try trigger.look(monotonic: SystemClock.monotonicSeconds(), now: SystemClock.now()) { path, bytes, changedAt in
            guard let known = state.withLock({ $0.known["\(rule.pipeline) \(path)"] }) else { return false }
            return known.bytes == bytes && changedAt <= known.at
        }
        guard !arrivals.isEmpty else { return }
        let events = arrivals.map { arrival in
            Event(
                source: "orchestrator", id: "\(rule.pipeline)/file/\(arrival.path)@\(arrival.sha256)", time: arrival.at, pipeline: rule.pipeline,
                payload: .fileArrived(FileArrived(pattern: rule.pattern, path: arrival.path, sha256: arrival.sha256, bytes: arrival.bytes)))
        }
        state.withLock { $0.arrived += events }
        wake()
    }
}
