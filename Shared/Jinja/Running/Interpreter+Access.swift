/// Attributes, items, slices, and walking over values.
extension Interpreter {
    /// `owner.name`: an attribute or method, else an item of that name, else undefined.
    public func attribute(_ name: String, of owner: Value) throws(JinjaError) -> Value {
        if let value = try ownAttribute(name, of: owner) { return value }
        if let value = try ownItem(.string(name), of: owner) { return value }
        return missing(name, of: owner)
    }

    /// `owner[key]`: an item, else an attribute of that name, else undefined.
    public func item(_ key: Value, of owner: Value) throws(JinjaError) -> Value {
        if let value = try ownItem(key, of: owner) { return value }
        guard case .string(let name) = key else {
            let shown = try representation(of: key)
            return undefined(message: "\(owner.ownerDescription) has no element \(shown)")
        }
        if let value = try ownAttribute(name, of: owner) { return value }
        return missing(name, of: owner)
    }

    private func missing(_ name: String, of owner: Value) -> Value {
        let isRefused = environment.refusesInternals && Self.internals.contains(name)
        let message = isRefused
            ? "access to attribute '\(name)' of '\(owner.typeName)' object is unsafe." : "'\(owner.ownerDescription)' has no attribute '\(name)'"
        return .undefined(Undefined(name: name, message: message, policy: environment.undefined))
    }

    /// What every object of Python's has.
    private static let internals: Set<String> = [
        "__class__", "__delattr__", "__dir__", "__doc__", "__eq__", "__format__", "__ge__", "__getattribute__", "__getstate__", "__gt__", "__hash__",
        "__init__", "__init_subclass__", "__le__", "__lt__", "__ne__", "__new__", "__reduce__", "__reduce_ex__", "__repr__", "__setattr__", "__sizeof__",
        "__str__", "__subclasshook__",
    ]

    func ownAttribute(_ name: String, of owner: Value) throws(JinjaError) -> Value? {
        switch owner {
        case .undefined(let undefined):
            guard undefined.policy == .chainable || undefined.policy == .forgiving else { throw undefined.failure }
            return owner
        case .object(let object):
            if let value = try hosted({ try object.attribute(name, self) }) { return value }
            return object.methods.contains(name) ? .function(name) { arguments, interpreter in try interpreter.callMethod(name, of: owner, arguments) } : nil
        default:
            if case .string(let text) = owner, let value = environment.textAttribute?(name, text) { return value }
            if case .tuple(let tuple) = owner, let index = tuple.names.firstIndex(of: name) { return tuple.items[index] }
            if let value = try NumberMethods.attribute(name, of: owner) { return value }
            guard Methods.has(name, owner) else { return nil }
            return .function(name) { arguments, interpreter in try interpreter.callMethod(name, of: owner, arguments) }
        }
    }

    private func ownItem(_ key: Value, of owner: Value) throws(JinjaError) -> Value? {
        switch owner {
        case .undefined(let undefined):
            guard undefined.policy == .chainable || undefined.policy == .forgiving else { throw undefined.failure }
            return owner
        case .dict(let dict):
            if case .undefined(let undefined) = key { try undefined.checkUse(strictOnly: true) }
            guard let key = try? key.hashable() else { return nil }
            return dict.value(for: key)
        case .list(let list): return item(key, in: list.items)
        case .tuple(let tuple): return item(key, in: tuple.items)
        case .string(let text): return character(key, in: text)
        case .object(let object): return try hosted { try object.item(key, self) }
        default: return nil
        }
    }

    private func item(_ key: Value, in items: [Value]) -> Value? {
        guard let index = key.asInt else { return nil }
        let place = index < 0 ? index + items.count : index
        return items.indices.contains(place) ? items[place] : nil
    }

    private func character(_ key: Value, in text: String) -> Value? {
        guard let index = key.asInt else { return nil }
        let count = PythonText.count(text)
        let place = index < 0 ? index + count : index
        guard place >= 0, place < count else { return nil }
        let scalars = text.unicodeScalars
        return .string(String(scalars[scalars.index(scalars.startIndex, offsetBy: place)]))
    }

    // MARK: Methods

    func hasMethods(_ value: Value) -> Bool {
        switch value {
        case .string, .list, .tuple, .dict, .object, .int, .big, .bool, .double: true
        default: false
        }
    }

    /// `owner.name(…)`
    public func callMethod(_ name: String, of owner: Value, _ arguments: Arguments) throws(JinjaError) -> Value {
        switch owner {
        case .object(let object):
            if let result = try hosted({ try object.callMethod(name, arguments, self) }) { return result }
        default:
            if let result = try Methods.call(name, owner, arguments, self) { return result }
        }
        return try invoke(attribute(name, of: owner), arguments)
    }

    // MARK: Slices

    func slice(_ value: Value, _ lower: Value, _ upper: Value, _ step: Value) throws(JinjaError) -> Value {
        switch value {
        case .list(let list): return .list(try slice(list.items, lower, upper, step))
        case .tuple(let tuple): return .tuple(try slice(tuple.items, lower, upper, step))
        case .string(let text): return .string(PythonText.string(try slice(Array(text.unicodeScalars), lower, upper, step)))
        case .object(let object as BytesObject): return .object(BytesObject(try slice(object.bytes, lower, upper, step)))
        case .object(let range as RangeObject): return .object(range.slice(try span(range.count ?? 0, lower, upper, step)))
        case .object(let object) where object.isSequence:
            return .tuple(try slice(try items(of: value), lower, upper, step))
        case .undefined(let undefined):
            guard undefined.policy == .chainable || undefined.policy == .forgiving else { throw undefined.failure }
            return value
        default: throw JinjaError(.type, "'\(value.typeName)' object is not subscriptable")
        }
    }

