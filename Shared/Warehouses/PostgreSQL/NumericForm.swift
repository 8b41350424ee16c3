/// The binary form of `numeric`: groups of four digits, the place of the first group, the sign, and how many digits stand behind
/// the point. A number keeps the digits that it was written with: `1.50` stays `1.50`.
enum NumericForm {
    /// Digits before and behind the point that the type holds.
    static let digitsMax = 1_000
    private static let exponentMax = 400

    /// Room for the length, the head and the groups of a text of so many bytes.
    static func bytesMax(of count: Int) -> Int { 12 + (count / 4 + 3) * 2 }

    /// Writes length and value in network order.
    ///
    /// - Returns: how many bytes; nil for a text that is no decimal number.
    static func write(_ text: UnsafeBufferPointer<UInt8>, to out: UnsafeMutablePointer<UInt8>) -> Int? {
        let count = text.count
        guard count > 0, count <= digitsMax else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        let first = isNegative ? 1 : 0
        var place = first
        while place < count, text[place] &- 0x30 <= 9 { place += 1 }
        var whole = place - first
        var digits = whole
        if place < count, text[place] == UInt8(ascii: ".") {
            place += 1
            while place < count, text[place] &- 0x30 <= 9 { place += 1; digits += 1 }
        }
        guard digits > 0 else { return nil }
        var scale = digits - whole
        if place < count {
            guard let exponent = exponent(text, place) else { return nil }
            whole += exponent
            scale = max(0, scale - exponent)
        }
        // Groups are counted from the point, so the first one may begin with zeros that are not written.
        let weight = (whole - 1) >> 2
        var group = 0
        var filled = 4 - (whole - weight * 4)
        var groups = 0
        var leading = 0
        var written = 12
        var lastNonzero = 12
        func close() {
            if groups == leading, group == 0 {
                leading += 1
            } else {
                put(UInt16(group), out + written)
                written += 2
                if group != 0 { lastNonzero = written }
            }
            groups += 1
            group = 0
            filled = 0
        }
        var here = first
        var left = digits
        while left > 0 {
            let byte = text[here]
            here += 1
            if byte == UInt8(ascii: ".") { continue }
            group = group * 10 + Int(byte &- 0x30)
            filled += 1
            left -= 1
            if filled == 4 { close() }
        }
        if filled > 0 {
            while filled < 4 { group *= 10; filled += 1 }
            close()
        }
        let isZero = lastNonzero == 12
        put(UInt32(lastNonzero - 4), out)
        put(UInt16((lastNonzero - 12) / 2), out + 4)
        put(UInt16(bitPattern: Int16(isZero ? 0 : weight - leading)), out + 6)
        put(isNegative && !isZero ? 0x4000 as UInt16 : 0, out + 8)
        put(UInt16(scale), out + 10)
        return lastNonzero
    }

    /// What stands behind an `e`.
    private static func exponent(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
        guard text[start] | 0x20 == UInt8(ascii: "e") else { return nil }
        var place = start + 1
        let isDown = place < text.count && text[place] == UInt8(ascii: "-")
        if place < text.count, isDown || text[place] == UInt8(ascii: "+") { place += 1 }
        guard place < text.count else { return nil }
        var value = 0
        while place < text.count {
            let digit = text[place] &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
            guard value <= exponentMax else { return nil }
            place += 1
        }
        return isDown ? -value : value
    }

    private static func put<Number: FixedWidthInteger>(_ number: Number, _ place: UnsafeMutablePointer<UInt8>) {
        UnsafeMutableRawPointer(place).storeBytes(of: number.bigEndian, as: Number.self)
    }
}
