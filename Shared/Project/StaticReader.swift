internal import Jinja
internal import Kernel

/// Reads what a template refers to without running it, where everything is spelled out: the common case, and a cheap one.
enum StaticReader {
    /// nil where only rendering can tell.
    static func capture(_ template: Template) -> Capture? {
        var capture = Capture()
        return read(template.body, into: &capture) ? capture : nil
    }

    private static func read(_ body: [Statement], into capture: inout Capture) -> Bool {
        for statement in body {
            switch statement.kind {
            case .text: continue
            case .output(let expressions):
                for expression in expressions where !read(expression, into: &capture) { return false }
            case .if(let branches, let otherwise):
                // At parse time is_incremental() is false, so its body is not rendered, there as here.
                guard branches.count == 1, case .call(let callee, _) = branches[0].test.kind, case .name(let name) = callee.kind,
                    name.text == "is_incremental", read(otherwise, into: &capture)
                else { return false }
                capture.macros = ["macro.dbt.is_incremental"]
            default: return false
            }
        }
        return true
    }

    private static func read(_ expression: Expression, into capture: inout Capture) -> Bool {
        switch expression.kind {
        case .literal: return true
        case .name(let name): return name.text == "this"
        case .call(let callee, let arguments):
            guard case .name(let name) = callee.kind, arguments.spread == nil, arguments.namedSpread == nil else { return false }
            return read(name.text, arguments, into: &capture)
        default: return false
        }
    }

    private static func read(_ function: String, _ arguments: Expression.CallArguments, into capture: inout Capture) -> Bool {
        let texts = arguments.positional.compactMap { literal($0)?.stringValue }
        switch function {
        case "ref":
            guard texts.count == arguments.positional.count, (1...2).contains(texts.count) else { return false }
            var version: JSON?
            for argument in arguments.named {
                guard ["v", "version"].contains(argument.name), let value = literal(argument.value), !value.isNull else { return false }
                version = value
            }
            capture.refs.append(
                Ref(name: texts[texts.count - 1], package: texts.count == 2 ? texts[0] : nil, version: version.map(PythonText.text), isVersionText: version?.stringValue != nil))
            return true
        case "metric", "function":
            guard texts.count == arguments.positional.count, (1...2).contains(texts.count), arguments.named.isEmpty else { return false }
            if function == "metric" { capture.metrics.append(texts) } else { capture.functions.append(texts) }
            return true
        case "source":
            guard texts.count == 2, arguments.positional.count == 2, arguments.named.isEmpty else { return false }
            capture.sources.append(SourceRef(source: texts[0], table: texts[1]))
            return true
        case "config":
            guard arguments.positional.isEmpty, !arguments.named.isEmpty else { return false }
            var layer = JSONObject()
            for (name, value) in arguments.named {
                guard let value = literal(value) else { return false }
                layer[name] = value
            }
            ConfigMerge.join(layer, into: &capture.config)
            return true
        default: return false
        }
    }

    static func literal(_ expression: Expression) -> JSON? {
        switch expression.kind {
        case .literal(.none): return .null
        case .literal(.bool(let flag)): return .bool(flag)
        case .literal(.int(let number)): return .integer(Int64(number))
        case .literal(.big(let number)): return .large(number.digits)
        case .literal(.double(let number)): return .double(number)
        case .literal(.string(let text)): return .string(text)
        case .list(let items), .tuple(let items):
            var values: [JSON] = []
            for item in items {
                guard let value = literal(item) else { return nil }
                values.append(value)
            }
            return .array(values)
        case .dict(let pairs):
            var object = JSONObject()
            for pair in pairs {
                guard let key = literal(pair.key)?.stringValue, let value = literal(pair.value) else { return nil }
                object[key] = value
            }
            return .object(object)
        default: return nil
        }
    }

    /// The references that are spelled out anywhere in a text such as a test's argument: `ref('stg_orders')`.
    ///
    /// - Parameter ref: what the argument `model` names, where that is known: nearly all tests stand under a model.
    static func references(in arguments: JSONObject, model ref: Ref?, environment: Environment) -> Capture? {
        var capture = Capture()
        for (key, value) in arguments.pairs {
            if let ref, key == "model" { capture.refs.append(ref) } else if !read(value, environment, into: &capture) { return nil }
        }
        return capture
    }

    private static func read(_ json: JSON, _ environment: Environment, into capture: inout Capture) -> Bool {
        for text in texts(in: json) {
            let (head, tail) = ("{{ get_where_subquery(", ") }}")
            if text.hasPrefix(head), text.hasSuffix(tail) {
                guard read("{{ " + text.dropFirst(head.count).dropLast(tail.count) + " }}", environment, into: &capture) else { return false }
            } else if text.contains("{{") || text.contains("{%") {
                guard read(text, environment, into: &capture) else { return false }
            } else if text.hasPrefix("ref(") || text.hasPrefix("source(") {
                guard read("{{ \(text) }}", environment, into: &capture) else { return false }
            }
        }
        return true
    }

    private static func read(_ text: String, _ environment: Environment, into capture: inout Capture) -> Bool {
        guard let template = try? environment.parse(text) else { return false }
        return read(template.body, into: &capture)
    }

    private static func texts(in json: JSON) -> [String] {
        switch json {
        case .string(let text): [text]
        case .array(let items): items.flatMap { texts(in: $0) }
        case .object(let object): object.pairs.flatMap { texts(in: $0.value) }
        default: []
        }
    }
}
