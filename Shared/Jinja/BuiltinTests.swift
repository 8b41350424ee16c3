/// Jinja2's tests, as in `is even`.
enum BuiltinTests {
    static let all: [String: TestFunction] = {
        var tests: [String: TestFunction] = kinds
        for (name, comparator) in comparators {
            tests[name] = { value, arguments, interpreter in
                let other = try arguments.bound(name, required: 1, "other")[0] ?? .none
                return try interpreter.compare(comparator, value, other)
            }
        }
        return tests
    }()

    private static let comparators: [(String, Comparator)] = [
        ("eq", .equal), ("equalto", .equal), ("==", .equal), ("ne", .notEqual), ("!=", .notEqual),
        ("lt", .less), ("lessthan", .less), ("<", .less), ("le", .lessOrEqual), ("<=", .lessOrEqual),
        ("gt", .greater), ("greaterthan", .greater), (">", .greater), ("ge", .greaterOrEqual), (">=", .greaterOrEqual),
        ("in", .in),
    ]

    private static let kinds: [String: TestFunction] = [
        "defined": plain { value, _ in !value.isUndefined },
        "undefined": plain { value, _ in value.isUndefined },
        "none": plain { value, _ in value.isNone },
        "boolean": plain { value, _ in value.typeName == "bool" },
        "true": plain { value, _ in if case .bool(true) = value { true } else { false } },
        "false": plain { value, _ in if case .bool(false) = value { true } else { false } },
        "integer": plain { value, _ in value.typeName == "int" },
        "float": plain { value, _ in if case .double = value { true } else { false } },
        "number": plain { value, _ in value.asNumber != nil || value.typeName == "int" },
        "string": plain { value, _ in value.asString != nil },
        "lower": plain { value, interpreter in StringMethods.isLower(try interpreter.text(of: value)) },
        "upper": plain { value, interpreter in StringMethods.isUpper(try interpreter.text(of: value)) },
        "mapping": plain { value, _ in
            switch value {
            case .dict: true
            case .object(let object): object.isMapping
            default: false
            }
        },
        "sequence": plain(isSequence),
        "iterable": plain { value, interpreter in
            do throws(JinjaError) {
                _ = try interpreter.iterator(over: value)
                return true
            } catch {
                guard error.kind == .type else { throw error }
                return false
            }
        },
        "callable": plain { value, _ in
            switch value {
            case .function, .undefined: true
            case .object(let object): object.isCallable
            default: false
            }
        },
        "escaped": plain { _, _ in false },
        "odd": plain { value, interpreter in try remainder(value, 2, interpreter, is: 1) },
        "even": plain { value, interpreter in try remainder(value, 2, interpreter, is: 0) },
        "divisibleby": { value, arguments, interpreter in
            let divisor = try arguments.bound("divisibleby", required: 1, "num")[0] ?? .none
            return try remainder(value, divisor, interpreter, is: 0)
        },
        "sameas": { value, arguments, _ in
            isSame(value, try arguments.bound("sameas", required: 1, "other")[0] ?? .none)
        },
        "filter": plain { value, interpreter in value.asString.map { interpreter.environment.filters[$0] != nil } ?? false },
        "test": plain { value, interpreter in value.asString.map { interpreter.environment.tests[$0] != nil } ?? false },
    ]

    private static func plain(_ body: @escaping @Sendable (Value, Interpreter) throws -> Bool) -> TestFunction {
        { value, arguments, interpreter in
            guard arguments.positional.isEmpty, arguments.named.isEmpty else {
                throw JinjaError(.type, "the test takes no arguments")
            }
            return try body(value, interpreter)
        }
    }

    private static func remainder(
        _ value: Value, _ divisor: Value, _ interpreter: Interpreter, is wanted: Value
    ) throws -> Bool {
        try interpreter.equal(interpreter.apply(.modulo, value, divisor), wanted)
    }

    @Sendable private static func isSequence(_ value: Value, _ interpreter: Interpreter) throws -> Bool {
        switch value {
        case .string, .list, .tuple, .dict: true
        case .undefined(let undefined): undefined.policy != .strict
        case .object(let object): object.isSequence || object.isMapping
        default: false
        }
    }

    /// Identity, with the values Python keeps once taken as identical when equal.
    private static func isSame(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.none, .none): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.big(let left), .big(let right)): left === right
        case (.double(let left), .double(let right)): left == right
        case (.string(let left), .string(let right)): PythonText.equal(left, right)
        case (.list(let left), .list(let right)): left === right
        case (.tuple(let left), .tuple(let right)): left === right
        case (.dict(let left), .dict(let right)): left === right
        case (.object(let left), .object(let right)): left === right
        case (.function(let left), .function(let right)): left === right
        case (.undefined(let left), .undefined(let right)): left === right
        default: false
        }
    }
}
