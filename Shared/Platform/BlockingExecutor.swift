/// One thread of its own for work that may block (SQLite, libpq, a file): `withTaskExecutorPreference(executor) { … }`,
/// or the executor of an actor.
public final class BlockingExecutor: TaskExecutor, SerialExecutor {
    private let jobs = Mailbox<UnownedJob>()

    /// The thread lives as long as the process: executors belong to services, which do too.
    public init() {
        SystemThread.start { [self] in loop() }
    }

    public func enqueue(_ job: consuming ExecutorJob) { jobs.put(UnownedJob(job)) }

    private func loop() -> Never {
        while true {
            for job in jobs.takeAll() { job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor()) }
        }
    }
}
