/// XXH64 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md): tells what was written whole from what was not, at the
/// speed of memory. It is no protection against somebody who computes it too; that is the salt's part (see `SegmentFile`).
enum Checksum {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5
    )

    static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        let (p1, p2, p3, p4, p5) = primes
        var place = 0
        var hash: UInt64
        if bytes.count >= 32 {
            var (a, b, c, d) = (seed &+ p1 &+ p2, seed &+ p2, seed, seed &- p1)
            while bytes.count - place >= 32 {
                a = round(a, word(bytes, place))
                b = round(b, word(bytes, place + 8))
                c = round(c, word(bytes, place + 16))
                d = round(d, word(bytes, place + 24))
                place += 32
            }
            hash = turned(a, 1) &+ turned(b, 7) &+ turned(c, 12) &+ turned(d, 18)
            for lane in [a, b, c, d] { hash = (hash ^ round(0, lane)) &* p1 &+ p4 }
        } else {
            hash = seed &+ p5
        }
        hash &+= UInt64(bytes.count)
        while bytes.count - place >= 8 {
            hash = turned(hash ^ round(0, word(bytes, place)), 27) &* p1 &+ p4
            place += 8
        }
        if bytes.count - place >= 4 {
            let half = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
            hash = turned(hash ^ (half &* p1), 23) &* p2 &+ p3
            place += 4
        }
        while place < bytes.count {
            hash = turned(hash ^ (UInt64(bytes[place]) &* p5), 11) &* p1
            place += 1
        }
        hash = (hash ^ (hash >> 33)) &* p2
        hash = (hash ^ (hash >> 29)) &* p3
        return hash ^ (hash >> 32)
    }

    @inline(__always) private static func word(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }
    @inline(__always) private static func turned(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
    @inline(__always) private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 { turned(lane &+ word &* primes.1, 31) &* primes.0 }
}
