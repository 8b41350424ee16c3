import Glibc
import Platform
import Synchronization

/// A thread that owns sockets and is the executor of the actor that uses them, so that the compiler keeps every socket
/// on its one thread. Its poll listens to a wake-up too: neither jobs nor messages wait for the other.
///
/// The thread ends with the last reference to its executor, and closes the sockets.
public final class WireThread: SerialExecutor {
    private let loop: WireLoop

    public init() {
        let loop = WireLoop()
        self.loop = loop
        // The loop and not `self`: a thread that kept its executor would never end.
        SystemThread.start { loop.run() }
    }
    deinit { loop.end() }

    public func enqueue(_ job: consuming ExecutorJob) { loop.enqueue(UnownedJob(job), on: asUnownedSerialExecutor()) }

    /// The runtime asks this where `assumeIsolated` is called from a handler, outside any job.
    public func isIsolatingCurrentContext() -> Bool? { loop.isCurrent }
    public func checkIsolated() {
        precondition(loop.isCurrent, "a socket is used from a thread that does not own it")
    }

    /// Closes the sockets after the jobs that are queued. Jobs still run, so that whoever comes later hears no and does not wait.
    public func closeSockets() { loop.closeSockets() }

    /// Calls `onReadable` on this thread whenever `socket` has messages. Call it from a job of this executor.
    public func watch(_ socket: Socket, onReadable: @escaping () -> Void) {
        checkIsolated()
        loop.watch(socket, onReadable)
    }
}

/// What the thread runs. Apart from the executor, whose lifetime it must not prolong.
private final class WireLoop: @unchecked Sendable {
    private struct State {
        var jobs: [(job: UnownedJob, executor: UnownedSerialExecutor)] = []
        var isClosing = false
        var isEnding = false
        var thread: pthread_t?
    }
    private let state = Mutex(State())
    private let wakeup = Wakeup()
    // Safe: touched only on the thread itself, from `watch` (a job) and from `run`.
    private var sockets: [Socket] = []
    private var handlers: [() -> Void] = []

    func enqueue(_ job: UnownedJob, on executor: UnownedSerialExecutor) {
        let isFirst = state.withLock { state in
            state.jobs.append((job, executor))
            return state.jobs.count == 1
        }
        if isFirst { wakeup.signal() }
    }

    var isCurrent: Bool { state.withLock { $0.thread }.map { pthread_equal($0, pthread_self()) != 0 } ?? false }

    func closeSockets() {
        state.withLock { $0.isClosing = true }
        wakeup.signal()
    }
    func end() {
        state.withLock { $0.isEnding = true }
        wakeup.signal()
    }
    func watch(_ socket: Socket, _ onReadable: @escaping () -> Void) {
        sockets.append(socket)
        handlers.append(onReadable)
    }

    func run() {
        state.withLock { $0.thread = pthread_self() }
        while true {
            Poller.wait(sockets, wakeup, timeoutSeconds: nil)
            let (jobs, isClosing, isEnding) = state.withLock { state in
                let taken = (state.jobs, state.isClosing, state.isEnding)
                state.jobs.removeAll(keepingCapacity: true)
                return taken
            }
            for entry in jobs { entry.job.runSynchronously(on: entry.executor) }
            for handler in handlers { handler() }
            if isClosing || isEnding {
                sockets = []
                handlers = []
            }
            // A queued job keeps its actor alive and that keeps the executor, so whoever ends us has left no job behind.
            if isEnding { return }
        }
    }
}
