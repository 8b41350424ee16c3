import Synchronization

/// A number that threads may count up together.
public final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    public init() {}
    /// Adds one and returns the new value.
    @discardableResult public func next() -> Int { value.add(1, ordering: .relaxed).newValue }
    public func add(_ amount: Int) { value.add(amount, ordering: .relaxed) }
    public var current: Int { value.load(ordering: .relaxed) }
}
