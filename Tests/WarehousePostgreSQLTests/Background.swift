import Dispatch
import Synchronization

/// Work on a thread of its own, for tests with two sessions.
// Sendable: the outcome is behind its lock, and each test's body touches its session from this thread only until `wait`.
final class Background: @unchecked Sendable {
    private let outcome = Mutex<Result<Void, any Error>?>(nil)
    private let group = DispatchGroup()

    init(_ body: @escaping () throws -> Void) {
        nonisolated(unsafe) let body = body
        DispatchQueue(label: "background").async(group: group) { [self] in
            let result = Result { try body() }
            outcome.withLock { $0 = result }
        }
    }

    var isDone: Bool { outcome.withLock { $0 != nil } }
    func wait() throws {
        group.wait()
        try outcome.withLock { $0 }?.get()
    }
}
