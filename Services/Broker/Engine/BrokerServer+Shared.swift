import Synchronization

extension BrokerServer {
    /// What other threads may ask of the loop.
    public final class Shared: Sendable {
        private struct State {
            var isStopped = false
            var isAvailable = true
            var beatAt = 0.0
            var newest: UInt64 = 0
            var floor: UInt64 = 0
            var commits: UInt64 = 0
            var parked = 0
            var counters = Broker.Counters()
        }
        private let state = Mutex(State())
        init() {}

        public var isAvailable: Bool { state.withLock { $0.isAvailable } }
        /// Monotonic seconds at which the loop last turned.
        public var beatAt: Double { state.withLock { $0.beatAt } }
        public var newest: UInt64 { state.withLock { $0.newest } }
        public var floor: UInt64 { state.withLock { $0.floor } }
        public var commits: UInt64 { state.withLock { $0.commits } }
        public var parkedClaims: Int { state.withLock { $0.parked } }
        public var counters: Broker.Counters { state.withLock { $0.counters } }

        var isStopped: Bool { state.withLock { $0.isStopped } }
        func stop() { state.withLock { $0.isStopped = true } }
        func update(_ broker: Broker, now: Double) {
            state.withLock { state in
                state.isAvailable = broker.isAvailable
                state.beatAt = now
                state.newest = broker.journal.newest
                state.floor = broker.journal.floor
                state.commits = broker.journal.commits
                state.parked = broker.parkedClaims
                state.counters = broker.counters
            }
        }
    }
}
