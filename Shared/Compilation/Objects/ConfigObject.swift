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
        guard arguments.positional.count == (arguments.named.isEmpty ? 1 : 0) else {
            throw CompilationError("compile.bad_config", "Invalid inline model config", remedy: "say something, as in config(materialized='table')")
        }
        var pairs = arguments.named
        if let dict = arguments.positional.first?.asDict { pairs += dict.pairs.map { ($0.key.asString ?? "", $0.value) } }
        for (name, value) in pairs {
            // As in dbt, which takes what is no map for the text of one. Anything else that is not known is nothing.
            let isHook = ["pre_hook", "post_hook", "pre-hook", "post-hook"].contains(name)
            if isHook, value.isUndefined || value.asList?.contains(where: \.isUndefined) ?? false {
                throw CompilationError(
                    "compile.bad_config", "the JSON object must be str, bytes or bytearray, not Undefined", at: .named("\(name) of config()"),
                    remedy: "define the macro that it calls, or write the hook as a text")
            }
            guard let json = value.json else {
                throw CompilationError("compile.bad_config", "config() got a value for '\(name)' that is no plain value", remedy: "give a text, number, list or map")
            }
            compiler.frame.capture.set(name, json)
        }
        return ""
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "get", "require", "meta_get", "meta_require": return try find(name, arguments, interpreter)
        case "set":
            let bound = try arguments.bound("set", required: 2, "name", "value")
            set(bound[0]?.asString ?? "", bound[1] ?? .none)
            return ""
        case "persist_relation_docs": return .bool(try persistsDocs("relation"))
        case "persist_column_docs": return .bool(try persistsDocs("columns"))
        default: return nil
        }
    }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        name == "model" ? compiler.model : value(of: name)
    }

    private func value(of written: String) -> Value? {
        guard let node = compiler.frame.node else { return nil }
        if written.hasPrefix(Frame.batchPrefix) { return compiler.frame.model.asDict?["config"]?.asDict?[written] }
        let key = written == "pre_hook" ? "pre-hook" : written == "post_hook" ? "post-hook" : written
        if key == "pre-hook" || key == "post-hook" { return .list(Hook.all(node.config[key]).map(\.value)) }
        return ManifestWriter.configuration(key, of: node).map { Value($0) }
    }

    private func find(_ method: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        let isRequired = method.hasSuffix("require")
        let bound = isRequired
            ? try { let b = try arguments.bound(method, required: 1, "name", "validator"); return [b[0], nil, b[1]] }()
            : try arguments.bound(method, required: 1, "name", "default", "validator")
        // As in dbt: what a template asks of its configuration while it is read is answered with nothing, whatever its default.
        // The macro that names a node is asked when all is known, and has no configuration.
        if compiler.frame.mode == .parse, !compiler.frame.isOfMacro { return "" }
        let key = bound[0]?.asString ?? ""
        let isMeta = method.hasPrefix("meta")
        // A value under meta answers for one that is not stated, as projects moved their own words there.
        let found = isMeta ? compiler.frame.node?.meta[key].map { Value($0) } : value(of: key)
        guard let found, !found.isNone else {
            guard isRequired else { return bound[1] ?? .none }
            let node = compiler.frame.node
            throw CompilationError(
                "compile.config_missing", "Model '\(node?.uniqueID ?? "")' does not define a required config parameter '\(key)'.",
                at: node?.location ?? .named(""), remedy: "set it with config(\(key)=…)")
        }
        // dbt looks at a value that get() finds only where there is a default.
        if let validator = bound[2], !validator.isNone, isRequired || !(bound[1] ?? .none).isNone { _ = try interpreter.call(validator, Arguments([found])) }
        return found
    }

    private func set(_ name: String, _ value: Value) {
        if compiler.frame.mode == .parse {
            if let json = value.json { compiler.frame.capture.set(name, json) }
        } else {
            compiler.frame.node?.config.values[name] = value.json ?? .null
        }
    }

    private func persistsDocs(_ what: String) throws -> Bool {
        guard compiler.frame.mode == .execute, let setting = value(of: "persist_docs"), !setting.isNone else { return false }
        guard let dict = setting.asDict else {
            throw CompilationError("compile.bad_config", "Invalid value provided for 'persist_docs'. Expected dict but got '\(setting.typeName)'", remedy: "write persist_docs: {relation: true, columns: true}")
        }
        return dict[what]?.asInt == 1
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

    private func lookup(_ name: String) -> (value: JSON, isDate: Bool)? {
        compiler.variableOverrides[name].map { ($0, false) } ?? compiler.manifest.variable(name, package: compiler.frame.node?.packageName ?? compiler.frame.package)
    }
    private var supplied: JSONObject {
        var all = compiler.manifest.variables(of: compiler.frame.node?.packageName ?? compiler.frame.package)
        for (name, value) in compiler.variableOverrides.pairs { all[name] = value }
        return all
    }
    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        let bound = try arguments.bound("var", required: 1, "name", "default")
        let name = bound[0]?.asString ?? ""
        // A text of the project file is a template, which sees what its caller sees.
        if let (value, isDate) = lookup(name) {
            guard let text = value.stringValue else { return Value(value) }
            if isDate, let moment = try YAMLMoment.moment(text) { return moment }
            return .string(try compiler.filled(text))
        }
        if let fallback = bound[1] { return fallback }
        // While the project is read, a variable may be one that only the run will set.
        if compiler.frame.mode == .parse { return .none }
        throw CompilationError(
            "compile.var_not_set", Manifest.lack(of: name, for: compiler.frame.node?.name ?? compiler.frame.macro?.name, given: supplied), remedy: "set it under vars: in dbt_project.yml, pass it with --vars, or give var() a default")
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard name == "has_var" else { return nil }
        return .bool(lookup(arguments.positional.first?.asString ?? "") != nil)
    }
}

