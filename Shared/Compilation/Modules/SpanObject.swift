internal import Jinja
internal import Kernel

/// A `timedelta` of Python's: at most 999,999,999 days either way, in whole microseconds.
final class SpanObject: JinjaObject {
    /// Python's bound is beyond 64 bits of them.
    let microseconds: Int128
    private static let day: Int128 = 86_400_000_000
    private static let daysMax: Int128 = 999_999_999

    /// Of a distance that the calendar bounds.
    init(microseconds: Int128) { self.microseconds = microseconds }
    init(seconds: Int) { microseconds = Int128(seconds) * 1_000_000 }

    /// Of what a template computes.
    /// - Throws: an error in Python's words where there are too many days.
    init(checking microseconds: Int128) throws {
        let days = Self.floored(microseconds, Self.day)
        guard abs(days) <= Self.daysMax else {
            throw Int32(exactly: days) == nil ? Self.tooLarge : JinjaError(.arithmetic, "days=\(days); must have magnitude <= \(Self.daysMax)")
        }
        self.microseconds = microseconds
    }

    static var tooLarge: JinjaError { JinjaError(.arithmetic, "Python int too large to convert to C int") }

    // MARK: Making one

    private static let units: [(name: String, microseconds: Int128)] = [
        ("days", day), ("seconds", 1_000_000), ("microseconds", 1), ("milliseconds", 1000), ("minutes", 60_000_000), ("hours", 3_600_000_000), ("weeks", 7 * day),
    ]

    /// `timedelta(…)`
    convenience init(_ arguments: Arguments) throws {
        guard arguments.positional.count <= Self.units.count else {
            throw JinjaError(.type, "__new__() takes at most \(Self.units.count) arguments (\(arguments.positional.count) given)")
        }
        var parts = Array(zip(Self.units, arguments.positional))
        for (name, value) in arguments.named {
            guard let place = Self.units.firstIndex(where: { $0.name == name }) else { throw JinjaError(.type, "'\(name)' is an invalid keyword argument for __new__()") }
            guard place >= arguments.positional.count else { throw JinjaError(.type, "argument for __new__() given by name ('\(name)') and position (\(place + 1))") }
            parts.append((Self.units[place], value))
        }
        // Fractions of microseconds are rounded once, at the end.
        var (whole, rest): (Int128, Double) = (0, 0)
        for (unit, value) in parts {
            if let number = value.asInt { whole += Int128(number) * unit.microseconds; continue }
            if case .big = value { throw Self.tooLarge }
            guard case .double(let number) = value else { throw JinjaError(.type, "unsupported type for timedelta \(unit.name) component: \(value.typeName)") }
            try Self.checkFinite(number)
            let full = number.rounded(.towardZero)
            guard abs(full) < 1e24 else { throw Self.tooLarge }
            whole += Int128(full) * unit.microseconds
            rest += (number - full) * Double(unit.microseconds)
        }
        // To the nearest, and from between two to the even sum.
        let low = rest.rounded(.down)
        whole += Int128(low)
        if rest - low > 0.5 || rest - low == 0.5 && whole % 2 != 0 { whole += 1 }
        try self.init(checking: whole)
    }

    private static func checkFinite(_ number: Double) throws {
        if number.isNaN { throw JinjaError(.value, "cannot convert float NaN to integer") }
        if number.isInfinite { throw JinjaError(.arithmetic, "cannot convert float infinity to integer") }
    }

    // MARK: Looking at it

    var typeName: String { "timedelta" }
    /// Whole days, downwards; what is left is never negative.
    var days: Int { Int(Self.floored(microseconds, Self.day)) }
    private var rest: Int { Int(microseconds - Int128(days) * Self.day) }

