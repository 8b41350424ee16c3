internal import FoundationEssentials

/// Random numbers that can be had again: the seed is printed, and `SEED=…` brings it back.
public struct Seed: RandomNumberGenerator, Sendable {
    @usableFromInline var state: UInt64

    public init(_ label: String) {
        let given = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init)
        state = given ?? .random(in: 1 ... 1 << 48)
        print("\(label): SEED=\(state)")
    }

    public init(state: UInt64) { self.state = state }

    /// SplitMix64, by Sebastiano Vigna's public-domain description.
    @inlinable public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
