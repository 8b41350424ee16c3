/// `'%s: %05.2f' % (name, number)`
struct PercentFormat {
    private let interpreter: Interpreter
    private let bytes: [UInt8]
    private var index = 0
    private var result: [UInt8] = []
    private var positional: [Value]
    private var used = 0
    private let mapping: DictValue?
    /// Python counts left-over arguments unless the argument is a mapping, which to it includes lists.
    private let mayLeaveOver: Bool

    static func format(_ format: String, _ value: Value, _ interpreter: Interpreter) throws(JinjaError) -> String {
        var formatter = PercentFormat(format, value, interpreter)
        return try formatter.run()
    }

    private init(_ format: String, _ value: Value, _ interpreter: Interpreter) {
        self.interpreter = interpreter
        bytes = Array(format.utf8)
        mapping = value.asDict
        switch value {
        case .tuple(let tuple):
            positional = tuple.items
            mayLeaveOver = false
        case .dict, .list, .undefined:
            positional = [value]
            mayLeaveOver = true
        default:
            positional = [value]
            mayLeaveOver = false
        }
    }

    private struct Conversion {
        var value: Value?
        var alignsLeft = false
        var padsZeros = false
        var sign = ""
        var isAlternate = false
        var width = 0
        var precision: Int?
    }

    private mutating func run() throws(JinjaError) -> String {
        while index < bytes.count {
            guard bytes[index] == .percent else {
                result.append(bytes[index])
                index += 1
                continue
            }
            index += 1
            try convert()
            guard result.count <= interpreter.environment.limits.textBytesMax else { throw interpreter.textTooLong }
        }
        guard mayLeaveOver || used >= positional.count else {
            throw JinjaError(.type, "not all arguments converted during string formatting")
        }
        return result.text
    }

    private mutating func convert() throws(JinjaError) {
        var conversion = Conversion()
        if peek() == UInt8(ascii: "(") { conversion.value = try keyedValue() }
        readFlags(into: &conversion)
        if let width = try readNumber() {
            conversion.width = abs(width)
            if width < 0 { conversion.alignsLeft = true }
        }
        if peek() == .dot {
            index += 1
            conversion.precision = max(try readNumber() ?? 0, 0)
        }
        while let byte = peek(), "hlL".utf8.contains(byte) { index += 1 }
        try StringMethods.checkWidth(conversion.width)
        guard conversion.precision ?? 0 <= 10_000 else { throw JinjaError(.limit, "precision above 10000") }
        guard let type = peek() else { throw JinjaError(.value, "incomplete format") }
        index += 1
        if type == .percent {
            result.append(.percent)
            return
        }
        try write(type, conversion)
    }

    private func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func keyedValue() throws(JinjaError) -> Value {
        guard let mapping else { throw JinjaError(.type, "format requires a mapping") }
        index += 1
        let start = index
        var depth = 1
        while let byte = peek() {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            if depth == 0 { break }
            index += 1
        }
        guard index < bytes.count else { throw JinjaError(.value, "incomplete format key") }
        let key = Array(bytes[start..<index]).text
        index += 1
        guard let value = mapping[key] else { throw JinjaError(.value, "KeyError: '\(key)'") }
        return value
    }

    private mutating func readFlags(into conversion: inout Conversion) {
        while let byte = peek() {
            switch byte {
            case .minus: conversion.alignsLeft = true
            case .plus: conversion.sign = "+"
            case UInt8(ascii: " "): if conversion.sign.isEmpty { conversion.sign = " " }
            case .hash: conversion.isAlternate = true
            case UInt8(ascii: "0"): conversion.padsZeros = true
            default: return
            }
            index += 1
        }
    }

    private mutating func readNumber() throws(JinjaError) -> Int? {
        if peek() == UInt8(ascii: "*") {
            index += 1
            guard case .int(let number) = try nextValue() else { throw JinjaError(.type, "* wants int") }
            return max(number, -.max)
        }
        var number: Int?
        while let byte = peek(), byte.isDigit {
            guard number ?? 0 < 1 << 40 else { throw JinjaError(.value, "width too big") }
            number = (number ?? 0) * 10 + Int(byte - 0x30)
            index += 1
        }
        return number
    }

    private mutating func nextValue() throws(JinjaError) -> Value {
        guard used < positional.count else { throw JinjaError(.type, "not enough arguments for format string") }
        defer { used += 1 }
        return positional[used]
    }

