internal import Jinja

/// A number of Python's `decimal`: it keeps the places it was written with, and is exact up to 28 digits of a result.
struct DecimalNumber: Hashable {
    /// Most significant first, without zeros in front; `[0]` for zero.
    private(set) var digits: [UInt8]
    private(set) var isNegative: Bool
    /// The number is its digits times ten to this power.
    private(set) var exponent: Int

    private static let precision = 28
    /// Of what is read, of what is asked for, and of results.
    private static let exponentMax = 10_000

    private init(_ digits: [UInt8], _ isNegative: Bool, _ exponent: Int) {
        let cut = digits.drop { $0 == 0 }
        self.digits = cut.isEmpty ? [0] : Array(cut)
        self.isNegative = isNegative
        self.exponent = exponent
    }

    init(_ integer: Int) { self.init(String(integer.magnitude).utf8.map { $0 - 0x30 }, integer < 0, 0) }

    /// `-12.50`, `1e+20`; nil for anything else.
    init?(_ text: some StringProtocol) {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        var digits: [UInt8] = []
        var places: Int?
        while let byte = rest.first, byte == UInt8(ascii: ".") || (0x30...0x39).contains(byte) {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: ".") {
                guard places == nil else { return nil }
                places = 0
            } else {
                digits.append(byte - 0x30)
                if let count = places { places = count + 1 }
            }
        }
        guard !digits.isEmpty else { return nil }
        var exponent = 0
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            guard let written = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), (-Self.exponentMax...Self.exponentMax).contains(written) else { return nil }
            exponent = written
        } else if !rest.isEmpty {
            return nil
        }
        self.init(digits, isNegative, exponent - (places ?? 0))
    }

    var isZero: Bool { digits == [0] }
    /// Whether its exponent is one that we compute with.
    var isInRange: Bool { (-Self.exponentMax...Self.exponentMax).contains(exponent) }

    /// As Python's `str` writes it: with all its places, and with an exponent where it has none or very many.
    var text: String {
        let sign = isNegative ? "-" : ""
        let written = String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self)
        let point = digits.count + exponent
        if exponent <= 0, point > -6 {
            if exponent == 0 { return sign + written }
            if point > 0 { return sign + written.prefix(point) + "." + written.dropFirst(point) }
            return sign + "0." + String(repeating: "0", count: -point) + written
        }
        let tail = digits.count > 1 ? "." + written.dropFirst() : ""
        return "\(sign)\(written.prefix(1))\(tail)E\(point - 1 < 0 ? "-" : "+")\(abs(point - 1))"
    }

    var double: Double { Double(text) ?? .nan }
    /// Towards zero; nil where it does not fit.
    var integer: Int? { wholeDigits.flatMap { Int($0) } }
    /// Towards zero, with its sign; nil where they are more than anybody writes.
    var wholeDigits: String? {
        guard exponent <= 4_300 else { return nil }
        let whole = exponent >= 0 ? digits + [UInt8](repeating: 0, count: exponent) : Array(digits.prefix(max(digits.count + exponent, 0)))
        return (isNegative ? "-" : "") + (whole.isEmpty ? "0" : String(decoding: whole.map { $0 + 0x30 }, as: UTF8.self))
    }

    /// Without the zeros at its end, before the point too: `1E+2` for 100.
    var normalized: DecimalNumber {
        guard !isZero else { return DecimalNumber([0], isNegative, 0) }
        let zeros = digits.reversed().prefix { $0 == 0 }.count
        return DecimalNumber(Array(digits.dropLast(zeros)), isNegative, exponent + zeros)
    }
    /// Without the zeros at its end.
    var placesNeeded: Int { max(0, -exponent - digits.reversed().prefix { $0 == 0 }.count) }

    /// For people: `1,234.50`
    func grouped(places: Int) -> String {
        let number = rounded(places: places)
        let written = String(repeating: "0", count: max(0, places + 1 - number.digits.count)) + String(decoding: number.digits.map { $0 + 0x30 }, as: UTF8.self)
        var whole = Array(written.dropLast(places))
        for place in stride(from: whole.count - 3, to: 0, by: -3) { whole.insert(",", at: place) }
        return (number.isNegative && !number.isZero ? "-" : "") + String(whole) + (places > 0 ? ".\(written.suffix(places))" : "")
    }

    // MARK: Arithmetic

    static prefix func - (number: DecimalNumber) -> DecimalNumber { DecimalNumber(number.digits, !number.isNegative && !number.isZero, number.exponent) }

    static func + (left: DecimalNumber, right: DecimalNumber) -> DecimalNumber {
        let exponent = min(left.exponent, right.exponent)
        let (a, b) = (left.scaled(to: exponent), right.scaled(to: exponent))
        if left.isNegative == right.isNegative { return DecimalNumber(sum(a, b), left.isNegative, exponent).rounded }
        if isLess(a, b) { return DecimalNumber(difference(b, a), right.isNegative, exponent).rounded }
        let rest = DecimalNumber(difference(a, b), left.isNegative, exponent)
        return rest.isZero ? DecimalNumber([0], false, exponent) : rest.rounded
    }
    static func - (left: DecimalNumber, right: DecimalNumber) -> DecimalNumber { left + -right }

    static func * (left: DecimalNumber, right: DecimalNumber) -> DecimalNumber {
        var product = [UInt8](repeating: 0, count: left.digits.count + right.digits.count)
        for (i, a) in left.digits.enumerated().reversed() {
            var carry = 0
            for (j, b) in right.digits.enumerated().reversed() {
                let value = Int(a) * Int(b) + Int(product[i + j + 1]) + carry
                product[i + j + 1] = UInt8(value % 10)
                carry = value / 10
            }
            product[i] += UInt8(carry)
        }
        return DecimalNumber(product, left.isNegative != right.isNegative, left.exponent + right.exponent).rounded
    }

    /// nil for a division by zero. An exact result has no more places than it needs.
    static func / (left: DecimalNumber, right: DecimalNumber) -> DecimalNumber? {
        guard !right.isZero else { return nil }
        let ideal = left.exponent - right.exponent
        if left.isZero { return DecimalNumber([0], left.isNegative != right.isNegative, ideal) }
        let shift = max(0, precision + 2 + right.digits.count - left.digits.count)
        var (quotient, rest) = divided(left.digits + [UInt8](repeating: 0, count: shift), right.digits)
        var exponent = ideal - shift
        if rest.contains(where: { $0 != 0 }) {
            // Whatever is left over decides a tie.
            if (quotient.last ?? 0) % 5 == 0 { quotient[quotient.count - 1] += 1 }
        } else {
            while exponent < ideal, quotient.count > 1, quotient.last == 0 { quotient.removeLast(); exponent += 1 }
        }
        return DecimalNumber(quotient, left.isNegative != right.isNegative, exponent).rounded
    }

    /// The quotient without its places, and what is left over, which has the sign of what is divided.
    func whole(by other: DecimalNumber) -> (quotient: DecimalNumber, rest: DecimalNumber)? {
        guard !other.isZero else { return nil }
        let exponent = min(exponent, other.exponent)
        let (quotient, rest) = Self.divided(scaled(to: exponent), other.scaled(to: exponent))
        return (DecimalNumber(quotient, isNegative != other.isNegative, 0), DecimalNumber(rest, isNegative, exponent).rounded)
    }

    /// To so many places, a half to the even neighbour.
    func rounded(places: Int) -> DecimalNumber {
        if exponent >= -places { return DecimalNumber(scaled(to: -places), isNegative, -places) }
        return dropping(-places - exponent)
    }

    /// - Throws: as Python does, where that needs more digits than it computes with.
    func quantized(places: Int) throws -> DecimalNumber {
        guard (-Self.exponentMax...Self.exponentMax).contains(places), digits.count + exponent + places <= Self.precision else {
            throw JinjaError(.arithmetic, "[<class 'decimal.InvalidOperation'>]")
        }
        return rounded(places: places)
    }

    func order(against other: DecimalNumber) -> Int {
        if isZero, other.isZero { return 0 }
        let rest = self + -other
        return rest.isZero ? 0 : rest.isNegative ? -1 : 1
    }

    private var rounded: DecimalNumber { digits.count > Self.precision ? dropping(digits.count - Self.precision) : self }

    private func dropping(_ count: Int) -> DecimalNumber {
        let kept = Array(digits.dropLast(count))
        let dropped = count > digits.count ? [0] + digits : Array(digits.suffix(count))
        let isHalf = dropped[0] == 5 && dropped.dropFirst().allSatisfy { $0 == 0 }
        let isUp = dropped[0] > 5 || (dropped[0] == 5 && !isHalf) || (isHalf && (kept.last ?? 0) % 2 == 1)
        let result = DecimalNumber(isUp ? Self.sum(kept, [1]) : kept, isNegative, exponent + count)
        return result.digits.count > Self.precision ? result.dropping(1) : result
    }

    private func scaled(to exponent: Int) -> [UInt8] { digits + [UInt8](repeating: 0, count: max(0, min(self.exponent - exponent, 20_000))) }

    private static func isLess(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        let (a, b) = (a.drop { $0 == 0 }, b.drop { $0 == 0 })
        return a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
    }
    private static func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var carry: UInt8 = 0
        for place in 0..<max(a.count, b.count) {
            let value = (place < a.count ? a[a.count - 1 - place] : 0) + (place < b.count ? b[b.count - 1 - place] : 0) + carry
            result.append(value % 10)
            carry = value / 10
        }
        if carry > 0 { result.append(carry) }
        return result.reversed()
    }
    /// Of a larger and a smaller one.
    private static func difference(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var borrow: UInt8 = 0
        for place in 0..<a.count {
            let (top, take) = (a[a.count - 1 - place], (place < b.count ? b[b.count - 1 - place] : 0) + borrow)
            borrow = top < take ? 1 : 0
            result.append(top + borrow * 10 - take)
        }
        return result.reversed()
    }
    private static func divided(_ a: [UInt8], _ b: [UInt8]) -> (quotient: [UInt8], rest: [UInt8]) {
        var quotient: [UInt8] = []
        var rest: [UInt8] = []
        for digit in a {
            rest = Array((rest + [digit]).drop { $0 == 0 })
            var count: UInt8 = 0
            while !isLess(rest, b) { rest = Array(difference(rest, b).drop { $0 == 0 }); count += 1 }
            quotient.append(count)
        }
        return (quotient, rest)
    }
}
