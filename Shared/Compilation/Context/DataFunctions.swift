internal import Digest
internal import Jinja
internal import Kernel
internal import Project

enum Checksum {
    static func md5(_ text: String) -> String { Digest.hex(.md5, text) }
}

/// `tojson`, `fromyaml`, `set`, `zip`, `local_md5` and their kin.
enum DataFunctions {
    static let names = ["tojson", "fromjson", "toyaml", "fromyaml", "zip", "zip_strict", "set", "set_strict", "local_md5", "diff_of_two_dicts"]

    /// - Parameter value: one that is JSON, so that it holds neither itself nor more than can be looked through.
    private static func holdsUndefined(_ value: Value) -> Bool {
        switch value {
        case .undefined: true
        case .list, .tuple: (value.asList ?? []).contains(where: holdsUndefined)
        case .dict(let dict): dict.pairs.contains { holdsUndefined($0.value) }
        default: false
        }
    }

    static func function(_ name: String) -> Value {
        switch name {
        case "tojson": .function(name) { arguments, _ in
            let bound = try arguments.bound("tojson", required: 1, "value", "default", "sort_keys")
            guard let value = bound[0], let json = value.json else { return bound[1] ?? .none }
            if holdsUndefined(value) { throw JinjaError(.type, "Object of type Undefined is not JSON serializable") }
            return .string(spaced(bound[2]?.asInt == 1 ? sorted(json) : json))
        }
        case "fromjson": .function(name) { arguments, _ in
            let bound = try arguments.bound("fromjson", required: 1, "string", "default")
            guard let json = try? JSON(parsing: bound[0]?.asString ?? "") else { return bound[1] ?? .none }
            return Value(json)
        }
        case "toyaml": .function(name) { arguments, _ in
            let bound = try arguments.bound("toyaml", required: 1, "value", "default", "sort_keys")
            guard let json = bound[0]?.json else { return bound[1] ?? .none }
            return .string(YAMLText.block(bound[2]?.asInt == 1 ? sorted(json) : json))
        }
        case "fromyaml": .function(name) { arguments, _ in
            let bound = try arguments.bound("fromyaml", required: 1, "value", "default")
            guard let yaml = bound[0]?.asString.flatMap({ YAMLValue.value(of: $0) }), let value = try? YAMLMoment.value(of: yaml) else { return bound[1] ?? .none }
            return value
        }
        case "zip", "zip_strict": .function(name) { arguments, interpreter in
            try fallingBack(name, arguments) {
                let lists = try arguments.positional.map { try interpreter.items(of: $0) }
                return .list((0..<(lists.map(\.count).min() ?? 0)).map { index in .tuple(lists.map { $0[index] }) })
            }
        }
        case "set", "set_strict": .function(name) { arguments, interpreter in
            try fallingBack(name, arguments) {
                guard let first = arguments.positional.first ?? arguments["value"] else { return .object(SetObject([])) }
                return .object(SetObject(try interpreter.items(of: first)))
            }
        }
        case "local_md5": .function(name) { arguments, interpreter in
            .string(Checksum.md5(try interpreter.text(arguments.positional.first ?? arguments["value"] ?? "")))
        }
        default: .function(name) { arguments, interpreter in
            let bound = try arguments.bound("diff_of_two_dicts", required: 2, "dict_a", "dict_b")
            return try difference(bound[0]?.asDict, bound[1]?.asDict, interpreter)
        }
        }
    }

    /// The lenient ones give a default where the strict ones fail.
    private static func fallingBack(_ name: String, _ arguments: Arguments, _ body: () throws -> Value) throws -> Value {
        if name.hasSuffix("_strict") { return try body() }
        do { return try body() } catch { return arguments["default"] ?? .none }
    }

    /// What of `left` is not in `right`: keys in any case, values of lists one by one.
    private static func difference(_ left: DictValue?, _ right: DictValue?, _ interpreter: Interpreter) throws -> Value {
        let others = DictValue()
        for (key, value) in right?.pairs ?? [] { others[(key.asString ?? "").lowercased()] = value }
        let result = DictValue()
        for (key, value) in left?.pairs ?? [] {
            let name = key.asString ?? ""
            guard let other = others[name.lowercased()] else { result[name] = value; continue }
            let known = Set((other.asList ?? [other]).map { lowered($0) })
            let missing = (value.asList ?? [value]).filter { !known.contains(lowered($0)) }
            if !missing.isEmpty { result[name] = .list(missing) }
        }
        return .dict(result)
    }
    private static func lowered(_ value: Value) -> String { value.asString?.lowercased() ?? value.json?.text() ?? "" }

