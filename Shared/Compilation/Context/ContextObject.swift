internal import Jinja
internal import Project

/// `context`: every name that a template can use, as a map.
final class ContextObject: JinjaObject {
    private unowned let compiler: Compiler
    /// Whose text asks: a package's macro sees its own package's macros there.
    private let package: String
    init(_ compiler: Compiler, package: String) { (self.compiler, self.package) = (compiler, package) }
    var typeName: String { "dict" }
    var isMapping: Bool { true }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        try key.asString.flatMap { try compiler.value(of: $0, package: package) }
    }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { try item(.string(name), interpreter) }
    func contains(_ value: Value) throws -> Bool? {
        try value.asString.map { try compiler.value(of: $0, package: package) != nil }
    }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(names.map(Value.string)) }

    private var names: [String] {
        let packages = [compiler.frame.package, package, compiler.manifest.project.name, "dbt"]
        let all = Set(compiler.knownWords + ["context"] + compiler.frame.variables.keys + packages.flatMap { compiler.macros.names(of: $0) })
        return all.union(compiler.manifest.packages.map(\.name)).union(["dbt"]).sorted()
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "get": return try item(arguments.positional.first ?? .none, interpreter) ?? (arguments.positional.count > 1 ? arguments.positional[1] : Value.none)
        // What is put there is seen by the rest of the text and by the macros that it calls.
        case "update":
            for (key, value) in arguments.positional.first?.asDict?.pairs.map({ ($0.key.asString ?? "", $0.value) }) ?? [] { compiler.frame.variables[key] = value }
            for (key, value) in arguments.named.map({ ($0.name, $0.value) }) { compiler.frame.variables[key] = value }
            return Value.none
        case "keys": return .list(names.map(Value.string))
        default: return nil
        }
    }
}
