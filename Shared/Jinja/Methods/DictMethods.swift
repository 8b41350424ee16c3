/// Methods of dictionaries.
enum DictMethods {
    static let all: [String: Methods.Method<DictValue>] = [
        "get": get, "items": items, "keys": keys, "values": values, "update": update, "pop": pop,
        "setdefault": setdefault, "copy": copy, "clear": clear, "popitem": popitem, "fromkeys": fromkeys,
    ]

    @Sendable static func get(_ dict: DictValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let places = try a.bound("get", required: 1, "key", "default")
        return dict.value(for: try (places[0] ?? .none).hashable()) ?? places[1] ?? .none
    }

    @Sendable static func items(_ dict: DictValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        _ = try a.bound("items")
        return .object(DictView(dict, .items))
    }

    @Sendable static func keys(_ dict: DictValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        _ = try a.bound("keys")
        return .object(DictView(dict, .keys))
    }

    @Sendable static func values(_ dict: DictValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        _ = try a.bound("values")
        return .object(DictView(dict, .values))
    }

    @Sendable static func update(_ dict: DictValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        for (key, value) in try Globals.dictionary("update", a, interpreter).pairs { dict.store(value, for: key) }
        return .none
    }

    @Sendable static func pop(_ dict: DictValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let places = try a.bound("pop", required: 1, "key", "default")
        let key = try (places[0] ?? .none).hashable()
        if let value = dict.remove(key) ?? places[1] { return value }
        throw JinjaError(.value, "KeyError: \(try interpreter.representation(of: key))")
    }

    @Sendable static func setdefault(_ dict: DictValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let places = try a.bound("setdefault", required: 1, "key", "default")
        let key = try (places[0] ?? .none).hashable()
        if let value = dict.value(for: key) { return value }
        dict.store(places[1] ?? .none, for: key)
        return places[1] ?? .none
    }

    @Sendable static func copy(_ dict: DictValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        _ = try a.bound("copy")
        return .dict(dict.copy())
    }

    @Sendable static func clear(_ dict: DictValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        _ = try a.bound("clear")
        dict.removeAll()
        return .none
    }

    @Sendable static func popitem(_ dict: DictValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        _ = try a.bound("popitem")
        guard let (key, value) = dict.removeLast() else { throw JinjaError(.value, "KeyError: 'popitem(): dictionary is empty'") }
        return .tuple([key, value])
    }

    @Sendable static func fromkeys(_ dict: DictValue, _ a: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let places = try a.bound("fromkeys", required: 1, "iterable", "value")
        let fresh = DictValue()
        for key in try interpreter.items(of: places[0] ?? .none) { fresh.store(places[1] ?? .none, for: try key.hashable()) }
        return .dict(fresh)
    }
}

/// `dict.keys()`, `dict.values()`, `dict.items()`: views that follow the dictionary's changes.
final class DictView: JinjaObject {
    enum Part: String { case keys, values, items }

    private let dict: DictValue
    private let part: Part

    init(_ dict: DictValue, _ part: Part) {
        self.dict = dict
        self.part = part
    }

    var typeName: String { "dict_\(part.rawValue)" }
    var count: Int? { dict.count }

    var items: [Value] {
        switch part {
        case .keys: dict.keys
        case .values: dict.values
        case .items: dict.pairs.map { .tuple([$0.key, $0.value]) }
        }
    }

    func text(_ interpreter: Interpreter) throws -> String {
        "\(typeName)(\(try interpreter.representation(of: .list(items))))"
    }

    /// Keys and pairs compare as sets; values only with themselves.
    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let view = object as? DictView else { return false }
        guard view !== self else { return true }
        guard part == view.part, part != .values, count == view.count else { return false }
        return dict.pairs.allSatisfy { key, value in
            guard let match = view.dict.value(for: key) else { return false }
            return part == .keys || DictKey.same(value, match)
        }
    }

    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? {
        let dict = dict
        let part = part
        let count = dict.count
        var index = 0
        return ValueIterator(count: count) {
            guard dict.count == count else { throw JinjaError(.runtime, "dictionary changed size during iteration") }
            guard index < count else { return nil }
            defer { index += 1 }
            switch part {
            case .keys: return dict.keys[index]
            case .values: return dict.values[index]
            case .items: return .tuple([dict.keys[index], dict.values[index]])
            }
        }
    }
}
