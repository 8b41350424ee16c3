/// Filters about numbers and conversions.
enum NumberFilters {
    static let all: [String: Filter] = [
        "abs": abs, "int": int, "float": float, "round": round, "filesizeformat": filesizeformat, "sum": sum,
    ]

    @Sendable private static func abs(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        _ = try a.bound("abs")
        switch value {
        case .double(let double): return .double(double.magnitude)
        case .big(let big): return try BigInteger.value(BigInt(big.number.magnitude))
        case .undefined(let undefined): throw undefined.failure
        case .object(let object) where object.double != nil: return try object.callMethod("__abs__", Arguments([]), i) ?? value
        default:
            guard let integer = value.asInt else { throw JinjaError(.type, "bad operand type for abs(): '\(value.typeName)'") }
            return integer < 0 ? try Numbers.integers(.subtract, 0, integer) : .int(integer)
        }
    }

    @Sendable private static func int(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("int", "default", "base")
        let base = try (places[1] ?? .int(10)).integer("int")
        let fallback = places[0] ?? .int(0)
        switch value {
        case .string(let text):
            if let integer = try integer(text, base) { return integer }
            guard let double = Numbers.double(from: text), double.isFinite else { return fallback }
            return try .truncating(double)
        case .double(let double):
            if double.isNaN { return fallback }
            return try .truncating(double)
        case .big: return value
        case .undefined(let undefined): throw undefined.failure
        case .object(let object) where object.double != nil: return try object.callMethod("__int__", Arguments([]), i) ?? fallback
        default: return value.asInt.map(Value.int) ?? fallback
        }
    }

    /// nil also for too many digits: as a float the same text may be a number.
    private static func integer(_ text: String, _ base: Int) throws(JinjaError) -> Value? {
        do {
            return try Numbers.integer(from: text, base: base)
        } catch {
            guard error.kind == .value else { throw error }
            return nil
        }
    }

    @Sendable private static func float(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let fallback = try a.bound("float", "default")[0] ?? .double(0)
        switch value {
        case .string(let text): return Numbers.double(from: text).map(Value.double) ?? fallback
        case .undefined(let undefined): throw undefined.failure
        case .big(let big):
            guard let double = big.double else { throw Numbers.tooLargeForFloat }
            return .double(double)
        default: return value.asNumber.map(Value.double) ?? fallback
        }
    }

    @Sendable private static func round(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("round", "precision", "method")
        let method = try (places[1] ?? "common").string("method")
        guard ["common", "ceil", "floor"].contains(method) else {
            throw JinjaError(.value, "method must be common, ceil or floor")
        }
        let precision = try (places[0] ?? .int(0)).integer("round")
        if case .undefined(let undefined) = value { throw undefined.failure }
        if method == "common", case .object(let object) = value, let rounded = try object.callMethod("__round__", Arguments([.int(precision)]), i) { return rounded }
        if let whole = value.wholeNumber, method == "common" { return try rounded(whole, precision) }
        guard value.wholeNumber != nil || value.asNumber != nil else {
            throw JinjaError(.type, "type \(value.typeName) doesn't define __round__ method")
        }
        if method == "common" { return .double(rounded(value.asNumber ?? 0, precision)) }
        let factor = try i.apply(.power, .int(10), .int(precision))
        let scaled = try i.apply(.multiply, value, factor)
        guard let double = scaled.asDouble, case .double = scaled else { return try i.apply(.divide, scaled, factor) }
        // Python's ceil and floor give an integer, which has no negative zero.
        return try i.apply(.divide, .truncating(method == "ceil" ? Numbers.ceiling(double) : Numbers.flooring(double)), factor)
    }

    /// To the even neighbour when exactly half way, judged on the exact binary value.
    private static func rounded(_ value: Double, _ precision: Int) -> Double {
        guard value.isFinite, precision < 330 else { return value }
        if precision >= 0 { return Double(Numbers.formatted(value, "f", precision: precision)) ?? value }
        guard precision > -310 else { return value < 0 ? -0.0 : 0 }
        let factor = Numbers.powerOfTen(-precision)
        return (value / factor).rounded(.toNearestOrEven) * factor
    }

    private static func rounded(_ integer: BigInt, _ precision: Int) throws(JinjaError) -> Value {
        guard precision < 0, !integer.isZero else { return try BigInteger.value(integer) }
        // Its half is more than any number there is.
        guard precision > -BigInteger.bitsMax / 3 else { return .int(0) }
        let unit = BigInt(10).power(-precision)
        var (quotient, remainder) = integer.quotientAndRemainder(dividingBy: unit)
        let doubled = remainder.magnitude << 1
        if doubled > unit.magnitude || (doubled == unit.magnitude && (quotient.magnitude.words.first ?? 0) % 2 == 1) {
            quotient = quotient + (integer.sign == .minus ? -1 : 1)
        }
        return try BigInteger.value(quotient * unit)
    }

    @Sendable private static func filesizeformat(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let isBinary = try i.isTrue(a.bound("filesizeformat", "binary")[0] ?? false)
        var size = value.asDouble
        if case .string(let text) = value { size = Numbers.double(from: text) }
        if case .undefined(let undefined) = value { throw undefined.failure }
        if case .big = value, size == nil { throw Numbers.tooLargeForFloat }
        guard let size else { throw JinjaError(.type, "float() argument must be a string or a real number") }
        let base: Double = isBinary ? 1024 : 1000
        if size == 1 { return "1 Byte" }
        if size < base {
            return .string("\(try i.text(of: .truncating(size))) Bytes")
        }
        let prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"]
        var unit = base
        for (index, prefix) in prefixes.enumerated() {
            unit *= base
            guard size < unit || index == prefixes.count - 1 else { continue }
            let suffix = isBinary ? prefix.uppercased() + "iB" : prefix + "B"
            return .string("\(Numbers.formatted(base * size / unit, "f", precision: 1)) \(suffix)")
        }
        return .none
    }

    @Sendable private static func sum(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let places = try a.bound("sum", "attribute", "start")
        var total = places[1] ?? .int(0)
        if case .string = total { throw JinjaError(.type, "sum() can't sum strings [use ''.join(seq) instead]") }
        let getter = try i.getter(places[0] ?? .none)
        for item in try i.items(of: value) { total = try i.apply(.add, total, getter(item)) }
        return total
    }
}
