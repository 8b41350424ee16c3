internal import Jinja

/// A `Decimal` of Python's: what a query's numbers with places are to a template, as agate gives them.
final class DecimalObject: JinjaObject {
    let number: DecimalNumber
    init(_ number: DecimalNumber) { self.number = number }

    /// A number of a result as the engine wrote it; nil where it is no finite one.
    static func value(_ text: String) -> Value? { DecimalNumber(text).map { .object(DecimalObject($0)) } }

    var typeName: String { "Decimal" }
    var double: Double? { number.double }
    func text(_ interpreter: Interpreter) throws -> String { number.text }
    func representation(_ interpreter: Interpreter) throws -> String { "Decimal('\(number.text)')" }
    func isTrue() throws -> Bool { !number.isZero }
    func jsonValue() throws -> Value? { .double(number.double) }

    var methods: Set<String> { ["normalize", "as_tuple", "adjusted", "quantize", "is_zero", "is_signed", "to_integral_value", "to_integral"] }

    private static func number(_ value: Value) -> DecimalNumber? {
        if case .object(let object) = value { return (object as? DecimalObject)?.number }
        if case .big(let big) = value { return DecimalNumber(big.digits) }
        return value.asInt.map { DecimalNumber($0) }
    }

    func isEqual(to other: Value) -> Bool {
        if case .double(let double) = other { return number.double == double }
        return Self.number(other).map { number.order(against: $0) == 0 } ?? false
    }
    func hash(into hasher: inout Hasher) { hasher.combine(number.double) }
    func order(against other: Value) throws -> Int? {
        if case .double(let double) = other { return number.double < double ? -1 : number.double > double ? 1 : 0 }
        return Self.number(other).map { number.order(against: $0) }
    }

    /// With whole numbers and its like alone, as in Python: a binary fraction would bring places that nobody wrote.
    func apply(_ operation: BinaryOperator, _ other: Value, isReversed: Bool) throws -> Value? {
        guard let other = Self.number(other) else { return nil }
        let (left, right) = isReversed ? (other, number) : (number, other)
        let result: DecimalNumber?
        switch operation {
        case .add: result = left + right
        case .subtract: result = left - right
        case .multiply: result = left * right
        case .divide: result = left / right
        case .floorDivide: result = left.whole(by: right)?.quotient
        case .modulo: result = left.whole(by: right)?.rest
        default: return nil
        }
        guard let result else { throw CompilationError("compile.division_by_zero", "division by zero", remedy: "guard the division with an if") }
        guard result.isInRange else { throw JinjaError(.arithmetic, "[<class 'decimal.Overflow'>]") }
        return .object(DecimalObject(result))
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "__neg__": return .object(DecimalObject(-number))
        case "__abs__": return .object(DecimalObject(number.isNegative ? -number : number))
        case "__int__": return number.wholeDigits.flatMap { Value(digits: $0) }
        case "__round__": return .object(DecimalObject(try number.quantized(places: arguments.positional.first?.asInt ?? 0)))
        case "quantize":
            guard let model = arguments.positional.first.flatMap(Self.number) else { return nil }
            return .object(DecimalObject(try number.quantized(places: -model.exponent)))
        case "normalize": return .object(DecimalObject(number.normalized))
        case "as_tuple":
            let digits = Value.tuple(number.digits.map { .int(Int($0)) })
            return .tuple(TupleValue([.int(number.isNegative ? 1 : 0), digits, .int(number.exponent)], names: ["sign", "digits", "exponent"], type: "DecimalTuple"))
        case "adjusted": return .int(number.exponent + number.digits.count - 1)
        case "is_zero": return .bool(number.isZero)
        case "is_signed": return .bool(number.isNegative)
        case "to_integral_value", "to_integral": return .object(DecimalObject(number.rounded(places: 0)))
        default: return nil
        }
    }
}