    static func sorted(_ json: JSON) -> JSON {
        switch json {
        case .object(let object): JSON(object.keys.sorted().map { ($0, sorted(object[$0] ?? .null)) })
        case .array(let items): .array(items.map(sorted))
        default: json
        }
    }

    /// JSON with the spaces that Python puts between its parts, and its escapes.
    static func spaced(_ json: JSON) -> String {
        switch json {
        case .object(let object): "{" + object.pairs.map { "\(ascii(JSON.string($0.key).text())): \(spaced($0.value))" }.joined(separator: ", ") + "}"
        case .array(let items): "[" + items.map(spaced).joined(separator: ", ") + "]"
        default: ascii(json.text())
        }
    }
    private static func ascii(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text }
        var out = ""
        for unit in text.utf16 {
            if unit < 0x80 { out.unicodeScalars.append(Unicode.Scalar(UInt8(unit))) }
            else { out += "\\u" + String(repeating: "0", count: 4 - String(unit, radix: 16).count) + String(unit, radix: 16) }
        }
        return out
    }
}

/// A Python set: each value once. It is printed as one, and looped over in the order in which values came.
final class SetObject: JinjaObject {
    private var items: [Value] = []
    private var known: Set<JSON> = []

    init(_ values: [Value]) { for value in values { add(value) } }

    private func add(_ value: Value) {
        if known.insert(value.json ?? .null).inserted { items.append(value) }
    }

    var typeName: String { "set" }
    var count: Int? { items.count }
    func text(_ interpreter: Interpreter) throws -> String {
        items.isEmpty ? "set()" : "{" + (try items.map { try interpreter.representation(of: $0) }.joined(separator: ", ")) + "}"
    }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(items) }
    func contains(_ value: Value) throws -> Bool? { known.contains(value.json ?? .null) }
    func jsonValue() throws -> Value? { .list(items) }
    func isEqual(to other: Value) -> Bool {
        if case .object(let object) = other, let set = object as? SetObject { set.known == known } else { false }
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        func keys(_ value: Value) throws -> Set<JSON> { Set(try interpreter.items(of: value).map { $0.json ?? .null }) }
        func others() throws -> [Set<JSON>] { try arguments.positional.map(keys) }
        func other() throws -> Value {
            guard arguments.positional.count == 1 else {
                throw JinjaError(.type, "set.\(name)() takes exactly one argument (\(arguments.positional.count) given)")
            }
            return arguments.positional[0]
        }
        func kept(_ test: (JSON) -> Bool) -> Value { .object(SetObject(items.filter { test($0.json ?? .null) })) }
        switch name {
        case "union": return .object(SetObject(items + (try arguments.positional.flatMap { try interpreter.items(of: $0) })))
        case "intersection":
            let others = try others()
            return kept { item in others.allSatisfy { $0.contains(item) } }
        case "difference":
            let others = try others()
            return kept { item in !others.contains { $0.contains(item) } }
        case "symmetric_difference":
            let (theirs, added) = (try keys(other()), try interpreter.items(of: other()))
            return .object(SetObject(items.filter { !theirs.contains($0.json ?? .null) } + added.filter { !known.contains($0.json ?? .null) }))
        case "issubset": return .bool(known.isSubset(of: try keys(other())))
        case "issuperset": return .bool(known.isSuperset(of: try keys(other())))
        case "isdisjoint": return .bool(known.isDisjoint(with: try keys(other())))
        case "copy": return .object(SetObject(items))
        default: return try change(name, arguments, interpreter)
        }
    }

    private func change(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "add": if let value = arguments.positional.first { add(value) }
        case "update": for other in arguments.positional { for value in try interpreter.items(of: other) { add(value) } }
        case "discard", "remove":
            let key = arguments.positional.first?.json ?? .null
            if known.remove(key) != nil { items.removeAll { ($0.json ?? .null) == key } }
            else if name == "remove" { throw JinjaError(.value, "the set has no such value") }
        case "clear": keep { _ in false }
        case "pop":
            guard let first = items.first else { throw JinjaError(.value, "pop from an empty set") }
            keep { $0 != first.json ?? .null }
            return first
        case "difference_update", "intersection_update":
            for other in arguments.positional {
                let others = Set(try interpreter.items(of: other).map { $0.json ?? .null })
                keep { others.contains($0) == (name == "intersection_update") }
            }
        case "symmetric_difference_update":
            let others = try interpreter.items(of: arguments.positional.first ?? [])
            let (mine, theirs) = (known, Set(others.map { $0.json ?? .null }))
            keep { !theirs.contains($0) }
            for value in others where !mine.contains(value.json ?? .null) { add(value) }
        default: return nil
        }
        return Value.none
    }

    private func keep(_ test: (JSON) -> Bool) {
        items.removeAll { !test($0.json ?? .null) }
        known = known.filter(test)
    }

    var methods: Set<String> {
        [
            "add", "clear", "copy", "difference", "difference_update", "discard", "intersection", "intersection_update", "isdisjoint", "issubset",
            "issuperset", "pop", "remove", "symmetric_difference", "symmetric_difference_update", "union", "update",
        ]
    }

    func apply(_ operation: BinaryOperator, _ other: Value, isReversed: Bool) throws -> Value? {
        guard operation == .subtract, !isReversed, case .object(let object) = other, let set = object as? SetObject else { return nil }
        return .object(SetObject(items.filter { !set.known.contains($0.json ?? .null) }))
    }
}

