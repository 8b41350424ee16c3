import Glibc

/// One thread of its own for work that may block (SQLite, libpq, a file): `withTaskExecutorPreference(executor) { … }`,
/// or the executor of an actor.
public final class BlockingExecutor: TaskExecutor, SerialExecutor, @unchecked Sendable {
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
            for job in batch { job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor()) }
        }
    }
}
