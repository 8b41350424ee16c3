internal import Dispatch
internal import Synchronization

/// Work on another core, for whose end its owner waits.
// Sendable: `result` is behind its lock.
final class Beside<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let group = DispatchGroup()

    init(_ work: @escaping @Sendable () throws -> Value) {
        DispatchQueue.global().async(group: group) { [self] in
            let outcome = Result { try work() }
            result.withLock { $0 = outcome }
        }
    }

    func wait() throws -> Value {
        group.wait()
        guard let outcome = result.withLock({ $0 }) else { preconditionFailure("the group is left when the work is done") }
        return try outcome.get()
    }
}
