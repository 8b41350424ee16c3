internal import Kernel

/// What an unquoted YAML scalar means, by the rules of PyYAML's safe loader, which dbt reads with: YAML 1.1 with `yes` and `on`,
/// octals with a leading zero, sexagesimals, and floats that need their point. Dates stay text.
enum PlainScalar {
    static func value(_ text: String) -> JSON {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            let bytes = Array(text.utf8)
            return integer(bytes) ?? float(bytes) ?? .string(text)
        case UInt8(ascii: "~"): return text == "~" ? .null : .string(text)
        default:
            guard text.utf8.count <= 5 else { return .string(text) }
            return words[text] ?? .string(text)
        }
    }

    private static let words: [String: JSON] = {
        var words: [String: JSON] = ["null": .null, "Null": .null, "NULL": .null]
        for (names, flag) in [(["yes", "true", "on"], true), (["no", "false", "off"], false)] {
            for name in names {
                for spelling in [name, name.prefix(1).uppercased() + name.dropFirst(), name.uppercased()] { words[spelling] = .bool(flag) }
            }
        }
        return words
    }()

    private static func integer(_ bytes: [UInt8]) -> JSON? {
        let (sign, digits) = signed(bytes[...])
        let significant = digits.filter { $0 != UInt8(ascii: "_") }
        guard let first = digits.first, isDigit(first) else { return nil }
        if first == UInt8(ascii: "0"), digits.count > 1 {
            switch digits[digits.startIndex + 1] {
            case UInt8(ascii: "b"): return whole(sign, significant.dropFirst(2), radix: 2)
            case UInt8(ascii: "x"): return whole(sign, significant.dropFirst(2), radix: 16)
            default: return whole(sign, significant[...], radix: 8)
            }
        } else if digits.contains(UInt8(ascii: ":")) {
            return first == UInt8(ascii: "0") ? nil : sexagesimal(significant).map { .integer(sign * $0) }
        }
        return whole(sign, significant[...], radix: 10)
    }

    private static func whole(_ sign: Int64, _ digits: ArraySlice<UInt8>, radix: Int) -> JSON? {
        if let number = number(digits, radix: radix) { return .integer(sign * number) }
        guard let decimal = decimal(digits, radix: radix) else { return nil }
        let text = (sign < 0 ? "-" : "") + decimal
        return Int64(text).map(JSON.integer) ?? .large(text)
    }

    /// Digits of another radix as decimal ones; nil for other characters, and for more than Python reads.
    private static func decimal(_ digits: ArraySlice<UInt8>, radix: Int) -> String? {
        guard !digits.isEmpty, digits.count <= 4_300 else { return nil }
        // Least significant first, nine decimal places in each.
        var parts: [Int] = [0]
        for byte in digits {
            guard var carry = Character(Unicode.Scalar(byte)).hexDigitValue, carry < radix else { return nil }
            for place in parts.indices {
                let value = parts[place] * radix + carry
                parts[place] = value % 1_000_000_000
                carry = value / 1_000_000_000
            }
            if carry > 0 { parts.append(carry) }
        }
        guard parts.count * 9 <= 4_300 + 9 else { return nil }
        return String(parts[parts.count - 1]) + parts.dropLast().reversed().map { part in
            String(String(1_000_000_000 + part).dropFirst())
        }.joined()
    }

    private static func float(_ bytes: [UInt8]) -> JSON? {
        let (sign, body) = signed(bytes[...])
        switch String(decoding: body, as: UTF8.self) {
        case ".inf", ".Inf", ".INF": return .double(Double(sign) * .infinity)
        case ".nan", ".NaN", ".NAN": return body.count == bytes.count ? .double(.nan) : nil
        default: break
        }
        guard let point = body.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let whole = body[..<point]
        // `.5` takes no sign and needs a digit first; `1.` needs none behind it.
        if whole.isEmpty { guard body.count == bytes.count, body.count > 1, isDigit(body[point + 1]) else { return nil } }
        if whole.contains(UInt8(ascii: ":")) {
            guard let high = sexagesimal(whole.filter { $0 != UInt8(ascii: "_") }), let low = Double("0\(text(body[point...]))") else { return nil }
            return .double(Double(sign) * (Double(high) + low))
        }
        guard whole.first.map(isDigit) ?? true, body.allSatisfy({ isDigit($0) || "_.eE+-".utf8.contains($0) }) else { return nil }
        // An exponent needs its sign: `1.5e3` is text there.
        if let mark = body.firstIndex(where: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) {
            guard mark > point, mark + 1 < body.endIndex, "+-".utf8.contains(body[mark + 1]) else { return nil }
        }
        return Double(text(body)).map { .double(Double(sign) * $0) }
    }

    /// Digits without underscores, and with a zero behind a point that ends them, as Swift wants it.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        var digits = bytes.filter { $0 != UInt8(ascii: "_") }
        if let point = digits.firstIndex(of: UInt8(ascii: ".")), point + 1 == digits.count || !isDigit(digits[point + 1]) {
            digits.insert(UInt8(ascii: "0"), at: point + 1)
        }
        if digits.first == UInt8(ascii: ".") { digits.insert(UInt8(ascii: "0"), at: 0) }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func signed(_ bytes: ArraySlice<UInt8>) -> (Int64, ArraySlice<UInt8>) {
        switch bytes.first {
        case UInt8(ascii: "-"): (-1, bytes.dropFirst())
        case UInt8(ascii: "+"): (1, bytes.dropFirst())
        default: (1, bytes)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// nil for other characters, for none at all, and beyond 64 bits.
    private static func number(_ digits: ArraySlice<UInt8>, radix: Int) -> Int64? {
        guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self), radix: radix)
    }

    private static func sexagesimal(_ digits: [UInt8]) -> Int64? {
        let parts = digits.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var sum: Int64 = 0
        for (index, part) in parts.enumerated() {
            guard let value = number(part, radix: 10), index == 0 || (part.count <= 2 && value < 60) else { return nil }
            let (scaled, isOver) = sum.multipliedReportingOverflow(by: 60)
            guard !isOver, scaled <= Int64.max - value else { return nil }
            sum = scaled + value
        }
        return sum
    }
}
