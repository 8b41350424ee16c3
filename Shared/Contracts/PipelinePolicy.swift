/// The rules of a pipeline beside its tasks: how many runs at once, for how long, by when. Absent fields mean the defaults,
/// so that a definition without rules is written as it always was.
public struct PipelinePolicy: Hashable, Sendable, Codable {
    /// What becomes of a request while as many runs go on as may.
    public enum Overlap: String, Codable, Sendable, CaseIterable {
        /// It waits for its turn.
        case queue
        /// It is rejected, with the reason.
        case skip
        /// The runs that go on are cancelled for it. Of several that wait only the newest begins.
        case cancelRunning = "cancel_running"
    }
    /// When a run is told of while it still goes on: it takes longer than `factor` times what is expected.
    public struct Slow: Hashable, Sendable, Codable {
        /// Seconds; nil for the median of the last runs that succeeded.
        public var expectedSeconds: Double?
        public var factor: Double
        public init(expectedSeconds: Double? = nil, factor: Double = 2) {
            self.expectedSeconds = expectedSeconds
            self.factor = factor
        }
    }
    /// What holds for every task of a step, those that come later included.
    public struct Step: Hashable, Sendable, Codable {
        public var attemptsMax: Int?
        /// Seconds before the second attempt, doubled for each further one up to `backoffSecondsMax`.
        public var backoffSeconds: Double?
        public var backoffSecondsMax: Double?
        /// How long one attempt may work, in seconds.
        public var timeoutSeconds: Double?
        /// Seconds behind the run's due time by which the step has to have succeeded.
        public var slaSeconds: Double?
        public var priority: Int?
        /// Occupied beside the task's own pool.
        public var pool: String?

        public init(
            attemptsMax: Int? = nil, backoffSeconds: Double? = nil, backoffSecondsMax: Double? = nil, timeoutSeconds: Double? = nil,
            slaSeconds: Double? = nil, priority: Int? = nil, pool: String? = nil
        ) {
            self.attemptsMax = attemptsMax
            self.backoffSeconds = backoffSeconds
            self.backoffSecondsMax = backoffSecondsMax
            self.timeoutSeconds = timeoutSeconds
            self.slaSeconds = slaSeconds
            self.priority = priority
            self.pool = pool
        }
    }

    public var overlap: Overlap?
    /// How many runs at once; 1 where nothing is said.
    public var activeMax: Int?
    /// Seconds after which a run is given up.
    public var timeoutSeconds: Double?
    /// Seconds behind its due time by which a run has to have succeeded.
    public var slaSeconds: Double?
    public var slow: Slow?
    public var steps: [String: Step]?
    /// Sizes of the pools that steps name; shared by all pipelines. Of two sizes the smaller holds.
    public var pools: [String: Int]?

    public init(
        overlap: Overlap? = nil, activeMax: Int? = nil, timeoutSeconds: Double? = nil, slaSeconds: Double? = nil, slow: Slow? = nil,
        steps: [String: Step]? = nil, pools: [String: Int]? = nil
    ) {
        self.overlap = overlap
        self.activeMax = activeMax
        self.timeoutSeconds = timeoutSeconds
        self.slaSeconds = slaSeconds
        self.slow = slow
        self.steps = steps
        self.pools = pools
    }
}
