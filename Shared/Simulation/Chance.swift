import Kernel

/// Chance that depends on the seed and on what it is asked about, and on nothing that was asked before: a fault that is added
/// to a world leaves the rest of it as it was.
struct Chance {
    let seed: UInt64

    /// A number from 0 to below 1.
    func fraction(_ about: String) -> Double {
        var hash = seed ^ 14_695_981_039_346_656_037
        for byte in about.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        var numbers = SplitMix64(seed: hash)
        return Double(numbers.next() >> 11) / Double(1 << 53)
    }
    func happens(_ rate: Double, _ about: String) -> Bool { fraction(about) < rate }

    /// Short times are likelier than long ones, as they are with people and machines: each doubling is as likely as the one before.
    func seconds(_ range: ClosedRange<Double>, _ about: String) -> Double {
        range.lowerBound * power(range.upperBound / range.lowerBound, fraction("\(about)/seconds"))
    }

    func number(_ count: Int, _ about: String) -> Int { min(Int(fraction(about) * Double(count)), count - 1) }

    /// `base` to the `exponent` from 0 to 1 by square roots: no library whose last digit differs from machine to machine.
    private func power(_ base: Double, _ exponent: Double) -> Double {
        var (result, root, rest) = (1.0, base, exponent)
        for _ in 0..<30 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return result
    }
}
