internal import Jinja
internal import Kernel
internal import Project
internal import WarehouseKit

/// `config(…)`, `config.get(…)`, `config.require(…)`.
final class ConfigObject: JinjaObject {
    private unowned let compiler: Compiler
    init(_ compiler: Compiler) { self.compiler = compiler }

    var typeName: String { "Config" }
    var isCallable: Bool { true }

    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        guard compiler.frame.mode == .parse else { return "" }
        var pairs = arguments.named
        if let dict = arguments.positional.first?.asDict { pairs += dict.pairs.map { ($0.key.asString ?? "", $0.value) } }
        for (name, value) in pairs {
            guard let json = value.json else {
                throw CompilationError("compile.bad_config", "config() got a value for '\(name)' that is no plain value", remedy: "give a text, number, list or map")
            }
            compiler.frame.capture.set(name, json)
        }
        return ""
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        let key = arguments.positional.first?.asString ?? arguments["name"]?.asString ?? ""
        let fallback = arguments.positional.count > 1 ? arguments.positional[1] : arguments["default"]
        let value = compiler.frame.node?.config[key == "pre_hook" ? "pre-hook" : key == "post_hook" ? "post-hook" : key]
        switch name {
        case "get":
            guard let value, !value.isNull else { return fallback ?? Value.none }
            return Value(value)
        case "require":
            guard let value else {
                if compiler.frame.mode == .parse { return "" }
                throw CompilationError("compile.config_missing", "the configuration '\(key)' is required", remedy: "set it with config(\(key)=…)")
            }
            return Value(value)
        case "set": return ""
        case "persist_relation_docs", "persist_column_docs": return false
        case "meta_get": return compiler.frame.node?.meta[key].map { Value($0) } ?? fallback ?? Value.none
        default: return nil
        }
    }
}

extension Capture {
    /// One word of `config(…)`; tags and hooks add up over several calls.
    mutating func set(_ name: String, _ value: JSON) {
        if name == "tags", case .array(let old)? = config[name] {
            let more: [JSON] = value.arrayValue ?? [value]
            config[name] = .array(old + more.filter { !old.contains($0) })
        } else {
            config[name] = value
        }
    }
}

/// `var('name', default)` and `var.has_var('name')`.
final class VariableFunction: JinjaObject {
    private unowned let compiler: Compiler
    init(_ compiler: Compiler) { self.compiler = compiler }
    var typeName: String { "Var" }
    var isCallable: Bool { true }

    private func lookup(_ name: String) -> JSON? {
        compiler.manifest.variable(name, package: compiler.frame.node?.packageName ?? compiler.frame.package)
    }
    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        let bound = try arguments.bound("var", required: 1, "name", "default")
        let name = bound[0]?.asString ?? ""
        if let value = lookup(name) { return Value(value) }
        if let fallback = bound[1] { return fallback }
        throw CompilationError(
            "compile.var_not_set", "the variable '\(name)' is not set", remedy: "set it under vars: in dbt_project.yml, pass it with --vars, or give var() a default")
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard name == "has_var" else { return nil }
        return .bool(lookup(arguments.positional.first?.asString ?? "") != nil)
    }
}

/// `exceptions.raise_compiler_error`, `exceptions.warn`.
final class ExceptionsObject: JinjaObject {
    private unowned let compiler: Compiler
    init(_ compiler: Compiler) { self.compiler = compiler }
    var typeName: String { "Exceptions" }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        let message = try interpreter.text(arguments.positional.first ?? arguments["msg"] ?? "")
        switch name {
        case "warn":
            if compiler.frame.mode == .execute { compiler.warn(message) }
            return ""
        case "raise_compiler_error", "raise_not_implemented", "raise_parsing_error", "raise_database_error", "raise_contract_error",
            "raise_fail_fast_error", "missing_config", "missing_relation", "relation_wrong_type", "column_type_missing":
            throw CompilationError("compile.raised", message, remedy: "the project's own template raised this error")
        default: return nil
        }
    }
}

/// `api.Relation.create(…)`.
final class RelationFactory: JinjaObject {
    private unowned let compiler: Compiler
    init(_ compiler: Compiler) { self.compiler = compiler }
    var typeName: String { "RelationProxy" }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard name == "create" else { return nil }
        let bound = try Arguments(arguments.positional, named: arguments.named.filter { ["database", "schema", "identifier", "type"].contains($0.name) })
            .bound("create", "database", "schema", "identifier", "type")
        let relation = RelationName(database: bound[0]?.asString ?? "", schema: bound[1]?.asString ?? "", identifier: bound[2]?.asString ?? "")
        let kind = bound[3]?.asString.flatMap(RelationInfo.Kind.init(rawValue:))
        return .object(RelationObject(relation, kind: kind, session: compiler.session))
    }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        name == "Table" ? "table" : name == "View" ? "view" : nil
    }
}

/// `tojson`, `fromjson`, `set`, `zip`, `local_md5` and their kin.
enum JSONFunctions {
    static func function(_ name: String) -> Value? {
        switch name {
        case "tojson": return .function("tojson") { arguments, _ in
            let bound = try arguments.bound("tojson", required: 1, "value", "default", "sort_keys")
            guard let json = bound[0]?.json else { return bound[1] ?? .none }
            return .string(spaced(bound[2]?.asBool == true ? sorted(json) : json))
        }
        case "fromjson": return .function("fromjson") { arguments, _ in
            let bound = try arguments.bound("fromjson", required: 1, "string", "default")
            guard let json = try? JSON(parsing: bound[0]?.asString ?? "") else { return bound[1] ?? .none }
            return Value(json)
        }
        case "zip", "zip_strict": return .function(name) { arguments, _ in
            let lists = arguments.positional.map { $0.asList ?? [] }
            let count = lists.map(\.count).min() ?? 0
            return .list((0..<count).map { index in .tuple(lists.map { $0[index] }) })
        }
        case "set", "set_strict": return .function(name) { arguments, _ in
            var kept: [Value] = []
            for item in arguments.positional.first?.asList ?? [] where !kept.contains(where: { $0.json == item.json }) { kept.append(item) }
            return .list(kept)
        }
        default: return nil
        }
    }

    private static func sorted(_ json: JSON) -> JSON {
        switch json {
        case .object(let object): JSON(object.keys.sorted().map { ($0, sorted(object[$0] ?? .null)) })
        case .array(let items): .array(items.map(sorted))
        default: json
        }
    }

    /// JSON with the spaces that Python puts between its parts.
    private static func spaced(_ json: JSON) -> String {
        switch json {
        case .object(let object): "{" + object.pairs.map { "\(JSON.string($0.key).text()): \(spaced($0.value))" }.joined(separator: ", ") + "}"
        case .array(let items): "[" + items.map(spaced).joined(separator: ", ") + "]"
        default: json.text()
        }
    }
}
