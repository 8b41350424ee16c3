/// Truth, comparison and arithmetic, with Python's rules.
extension Interpreter {
    public func isTrue(_ value: Value) throws(JinjaError) -> Bool {
        switch value {
        case .undefined(let undefined):
            try undefined.checkUse(strictOnly: true)
            return false
        case .none: return false
        case .bool(let value): return value
        case .int(let value): return value != 0
        case .big: return true
        case .double(let value): return value != 0
        case .string(let text): return !text.isEmpty
        case .list(let list): return !list.items.isEmpty
        case .tuple(let tuple): return !tuple.items.isEmpty
        case .dict(let dict): return dict.count > 0
        case .object(let object): return try hosted { try object.isTrue() }
        case .function: return true
        }
    }

    // MARK: Comparison

    func compare(_ comparator: Comparator, _ left: Value, _ right: Value) throws(JinjaError) -> Bool {
        switch comparator {
        case .equal: return try equal(left, right)
        case .notEqual: return !(try equal(left, right))
        case .in: return try contains(left, in: right)
        case .notIn: return !(try contains(left, in: right))
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            guard let order = try order(left, right, comparator, depth: 0) else { return false }
            switch comparator {
            case .less: return order < 0
            case .lessOrEqual: return order <= 0
            case .greater: return order > 0
            default: return order >= 0
            }
        }
    }

    public func equal(_ left: Value, _ right: Value) throws(JinjaError) -> Bool {
        try equal(left, right, depth: 0)
    }

    private func equal(_ left: Value, _ right: Value, depth: Int) throws(JinjaError) -> Bool {
        guard depth < ValueDepth.max else { throw ValueDepth.exceeded }
        switch (left, right) {
        case (.string(let left), .string(let right)): return PythonText.equal(left, right)
        case (.undefined(let left), .undefined):
            try left.checkUse(strictOnly: true)
            return true
        case (.undefined(let undefined), _), (_, .undefined(let undefined)):
            try undefined.checkUse(strictOnly: true)
            return false
        case (.list(let left), .list(let right)):
            return left === right ? true : try equal(left.items, right.items, depth: depth + 1)
        case (.tuple(let left), .tuple(let right)):
            return left === right ? true : try equal(left.items, right.items, depth: depth + 1)
        case (.dict(let left), .dict(let right)): return try equal(left, right, depth: depth + 1)
        case (.none, .none): return true
        case (.object(let left), _): return left.isEqual(to: right)
        case (_, .object(let right)): return right.isEqual(to: left)
        case (.function(let left), .function(let right)): return left === right
        default: return Numbers.equal(left, right)
        }
    }

    private func equal(_ left: [Value], _ right: [Value], depth: Int) throws(JinjaError) -> Bool {
        guard left.count == right.count else { return false }
        for (left, right) in zip(left, right) {
            guard try equal(left, right, depth: depth) else { return false }
        }
        return true
    }

    private func equal(_ left: DictValue, _ right: DictValue, depth: Int) throws(JinjaError) -> Bool {
        if left === right { return true }
        guard left.count == right.count else { return false }
        for (key, value) in left.pairs {
            guard let other = right.value(for: key), try equal(value, other, depth: depth) else { return false }
        }
        return true
    }

    /// Whether `left` sorts before `right`; fails for values that do not compare.
    func isLess(_ left: Value, _ right: Value) throws(JinjaError) -> Bool { try compare(.less, left, right) }

    /// Nil for not-a-number, which is neither before nor after anything.
    private func order(
        _ left: Value, _ right: Value, _ comparator: Comparator, depth: Int
    ) throws(JinjaError) -> Int? {
        guard depth < ValueDepth.max else { throw ValueDepth.exceeded }
        switch (left, right) {
        case (.string(let left), .string(let right)): return PythonText.order(left, right)
        case (.list(let left), .list(let right)): return try order(left.items, right.items, comparator, depth)
        case (.tuple(let left), .tuple(let right)): return try order(left.items, right.items, comparator, depth)
        case (.undefined(let undefined), _), (_, .undefined(let undefined)): throw undefined.failure
        case (.object(let object), let other):
            if let order = try hosted({ try object.order(against: other) }) { return order }
        case (let other, .object(let object)):
            if let order = try hosted({ try object.order(against: other) }) { return -order }
        case (.double, .double), (.double, .int), (.double, .bool), (.int, .double), (.bool, .double), (.int, .int),
            (.bool, .bool), (.int, .bool), (.bool, .int), (.big, .int), (.big, .bool), (.big, .double), (.big, .big), (.int, .big),
            (.bool, .big), (.double, .big):
            return Numbers.order(left, right)
        default: break
        }
        let names = "'\(left.typeName)' and '\(right.typeName)'"
        throw JinjaError(.type, "'\(comparator.rawValue)' not supported between instances of \(names)")
    }

