import Glibc

/// Hands things from thread to thread in the order in which they were put; whoever takes from an empty one waits, so never
/// take on the cooperative pool.
public final class Mailbox<Element: Sendable>: @unchecked Sendable {
    // Safe: `elements` is touched only while `mutex` is held; the two C objects are made once and never moved.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let signal = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [Element] = []

    public init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(signal, nil)
    }

    deinit {
        pthread_cond_destroy(signal)
        pthread_mutex_destroy(mutex)
        signal.deallocate()
        mutex.deallocate()
    }

    public func put(_ element: Element) {
        pthread_mutex_lock(mutex)
        elements.append(element)
        pthread_cond_signal(signal)
        pthread_mutex_unlock(mutex)
    }

    /// The oldest one.
    public func take() -> Element { whenFilled { $0.removeFirst() } }

    /// All that is there, at least one.
    public func takeAll() -> [Element] {
        whenFilled { elements in
            defer { elements.removeAll() }
            return elements
        }
    }

    private func whenFilled<T>(_ body: (inout [Element]) -> T) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while elements.isEmpty { pthread_cond_wait(signal, mutex) }
        return body(&elements)
    }
}
