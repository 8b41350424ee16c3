/// A Python dictionary: mutable, shared by reference, in order of insertion.
///
/// - `position[key]` is the key's place in `keys` and `values`, kept only once the dictionary has grown past
///   `scanMax`; small ones are searched from the front, which is quicker than hashing.
public final class DictValue: ContainerValue {
    public private(set) var keys: [Value] = []
    public private(set) var values: [Value] = []
    private var position: [DictKey: Int]?
    private static let scanMax = 6

    public override init() {}

    public init(_ pairs: [(String, Value)]) {
        super.init()
        for (key, value) in pairs { self[key] = value }
    }

    deinit { releaseItems() }

    public var count: Int { keys.count }

    public subscript(_ key: String) -> Value? {
        get { find(.string(key)).map { values[$0] } }
        set {
            if let newValue { store(newValue, for: .string(key)) } else { _ = remove(.string(key)) }
        }
    }

    public var pairs: [(key: Value, value: Value)] { Array(zip(keys, values)).map { (key: $0, value: $1) } }

    // MARK: Keys that may be any value. Python refuses unhashable keys: check with `hashable` first.

    func value(for key: Value) -> Value? { find(key).map { values[$0] } }

    func store(_ value: Value, for key: Value) {
        if let index = find(key) {
            values[index] = value
            return
        }
        keys.append(key)
        values.append(value)
        if position != nil {
            position?[DictKey(key)] = keys.count - 1
        } else if keys.count > Self.scanMax {
            index()
        }
    }

    func remove(_ key: Value) -> Value? {
        guard let index = find(key) else { return nil }
        keys.remove(at: index)
        let value = values.remove(at: index)
        if position != nil { self.index() }
        return value
    }

    func removeLast() -> (Value, Value)? {
        guard let key = keys.popLast(), let value = values.popLast() else { return nil }
        position?[DictKey(key)] = nil
        return (key, value)
    }

    func removeAll() {
        keys = []
        values = []
        position = nil
    }

    func copy() -> DictValue {
        let copy = DictValue()
        copy.keys = keys
        copy.values = values
        copy.position = position
        return copy
    }

    override func giveUp(to taken: inout [Value]) {
        taken += values
        taken += keys
        removeAll()
    }

    private func find(_ key: Value) -> Int? {
        if let position { return position[DictKey(key)] }
        for index in keys.indices where DictKey.same(keys[index], key) { return index }
        return nil
    }

    private func index() {
        var fresh: [DictKey: Int] = [:]
        fresh.reserveCapacity(keys.count)
        for (index, key) in keys.enumerated() { fresh[DictKey(key)] = index }
        position = fresh
    }
}

/// A value as a dictionary sees it: `1`, `1.0` and `true` are one key.
struct DictKey: Hashable {
    let value: Value

    init(_ value: Value) { self.value = value }

    static func == (left: DictKey, right: DictKey) -> Bool { same(left.value, right.value) }

    static func same(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.string(let left), .string(let right)): return PythonText.equal(left, right)
        case (.double(let left), .double(let right)): return left == right
        case (.tuple(let left), .tuple(let right)):
            return left === right
                || left.items.count == right.items.count
                    && zip(left.items, right.items).allSatisfy { same($0, $1) }
        case (.none, .none), (.undefined, .undefined): return true
        case (.object(let left), _): return left.isEqual(to: right)
        case (_, .object(let right)): return right.isEqual(to: left)
        case (.function(let left), .function(let right)): return left === right
        default: return Numbers.equal(left, right)
        }
    }

    func hash(into hasher: inout Hasher) {
        switch value {
        case .undefined: hasher.combine(1)
        case .none: hasher.combine(2)
        case .bool(let value): hasher.combine(value ? 1 : 0)
        case .int(let value): hasher.combine(value)
        case .big(let value): value.hash(into: &hasher)
        case .double(let value):
            if let integer = Int(exactly: value) { hasher.combine(integer) } else { hasher.combine(value) }
        case .string(let text):
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .tuple(let tuple):
            for item in tuple.items { DictKey(item).hash(into: &hasher) }
        case .object(let object): object.hash(into: &hasher)
        case .function(let function): hasher.combine(ObjectIdentifier(function))
        case .list, .dict: break
        }
    }
}

extension Value {
    /// Itself, if it may be a key. Fails for lists and dictionaries, also inside tuples.
    func hashable(depth: Int = 0) throws(JinjaError) -> Value {
        switch self {
        case .list, .dict: throw JinjaError(.type, "unhashable type: '\(typeName)'")
        case .undefined(let undefined): try undefined.checkUse(strictOnly: true)
        case .tuple(let tuple):
            guard depth < ValueDepth.max else { throw ValueDepth.exceeded }
            for item in tuple.items { _ = try item.hashable(depth: depth + 1) }
        default: break
        }
        return self
    }
}

/// How deep printing and comparing follow containers inside containers.
enum ValueDepth {
    static let max = 200
    static var exceeded: JinjaError { JinjaError(.limit, "value nested too deeply") }
}
