/// Everything a template can hold. Lists, dictionaries and objects are references, as in Python: two variables may
/// share one list, and `append` through either is seen by both.
public enum Value {
    case undefined(Undefined)
    case none
    case bool(Bool)
    case int(Int)
    /// Beyond 64 bits; a number that fits is always an `int`.
    case big(BigInteger)
    case double(Double)
    case string(String)
    case list(ListValue)
    case tuple(TupleValue)
    case dict(DictValue)
    case object(any JinjaObject)
    case function(Function)

    public static func list(_ items: [Value]) -> Value { .list(ListValue(items)) }
    public static func tuple(_ items: [Value]) -> Value { .tuple(TupleValue(items)) }
    public static func dict(_ pairs: [(String, Value)]) -> Value { .dict(DictValue(pairs)) }
    public static func function(
        _ name: String, _ body: @escaping (Arguments, Interpreter) throws -> Value
    ) -> Value {
        .function(Function(name, body))
    }
}

// No nil literal: in a function returning `Value?` it would make every `nil` a `.none`.
extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: Value...) { self = .list(ListValue(elements)) }
    public init(dictionaryLiteral elements: (String, Value)...) { self = .dict(DictValue(elements)) }
}

extension Value {
    public var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }
    public var isNone: Bool {
        if case .none = self { true } else { false }
    }
    public var asString: String? {
        if case .string(let text) = self { text } else { nil }
    }
    /// Integers within 64 bits and, as in Python, booleans.
    public var asInt: Int? {
        switch self {
        case .int(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }
    /// nil also for an integer that is too large for a double.
    public var asDouble: Double? {
        switch self {
        case .double(let value): value
        case .big(let value): value.double
        default: asInt.map(Double.init)
        }
    }
    /// As `asDouble`, and of a number of the host's too.
    var asNumber: Double? {
        if case .object(let object) = self { object.double } else { asDouble }
    }
    public var asList: [Value]? {
        switch self {
        case .list(let list): list.items
        case .tuple(let tuple): tuple.items
        default: nil
        }
    }
    public var asDict: DictValue? {
        if case .dict(let dict) = self { dict } else { nil }
    }

    /// The name Python gives to the type; error messages use it.
    public var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .int, .big: "int"
        case .double: "float"
        case .string: "str"
        case .list: "list"
        case .tuple: "tuple"
        case .dict: "dict"
        case .object(let object): object.typeName
        case .function: "function"
        }
    }

    /// As an error message shows the owner of something missing: its type, except for `None`.
    var ownerDescription: String { isNone ? "None" : "\(typeName) object" }
}
