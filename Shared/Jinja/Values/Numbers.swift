#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif


/// Python's arithmetic. Integers of 64 bits are the quick way through it; see `BigInteger` for those beyond.
enum Numbers {
    static func equal(_ left: Value, _ right: Value) -> Bool {
        if let left = left.asInt, let right = right.asInt { return left == right }
        if case .double(let double) = left, let integer = right.asInt { return Int(exactly: double) == integer }
        if case .double(let double) = right, let integer = left.asInt { return Int(exactly: double) == integer }
        if case .double(let left) = left, case .double(let right) = right { return left == right }
        // One that is beyond 64 bits equals none that is within.
        switch (left, right) {
        case (.big(let left), .big(let right)): return left == right
        case (.big(let big), .double(let double)), (.double(let double), .big(let big)): return isWhole(double) && BigInteger.number(of: double) == big.number
        default: return false
        }
    }

    static func order(_ left: Value, _ right: Value) -> Int? {
        if let left = left.asInt, let right = right.asInt { return left < right ? -1 : left == right ? 0 : 1 }
        if case .big(let big) = left { return order(big, right) }
        if case .big(let big) = right { return order(big, left).map { -$0 } }
        guard let leftDouble = left.asDouble, let rightDouble = right.asDouble else { return nil }
        if equal(left, right) { return 0 }
        if leftDouble == rightDouble, let integer = left.asInt { return order(integer, rightDouble) }
        if leftDouble == rightDouble, let integer = right.asInt { return -order(integer, leftDouble) }
        return leftDouble < rightDouble ? -1 : leftDouble > rightDouble ? 1 : nil
    }

    private static func order(_ big: BigInteger, _ other: Value) -> Int? {
        let sign = big.number.sign == .minus ? -1 : 1
        switch other {
        case .big(let other): return big.number < other.number ? -1 : big.number == other.number ? 0 : 1
        case .double(let double):
            guard !double.isNaN else { return nil }
            // A double of this size has no fraction.
            guard abs(double) >= 0x1p63, let number = BigInteger.number(of: double) else { return double.isInfinite ? (double < 0 ? 1 : -1) : sign }
            return big.number < number ? -1 : big.number == number ? 0 : 1
        default: return other.asInt == nil ? nil : sign
        }
    }

    private static func isWhole(_ double: Double) -> Bool { double.isFinite && double == double.rounded() }

    /// For neighbours beyond 2^53, where the integer as a double looks equal though it is not.
    private static func order(_ integer: Int, _ double: Double) -> Int {
        guard let rounded = Int(exactly: double) else { return -1 }
        return integer < rounded ? -1 : 1
    }