/// JSON as YAML in block form, as PyYAML writes it.
enum YAMLText {
    static func block(_ json: JSON) -> String {
        switch json {
        case .object(let object) where !object.isEmpty: lines(json, 0).joined(separator: "\n") + "\n"
        case .array(let items) where !items.isEmpty: lines(json, 0).joined(separator: "\n") + "\n"
        case .object, .array: scalar(json) + "\n"
        default: scalar(json) + "\n...\n"
        }
    }

    private static func lines(_ json: JSON, _ indent: Int) -> [String] {
        let space = String(repeating: " ", count: indent)
        switch json {
        case .object(let object):
            return object.pairs.flatMap { key, value -> [String] in
                let name = scalar(.string(key))
                switch value {
                case .object(let inner) where !inner.isEmpty: return ["\(space)\(name):"] + lines(value, indent + 2)
                case .array(let inner) where !inner.isEmpty: return ["\(space)\(name):"] + lines(value, indent)
                default: return ["\(space)\(name): \(scalar(value))"]
                }
            }
        case .array(let items):
            return items.flatMap { item -> [String] in
                var inner: [String]
                switch item {
                case .object(let object) where !object.isEmpty: inner = lines(item, indent + 2)
                case .array(let list) where !list.isEmpty: inner = lines(item, indent + 2)
                default: return ["\(space)- \(scalar(item))"]
                }
                inner[0] = "\(space)- " + inner[0].dropFirst(indent + 2)
                return inner
            }
        default: return [space + scalar(json)]
        }
    }

    private static func scalar(_ json: JSON) -> String {
        switch json {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .string(let text): quoted(text)
        case .object: "{}"
        case .array: "[]"
        default: json.text()
        }
    }

    /// In single quotes where plain text would be read as something else.
    private static func quoted(_ text: String) -> String {
        let words: Set<String> = ["", "null", "~", "true", "false", "yes", "no", "on", "off"]
        let first = text.unicodeScalars.first ?? " "
        let isPlain = !words.contains(text.lowercased()) && Double(text) == nil && !"-?:,[]{}#&*!|>'\"%@` ".unicodeScalars.contains(first)
            && !text.contains(": ") && !text.contains(" #") && !text.hasSuffix(":") && !text.hasSuffix(" ") && !text.utf8.contains { $0 < 0x20 }
            && PythonTime.read(text) == nil
        if isPlain { return text }
        if text.utf8.contains(where: { $0 < 0x20 }) { return JSON.string(text).text() }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