    func text(_ interpreter: Interpreter) throws -> String {
        let seconds = rest / 1_000_000
        var text = "\(seconds / 3600):\(Digits.padded(seconds / 60 % 60, 2)):\(Digits.padded(seconds % 60, 2))"
        if rest % 1_000_000 != 0 { text += ".\(Digits.padded(rest % 1_000_000, 6))" }
        return days == 0 ? text : "\(days) day\(abs(days) == 1 ? "" : "s"), \(text)"
    }
    func representation(_ interpreter: Interpreter) throws -> String { representation }
    var representation: String {
        let parts = [("days", days), ("seconds", rest / 1_000_000), ("microseconds", rest % 1_000_000)].filter { $0.1 != 0 }
        return "datetime.timedelta(\(parts.isEmpty ? "0" : parts.map { "\($0)=\($1)" }.joined(separator: ", ")))"
    }
    func isTrue() throws -> Bool { microseconds != 0 }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "days": .int(days)
        case "seconds": .int(rest / 1_000_000)
        case "microseconds": .int(rest % 1_000_000)
        default: nil
        }
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "total_seconds": .double(Double(microseconds) / 1_000_000)
        case "__neg__": .object(SpanObject(microseconds: -microseconds))
        case "__abs__": .object(SpanObject(microseconds: abs(microseconds)))
        default: nil
        }
    }

    // MARK: Arithmetic

    func apply(_ operation: BinaryOperator, _ other: Value, isReversed: Bool) throws -> Value? {
        if case .object(let object) = other, let span = object as? SpanObject { return try isReversed ? span.apply(operation, self) : apply(operation, span) }
        if let number = other.asInt { return try apply(operation, number, isReversed: isReversed) }
        guard case .double(let number) = other else { return nil }
        guard number.isFinite else { throw number.isNaN ? JinjaError(.value, "cannot convert NaN to integer ratio") : JinjaError(.arithmetic, "cannot convert Infinity to integer ratio") }
        switch operation {
        case .multiply: return try rounded(Double(microseconds) * number)
        case .divide where !isReversed:
            guard number != 0 else { throw JinjaError(.arithmetic, "integer division or modulo by zero") }
            return try rounded(Double(microseconds) / number)
        default: return nil
        }
    }

    private func apply(_ operation: BinaryOperator, _ other: SpanObject) throws -> Value? {
        switch operation {
        case .add: return .object(try SpanObject(checking: microseconds + other.microseconds))
        case .subtract: return .object(try SpanObject(checking: microseconds - other.microseconds))
        case .divide:
            guard other.microseconds != 0 else { throw JinjaError(.arithmetic, "division by zero") }
            return .double(Double(microseconds) / Double(other.microseconds))
        case .floorDivide, .modulo:
            guard other.microseconds != 0 else { throw JinjaError(.arithmetic, "integer division or modulo by zero") }
            let quotient = Self.floored(microseconds, other.microseconds)
            if operation == .modulo { return .object(SpanObject(microseconds: microseconds - quotient * other.microseconds)) }
            return Value(digits: String(quotient))
        default: return nil
        }
    }

    private func apply(_ operation: BinaryOperator, _ number: Int, isReversed: Bool) throws -> Value? {
        switch operation {
        case .multiply:
            let (product, overflow) = microseconds.multipliedReportingOverflow(by: Int128(number))
            guard !overflow else { throw Self.tooLarge }
            return .object(try SpanObject(checking: product))
        case .divide where !isReversed, .floorDivide where !isReversed:
            guard number != 0 else { throw JinjaError(.arithmetic, "integer division or modulo by zero") }
            let number = Int128(number)
            var quotient = Self.floored(microseconds, number)
            if operation == .divide {
                let twice = 2 * abs(microseconds - quotient * number)
                if twice > abs(number) || twice == abs(number) && quotient % 2 != 0 { quotient += 1 }
            }
            return .object(try SpanObject(checking: quotient))
        default: return nil
        }
    }

    private func rounded(_ number: Double) throws -> Value {
        guard abs(number) < 1e30 else { throw Self.tooLarge }
        return .object(try SpanObject(checking: Int128(number.rounded(.toNearestOrEven))))
    }

    private static func floored(_ number: Int128, _ divisor: Int128) -> Int128 {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
    }

    func order(against other: Value) throws -> Int? {
        guard case .object(let object) = other, let other = object as? SpanObject else { return nil }
        return microseconds < other.microseconds ? -1 : microseconds == other.microseconds ? 0 : 1
    }
    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let other = object as? SpanObject else { return false }
        return microseconds == other.microseconds
    }
    func hash(into hasher: inout Hasher) { hasher.combine(microseconds) }
}
