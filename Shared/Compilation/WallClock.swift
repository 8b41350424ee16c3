internal import Glibc
internal import Kernel
internal import Synchronization

/// The time of day. Templates may ask for it; nothing in a plan depends on it.
enum WallClock {
    /// How often it was asked for in this process.
    static let readings = Atomic<Int>(0)

    static func now() -> Timestamp {
        readings.add(1, ordering: .relaxed)
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
