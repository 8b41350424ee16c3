/// A whole number beyond 64 bits.
///
/// - `number` never fits an `Int`: what does is `Value.int`, so that small numbers stay small and no number has two faces.
/// - It has at most `bitsMax` bits.
public final class BigInteger: Sendable, Equatable {
    let number: BigInt

    /// Python has no bound but memory. Beyond this, one product takes a second and no text of it could be printed anyway.
    static let bitsMax = 1 << 20
    /// Python refuses to turn longer numbers into decimal text and back, as that takes time by the square of their length.
    static let digitsMax = 4_300

    private init(_ number: BigInt) { self.number = number }

    public static func == (left: BigInteger, right: BigInteger) -> Bool { left.number == right.number }

    static func value(_ number: BigInt) throws(JinjaError) -> Value {
        if let small = number.small { return .int(small) }
        guard number.magnitude.bitWidth <= bitsMax else { throw tooLong }
        return .big(BigInteger(number))
    }

    static var tooLong: JinjaError { JinjaError(.limit, "an integer of more than \(bitsMax) bits") }

    /// All its decimal digits, however many.
    public var digits: String { number.text(radix: 10) }

    /// Whether Python turns it into decimal text.
    public var isWritable: Bool { (try? text()) != nil }

    /// `str(x)`; fails where Python refuses to write that many digits.
    func text() throws(JinjaError) -> String {
        let text = number.magnitude.bitWidth > 14_285 ? nil : digits
        guard let text, text.utf8.count - (number.sign == .minus ? 1 : 0) <= Self.digitsMax else {
            throw JinjaError(
                .value, "Exceeds the limit (\(Self.digitsMax) digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit")
        }
        return text
    }

    static func tooManyDigits(_ count: Int) -> JinjaError {
        JinjaError(
            .value,
            "Exceeds the limit (\(digitsMax) digits) for integer string conversion: value has \(count) digits; use sys.set_int_max_str_digits() to increase the limit")
    }

    /// The nearest double, a half to the even one; nil where it is too large for any.
    public var double: Double? { Self.double(number) }

    static func double(_ number: BigInt) -> Double? {
        let magnitude = number.magnitude
        let shift = max(magnitude.bitWidth - 64, 0)
        guard shift <= 1_024 else { return nil }
        var top = (magnitude >> shift).words.first ?? 0
        // One bit for all that is cut off decides a half.
        if shift > 0, magnitude.trailingZeroBitCount < shift { top |= 1 }
        let double = Double(sign: number.sign == .minus ? .minus : .plus, exponent: shift, significand: Double(top))
        return double.isFinite ? double : nil
    }

    static func number(of double: Double) -> BigInt? {
        guard double.isFinite else { return nil }
        let whole = double.rounded(.towardZero)
        if let small = Int(exactly: whole) { return BigInt(small) }
        let magnitude = BigInt(Natural(UInt(whole.significandBitPattern | 1 << 52))) << (Int(whole.exponent) - 52)
        return whole < 0 ? -magnitude : magnitude
    }

    /// As `hash` of a double that is equal: `2 ** 70` and `2.0 ** 70` are one key.
    func hash(into hasher: inout Hasher) {
        if let double, Self.number(of: double) == number { hasher.combine(double) } else { hasher.combine(number) }
    }

    // MARK: Arithmetic

    static func integers(_ operation: BinaryOperator, _ left: BigInt, _ right: BigInt) throws(JinjaError) -> Value {
        switch operation {
        case .add: return try value(left + right)
        case .subtract: return try value(left - right)
        case .multiply:
            guard left.magnitude.bitWidth + right.magnitude.bitWidth <= bitsMax + 1 else { throw tooLong }
            return try value(left * right)
        case .divide: return .double(try quotient(left, right))
        case .floorDivide: return try value(try divided(left, right).quotient)
        case .modulo where right.isZero: throw JinjaError(.arithmetic, "integer modulo by zero")
        case .modulo: return try value(try divided(left, right).remainder)
        case .power: return try power(left, right)
        }
    }

