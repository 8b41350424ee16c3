/// A whole number of any size, as Python's are.
///
/// The packages there are for it bring the whole of Foundation, which the command line of dbt does without: see its linking in the manifest.
struct BigInt: Hashable, Sendable, ExpressibleByIntegerLiteral {
    let magnitude: Natural
    /// Of zero plus.
    let sign: FloatingPointSign

    init(_ magnitude: Natural, _ sign: FloatingPointSign = .plus) {
        self.magnitude = magnitude
        self.sign = magnitude.isZero ? .plus : sign
    }
    init(_ number: Int) { self.init(Natural(number.magnitude), number < 0 ? .minus : .plus) }
    init(integerLiteral value: Int) { self.init(value) }

    /// Digits with a sign before them or none; nil for other text.
    init?(_ text: String, radix: Int) {
        let isSigned = text.utf8.first == .minus || text.utf8.first == .plus
        guard let magnitude = Natural(isSigned ? text.dropFirst() : text[...], radix: radix) else { return nil }
        self.init(magnitude, text.utf8.first == .minus ? .minus : .plus)
    }

    var isZero: Bool { magnitude.isZero }

    /// nil where it needs more than 64 bits.
    var small: Int? {
        guard magnitude.words.count <= 1 else { return nil }
        let word = magnitude.words.first ?? 0
        return sign == .plus ? Int(exactly: word) : word <= Int.min.magnitude ? Int(truncatingIfNeeded: 0 &- word) : nil
    }

    func text(radix: Int, uppercase: Bool = false) -> String { (sign == .minus ? "-" : "") + magnitude.text(radix: radix, uppercase: uppercase) }

    static prefix func - (number: BigInt) -> BigInt { BigInt(number.magnitude, number.sign == .plus ? .minus : .plus) }

    static func + (left: BigInt, right: BigInt) -> BigInt {
        if left.sign == right.sign { return BigInt(left.magnitude + right.magnitude, left.sign) }
        return left.magnitude < right.magnitude ? BigInt(right.magnitude - left.magnitude, right.sign) : BigInt(left.magnitude - right.magnitude, left.sign)
    }
    static func - (left: BigInt, right: BigInt) -> BigInt { left + -right }
    static func * (left: BigInt, right: BigInt) -> BigInt { BigInt(left.magnitude * right.magnitude, left.sign == right.sign ? .plus : .minus) }
    static func << (number: BigInt, count: Int) -> BigInt { BigInt(number.magnitude << count, number.sign) }

    /// Rounded towards zero: what is left over has the sign of what is divided.
    func quotientAndRemainder(dividingBy divisor: BigInt) -> (quotient: BigInt, remainder: BigInt) {
        let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: divisor.magnitude)
        return (BigInt(quotient, sign == divisor.sign ? .plus : .minus), BigInt(remainder, sign))
    }

    func power(_ exponent: Int) -> BigInt {
        let resultSign: FloatingPointSign = sign == .minus && exponent % 2 == 1 ? .minus : .plus
        // Of twos alone, which is what most write.
        let twos = magnitude.trailingZeroBitCount
        if magnitude.bitWidth == twos + 1 { return BigInt(Natural(1) << (twos * exponent), resultSign) }
        var (result, base, rest) = (Natural(1), magnitude, exponent)
        while rest > 0 {
            if rest % 2 == 1 { result = result * base }
            rest /= 2
            if rest > 0 { base = base * base }
        }
        return BigInt(result, resultSign)
    }
}

extension BigInt: Comparable {
    static func < (left: BigInt, right: BigInt) -> Bool {
        if left.sign != right.sign { return left.sign == .minus }
        return left.sign == .plus ? left.magnitude < right.magnitude : right.magnitude < left.magnitude
    }
}
