#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Methods and attributes of integers and floats.
enum NumberMethods {
    static let integers: [String: Methods.Method<BigInt>] = [
        "bit_length": { number, a, _ throws(JinjaError) in
            _ = try a.bound("bit_length")
            return .int(number.magnitude.bitWidth)
        },
        "bit_count": { number, a, _ throws(JinjaError) in
            _ = try a.bound("bit_count")
            return .int(number.magnitude.words.reduce(0) { $0 + $1.nonzeroBitCount })
        },
        "conjugate": { number, a, _ throws(JinjaError) in
            _ = try a.bound("conjugate")
            return try BigInteger.value(number)
        },
        "as_integer_ratio": { number, a, _ throws(JinjaError) in
            _ = try a.bound("as_integer_ratio")
            return .tuple([try BigInteger.value(number), .int(1)])
        },
        "to_bytes": toBytes, "from_bytes": fromBytes,
    ]

    static let doubles: [String: Methods.Method<Double>] = [
        "is_integer": { number, a, _ throws(JinjaError) in
            _ = try a.bound("is_integer")
            return .bool(number.isFinite && number == number.rounded())
        },
        "conjugate": { number, a, _ throws(JinjaError) in
            _ = try a.bound("conjugate")
            return .double(number)
        },
        "as_integer_ratio": ratio, "hex": hex, "fromhex": fromHex,
    ]

    static func attribute(_ name: String, of owner: Value) throws(JinjaError) -> Value? {
        switch (owner, name) {
        case (.int, "real"), (.bool, "real"), (.big, "real"), (.int, "numerator"), (.bool, "numerator"), (.big, "numerator"):
            return try BigInteger.value(owner.wholeNumber ?? 0)
        case (.int, "imag"), (.bool, "imag"), (.big, "imag"): return .int(0)
        case (.int, "denominator"), (.bool, "denominator"), (.big, "denominator"): return .int(1)
        case (.double, "real"): return owner
        case (.double, "imag"): return .double(0)
        default: return nil
        }
    }

    // MARK: Integers and bytes

    private static func order(_ value: Value?) throws(JinjaError) -> Bool {
        switch try (value ?? "big").string("byteorder") {
        case "big": return true
        case "little": return false
        default: throw JinjaError(.value, "byteorder must be either 'little' or 'big'")
        }
    }

    @Sendable private static func toBytes(_ number: BigInt, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        guard a.positional.count <= 2 else { throw JinjaError(.type, "to_bytes() takes at most 2 positional arguments (\(a.positional.count) given)") }
        let places = try a.bound("to_bytes", "length", "byteorder", "signed")
        let length = try (places[0] ?? .int(1)).integer("to_bytes")
        guard length >= 0 else { throw JinjaError(.value, "length argument must be non-negative") }
        let isBig = try order(places[1])
        let isSigned = try interpreter.isTrue(places[2] ?? false)
        guard isSigned || number.sign == .plus else { throw JinjaError(.arithmetic, "can't convert negative int to unsigned") }
        try StringMethods.checkWidth(length)
        // One bit more for the sign; the least negative number of a width needs none.
        let bits = number.sign == .plus ? number.magnitude.bitWidth : (number.magnitude - 1).bitWidth
        guard bits + (isSigned ? 1 : 0) <= length * 8 || number.isZero else { throw JinjaError(.arithmetic, "int too big to convert") }
        let shown = number.sign == .plus ? number.magnitude : (Natural(1) << (length * 8)) - number.magnitude
        var little: [UInt8] = []
        for word in shown.words {
            for place in 0..<8 { little.append(UInt8(truncatingIfNeeded: word >> UInt(place * 8))) }
        }
        little = Array(little.prefix(length)) + [UInt8](repeating: 0, count: max(length - little.count, 0))
        return .object(BytesObject(isBig ? little.reversed() : little))
    }

