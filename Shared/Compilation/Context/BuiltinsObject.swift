internal import Jinja

/// `builtins`: dbt's words by themselves, for projects that put a macro of their own before one of them.
final class BuiltinsObject: JinjaObject {
    private unowned let compiler: Compiler
    init(_ compiler: Compiler) { self.compiler = compiler }
    var typeName: String { "dict" }
    var isMapping: Bool { true }
    private var names: [String] { compiler.knownWords.filter { $0 != "builtins" } }
    var count: Int? { names.count }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { name != "builtins" && Compiler.isWord(name) && !Compiler.functionsOfTheLibrary.contains(name) ? compiler.word(name) : nil }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { try key.asString.flatMap { try attribute($0, interpreter) } }
    func contains(_ value: Value) throws -> Bool? { value.asString.map(names.contains) }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(names.map(Value.string)) }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard ["get", "items", "keys", "values"].contains(name) else { return nil }
        if name == "get" {
            let bound = try arguments.bound("get", required: 1, "key", "default")
            return try item(bound[0] ?? .none, interpreter) ?? bound[1] ?? Value.none
        }
        return try interpreter.callMethod(name, of: .dict(names.map { ($0, compiler.word($0) ?? Value.none) }), arguments)
    }
}
