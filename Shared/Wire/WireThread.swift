import Glibc
import Platform
import Synchronization

/// A thread that owns sockets and is the executor of the actor that uses them, so that the compiler keeps every socket
/// on its one thread. Its poll listens to a wake-up too: neither jobs nor messages wait for the other.
public final class WireThread: SerialExecutor, @unchecked Sendable {
    private struct State {
        var jobs: [UnownedJob] = []
        var isStopped = false
        var thread: pthread_t?
    }
    private let state = Mutex(State())
    private let wakeup = Wakeup()
    // Safe: touched only on the thread itself, from `watch` (a job) and from `loop`.
    private var sockets: [Socket] = []
    private var handlers: [() -> Void] = []

    public init() {
        SystemThread.start { [self] in loop() }
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = state.withLock { state in
            state.jobs.append(job)
            return state.jobs.count == 1
        }
        if isFirst { wakeup.signal() }
    }

    /// The runtime asks this where `assumeIsolated` is called from a handler, outside any job.
    public func isIsolatingCurrentContext() -> Bool? {
        state.withLock { $0.thread }.map { pthread_equal($0, pthread_self()) != 0 } ?? false
    }
    public func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "a socket is used from a thread that does not own it")
    }

    /// Ends the thread after the jobs that are queued. Call it last: jobs enqueued later never run.
    public func stop() {
        state.withLock { $0.isStopped = true }
        wakeup.signal()
    }

    /// Calls `onReadable` on this thread whenever `socket` has messages. Call it from a job of this executor.
    public func watch(_ socket: Socket, onReadable: @escaping () -> Void) {
        sockets.append(socket)
        handlers.append(onReadable)
    }

    private func loop() {
        state.withLock { $0.thread = pthread_self() }
        while true {
            Poller.wait(sockets, wakeup, timeoutSeconds: nil)
            let (jobs, isStopped) = state.withLock { state in
                let jobs = state.jobs
                state.jobs.removeAll(keepingCapacity: true)
                return (jobs, state.isStopped)
            }
            for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
            for handler in handlers { handler() }
            if isStopped {
                sockets = []
                handlers = []
                return
            }
        }
    }
}
