internal import FoundationEssentials
internal import Kernel

/// Random numbers that can be had again: the seed is printed, and `SEED=…` brings it back. `SLUICE_TEST_SEED` says where those
/// that were given none begin, which is what makes a call of all the tests the same as the last one.
public struct Seed: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix64

    public init(_ label: String) {
        let environment = ProcessInfo.processInfo.environment
        let given = environment["SEED"] ?? environment["SLUICE_TEST_SEED"]
        let seed = given.flatMap(UInt64.init) ?? .random(in: 1 ... 1 << 48)
        print("\(label): SEED=\(seed)")
        self.init(state: seed)
    }

    public init(state: UInt64) { numbers = SplitMix64(seed: state) }

    public mutating func next() -> UInt64 { numbers.next() }
}
