public import Foundation

/// What is done where something has not ended in its time, on a thread of its own: a test that stands still may hold every thread
/// that tests share, and all others behind it.
public final class Deadline: @unchecked Sendable {
    // Safe: `action` is behind the clock's lock.
    private var action: (@Sendable () -> Void)?
    private let time: Date

    public init(seconds: Double, _ action: @escaping @Sendable () -> Void) {
        self.action = action
        time = Date().addingTimeInterval(seconds)
        Self.clock.watch(self)
    }

    /// It has ended in time.
    public func cancel() { Self.clock.lock.withLock { action = nil } }

    private static let clock = Clock()

    private final class Clock: @unchecked Sendable {
        // Safe: `open` is behind `lock`.
        let lock = NSLock()
        private var open: [Deadline] = []

        init() {
            Thread.detachNewThread { [self] in
                while true {
                    sleep(1)
                    for action in due(Date()) { action() }
                }
            }
        }

        func watch(_ deadline: Deadline) { lock.withLock { open.append(deadline) } }

        private func due(_ now: Date) -> [@Sendable () -> Void] {
            lock.withLock {
                defer { open.removeAll { $0.time <= now || $0.action == nil } }
                return open.compactMap { $0.time <= now ? $0.action : nil }
            }
        }
    }
}
