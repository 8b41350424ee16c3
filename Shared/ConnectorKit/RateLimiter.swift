public import Kernel
internal import Synchronization

/// When a source may be asked again. All connectors that ask one source in a process share one, so a pause holds for all.
public final class RateLimiter: Sendable {
    /// When the next request may go out, and why not before.
    private let next = Mutex<(at: Timestamp, why: String)>((Timestamp(microseconds: .min), ""))
    private let spacingSeconds: Double

    /// - Parameter spacingSeconds: the least time between two requests.
    public init(spacingSeconds: Double = 0) { self.spacingSeconds = spacingSeconds }

    /// Seconds to wait before the next request, which is counted as made then, and what they are waited for.
    func reserve(at now: Timestamp) -> (seconds: Double, why: String) {
        next.withLock { next in
            let start = max(next.at, now)
            let why = next.why
            if spacingSeconds > 0 { next = (start.adding(seconds: spacingSeconds), "requests keep their distance") }
            return (start - now, why)
        }
    }

    /// Nobody asks before `seconds` have passed.
    /// - Parameter why: what people read who wait for it.
    public func hold(seconds: Double, from now: Timestamp, why: String) {
        let end = now.adding(seconds: seconds)
        next.withLock { if end > $0.at { $0 = (end, why) } }
    }
}
