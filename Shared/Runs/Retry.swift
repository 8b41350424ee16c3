import Contracts
import Kernel

/// How long a failed attempt waits for the next one.
enum Retry {
    /// The longest wait, whatever a source or a definition asks for.
    static let secondsMax = 86_400.0
    /// Up to a quarter is added, so that what failed together does not come back together. It is made of the ids: equal logs wait equally.
    static let jitter = 0.25

    static func seconds(_ run: RunID, _ spec: TaskSpec, _ attempt: Int, _ problem: ProblemRecord) -> Double {
        let doubling = Double(1 << min(max(attempt - 1, 0), 16))
        let base = min(max(spec.backoffSeconds, 0) * doubling, spec.backoffSecondsMax ?? secondsMax)
        let growing = base * (1 + jitter * fraction("\(run)/\(spec.id)/\(attempt)"))
        return min(max(problem.retryAfterSeconds ?? 0, growing, 0), secondsMax)
    }

    /// A number from 0 to below 1 that looks like chance: FNV-1a, then the last mixing steps of SplitMix64.
    static func fraction(_ text: String) -> Double {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((hash ^ (hash >> 31)) >> 11) / Double(1 << 53)
    }
}