    @Sendable private static func fromBytes(_ number: BigInt, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        guard a.positional.count <= 2 else { throw JinjaError(.type, "from_bytes() takes at most 2 positional arguments (\(a.positional.count) given)") }
        let places = try a.bound("from_bytes", required: 1, "bytes", "byteorder", "signed")
        let source = places[0] ?? .none
        if case .string = source { throw JinjaError(.type, "cannot convert 'str' object to bytes") }
        var bytes: [UInt8] = []
        for item in try interpreter.items(of: source) {
            guard let byte = UInt8(exactly: try item.integer("from_bytes")) else { throw JinjaError(.value, "bytes must be in range(0, 256)") }
            bytes.append(byte)
        }
        if try !order(places[1]) { bytes.reverse() }
        guard bytes.count <= BigInteger.bitsMax / 8 else { throw BigInteger.tooLong }
        var words = [UInt](repeating: 0, count: bytes.count / 8 + 1)
        for (place, byte) in bytes.reversed().enumerated() { words[place / 8] |= UInt(byte) << UInt(place % 8 * 8) }
        var result = BigInt(Natural(words: words))
        if try interpreter.isTrue(places[2] ?? false), let first = bytes.first, first >= 0x80 { result = result - (BigInt(1) << (bytes.count * 8)) }
        return try BigInteger.value(result)
    }

    // MARK: Floats in other writing

    @Sendable private static func ratio(_ number: Double, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        _ = try a.bound("as_integer_ratio")
        guard !number.isNaN else { throw JinjaError(.value, "cannot convert NaN to integer ratio") }
        guard number.isFinite else { throw JinjaError(.arithmetic, "cannot convert Infinity to integer ratio") }
        guard number != 0 else { return .tuple([.int(0), .int(1)]) }
        var numerator = number
        var places = 0
        while numerator != numerator.rounded() {
            numerator *= 2
            places += 1
        }
        return .tuple([try .truncating(numerator), try BigInteger.value(BigInt(1) << places)])
    }

    @Sendable private static func hex(_ number: Double, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        _ = try a.bound("hex")
        guard number.isFinite else { return .string(Numbers.text(number)) }
        let sign = number.sign == .minus ? "-" : ""
        guard number != 0 else { return .string(sign + "0x0.0p+0") }
        let digits = String(number.significandBitPattern, radix: 16)
        let exponent = number.isNormal ? Int(number.exponent) : -1_022
        let padded = String(repeating: "0", count: 13 - digits.utf8.count) + digits
        return .string("\(sign)0x\(number.isNormal ? 1 : 0).\(padded)p\(exponent < 0 ? "-" : "+")\(exponent.magnitude)")
    }

    @Sendable private static func fromHex(_ number: Double, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let given = try (a.bound("fromhex", required: 1, "string")[0] ?? .none).string("fromhex() argument")
        let text = PythonText.trimmed(given, where: Whitespace.isSpace).lowercased()
        let isNegative = text.hasPrefix("-")
        var rest = text.utf8[...]
        if isNegative || rest.first == .plus { rest = rest.dropFirst() }
        let word = String(decoding: rest, as: UTF8.self)
        if ["inf", "infinity"].contains(word) { return .double(isNegative ? -.infinity : .infinity) }
        if word == "nan" { return .double(.nan) }
        if word.hasPrefix("0x") { rest = rest.dropFirst(2) }
        let body = String(decoding: rest, as: UTF8.self)
        let parts = body.split(separator: "p", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts[0].utf8.filter { $0 != .dot }
        guard !digits.isEmpty, digits.allSatisfy(\.isHexDigit), parts[0].utf8.count - digits.count <= 1, parts.count == 1 || Int(parts[1]) != nil else {
            throw JinjaError(.value, "invalid hexadecimal floating-point string")
        }
        let value = strtod("0x" + body, nil)
        guard value.isFinite else { throw JinjaError(.arithmetic, "hexadecimal value too large to represent as a float") }
        return .double(isNegative ? -value : value)
    }
}