    /// Nil when the operator does not apply to the operands.
    static func apply(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(JinjaError) -> Value? {
        if let left = left.asInt, let right = right.asInt { return try integers(operation, left, right) }
        if let left = left.wholeNumber, let right = right.wholeNumber { return try BigInteger.integers(operation, left, right) }
        guard let left = try operand(left), let right = try operand(right) else { return nil }
        return .double(try doubles(operation, left, right))
    }

    /// Of no number nil.
    private static func operand(_ value: Value) throws(JinjaError) -> Double? {
        if case .big(let big) = value {
            guard let double = big.double else { throw tooLargeForFloat }
            return double
        }
        return value.asDouble
    }

    static func integers(_ operation: BinaryOperator, _ left: Int, _ right: Int) throws(JinjaError) -> Value {
        switch operation {
        case .add:
            let (result, isOver) = left.addingReportingOverflow(right)
            return isOver ? try BigInteger.integers(.add, BigInt(left), BigInt(right)) : .int(result)
        case .subtract:
            let (result, isOver) = left.subtractingReportingOverflow(right)
            return isOver ? try BigInteger.integers(.subtract, BigInt(left), BigInt(right)) : .int(result)
        case .multiply:
            let (result, isOver) = left.multipliedReportingOverflow(by: right)
            return isOver ? try BigInteger.integers(.multiply, BigInt(left), BigInt(right)) : .int(result)
        case .divide:
            guard right != 0 else { throw JinjaError(.arithmetic, "division by zero") }
            // Both are exact as doubles, so that there is one rounding.
            if left.magnitude <= 1 << 53, right.magnitude <= 1 << 53 { return .double(Double(left) / Double(right)) }
            return .double(try BigInteger.quotient(BigInt(left), BigInt(right)))
        case .floorDivide:
            guard right != 0 else { throw JinjaError(.arithmetic, "integer division or modulo by zero") }
            let (quotient, overflow) = left.dividedReportingOverflow(by: right)
            guard !overflow else { return try BigInteger.integers(.floorDivide, BigInt(left), BigInt(right)) }
            return .int(left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient)
        case .modulo:
            guard right != 0 else { throw JinjaError(.arithmetic, "integer modulo by zero") }
            guard right != -1 else { return .int(0) }
            let remainder = left % right
            return .int(remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder)
        case .power:
            guard right >= 0 else { return .double(try doubles(.power, Double(left), Double(right))) }
            return try power(left, right)
        }
    }

    static var tooLargeForFloat: JinjaError { JinjaError(.arithmetic, "int too large to convert to float") }

    private static func power(_ base: Int, _ exponent: Int) throws(JinjaError) -> Value {
        if base == 0 || base == 1 { return .int(exponent == 0 ? 1 : base) }
        if base == -1 { return .int(exponent % 2 == 0 ? 1 : -1) }
        var result = 1
        for _ in 0..<exponent {
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            guard !overflow else { return try BigInteger.integers(.power, BigInt(base), BigInt(exponent)) }
            result = product
        }
        return .int(result)
    }

    private static func doubles(_ operation: BinaryOperator, _ left: Double, _ right: Double) throws(JinjaError) -> Double {
        switch operation {
        case .add: return left + right
        case .subtract: return left - right
        case .multiply: return left * right
        case .divide:
            guard right != 0 else { throw JinjaError(.arithmetic, "float division by zero") }
            return left / right
        case .floorDivide: return try floorDivided(left, right).quotient
        case .modulo:
            guard right != 0 else { throw JinjaError(.arithmetic, "float modulo") }
            return try floorDivided(left, right).remainder
        case .power: return try doublePower(left, right)
        }
    }

    /// As CPython does it, so that the last bit and the signs of zero agree.
    private static func floorDivided(
        _ left: Double, _ right: Double
    ) throws(JinjaError) -> (quotient: Double, remainder: Double) {
        guard right != 0 else { throw JinjaError(.arithmetic, "float floor division by zero") }
        var remainder = fmod(left, right)
        var quotient = (left - remainder) / right
        if remainder != 0 {
            if (right < 0) != (remainder < 0) {
                remainder += right
                quotient -= 1
            }
        } else {
            remainder = copysign(0, right)
        }
        guard quotient != 0 else { return (copysign(0, left / right), remainder) }
        let floored = floor(quotient)
        return (quotient - floored > 0.5 ? floored + 1 : floored, remainder)
    }

    static func doublePower(_ left: Double, _ right: Double) throws(JinjaError) -> Double {
        if left == 0, right < 0 { throw JinjaError(.arithmetic, "0.0 cannot be raised to a negative power") }
        if left < 0, left.isFinite, right.isFinite, right != right.rounded() {
            throw JinjaError(.arithmetic, "complex numbers are not supported")
        }
        let result = pow(left, right)
        if result.isInfinite, left.isFinite, right.isFinite { throw JinjaError(.arithmetic, "numerical result out of range") }
        return result
    }

    // MARK: Reading numbers from text, as int(…) and float(…) do

    /// nil where the text is no number; fails where it has more digits than Python reads.
    static func integer(from text: String, base: Int = 10) throws(JinjaError) -> Value? {
        guard base == 0 || (base >= 2 && base <= 36) else { return nil }
        var digits = Array(PythonText.trimmed(text, where: Whitespace.isSpace).utf8)
        guard let first = digits.first else { return nil }
        let isNegative = first == .minus
        if isNegative || first == .plus { digits.removeFirst() }
        var base = base
        if digits.count > 1, digits[0] == UInt8(ascii: "0") {
            let prefixes: [UInt8: Int] = [UInt8(ascii: "x"): 16, UInt8(ascii: "o"): 8, UInt8(ascii: "b"): 2]
            if let prefixed = prefixes[digits[1] | 0x20], base == 0 || base == prefixed {
                base = prefixed
                digits.removeFirst(2)
                if digits.first == .underscore { digits.removeFirst() }
            }
        }
        if base == 0 {
            base = 10
            if digits.count > 1, digits[0] == UInt8(ascii: "0"), digits.contains(where: { $0 != 0x30 && $0 != .underscore }) {
                return nil
            }
        }
        guard let plain = withoutUnderscores(digits), plain.first != .plus, plain.first != .minus else { return nil }
        let signed = (isNegative ? "-" : "") + plain.text
        if let small = Int(signed, radix: base) { return .int(small) }
        guard plain.allSatisfy({ Int(String(UnicodeScalar($0)), radix: base) != nil }) else { return nil }
        // Python bounds the digits of the other bases alone.
        guard plain.count <= BigInteger.digitsMax || base.nonzeroBitCount == 1 else { throw BigInteger.tooManyDigits(plain.count) }
        guard plain.count * (Int.bitWidth - (base - 1).leadingZeroBitCount) <= BigInteger.bitsMax + 8 else { throw BigInteger.tooLong }
        return try BigInt(signed, radix: base).map { (number) throws(JinjaError) in try BigInteger.value(number) }
    }

    static func double(from text: String) -> Double? {
        let trimmed = PythonText.trimmed(text, where: Whitespace.isSpace)
        let lower = trimmed.lowercased()
        let unsigned = lower.first == "-" || lower.first == "+" ? String(lower.dropFirst()) : lower
        if ["inf", "infinity", "nan"].contains(unsigned) { return Double(lower == "+" + unsigned ? unsigned : lower) }
        guard let plain = withoutUnderscores(Array(trimmed.utf8)), let last = plain.last else { return nil }
        guard plain.allSatisfy({ $0.isDigit || "+-.eE".utf8.contains($0) }) else { return nil }
        // Python reads `1.` and `.5`; Swift wants digits on both sides of the point.
        var text = plain.text
        if last == .dot { text += "0" }
        text = PythonText.replaced(text, ".e", ".0e")
        text = PythonText.replaced(text, ".E", ".0e")
        guard plain.contains(where: \.isDigit) else { return nil }
        if let value = Double(text) { return value }
        let signed = plain.first == .minus || plain.first == .plus
        let body = signed ? String(text.dropFirst()) : text
        guard body.first == ".", body.dropFirst().first?.isASCII == true, body.utf8.dropFirst().first?.isDigit == true else {
            return nil
        }
        return Double((signed ? String(text.prefix(1)) : "") + "0" + body)
    }

    /// An underscore may stand between two digits only.
    private static func withoutUnderscores(_ digits: [UInt8]) -> [UInt8]? {
        guard digits.contains(.underscore) else { return digits.isEmpty ? nil : digits }
        var result: [UInt8] = []
        for (index, byte) in digits.enumerated() {
            guard byte == .underscore else {
                result.append(byte)
                continue
            }
            guard index > 0, index + 1 < digits.count, digits[index - 1] != .underscore, digits[index + 1] != .underscore,
                digits[index - 1] != .dot, digits[index + 1] != .dot
            else { return nil }
        }
        return result.isEmpty ? nil : result
    }

    // MARK: Writing whole numbers

    /// The digits without their sign; nil for what is no integer. Fails where Python refuses to write that many decimal ones.
    static func digits(_ value: Value, radix: Int = 10, uppercase: Bool = false) throws(JinjaError) -> (text: String, isNegative: Bool)? {
        if case .big(let big) = value {
            let isNegative = big.number.sign == .minus
            let text = radix == 10 ? try big.text() : big.number.text(radix: radix, uppercase: uppercase)
            return (isNegative ? String(text.dropFirst()) : text, isNegative)
        }
        return value.asInt.map { (String($0.magnitude, radix: radix, uppercase: uppercase), $0 < 0) }
    }

    // MARK: Decimals

    /// C's formatting of one double, which is exact to any precision.
    static func formatted(_ value: Double, _ conversion: Character, precision: Int, alternate: Bool = false) -> String {
        let format = "%\(alternate ? "#" : "").\(precision)\(conversion)"
        return withVaList([value]) { arguments in
            var buffer = [CChar](repeating: 0, count: 512)
            let needed = Int(vsnprintf(&buffer, buffer.count, format, arguments))
            if needed >= buffer.count {
                return withVaList([value]) { again in
                    buffer = [CChar](repeating: 0, count: needed + 1)
                    vsnprintf(&buffer, buffer.count, format, again)
                    return String(decoding: buffer.prefix(needed).map { UInt8(bitPattern: $0) }, as: UTF8.self)
                }
            }
            return String(decoding: buffer.prefix(max(needed, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    static func ceiling(_ value: Double) -> Double { ceil(value) }
    static func flooring(_ value: Double) -> Double { floor(value) }
    static func powerOfTen(_ exponent: Int) -> Double { pow(10, Double(exponent)) }

    /// `repr(float)`: the shortest digits that read back as the same number, in Python's layout.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
        let (digits, exponent) = shortestDigits(abs(value))
        let sign = value < 0 ? "-" : ""
        if exponent < -4 || exponent >= 16 {
            let mantissa = digits.count == 1 ? digits.text : [digits[0]].text + "." + Array(digits[1...]).text
            let size = String(abs(exponent))
            return sign + mantissa + "e" + (exponent < 0 ? "-" : "+") + (size.utf8.count < 2 ? "0" : "") + size
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits.text }
        if digits.count <= exponent + 1 {
            return sign + digits.text + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
        }
        return sign + Array(digits[...exponent]).text + "." + Array(digits[(exponent + 1)...]).text
    }

    /// The significant digits, and the power of ten of the first one. Swift's `description` finds the same digits.
    private static func shortestDigits(_ value: Double) -> (digits: [UInt8], exponent: Int) {
        var mantissa: [UInt8] = []
        var point: Int?
        var exponent = 0
        let bytes = Array(value.description.utf8)
        for (index, byte) in bytes.enumerated() {
            if byte == .dot {
                point = mantissa.count
            } else if byte.isDigit {
                mantissa.append(byte)
            } else {
                exponent = Int(String(decoding: bytes[(index + 1)...], as: UTF8.self)) ?? 0
                break
            }
        }
        let zeros = mantissa.prefix { $0 == 0x30 }.count
        exponent += (point ?? mantissa.count) - 1 - zeros
        mantissa.removeFirst(zeros)
        while mantissa.count > 1, mantissa.last == 0x30 { mantissa.removeLast() }
        return (mantissa, exponent)
    }
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }
}
