public import Kernel
internal import Synchronization

/// When a source may be asked again. All connectors that ask one source in a process share one, so a pause holds for all.
public final class RateLimiter: Sendable {
    private let notBefore = Mutex(Timestamp(microseconds: .min))
    private let spacingSeconds: Double

    /// - Parameter spacingSeconds: the least time between two requests.
    public init(spacingSeconds: Double = 0) { self.spacingSeconds = spacingSeconds }

    /// Seconds to wait before the next request, which is counted as made then.
    func reserve(at now: Timestamp) -> Double {
        notBefore.withLock { time in
            let start = max(time, now)
            if spacingSeconds > 0 { time = start.adding(seconds: spacingSeconds) }
            return start - now
        }
    }

    /// Nobody asks before `seconds` have passed.
    public func hold(seconds: Double, from now: Timestamp) {
        notBefore.withLock { $0 = max($0, now.adding(seconds: seconds)) }
    }
}
