internal import Kernel

/// What `validate_macro_args` asks: that the yml names a macro's arguments as the macro does, and gives them types that dbt knows.
enum MacroArguments {
    /// The names of types, with the number of types that each takes in brackets.
    private static let types = ["str": 0, "string": 0, "bool": 0, "int": 0, "integer": 0, "float": 0, "any": 0, "list": 1, "dict": 2, "optional": 1, "relation": 0, "column": 0]

    /// - Parameters:
    ///   - defined: as the macro has them.
    ///   - written: as the yml has them.
    static func faults(of macro: String, defined: [JSON], written: [JSON]) -> [String] {
        guard !written.isEmpty else { return [] }
        func name(_ argument: JSON) -> String { argument["name"]?.stringValue ?? "" }
        var found = zip(defined, written).filter { name($0) != name($1) }.map { "Argument \(name($1)) in yaml for macro \(macro) does not match the jinja definition." }
        if defined.count != written.count { found.append("The number of arguments in the yaml for macro \(macro) does not match the jinja definition.") }
        for argument in written {
            guard let type = argument["type"]?.stringValue?.filter({ $0 != " " && $0 != "\t" }), !type.isEmpty else { continue }
            var rest = Substring(type)
            if !passType(&rest) || !rest.isEmpty { found.append("Argument \(name(argument)) in the yaml for macro \(macro) has an invalid type.") }
        }
        return found
    }

    private static func passType(_ rest: inout Substring) -> Bool {
        let word = rest.prefix { ("a"..."z").contains($0) }
        guard let count = types[String(word)] else { return false }
        rest = rest.dropFirst(word.count)
        guard count > 0 else { return true }
        func pass(_ mark: Character) -> Bool {
            guard rest.first == mark else { return false }
            rest.removeFirst()
            return true
        }
        guard pass("[") else { return false }
        for place in 0..<count { guard place == 0 || pass(","), passType(&rest) else { return false } }
        return pass("]")
    }
}
