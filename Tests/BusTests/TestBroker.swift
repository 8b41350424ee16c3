import BrokerEngine
import Bus
import Contracts
import Foundation
import Journal
import Kernel
import Platform
import Support
import Wire

/// A real broker on a thread of this process, its sockets and its journal in a folder.
struct TestBroker {
    let endpoints: BusEndpoints
    private let stopper: @Sendable () -> Void
    private let ended: AsyncStream<Void>

    /// Returns when it listens.
    static func start(in folder: TemporaryFolder, leaseSeconds: Double = 10) async throws -> TestBroker {
        let endpoints = BusEndpoints(commands: "ipc://\(folder.path)/commands", feed: "ipc://\(folder.path)/feed")
        let (starts, started) = AsyncThrowingStream.makeStream(of: (@Sendable () -> Void).self)
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let path = "\(folder.path)/journal.db"
        SystemThread.start {
            do {
                try serve(path, endpoints, leaseSeconds) { started.yield($0) }
            } catch {
                started.finish(throwing: error)
            }
            end.finish()
        }
        for try await stopper in starts { return TestBroker(endpoints: endpoints, stopper: stopper, ended: ended) }
        throw CancellationError()
    }

    private static func serve(_ path: String, _ endpoints: BusEndpoints, _ leaseSeconds: Double, _ onStart: (@escaping @Sendable () -> Void) -> Void) throws {
        let journal = try JournalStore(path: path, limits: .init(leaseSeconds: leaseSeconds), now: SystemClock.monotonicSeconds())
        let server = try BrokerServer(Broker(journal: journal), endpoints: endpoints, context: WireContext(), reach: { _ in }, note: { _ in })
        onStart(server.stopper())
        try server.run()
    }

    /// Returns when its sockets are closed.
    func stop() async {
        stopper()
        for await _ in ended {}
    }

    func client(topics: [String] = ["task.", "run."]) -> BusClient { BusClient(endpoints, context: WireContext(), topics: topics) }
}

/// A `task.ready` as an orchestrator announces it.
func ready(_ id: String, kind: String = "test", args: JSON = [:]) -> Event {
    let spec = TaskSpec(id: TaskID(id), step: "s", role: .load, kind: kind, title: id, args: args)
    return Event(
        source: "orchestrator", id: "p@1/\(id)/ready", time: SystemClock.now(), pipeline: "p", role: .load, run: "p@1", task: spec.id,
        payload: .taskReady(TaskReady(spec: spec, attempt: 1, logicalDate: Timestamp(microseconds: 0), isFullRefresh: false)))
}

func request(_ id: String, pipeline: String = "p") -> Event {
    Event(source: "test", id: id, time: SystemClock.now(), pipeline: pipeline, payload: .runRequested(RunRequested(cause: .manual)))
}

/// Signals that a test waits for, in order.
struct Signal: Sendable {
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation
    init() { (stream, continuation) = AsyncStream.makeStream(of: String.self) }

    func give(_ word: String = "") { continuation.yield(word) }
    /// Returns the next word that contains `part`.
    @discardableResult func wait(_ part: String = "") async -> String {
        for await word in stream where part.isEmpty || word.contains(part) { return word }
        return ""
    }
}