    private func order(
        _ left: [Value], _ right: [Value], _ comparator: Comparator, _ depth: Int
    ) throws(JinjaError) -> Int? {
        for (left, right) in zip(left, right) where !(try equal(left, right)) {
            return try order(left, right, comparator, depth: depth + 1)
        }
        return left.count < right.count ? -1 : left.count == right.count ? 0 : 1
    }

    func contains(_ value: Value, in container: Value) throws(JinjaError) -> Bool {
        switch container {
        case .string(let text):
            guard case .string(let part) = value else {
                throw JinjaError(.type, "'in <string>' requires string as left operand, not \(value.typeName)")
            }
            return PythonText.contains(part, in: text)
        case .dict(let dict): return dict.value(for: try value.hashable()) != nil
        case .object(let object):
            if let answer = try hosted({ try object.contains(value) }) { return answer }
        case .undefined(let undefined):
            try undefined.checkUse(strictOnly: true)
            return false
        default: break
        }
        let iterator = try self.iterator(over: container, verb: "argument of type")
        while let item = try iterator.next() { if try equal(item, value) { return true } }
        return false
    }

    // MARK: Arithmetic

    func apply(_ operation: UnaryOperator, to value: Value) throws(JinjaError) -> Value {
        if operation == .not { return .bool(!(try isTrue(value))) }
        switch value {
        case .double(let double): return .double(operation == .negative ? -double : double)
        case .big(let big): return operation == .negative ? try BigInteger.value(-big.number) : value
        case .undefined(let undefined): throw undefined.failure
        case .object(let object) where object.double == nil:
            if operation == .negative, let result = try hosted({ try object.callMethod("__neg__", Arguments([]), self) }) { return result }
            throw JinjaError(.type, "bad operand type for unary \(operation.rawValue): '\(value.typeName)'")
        case .object(let object):
            if operation != .negative { return value }
            return try hosted { try object.callMethod("__neg__", Arguments([]), self) } ?? value
        default:
            guard let integer = value.asInt else {
                throw JinjaError(.type, "bad operand type for unary \(operation.rawValue): '\(value.typeName)'")
            }
            return operation == .negative ? try Numbers.integers(.subtract, 0, integer) : .int(integer)
        }
    }

    public func apply(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(JinjaError) -> Value {
        if let result = try Numbers.apply(operation, left, right) { return result }
        switch (operation, left, right) {
        case (.modulo, .string(let format), _): return .string(try PercentFormat.format(format, right, self))
        case (.add, .string(let left), .string(let right)):
            guard left.utf8.count + right.utf8.count <= environment.limits.textBytesMax else { throw textTooLong }
            return .string(left + right)
        case (.add, .list(let left), .list(let right)):
            try checkCount(left.items.count + right.items.count)
            return .list(left.items + right.items)
        case (.add, .tuple(let left), .tuple(let right)):
            try checkCount(left.items.count + right.items.count)
            return .tuple(left.items + right.items)
        case (.multiply, _, _):
            if let result = try repeated(left, right) { return result }
            if let result = try repeated(right, left) { return result }
        default: break
        }
        return try applyObject(operation, left, right)
    }

    private func applyObject(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(JinjaError) -> Value {
        if case .undefined(let undefined) = left { throw undefined.failure }
        if case .undefined(let undefined) = right { throw undefined.failure }
        if case .object(let object) = left,
            let result = try hosted({ try object.apply(operation, right, isReversed: false) })
        { return result }
        if case .object(let object) = right,
            let result = try hosted({ try object.apply(operation, left, isReversed: true) })
        { return result }
        if operation == .add, case .string = left {
            throw JinjaError(.type, "can only concatenate str (not \"\(right.typeName)\") to str")
        }
        let names = "'\(left.typeName)' and '\(right.typeName)'"
        throw JinjaError(.type, "unsupported operand type(s) for \(operation.rawValue): \(names)")
    }

    /// `'ab' * 3`, `[0] * 3`; nil when the operands are not a sequence and a number.
    private func repeated(_ value: Value, _ factor: Value) throws(JinjaError) -> Value? {
        if case .big = factor {
            switch value {
            case .string, .list, .tuple: throw JinjaError(.arithmetic, "cannot fit 'int' into an index-sized integer")
            default: return nil
            }
        }
        guard let factor = factor.asInt else { return nil }
        let times = max(factor, 0)
        switch value {
        case .string(let text):
            let (size, overflow) = text.utf8.count.multipliedReportingOverflow(by: times)
            guard !overflow, size <= environment.limits.textBytesMax else { throw textTooLong }
            return .string(text.isEmpty ? "" : String(repeating: text, count: times))
        case .list(let list): return .list(try repeated(list.items, times))
        case .tuple(let tuple): return .tuple(try repeated(tuple.items, times))
        default: return nil
        }
    }

    private func repeated(_ items: [Value], _ times: Int) throws(JinjaError) -> [Value] {
        let (count, overflow) = items.count.multipliedReportingOverflow(by: times)
        try checkCount(overflow ? .max : count)
        return items.isEmpty ? [] : Array(repeatElement(items, count: times).joined())
    }
}
