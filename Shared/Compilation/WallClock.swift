internal import Glibc
internal import Kernel

/// The time of day. Templates may ask for it; nothing in a plan depends on it.
enum WallClock {
    /// How often it was asked for on this thread: a project is read on one, while others may be at work on templates of their own.
    static var readings: UInt { UInt(bitPattern: pthread_getspecific(key)) }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    static func now() -> Timestamp {
        pthread_setspecific(key, UnsafeRawPointer(bitPattern: readings &+ 1))
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
