/// One walk over a value's items.
public final class ValueIterator {
    private let step: () throws -> Value?
    /// How many items the walked value has, when it knows without walking.
    public let count: Int?

    public init(count: Int? = nil, _ step: @escaping () throws -> Value?) {
        self.count = count
        self.step = step
    }

    public convenience init(_ items: [Value]) {
        var index = 0
        self.init(count: items.count) {
            guard index < items.count else { return nil }
            defer { index += 1 }
            return items[index]
        }
    }

    public func next() throws(JinjaError) -> Value? {
        try hosted(step)
    }
}
