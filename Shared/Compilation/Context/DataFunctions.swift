internal import Jinja
internal import Kernel
internal import Project

/// `tojson`, `fromyaml`, `set`, `zip`, `local_md5` and their kin.
enum DataFunctions {
    static let names = ["tojson", "fromjson", "toyaml", "fromyaml", "zip", "zip_strict", "set", "set_strict", "local_md5", "diff_of_two_dicts"]

    /// - Parameter value: one that is JSON, so that it holds neither itself nor more than can be looked through.
    /// - Returns: the type of the first thing in it that Python's `json` does not write, though we could.
    private static func foreign(in value: Value) -> String? {
        switch value {
        case .undefined: return "Undefined"
        case .list, .tuple: return (value.asList ?? []).lazy.compactMap(foreign).first
        case .dict(let dict): return dict.pairs.lazy.compactMap { foreign(in: $0.value) }.first
        case .object(let object) where ["Decimal", "Row", "datetime", "date", "time", "set"].contains(object.typeName): return object.typeName
        default: return nil
        }
    }

    static func function(_ name: String) -> Value {
        switch name {
        case "tojson": .function(name) { arguments, _ in
            let bound = try arguments.bound("tojson", required: 1, "value", "default", "sort_keys")
            guard let value = bound[0], let json = value.json else { return bound[1] ?? .none }
            if let type = foreign(in: value) { throw JinjaError(.type, "Object of type \(type) is not JSON serializable") }
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
