import Glibc

/// An actor's executor that is one thread of its own, so that its actor may call what blocks: SQLite, libpq, a file.
public final class BlockingExecutor: SerialExecutor, @unchecked Sendable {
    // Safe: `jobs` is touched only while `mutex` is held; the two C objects are made once and never moved.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let signal = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []

    /// The thread lives as long as the process: executors belong to services, which do too.
    public init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(signal, nil)
        SystemThread.start { [self] in loop() }
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pthread_mutex_lock(mutex)
        jobs.append(job)
        pthread_cond_signal(signal)
        pthread_mutex_unlock(mutex)
    }

    private func loop() -> Never {
        while true {
            pthread_mutex_lock(mutex)
            while jobs.isEmpty { pthread_cond_wait(signal, mutex) }
            let batch = jobs
            jobs.removeAll()
            pthread_mutex_unlock(mutex)
            for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }
}

/// Runs synchronous, blocking work one piece at a time on a thread of its own.
public actor BlockingLane {
    private let executor: BlockingExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init() { executor = BlockingExecutor() }

    public func run<T: Sendable>(_ work: @Sendable () throws -> T) throws -> T { try work() }
}