    private mutating func write(_ type: UInt8, _ conversion: Conversion) throws(JinjaError) {
        let value: Value
        if let keyed = conversion.value { value = keyed } else { value = try nextValue() }
        switch Character(UnicodeScalar(type)) {
        case "s": pad(clip(try interpreter.text(of: value), conversion), "", conversion, isNumber: false)
        case "r": pad(clip(try interpreter.representation(of: value), conversion), "", conversion, isNumber: false)
        case "a": pad(clip(ascii(try interpreter.representation(of: value)), conversion), "", conversion, isNumber: false)
        case "c": pad(try character(value), "", conversion, isNumber: false)
        case "d", "i", "u": try writeInteger(truncated(value), radix: 10, "", conversion)
        case "o": try writeInteger(wholeNumber(value, "o"), radix: 8, "0o", conversion)
        case "x": try writeInteger(wholeNumber(value, "x"), radix: 16, "0x", conversion)
        case "X": try writeInteger(wholeNumber(value, "X"), radix: 16, "0X", conversion, uppercase: true)
        case "e", "E", "f", "F", "g", "G": try writeDouble(value, Character(UnicodeScalar(type)), conversion)
        default:
            throw JinjaError(.value, "unsupported format character '\(String(UnicodeScalar(type)))'")
        }
    }

    private func clip(_ text: String, _ conversion: Conversion) -> String {
        guard let precision = conversion.precision else { return text }
        return PythonText.string(text.unicodeScalars.prefix(precision))
    }

    private func ascii(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                result.unicodeScalars.append(scalar)
            } else if scalar.value <= 0xff {
                result += "\\x" + PythonText.hex(scalar.value, 2)
            } else {
                result += scalar.value <= 0xffff
                    ? "\\u" + PythonText.hex(scalar.value, 4) : "\\U" + PythonText.hex(scalar.value, 8)
            }
        }
        return result
    }

    private func character(_ value: Value) throws(JinjaError) -> String {
        if case .string(let text) = value, PythonText.count(text) == 1 { return text }
        if let code = value.asInt, code >= 0, code <= 0x10ffff, let scalar = Unicode.Scalar(UInt32(code)) {
            return String(scalar)
        }
        if value.wholeNumber != nil { throw JinjaError(.arithmetic, "%c arg not in range(0x110000)") }
        throw JinjaError(.type, "%c requires int or char")
    }

    private func truncated(_ value: Value) throws(JinjaError) -> Value {
        if value.wholeNumber != nil { return value }
        if case .undefined(let undefined) = value { throw undefined.failure }
        guard let double = value.asNumber else {
            throw JinjaError(.type, "%d format: a real number is required, not \(value.typeName)")
        }
        return try .truncating(double)
    }

    private func wholeNumber(_ value: Value, _ type: String) throws(JinjaError) -> Value {
        if value.wholeNumber != nil { return value }
        throw JinjaError(.type, "%\(type) format: an integer is required, not \(value.typeName)")
    }

    private mutating func writeInteger(
        _ value: Value, radix: Int, _ prefix: String, _ conversion: Conversion, uppercase: Bool = false
    ) throws(JinjaError) {
        guard let (plain, isNegative) = try Numbers.digits(value, radix: radix, uppercase: uppercase) else { return }
        var digits = plain
        let missing = (conversion.precision ?? 0) - digits.utf8.count
        if missing > 0 { digits = String(repeating: "0", count: missing) + digits }
        let sign = isNegative ? "-" : conversion.sign
        pad(digits, sign + (conversion.isAlternate ? prefix : ""), conversion, isNumber: true)
    }

    private mutating func writeDouble(_ value: Value, _ type: Character, _ conversion: Conversion) throws(JinjaError) {
        if case .undefined(let undefined) = value { throw undefined.failure }
        guard let double = value.asNumber else {
            if case .big = value { throw Numbers.tooLargeForFloat }
            throw JinjaError(.type, "must be real number, not \(value.typeName)")
        }
        let digits = Numbers.formatted(
            double.magnitude, type, precision: conversion.precision ?? 6, alternate: conversion.isAlternate)
        let sign = double.sign == .minus && !double.isNaN ? "-" : conversion.sign
        pad(digits, sign, conversion, isNumber: true)
    }

    private mutating func pad(_ text: String, _ sign: String, _ conversion: Conversion, isNumber: Bool) {
        let missing = max(conversion.width - PythonText.count(text) - sign.utf8.count, 0)
        let spaces = [UInt8](repeating: UInt8(ascii: " "), count: missing)
        if conversion.alignsLeft {
            result += Array(sign.utf8) + Array(text.utf8) + spaces
        } else if conversion.padsZeros, isNumber {
            result += Array(sign.utf8) + [UInt8](repeating: UInt8(ascii: "0"), count: missing) + Array(text.utf8)
        } else {
            result += spaces + Array(sign.utf8) + Array(text.utf8)
        }
    }
}
