/// Knows how much of the thread's stack was used since it was made, so that recursion in a template ends in an error
/// and not in a crash, however large the frames of a build are.
public struct StackGuard {
    private let start: UInt

    public init() { start = Self.here }

    /// The stack grows downwards on every platform Swift runs on.
    public var bytesUsed: Int {
        let here = Self.here
        return start > here ? Int(start - here) : 0
    }

    private static var here: UInt {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { UInt(bitPattern: $0.baseAddress) }
    }
}
