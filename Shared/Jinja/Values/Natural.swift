/// A whole number from zero on, of any size.
///
/// - `words` are least significant first, and the last of them is not zero: none for zero.
struct Natural: Hashable, Sendable, ExpressibleByIntegerLiteral {
    private(set) var words: [UInt]

    init(words: [UInt]) {
        self.words = words
        while self.words.last == 0 { self.words.removeLast() }
    }
    init(_ word: UInt) { words = word == 0 ? [] : [word] }
    init(integerLiteral value: UInt) { self.init(value) }

    var isZero: Bool { words.isEmpty }
    var bitWidth: Int { words.isEmpty ? 0 : words.count * UInt.bitWidth - words[words.count - 1].leadingZeroBitCount }
    var trailingZeroBitCount: Int {
        guard let place = words.firstIndex(where: { $0 != 0 }) else { return 0 }
        return place * UInt.bitWidth + words[place].trailingZeroBitCount
    }

    static func + (left: Natural, right: Natural) -> Natural {
        var (result, other) = left.words.count < right.words.count ? (right.words, left.words) : (left.words, right.words)
        other += [UInt](repeating: 0, count: result.count - other.count)
        var carry: UInt = 0
        for place in result.indices {
            let (sum, isOver) = result[place].addingReportingOverflow(other[place])
            let (whole, isOverAgain) = sum.addingReportingOverflow(carry)
            result[place] = whole
            carry = isOver || isOverAgain ? 1 : 0
        }
        if carry > 0 { result.append(carry) }
        return Natural(words: result)
    }

    /// - Precondition: `right` is not the larger one.
    static func - (left: Natural, right: Natural) -> Natural {
        var result = left.words
        var borrow: UInt = 0
        for place in result.indices {
            let (rest, isUnder) = result[place].subtractingReportingOverflow(place < right.words.count ? right.words[place] : 0)
            let (whole, isUnderAgain) = rest.subtractingReportingOverflow(borrow)
            result[place] = whole
            borrow = isUnder || isUnderAgain ? 1 : 0
        }
        precondition(borrow == 0, "a natural number is not less than zero")
        return Natural(words: result)
    }

    static func * (left: Natural, right: Natural) -> Natural {
        var result = [UInt](repeating: 0, count: left.words.count + right.words.count)
        for (i, a) in left.words.enumerated() {
            var carry: UInt = 0
            for (j, b) in right.words.enumerated() {
                let (sum, high) = Self.sum(a.multipliedFullWidth(by: b), result[i + j], carry)
                result[i + j] = sum
                carry = high
            }
            result[i + right.words.count] = carry
        }
        return Natural(words: result)
    }

    /// A product of two words has room for two more.
    private static func sum(_ product: (high: UInt, low: UInt), _ a: UInt, _ b: UInt) -> (low: UInt, high: UInt) {
        let (first, isOver) = product.low.addingReportingOverflow(a)
        let (second, isOverAgain) = first.addingReportingOverflow(b)
        return (second, product.high + (isOver ? 1 : 0) + (isOverAgain ? 1 : 0))
    }

    static func << (number: Natural, count: Int) -> Natural {
        guard !number.isZero, count > 0 else { return number }
        let (whole, bits) = (count / UInt.bitWidth, count % UInt.bitWidth)
        var result = [UInt](repeating: 0, count: whole)
        var carry: UInt = 0
        for word in number.words {
            result.append(word << bits | carry)
            carry = bits == 0 ? 0 : word >> (UInt.bitWidth - bits)
        }
        result.append(carry)
        return Natural(words: result)
    }

    static func >> (number: Natural, count: Int) -> Natural {
        guard count > 0 else { return number }
        let (whole, bits) = (count / UInt.bitWidth, count % UInt.bitWidth)
        guard whole < number.words.count else { return 0 }
        var result = Array(number.words[whole...])
        for place in result.indices where bits > 0 {
            result[place] = result[place] >> bits | (place + 1 < result.count ? result[place + 1] << (UInt.bitWidth - bits) : 0)
        }
        return Natural(words: result)
    }

    func quotientAndRemainder(dividingBy divisor: UInt) -> (quotient: Natural, remainder: UInt) {
        var result = words
        var rest: UInt = 0
        for place in result.indices.reversed() { (result[place], rest) = divisor.dividingFullWidth((rest, result[place])) }
        return (Natural(words: result), rest)
    }

