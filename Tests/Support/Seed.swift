internal import FoundationEssentials
internal import Kernel

/// Random numbers that can be had again: the seed is printed, and `SEED=…` brings it back.
public struct Seed: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix64

    public init(_ label: String) {
        let given = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init)
        let seed = given ?? .random(in: 1 ... 1 << 48)
        print("\(label): SEED=\(seed)")
        self.init(state: seed)
    }

    public init(state: UInt64) { numbers = SplitMix64(seed: state) }

    public mutating func next() -> UInt64 { numbers.next() }
}
