/// A message as it travelled: its frames lie one after the other in one piece of memory, so that it costs one allocation,
/// however many they are. Copies share it.
// Safe to send: it is written while it is made and never again.
public struct Message: @unchecked Sendable {
    /// In front of the bytes, where each frame ends.
    @usableFromInline final class Storage: ManagedBuffer<Int, UInt8> {}
    @usableFromInline let storage: Storage

    public init(_ frames: [[UInt8]]) {
        var end = 0
        let ends = frames.map { frame in
            end += frame.count
            return end
        }
        self.init(ends: ends) { bytes in
            var place = bytes
            for frame in frames {
                frame.withUnsafeBytes { if let start = $0.baseAddress { place.copyMemory(from: start, byteCount: $0.count) } }
                place += frame.count
            }
        }
    }

    /// - Parameter ends: of each frame, counted from the start of the first.
    init(ends: [Int], bytes: [UInt8]) {
        self.init(ends: ends) { place in
            bytes.withUnsafeBytes { if let start = $0.baseAddress { place.copyMemory(from: start, byteCount: ends.last ?? 0) } }
        }
    }

    private init(ends: [Int], write: (UnsafeMutableRawPointer) -> Void) {
        let head = ends.count * MemoryLayout<Int>.stride
        let made = Storage.create(minimumCapacity: head + (ends.last ?? 0)) { _ in ends.count }
        storage = unsafeDowncast(made, to: Storage.self)
        storage.withUnsafeMutablePointerToElements { start in
            let start = UnsafeMutableRawPointer(start)
            ends.withUnsafeBytes { if let from = $0.baseAddress { start.copyMemory(from: from, byteCount: head) } }
            write(start + head)
        }
    }

    /// The number of its frames.
    @inlinable public var count: Int { storage.header }

    /// Lends a frame's bytes.
    @inlinable public func withFrame<Result, Failure: Error>(
        _ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let count = storage.header
        precondition(index >= 0 && index < count, "a message of \(count) frames has no frame \(index)")
        defer { withExtendedLifetime(storage) {} }
        let start = storage.withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) }
        let stride = MemoryLayout<Int>.stride
        let first = index == 0 ? 0 : start.loadUnaligned(fromByteOffset: (index - 1) * stride, as: Int.self)
        let end = start.loadUnaligned(fromByteOffset: index * stride, as: Int.self)
        return try body(UnsafeBufferPointer(start: (start + count * stride + first).assumingMemoryBound(to: UInt8.self), count: end - first))
    }

    /// A copy of a frame.
    public func frame(_ index: Int) -> [UInt8] { withFrame(index) { Array($0) } }
    public var frames: [[UInt8]] { (0..<count).map(frame) }
}