    private func slice<Item>(
        _ items: [Item], _ lower: Value, _ upper: Value, _ step: Value
    ) throws(JinjaError) -> [Item] {
        var (index, end, step) = try span(items.count, lower, upper, step)
        if step == 1 { return index < end ? Array(items[index..<end]) : [] }
        var result: [Item] = []
        while step > 0 ? index < end : index > end {
            result.append(items[index])
            let (next, overflow) = index.addingReportingOverflow(step)
            if overflow { break }
            index = next
        }
        return result
    }

    /// Python's `slice.indices`.
    private func span(_ count: Int, _ lower: Value, _ upper: Value, _ step: Value) throws(JinjaError) -> (start: Int, end: Int, step: Int) {
        let step = try bound(step) ?? 1
        guard step != 0 else { throw JinjaError(.value, "slice step cannot be zero") }
        let isForward = step > 0
        func clamp(_ index: Int?, _ whenAbsent: Int) -> Int {
            guard var index else { return whenAbsent }
            if index < 0 { index = max(index + count, -1) }
            return isForward ? min(max(index, 0), count) : min(max(index, -1), count - 1)
        }
        return (clamp(try bound(lower), isForward ? 0 : count - 1), clamp(try bound(upper), isForward ? count : -1), step)
    }

    private func bound(_ value: Value) throws(JinjaError) -> Int? {
        if value.isNone { return nil }
        // As far as any sequence reaches.
        if case .big(let big) = value { return big.number.sign == .minus ? -.max : .max }
        guard let index = value.asInt else {
            if case .undefined(let undefined) = value { throw undefined.failure }
            throw JinjaError(.type, "slice indices must be integers or None or have an __index__ method")
        }
        return index
    }

    // MARK: Walking

    public func iterator(over value: Value) throws(JinjaError) -> ValueIterator {
        try iterator(over: value, verb: "")
    }

    func iterator(over value: Value, verb: String) throws(JinjaError) -> ValueIterator {
        switch value {
        case .list(let list):
            // Live, as in Python: what the loop appends it also visits.
            var index = 0
            return ValueIterator(count: list.items.count) {
                guard index < list.items.count else { return nil }
                defer { index += 1 }
                return list.items[index]
            }
        case .tuple(let tuple): return ValueIterator(tuple.items)
        case .dict(let dict): return iterator(over: dict)
        case .string(let text):
            var scalars = text.unicodeScalars.makeIterator()
            return ValueIterator(count: PythonText.count(text)) { scalars.next().map { .string(String($0)) } }
        case .undefined(let undefined):
            try undefined.checkUse(strictOnly: true)
            return ValueIterator([])
        case .object(let object):
            if let iterator = try hosted({ try object.iterator(self) }) { return iterator }
        default: break
        }
        let subject = verb.isEmpty ? "'\(value.typeName)' object" : "\(verb) '\(value.typeName)'"
        throw JinjaError(.type, "\(subject) is not iterable")
    }

    private func iterator(over dict: DictValue) -> ValueIterator {
        var index = 0
        let count = dict.count
        return ValueIterator(count: count) {
            guard dict.count == count else { throw JinjaError(.runtime, "dictionary changed size during iteration") }
            guard index < count else { return nil }
            defer { index += 1 }
            return dict.keys[index]
        }
    }

    /// All items of a value, for what needs them at once.
    public func items(of value: Value) throws(JinjaError) -> [Value] {
        switch value {
        case .list(let list): return list.items
        case .tuple(let tuple): return tuple.items
        case .dict(let dict): return dict.keys
        default: break
        }
        let iterator = try iterator(over: value)
        if let count = iterator.count { try checkCount(count) }
        var result: [Value] = []
        while let item = try iterator.next() {
            result.append(item)
            try checkCount(result.count)
        }
        return result
    }

    /// `len(value)`
    func length(of value: Value) throws(JinjaError) -> Int {
        switch value {
        case .list(let list): return list.items.count
        case .tuple(let tuple): return tuple.items.count
        case .dict(let dict): return dict.count
        case .string(let text): return PythonText.count(text)
        case .undefined(let undefined):
            try undefined.checkUse(strictOnly: true)
            return 0
        case .object(let object):
            if let count = object.count { return count }
            if object is FarRangeObject { throw FarRangeObject.tooLong }
        default: break
        }
        throw JinjaError(.type, "object of type '\(value.typeName)' has no len()")
    }

    /// Sorts by a key computed once per item, keeping the order of equals.
    func sorted(
        _ items: [Value], reversed: Bool = false, key: (Value) throws(JinjaError) -> Value
    ) throws(JinjaError) -> [Value] {
        var keyed: [(key: Value, item: Value)] = []
        keyed.reserveCapacity(items.count)
        for item in items { keyed.append((try key(item), item)) }
        // Python sorts the reversed list and reverses the result, so that equals keep their order here too.
        if reversed { keyed.reverse() }
        try hosted { try keyed.sort { try self.isLess($0.key, $1.key) } }
        if reversed { keyed.reverse() }
        return keyed.map(\.item)
    }
}
