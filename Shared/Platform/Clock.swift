import Glibc
public import Kernel

/// The two clocks of the machine. Deadlines and leases use the monotonic one, which no administrator can set.
public enum SystemClock {
    /// Seconds since some fixed moment; never goes back.
    public static func monotonicSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

extension SystemClock {
    /// Lets a thread of our own rest. Never for the cooperative pool, which has `Task.sleep`.
    public static func sleep(seconds: Double) { usleep(UInt32(max(0, min(seconds, 3600)) * 1_000_000)) }
}
