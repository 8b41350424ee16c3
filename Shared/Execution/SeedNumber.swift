/// A number as dbt reads it in a seed, which is how agate does: `%` and signs of currencies around it are left out, commas and
/// underlines between its digits too, and what comes to a whole number is one, however it is written: `1.0`, `2e3`, `1,234`, `€ 5`, `5 %`.
struct SeedNumber {
    /// `-12.5`, `12e3`: what is left, which every engine reads.
    let text: String
    /// In digits alone; nil where places behind the point remain.
    let whole: String?

    private static let currencies = Set("؋$ƒ៛¥₡₱£€¢﷼₪₩₭₮₦฿₤₫".unicodeScalars)
    /// Of `1e99` nobody wants the digits.
    private static let digitsMax = 40
    /// Python's `decimal` reads no larger one.
    private static let exponentMax = 999_999_999_999_999_999

    private static func plain(_ scalar: Unicode.Scalar) -> UInt32 {
        guard scalar.value >= 0x80, scalar.properties.numericType == .decimal, let digit = scalar.properties.numericValue else { return scalar.value }
        return 0x30 + UInt32(digit)
    }

    init?(_ written: String) {
        var scalars = written.unicodeScalars[...]
        func strip(_ isOuter: (Unicode.Scalar) -> Bool) {
            while let first = scalars.first, isOuter(first) { scalars = scalars.dropFirst() }
            while let last = scalars.last, isOuter(last) { scalars = scalars.dropLast() }
        }
        strip { $0.properties.isWhitespace }
        strip { $0 == "%" }
        var isNegative = scalars.first == "-"
        if isNegative { scalars = scalars.dropFirst() }
        strip { Self.currencies.contains($0) }
        // What is left is read as Python's `Decimal` does: space around it, a sign of its own, digits of any writing.
        strip { $0.properties.isWhitespace }
        var rest = scalars.filter { $0 != "," && $0 != "_" }.map(Self.plain)[...]
        if rest.first == 0x2d { isNegative.toggle() }
        if rest.first == 0x2d || rest.first == 0x2b { rest = rest.dropFirst() }
        func digits() -> [UInt8] {
            let found = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(found.count)
            return found.map { UInt8($0) }
        }
        let before = digits()
        var behind: [UInt8] = []
        if rest.first == 0x2e {
            rest = rest.dropFirst()
            behind = digits()
        }
        guard !before.isEmpty || !behind.isEmpty else { return nil }
        var exponent = 0
        if let mark = rest.first, mark == 0x65 || mark == 0x45 {
            rest = rest.dropFirst()
            let sign = rest.first == 0x2d ? -1 : 1
            if let first = rest.first, first == 0x2d || first == 0x2b { rest = rest.dropFirst() }
            guard let value = Int(String(decoding: digits(), as: UTF8.self)), value <= Self.exponentMax else { return nil }
            exponent = sign * value
        }
        guard rest.isEmpty else { return nil }
        func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        let sign = isNegative ? "-" : ""
        text = "\(sign)\(before.isEmpty ? "0" : string(before))\(behind.isEmpty ? "" : ".\(string(behind))")\(exponent == 0 ? "" : "e\(exponent)")"

        var all = before + behind
        var places = behind.count - exponent
        while places > 0, all.last == 0x30 {
            all.removeLast()
            places -= 1
        }
        let isZero = all.allSatisfy { $0 == 0x30 }
        guard isZero || places <= 0 && all.count - places <= Self.digitsMax else {
            whole = nil
            return
        }
        let whole = (isZero ? [0x30] : all + [UInt8](repeating: 0x30, count: -places)).drop { $0 == 0x30 }
        self.whole = whole.isEmpty ? "0" : sign + string(Array(whole))
    }
}
