/// Numbers and strings.
extension Lexer {
    // MARK: Numbers

    mutating func readNumber() {
        let start = position
        if let end = floatEnd(from: start) {
            position = end
            appendNumber(.float, from: start)
        } else {
            position = integerEnd(from: start)
            appendNumber(.integer, from: start)
        }
    }

    private mutating func appendNumber(_ kind: Token.Kind, from start: Int) {
        let digits = bytes[start..<position].filter { $0 != .underscore }
        tokens.append(Token(kind: kind, text: String(decoding: digits, as: UTF8.self), start: start, end: position))
    }

    /// `1.5`, `1e9`, `1_0.2e-3`; a number just after a dot is a subscript and stays an integer, as in `pair.0.1`.
    private func floatEnd(from start: Int) -> Int? {
        if start > 0, bytes[start - 1] == .dot { return nil }
        guard var end = digitsEnd(from: start) else { return nil }
        var isFloat = false
        if end < limit, bytes[end] == .dot, let fraction = digitsEnd(from: end + 1) {
            end = fraction
            isFloat = true
        }
        if end < limit, bytes[end] | 0x20 == UInt8(ascii: "e") {
            var exponent = end + 1
            if exponent < limit, bytes[exponent] == .plus || bytes[exponent] == .minus { exponent += 1 }
            if let exponentEnd = digitsEnd(from: exponent) {
                end = exponentEnd
                isFloat = true
            }
        }
        return isFloat ? end : nil
    }

    private func digitsEnd(from start: Int, accepts: (UInt8) -> Bool = \.isDigit) -> Int? {
        guard start < limit, accepts(bytes[start]) else { return nil }
        var index = start + 1
        while index < limit {
            if accepts(bytes[index]) {
                index += 1
            } else if bytes[index] == .underscore, index + 1 < limit, accepts(bytes[index + 1]) {
                index += 2
            } else {
                break
            }
        }
        return index
    }

    private func integerEnd(from start: Int) -> Int {
        guard bytes[start] == UInt8(ascii: "0") else { return digitsEnd(from: start) ?? start + 1 }
        let accepts: ((UInt8) -> Bool)? =
            switch start + 1 < limit ? bytes[start + 1] | 0x20 : 0 {
            case UInt8(ascii: "b"): { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") }
            case UInt8(ascii: "o"): { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "7") }
            case UInt8(ascii: "x"): { $0.isDigit || (($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "f")) }
            default: nil
            }
        if let accepts {
            var digits = start + 2
            if digits < limit, bytes[digits] == .underscore { digits += 1 }
            if let end = digitsEnd(from: digits, accepts: accepts) { return end }
        }
        // `012` is two tokens, `0` and `12`, which the parser then refuses.
        return digitsEnd(from: start) { $0 == UInt8(ascii: "0") } ?? start + 1
    }

    // MARK: Strings

    mutating func readString(quote: UInt8) throws(JinjaError) {
        let start = position
        var index = start + 1
        var hasEscapes = false
        while index < limit, bytes[index] != quote {
            if bytes[index] == .backslash {
                hasEscapes = true
                index += 1
            }
            index += 1
        }
        guard index < limit else {
            throw failure("unexpected char '\(String(UnicodeScalar(quote)))'", at: start)
        }
        let text = hasEscapes ? try unescaped(start + 1, index) : source.text(in: start + 1..<index)
        position = index + 1
        tokens.append(Token(kind: .string, text: text, start: start, end: position))
    }

    private func unescaped(_ start: Int, _ end: Int) throws(JinjaError) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(end - start)
        var index = start
        while index < end {
            guard bytes[index] == .backslash else {
                result.append(bytes[index])
                index += 1
                continue
            }
            let escape = bytes[index + 1]
            index += 2
            switch escape {
            case .newline: break
            case .backslash, UInt8(ascii: "'"), UInt8(ascii: "\""): result.append(escape)
            case UInt8(ascii: "a"): result.append(7)
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "n"): result.append(.newline)
            case UInt8(ascii: "r"): result.append(.carriageReturn)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "v"): result.append(11)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                var value = UInt32(escape - 0x30)
                var digits = 1
                while digits < 3, index < end, bytes[index] >= 0x30, bytes[index] <= 0x37 {
                    value = value * 8 + UInt32(bytes[index] - 0x30)
                    index += 1
                    digits += 1
                }
                try append(scalar: value, to: &result, at: index)
            case UInt8(ascii: "x"): try appendHex(2, &result, &index, end)
            case UInt8(ascii: "u"): try appendHex(4, &result, &index, end)
            case UInt8(ascii: "U"): try appendHex(8, &result, &index, end)
            case UInt8(ascii: "N"): throw failure("character names in \\N{…} are not supported", at: index - 2)
            default:
                // Python keeps the backslash of an escape it does not know.
                result.append(.backslash)
                result.append(escape)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func appendHex(
        _ digits: Int, _ result: inout [UInt8], _ index: inout Int, _ end: Int
    ) throws(JinjaError) {
        guard index + digits <= end,
            let value = UInt32(String(decoding: bytes[index..<index + digits], as: UTF8.self), radix: 16),
            bytes[index] != .plus
        else { throw failure("truncated escape in a string", at: index - 2) }
        index += digits
        try append(scalar: value, to: &result, at: index)
    }

    private func append(scalar value: UInt32, to result: inout [UInt8], at index: Int) throws(JinjaError) {
        guard let scalar = Unicode.Scalar(value) else { throw failure("no such character in a string escape", at: index) }
        result.append(contentsOf: Array(String(scalar).utf8))
    }
}
