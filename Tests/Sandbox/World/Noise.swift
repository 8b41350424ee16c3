/// Repeatable chance: the same seed, label and numbers give the same value, wherever and whenever it is asked for.
struct Noise {
    let seed: UInt64

    /// Evenly spread bits.
    func bits(_ label: StaticString, _ numbers: Int...) -> UInt64 {
        // FNV-1a over the label; then one step for each number.
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        label.withUTF8Buffer { for byte in $0 { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 } }
        state = Self.mix(state ^ Self.mix(seed))
        for number in numbers { state = Self.mix(state ^ UInt64(bitPattern: Int64(number))) }
        return state
    }

    /// In 0 ..< 1.
    func unit(_ label: StaticString, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) -> Double {
        Double(bits(label, a, b, c) >> 11) / Double(1 << 53)
    }
    /// Around 1, at most `spread` away.
    func around(_ spread: Double, _ label: StaticString, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) -> Double {
        1 + (unit(label, a, b, c) * 2 - 1) * spread
    }
    /// In 0 ..< `count`.
    func pick(_ count: Int, _ label: StaticString, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) -> Int { Int(bits(label, a, b, c) % UInt64(count)) }

    /// One step of SplitMix64, by Sebastiano Vigna's public-domain description.
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