    /// Knuth's algorithm D: each word of the quotient is guessed from the leading words, and is one too large at most.
    func quotientAndRemainder(dividingBy divisor: Natural) -> (quotient: Natural, remainder: Natural) {
        precondition(!divisor.isZero, "division by zero is told before")
        guard self >= divisor else { return (0, self) }
        if divisor.words.count == 1 {
            let (quotient, rest) = quotientAndRemainder(dividingBy: divisor.words[0])
            return (quotient, Natural(rest))
        }
        let shift = divisor.words[divisor.words.count - 1].leadingZeroBitCount
        let lower = (divisor << shift).words
        let (top, next) = (lower[lower.count - 1], lower[lower.count - 2])
        var rest = (self << shift).words
        rest += [UInt](repeating: 0, count: words.count + 1 - rest.count)
        var quotient = [UInt](repeating: 0, count: rest.count - lower.count)
        for place in quotient.indices.reversed() {
            var guess = UInt.max
            var left: UInt? = nil
            if rest[place + lower.count] < top {
                let (whole, remainder) = top.dividingFullWidth((rest[place + lower.count], rest[place + lower.count - 1]))
                (guess, left) = (whole, remainder)
            } else {
                let (sum, isOver) = rest[place + lower.count - 1].addingReportingOverflow(top)
                left = isOver ? nil : sum
            }
            while let remainder = left {
                let product = guess.multipliedFullWidth(by: next)
                guard product.high > remainder || (product.high == remainder && product.low > rest[place + lower.count - 2]) else { break }
                guess -= 1
                let (sum, isOver) = remainder.addingReportingOverflow(top)
                left = isOver ? nil : sum
            }
            if Self.subtract(lower, times: guess, from: &rest, at: place) {
                guess -= 1
                Self.add(lower, to: &rest, at: place)
            }
            quotient[place] = guess
        }
        return (Natural(words: quotient), Natural(words: rest) >> shift)
    }

    /// Whether it was more than was there.
    private static func subtract(_ number: [UInt], times factor: UInt, from rest: inout [UInt], at place: Int) -> Bool {
        var (carry, borrow): (UInt, UInt) = (0, 0)
        for index in 0...number.count {
            let (low, high) = sum(index < number.count ? number[index].multipliedFullWidth(by: factor) : (0, 0), carry, 0)
            carry = high
            let (first, isUnder) = rest[place + index].subtractingReportingOverflow(low)
            let (second, isUnderAgain) = first.subtractingReportingOverflow(borrow)
            rest[place + index] = second
            borrow = isUnder || isUnderAgain ? 1 : 0
        }
        return borrow > 0
    }

    private static func add(_ number: [UInt], to rest: inout [UInt], at place: Int) {
        var carry: UInt = 0
        for index in 0...number.count {
            let (first, isOver) = rest[place + index].addingReportingOverflow(index < number.count ? number[index] : 0)
            let (second, isOverAgain) = first.addingReportingOverflow(carry)
            rest[place + index] = second
            carry = isOver || isOverAgain ? 1 : 0
        }
    }
}

extension Natural: Comparable {
    static func < (left: Natural, right: Natural) -> Bool {
        if left.words.count != right.words.count { return left.words.count < right.words.count }
        return left.words.reversed().lexicographicallyPrecedes(right.words.reversed())
    }
}

// MARK: Text

extension Natural {
    /// As many digits as a word holds, and the power of the radix that has one more.
    private static func chunk(_ radix: Int) -> (digits: Int, unit: UInt) {
        var (digits, unit) = (0, UInt(1))
        while true {
            let (next, isOver) = unit.multipliedReportingOverflow(by: UInt(radix))
            if isOver { return (digits, unit) }
            (digits, unit) = (digits + 1, next)
        }
    }

    /// nil where there are none, or others than the radix has.
    init?(_ text: some StringProtocol, radix: Int) {
        guard !text.isEmpty else { return nil }
        let (count, _) = Self.chunk(radix)
        var result: [UInt] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let part = rest.prefix(count)
            rest = rest.dropFirst(part.count)
            guard part.first != .minus, part.first != .plus, var carry = UInt(String(decoding: part, as: UTF8.self), radix: radix) else { return nil }
            let unit = part.reduce(UInt(1)) { unit, _ in unit &* UInt(radix) }
            for place in result.indices { (result[place], carry) = Self.sum(result[place].multipliedFullWidth(by: unit), carry, 0) }
            if carry > 0 { result.append(carry) }
        }
        self.init(words: result)
    }

    func text(radix: Int, uppercase: Bool = false) -> String {
        let (count, unit) = Self.chunk(radix)
        var parts: [String] = []
        var rest = self
        while !rest.isZero {
            let (quotient, part) = rest.quotientAndRemainder(dividingBy: unit)
            let digits = String(part, radix: radix, uppercase: uppercase)
            parts.append(quotient.isZero ? digits : String(repeating: "0", count: count - digits.utf8.count) + digits)
            rest = quotient
        }
        return parts.isEmpty ? "0" : parts.reversed().joined()
    }
}
