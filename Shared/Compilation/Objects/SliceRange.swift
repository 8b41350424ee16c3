internal import Jinja

/// A slice of Python's, `[start:stop:step]`, of a sequence of the host's.
struct SliceRange {
    private let start: Value?
    private let stop: Value?
    private let step: Value?

    /// `none` and nil are what is not said.
    init(_ start: Value?, _ stop: Value?, _ step: Value?) { (self.start, self.stop, self.step) = (start, stop, step) }

    /// The places it takes of `count`, in its order.
    func places(of count: Int) throws -> [Int] {
        let step = try Self.number(step) ?? 1
        guard step != 0 else { throw JinjaError(.value, "slice step cannot be zero") }
        let (low, high) = step > 0 ? (0, count) : (-1, count - 1)
        func place(_ value: Value?, _ absent: Int) throws -> Int {
            guard let number = try Self.number(value) else { return absent }
            return min(max(number < 0 ? number + count : number, low), high)
        }
        let (first, end) = (try place(start, step > 0 ? low : high), try place(stop, step > 0 ? high : low))
        // A longer step than the sequence takes one place, and cannot overflow.
        return Array(stride(from: first, to: end, by: min(max(step, -count - 1), count + 1)))
    }

    private static func number(_ value: Value?) throws -> Int? {
        guard let value, !value.isNone else { return nil }
        guard let number = value.asInt else { throw JinjaError(.type, "slice indices must be integers or None or have an __index__ method") }
        return number
    }
}
