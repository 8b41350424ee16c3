internal import Jinja
public import Kernel

/// Renders the Jinja inside yml files, where `env_var`, `var`, `target` and the words that need no node are known.
public struct YAMLRenderer {
    public var environment: [String: String]
    public var vars: JSONObject
    /// Called with the name of each environment variable that is read.
    public var onEnvironmentRead: (String) -> Void = { _ in }
    var target: JSON = .null
    /// nil while the project file itself is read.
    var projectName: String?
    /// Words that whoever renders templates knows.
    var words: (String) -> Value? = { _ in nil }
    var context: Context { Context(variables, resolve: { [words] in words($0) }) }

    public init(environment: [String: String], vars: JSONObject) {
        self.environment = environment
        self.vars = vars
    }

    static func hasTemplate(_ text: String) -> Bool {
        var isOpen = false
        for byte in text.utf8 {
            if isOpen, byte == UInt8(ascii: "{") || byte == UInt8(ascii: "%") { return true }
            isOpen = byte == UInt8(ascii: "{")
        }
        return false
    }

    /// Fills every text inside, save below the keys named in `leaving`.
    func render(_ value: YAMLValue, leaving: Set<String> = []) throws(ProjectProblem) -> YAMLValue {
        switch value.kind {
        case .scalar(.string(let text)) where Self.hasTemplate(text):
            return YAMLValue(.scalar(try evaluate(text, at: value)), file: value.file, line: value.line, column: value.column)
        case .scalar: return value.timed
        case .list(let items):
            var filled: [YAMLValue] = []
            for item in items { filled.append(try render(item, leaving: leaving)) }
            return YAMLValue(.list(filled), file: value.file, line: value.line, column: value.column)
        case .map(let members):
            var filled: [YAMLValue.Member] = []
            for member in members {
                let inner = leaving.contains(member.key) ? member.value : try render(member.value, leaving: leaving)
                filled.append(.init(key: member.key, line: member.line, value: inner))
            }
            return YAMLValue(.map(filled), file: value.file, line: value.line, column: value.column)
        }
    }

    private func evaluate(_ text: String, at place: YAMLValue) throws(ProjectProblem) -> JSON {
        do {
            var environment = Environment()
            environment.filters["as_native"] = { value, _, _ in value }
            environment.filters["as_bool"] = { value, _, _ in Self.native(value) }
            environment.filters["as_number"] = { value, _, _ in Self.native(value) }
            environment.filters["as_text"] = { value, _, interpreter in
                if case .string = value { return value }
                return .string(value.json?.text() ?? "")
            }
            let template = try environment.parse(text, name: place.file)
            // A text that is one expression keeps the type of its value, as in dbt.
            let value = try Interpreter(environment).renderNative(template, context)
            return value.json ?? .null
        } catch {
            if let problem = error.cause as? ProjectProblem {
                throw ProjectProblem(problem.code, problem.summary, at: place.location, remedy: problem.remedy)
            }
            throw ProjectProblem("project.bad_template", error.message, at: place.location, remedy: "correct the template in this value")
        }
    }

    private static func native(_ value: Value) -> Value {
        guard case .string(let text) = value else { return value }
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default:
            if let number = Value(digits: text) { return number }
            if let number = Double(text) { return .double(number) }
            return value
        }
    }

    var variables: [String: Value] {
        let vars = vars
        let environment = environment
        let onRead = onEnvironmentRead
        return [
            "target": Value(target),
            "dbt_version": .string(ManifestWriter.dbtVersion),
            "project_name": Value(JSON(projectName)),
            "var": .function("var") { arguments, _ in
                let bound = try arguments.bound("var", required: 1, "name", "default")
                let name = bound[0]?.asString ?? ""
                if let value = vars[name] { return Value(value) }
                if let fallback = bound[1] { return fallback }
                throw ProjectProblem("project.var_not_set", Manifest.lack(of: name, for: nil, given: vars), at: .named("var"), remedy: "pass it with --vars, or give var() a default")
            },
            "env_var": .function("env_var") { arguments, _ in
                let bound = try arguments.bound("env_var", required: 1, "name", "default")
                let name = bound[0]?.asString ?? ""
                let fallback = bound[1].flatMap { $0.isNone ? nil : $0 }
                return try EnvironmentVariables.value(name, isOptional: fallback != nil, in: environment, onRead: onRead).map(Value.string) ?? fallback ?? .none
            },
        ]
    }
}

/// `env_var()`, wherever it is called.
public enum EnvironmentVariables {
    /// - Parameter isOptional: whether there is a default, which keeps its type where it takes the place of a text.
    public static func value(_ name: String, isOptional: Bool, in environment: [String: String], onRead: (String) -> Void) throws(ProjectProblem) -> String? {
        onRead(name)
        if let value = environment[name] { return value }
        if isOptional { return nil }
        throw ProjectProblem(
            "project.env_var_not_set", "Env var required but not provided: '\(name)'", at: .named("env_var"),
            remedy: "set \(name), or give env_var() a default")
    }
}
