public import Contracts
public import Kernel

/// One task of a run, as far as the log tells.
public struct TaskState: Hashable, Sendable {
    public enum Phase: Hashable, Sendable {
        /// Waits for others, or for a free place in its pools.
        case waiting
        /// Announced: in the queue or with a worker.
        case ready
        /// Failed in a way that may pass; announced again at this time.
        case retrying(at: Timestamp)
        /// Had not ended when its run was cancelled or given up.
        case cancelled
        case succeeded, failed, skipped

        public var isEnded: Bool {
            switch self {
            case .succeeded, .failed, .skipped, .cancelled: true
            case .waiting, .ready, .retrying: false
            }
        }
    }

    /// More attempts than this are counted, not kept.
    static let earlierMax = 20

    /// With what its step's policy says.
    public let spec: TaskSpec
    /// The place in which it came into the run: decisions follow it, so that equal logs decide equally.
    public let place: Int
    public internal(set) var phase: Phase = .waiting
    /// The attempt announced last, from 1; 0 before the first.
    public internal(set) var attempt = 0
    public internal(set) var announcedAt: Timestamp?
    public internal(set) var endedAt: Timestamp?
    /// The report that stands, of the last attempt.
    public internal(set) var report: TaskReport?
    /// The reports of the attempts before, each a failure, the newest last.
    public internal(set) var earlier: [TaskReport] = []
    /// Why it was skipped or given up.
    public internal(set) var reason: String?

    /// A source's limit that the task waits for, without a worker; nil where it waits for nothing of the kind.
    public var wait: SourceWait? {
        guard case .retrying(let until) = phase, let problem = report?.problem, problem.code.hasSuffix(".rate_limited") else { return nil }
        return SourceWait(source: spec.args["connector"]?.stringValue ?? spec.role.rawValue, until: until, why: problem.summary)
    }

    init(spec: TaskSpec, place: Int) {
        self.spec = spec
        self.place = place
    }

    /// What it occupies while it is announced.
    var pools: [String] { [spec.pool, spec.stepPool].compactMap(\.self) }
}

/// A source that has said when it may be asked again.
public struct SourceWait: Hashable, Sendable {
    /// The connector's name.
    public let source: String
    public let until: Timestamp
    public let why: String
}

extension RunState {
    /// Whom the run waits for, each source once with the time at which it is asked first, in the order of the tasks.
    public var waits: [SourceWait] {
        var waits: [SourceWait] = []
        for wait in inOrder.compactMap(\.wait) {
            guard let place = waits.firstIndex(where: { $0.source == wait.source }) else {
                waits.append(wait)
                continue
            }
            if wait.until < waits[place].until { waits[place] = wait }
        }
        return waits
    }
}
