/// How many records passed a point and what they were: their count, and the sum of their 128-bit hashes mod 2¹²⁸.
///
/// A sum and never an exclusive or: two equal records must not cancel each other.
public struct Tally: Hashable, Sendable, Codable, CustomStringConvertible {
    public var count: Int
    public var sum: UInt128

    public static let zero = Tally(count: 0, sum: 0)

    public init(count: Int, sum: UInt128) {
        self.count = count
        self.sum = sum
    }

    public mutating func add(_ hash: UInt128) {
        count += 1
        sum &+= hash
    }

    // Counts come in messages too: adding them up must not trap, whatever they say.
    public static func + (a: Tally, b: Tally) -> Tally { Tally(count: a.count &+ b.count, sum: a.sum &+ b.sum) }
    public static func - (a: Tally, b: Tally) -> Tally { Tally(count: a.count &- b.count, sum: a.sum &- b.sum) }
    public static func += (a: inout Tally, b: Tally) { a = a + b }

    public var description: String { "\(count) (\(sumHex))" }
    public var sumHex: String { String(sum, radix: 16) }

    private enum CodingKeys: String, CodingKey { case count, sum }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        count = try container.decode(Int.self, forKey: .count)
        let text = try container.decode(String.self, forKey: .sum)
        guard let value = UInt128(text, radix: 16) else {
            throw DecodingError.dataCorruptedError(forKey: .sum, in: container, debugDescription: "'\(text)' is not a hexadecimal sum")
        }
        sum = value
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(count, forKey: .count)
        try container.encode(sumHex, forKey: .sum)
    }
}
