/// A value of the host's own: a relation, an adapter, a date.
///
/// Every member has a default, so that an object states only what it can do; what it cannot do fails in the template
/// with Python's words. Errors of any type may be thrown; they reach the caller as `JinjaError` of kind `.host`.
public protocol JinjaObject: AnyObject {
    /// As Python's `type(x).__name__`.
    var typeName: String { get }
    /// `str(x)`; what printing the object writes.
    func text(_ interpreter: Interpreter) throws -> String
    /// `repr(x)`; how it looks inside a printed list.
    func representation(_ interpreter: Interpreter) throws -> String
    /// `bool(x)`. By default false only for an object whose count is 0.
    func isTrue() throws -> Bool
    /// `len(x)`; nil when it has none.
    var count: Int? { get }
    /// `x.name`; nil when there is no such attribute.
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value?
    /// `x[key]`; nil when there is no such item.
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value?
    /// `x.name(…)`; nil to call the attribute of that name instead.
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value?
    /// The names of `callMethod` that are there without being called: `x.name is defined`, and handed on as a value.
    var methods: Set<String> { get }
    var isCallable: Bool { get }
    /// `x(…)`
    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value
    /// What a loop over it sees; nil when it cannot be looped over.
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator?
    /// `value in x`; nil to search what a loop would see.
    func contains(_ value: Value) throws -> Bool?
    var isMapping: Bool { get }
    var isSequence: Bool { get }
    func isEqual(to other: Value) -> Bool
    func hash(into hasher: inout Hasher)
    /// -1, 0 or 1 as it sorts before, with or after `other`; nil when they do not compare.
    func order(against other: Value) throws -> Int?
    /// `x + other`, or `other + x` when `isReversed`; nil when the operator does not apply.
    func apply(_ operation: BinaryOperator, _ other: Value, isReversed: Bool) throws -> Value?
    /// `float(x)`; nil where it is no number. Such an object may answer to `__int__`, `__abs__`, `__neg__` and `__round__`.
    var double: Double? { get }
    /// What `tojson` writes instead; nil when it cannot.
    func jsonValue() throws -> Value?
}

extension JinjaObject {
    public var typeName: String { String(describing: Self.self) }
    public func text(_ interpreter: Interpreter) throws -> String { "<\(typeName) object>" }
    public func representation(_ interpreter: Interpreter) throws -> String { try text(interpreter) }
    public func isTrue() throws -> Bool { count != 0 }
    public var count: Int? { nil }
    public func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { nil }
    public func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { nil }
    public func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? { nil }
    public var methods: Set<String> { [] }
    public var isCallable: Bool { false }
    public func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        throw JinjaError(.type, "'\(typeName)' object is not callable")
    }
    public func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { nil }
    public func contains(_ value: Value) throws -> Bool? { nil }
    public var isMapping: Bool { false }
    public var isSequence: Bool { false }
    public func isEqual(to other: Value) -> Bool {
        if case .object(let object) = other { object === self } else { false }
    }
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
    public func order(against other: Value) throws -> Int? { nil }
    public func apply(_ operation: BinaryOperator, _ other: Value, isReversed: Bool) throws -> Value? { nil }
    public var double: Double? { nil }
    public func jsonValue() throws -> Value? { nil }
}