    /// Rounded down, so that what is left over has the sign of the divisor.
    private static func divided(_ left: BigInt, _ right: BigInt) throws(JinjaError) -> (quotient: BigInt, remainder: BigInt) {
        guard !right.isZero else { throw JinjaError(.arithmetic, "integer division or modulo by zero") }
        let (quotient, remainder) = left.quotientAndRemainder(dividingBy: right)
        guard !remainder.isZero, (remainder.sign == .minus) != (right.sign == .minus) else { return (quotient, remainder) }
        return (quotient - 1, remainder + right)
    }

    private static func power(_ base: BigInt, _ exponent: BigInt) throws(JinjaError) -> Value {
        guard exponent.sign == .plus else {
            guard let left = double(base), let right = double(exponent) else { throw Numbers.tooLargeForFloat }
            return .double(try Numbers.doublePower(left, right))
        }
        if base.magnitude <= 1 { return try value(exponent.isZero ? 1 : base.sign == .minus && (exponent.magnitude.words.first ?? 0) % 2 == 0 ? 1 : base) }
        guard let exponent = exponent.small, exponent <= bitsMax else { throw tooLong }
        let (bits, isOver) = (base.magnitude.bitWidth - 1).multipliedReportingOverflow(by: exponent)
        guard !isOver, bits <= bitsMax else { throw tooLong }
        return try value(base.power(exponent))
    }

    /// `left / right`, rounded once, as CPython does it: the quotient with two bits more than a double has, then to even.
    static func quotient(_ left: BigInt, _ right: BigInt) throws(JinjaError) -> Double {
        guard !right.isZero else { throw JinjaError(.arithmetic, "division by zero") }
        let isNegative = (left.sign == .minus) != (right.sign == .minus)
        guard !left.isZero else { return isNegative ? -0.0 : 0 }
        let (smallest, places) = (-1_021, 53)
        let difference = left.magnitude.bitWidth - right.magnitude.bitWidth
        guard difference <= 1_024 else { throw tooLargeQuotient }
        guard difference >= smallest - places - 1 else { return isNegative ? -0.0 : 0 }
        let shift = max(difference, smallest) - places - 2
        let (dividend, divisor) = shift <= 0 ? (left.magnitude << -shift, right.magnitude) : (left.magnitude, right.magnitude << shift)
        let (whole, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        var bits = whole.words.first ?? 0
        let extra = max(whole.bitWidth, smallest - shift) - places
        let half = UInt(1) << (extra - 1)
        let low = bits | (remainder.isZero ? 0 : 1)
        if low & half != 0, low & (3 * half - 1) != 0 { bits += half }
        bits &= ~(2 * half - 1)
        let double = Double(sign: isNegative ? .minus : .plus, exponent: shift, significand: Double(bits))
        guard double.isFinite else { throw tooLargeQuotient }
        return double
    }

    private static var tooLargeQuotient: JinjaError { JinjaError(.arithmetic, "integer division result too large for a float") }
}

extension Value {
    /// The number that decimal digits with a sign before them stand for; nil for other text and beyond what Python reads.
    public init?(digits: String) {
        if let small = Int(digits) {
            self = .int(small)
            return
        }
        guard digits.utf8.count <= BigInteger.digitsMax + 1, let number = BigInt(digits, radix: 10), let value = try? BigInteger.value(number) else { return nil }
        self = value
    }

    /// An integer of any size and, as in Python, a boolean.
    var wholeNumber: BigInt? {
        if case .big(let big) = self { return big.number }
        return asInt.map { BigInt($0) }
    }

    /// `int(x)` of a double.
    static func truncating(_ double: Double) throws(JinjaError) -> Value {
        if let small = Int(exactly: double.rounded(.towardZero)) { return .int(small) }
        if double.isNaN { throw JinjaError(.value, "cannot convert float NaN to integer") }
        guard let number = BigInteger.number(of: double) else { throw JinjaError(.arithmetic, "cannot convert float infinity to integer") }
        return try BigInteger.value(number)
    }
}
