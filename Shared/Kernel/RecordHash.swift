/// A record's 128-bit hash, over its bytes as they landed. It tells records apart; it protects against no one.
///
/// The bytes are read as little-endian words of 64 bits, two at a time, the last pair filled up with zeros. Each pair goes
/// into two lanes by folded multiplication (the two halves of a 128-bit product, combined by exclusive or); the length goes
/// in last, so that trailing zeros count. The result is part of landed manifests: it must never change.
public enum RecordHash {
    /// Set once at a program's start, where the cost of the books is measured: each record then counts as 0, and the sums say nothing.
    nonisolated(unsafe) public static var isOff = false

    @inline(__always) private static func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    @inline(__always) private static func word(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    public static func ofRecord(_ bytes: UnsafeRawBufferPointer) -> UInt128 { isOff ? 0 : hash(bytes) }

    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt128 {
        // Odd numbers of 64 bits with half of their bits set: digits of π and e.
        let p: UInt64 = 0x2437_0d31_9e8a_5e8d, q: UInt64 = 0xb7e1_5162_8aed_2a6b
        var a: UInt64 = 0x243f_6a88_85a3_08d3, b: UInt64 = 0x1319_8a2e_0370_7345
        let count = bytes.count
        if let start = bytes.baseAddress {
            var place = 0
            while place + 16 <= count {
                let x = word(start, place), y = word(start, place + 8)
                a = folded(a ^ x, y ^ p) &+ y
                b = folded(b ^ y, x ^ q) &+ x
                place += 16
            }
            if place < count {
                var x: UInt64 = 0, y: UInt64 = 0
                for index in place..<count {
                    let shifted = UInt64(bytes[index]) << UInt64((index - place) % 8 * 8)
                    if index - place < 8 { x |= shifted } else { y |= shifted }
                }
                a = folded(a ^ x, y ^ p) &+ y
                b = folded(b ^ y, x ^ q) &+ x
            }
        }
        let length = UInt64(count)
        let high = folded(a ^ length, q ^ b.byteSwapped)
        let low = folded(b ^ length, p ^ a.byteSwapped)
        return UInt128(high) << 64 | UInt128(low)
    }

    public static func hash(_ bytes: [UInt8]) -> UInt128 { bytes.withUnsafeBytes { hash($0) } }
    public static func hash(_ text: String) -> UInt128 { hash(Array(text.utf8)) }
}
