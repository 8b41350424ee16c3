/// Filters about numbers and conversions.
enum NumberFilters {
    static let all: [String: Filter] = [
        "abs": abs, "int": int, "float": float, "round": round, "filesizeformat": filesizeformat, "sum": sum,
    ]

    @Sendable private static func abs(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        _ = try a.bound("abs")
        switch value {
        case .double(let double): return .double(double.magnitude)
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
            if let integer = Numbers.integer(from: text, base: base) { return .int(integer) }
            guard let double = Numbers.double(from: text), double.isFinite else { return fallback }
            return try truncated(double)
        case .double(let double):
            if double.isNaN { return fallback }
            return try truncated(double)
        case .undefined(let undefined): throw undefined.failure
        case .object(let object) where object.double != nil: return try object.callMethod("__int__", Arguments([]), i) ?? fallback
        default: return value.asInt.map(Value.int) ?? fallback
        }
    }

    private static func truncated(_ double: Double) throws(JinjaError) -> Value {
        guard let integer = Int(exactly: double.rounded(.towardZero)) else { throw Numbers.tooLarge }
        return .int(integer)
    }

    @Sendable private static func float(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let fallback = try a.bound("float", "default")[0] ?? .double(0)
        switch value {
        case .string(let text): return Numbers.double(from: text).map(Value.double) ?? fallback
        case .undefined(let undefined): throw undefined.failure
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
        guard let double = value.asNumber else {
            throw JinjaError(.type, "type \(value.typeName) doesn't define __round__ method")
        }
        if method == "common" {
            guard case .double = value else { return try rounded(integer: value.asInt ?? 0, precision) }
            return .double(rounded(double, precision))
        }
        let factor = Numbers.powerOfTen(max(min(precision, 400), -400))
        let scaled = double * factor
        guard scaled.isFinite, factor != 0 else { throw JinjaError(.arithmetic, "cannot round to \(precision) digits") }
        let whole = method == "ceil" ? Numbers.ceiling(scaled) : Numbers.flooring(scaled)
        // Python's ceil and floor give an integer, which has no negative zero.
        return .double((whole == 0 ? 0 : whole) / factor)
    }

    /// To the even neighbour when exactly half way, judged on the exact binary value.
    private static func rounded(_ value: Double, _ precision: Int) -> Double {
        guard value.isFinite, precision < 330 else { return value }
        if precision >= 0 { return Double(Numbers.formatted(value, "f", precision: precision)) ?? value }
        guard precision > -310 else { return value < 0 ? -0.0 : 0 }
        let factor = Numbers.powerOfTen(-precision)
        return (value / factor).rounded(.toNearestOrEven) * factor
    }

    private static func rounded(integer: Int, _ precision: Int) throws(JinjaError) -> Value {
        guard precision < 0 else { return .int(integer) }
        guard precision > -19 else { return .int(0) }
        var unit = 1
        for _ in 0..<(-precision) { unit *= 10 }
        let remainder = ((integer % unit) + unit) % unit
        let down = integer - remainder
        guard remainder * 2 >= 0 else { return .int(down) }
        let isUp = remainder > unit - remainder || (remainder == unit - remainder && (down / unit) % 2 != 0)
        return isUp ? try Numbers.integers(.add, down, unit) : .int(down)
    }

    @Sendable private static func filesizeformat(_ value: Value, _ a: Arguments, _ i: Interpreter) throws -> Value {
        let isBinary = try i.isTrue(a.bound("filesizeformat", "binary")[0] ?? false)
        var size = value.asDouble
        if case .string(let text) = value { size = Numbers.double(from: text) }
        if case .undefined(let undefined) = value { throw undefined.failure }
        guard let size else { throw JinjaError(.type, "float() argument must be a string or a real number") }
        let base: Double = isBinary ? 1024 : 1000
        if size == 1 { return "1 Byte" }
        if size < base {
            guard let whole = Int(exactly: size.rounded(.towardZero)) else { throw Numbers.tooLarge }
            return .string("\(whole) Bytes")
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
