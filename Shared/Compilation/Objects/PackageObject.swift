internal import Jinja

/// `dbt_utils` in `dbt_utils.star(…)`: a package as a value. In dbt it is a dictionary of macros, whose methods go above macros of their names;
/// what is put into it is found there while the node is rendered.
final class PackageObject: JinjaObject {
    private static let methods: Set<String> = ["get", "items", "keys", "values", "update", "pop", "setdefault", "copy", "clear", "popitem"]
    let name: String
    private unowned let compiler: Compiler
    /// Whether a node's own text asks.
    private let isNoting: Bool
    init(_ name: String, _ compiler: Compiler, isNoting: Bool = false) {
        self.name = name
        self.isNoting = isNoting
        self.compiler = compiler
    }
    var typeName: String { "dict" }
    var isMapping: Bool { true }

    func attribute(_ attribute: String, _ interpreter: Interpreter) throws -> Value? {
        if let changed = compiler.frames.last?.namespaces[name] { return changed[attribute] }
        return try written(attribute, interpreter)
    }

    private func written(_ attribute: String, _ interpreter: Interpreter) throws -> Value? {
        if let value = compiler.frames.last?.macroOverrides["\(name).\(attribute)"] { return .function(attribute) { _, _ in value } }
        if let macro = try compiler.macros.macro(attribute, in: name, interpreter) {
            if isNoting { compiler.noteMacro("macro.\(name).\(attribute)") }
            return macro
        }
        // Some of dbt's macros are functions here.
        return name == "dbt" && Compiler.functionsOfTheLibrary.contains(attribute) ? compiler.word(attribute) : nil
    }

    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { try key.asString.flatMap { try attribute($0, interpreter) } }

    func callMethod(_ method: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard Self.methods.contains(method) else { return nil }
        if method == "get" {
            let bound = try arguments.bound("get", required: 1, "key", "default")
            return try item(bound[0] ?? .none, interpreter) ?? bound[1] ?? Value.none
        }
        return try interpreter.callMethod(method, of: .dict(dictionary(interpreter)), arguments)
    }

    /// All macros, made when something is asked that one macro does not answer.
    private func dictionary(_ interpreter: Interpreter) throws -> DictValue {
        if let known = compiler.frames.last?.namespaces[name] { return known }
        var pairs: [(String, Value)] = []
        for name in names { if let value = try written(name, interpreter) { pairs.append((name, value)) } }
        let made = DictValue(pairs)
        compiler.frames.last?.namespaces[name] = made
        return made
    }

    /// Each once, as the files have them; some of dbt's macros are functions here.
    private var names: [String] {
        let written = compiler.macros.names(of: name)
        return name == "dbt" ? Set(written).union(Compiler.functionsOfTheLibrary).sorted() : written
    }

    var count: Int? { compiler.frames.last?.namespaces[name]?.count ?? names.count }
    func isTrue() throws -> Bool { true }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { try ValueIterator(dictionary(interpreter).keys) }
    func contains(_ value: Value) throws -> Bool? { value.asString.map { word in compiler.frames.last?.namespaces[name].map { $0[word] != nil } ?? names.contains(word) } }
}
