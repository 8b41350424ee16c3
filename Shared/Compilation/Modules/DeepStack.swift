internal import Glibc
internal import Jinja

/// A thread of its own for a recursion that may need more stack than threads have. Its pages take memory only where they are used, and go
/// away with it.
enum DeepStack {
    static let bytes = 256 << 20

    private final class Work {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Runs `body` there and waits for it.
    static func run<T>(_ body: () throws -> T) throws -> T {
        var result = Result<T, any Error>.failure(JinjaError(.limit, "the system gives no further thread"))
        withoutActuallyEscaping({ result = Result { try body() } }) { body in
            var attributes = pthread_attr_t()
            pthread_attr_init(&attributes)
            defer { pthread_attr_destroy(&attributes) }
            pthread_attr_setstacksize(&attributes, bytes)
            let work = Unmanaged.passRetained(Work(body))
            var thread = pthread_t()
            let code = pthread_create(&thread, &attributes, { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
            if code == 0 { pthread_join(thread, nil) } else { work.release() }
        }
        return try result.get()
    }
}
