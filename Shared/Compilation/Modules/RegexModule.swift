internal import Jinja

/// `modules.re`.
final class RegexModule: JinjaObject {
    var typeName: String { "module" }
    // In dbt a dictionary of what is lent.
    var isMapping: Bool { true }
    private static let names = [
        "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer", "compile", "purge", "template", "escape", "error", "Pattern", "Match", "A", "I", "L", "M", "S", "X", "U",
        "ASCII", "IGNORECASE", "LOCALE", "MULTILINE", "DOTALL", "VERBOSE", "UNICODE", "NOFLAG", "RegexFlag",
    ]
    var methods: Set<String> { Set(Self.names.prefix(12)) }
    private var compiled: [String: RegexProgram] = [:]
    /// As many as Python keeps.
    private static let compiledMax = 512

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "IGNORECASE", "I": .int(RegexFlags.ignoreCase.rawValue)
        case "MULTILINE", "M": .int(RegexFlags.multiline.rawValue)
        case "DOTALL", "S": .int(RegexFlags.dotAll.rawValue)
        case "VERBOSE", "X": .int(RegexFlags.verbose.rawValue)
        case "ASCII", "A": .int(RegexFlags.ascii.rawValue)
        case "UNICODE", "U": .int(32)
        case "LOCALE", "L": .int(4)
        case "NOFLAG": .int(0)
        default: nil
        }
    }

    private func program(_ pattern: Value?, _ flags: Value?, _ interpreter: Interpreter) throws -> RegexProgram {
        if case .object(let object)? = pattern, let pattern = object as? PatternObject { return pattern.program }
        guard let text = pattern?.asString else { throw JinjaError(.type, "first argument must be string or compiled pattern") }
        let number = flags?.asInt ?? 0
        if let known = compiled["\(number)/\(text)"] { return known }
        let program = try RegexProgram(text, flags: RegexFlags(rawValue: number))
        if compiled.count >= Self.compiledMax { compiled.removeAll() }
        compiled["\(number)/\(text)"] = program
        return program
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "compile":
            let bound = try arguments.bound(name, required: 1, "pattern", "flags")
            return .object(PatternObject(try program(bound[0], bound[1], interpreter)))
        case "search", "match", "fullmatch", "findall", "finditer":
            let bound = try arguments.bound(name, required: 2, "pattern", "string", "flags")
            return try PatternObject(try program(bound[0], bound[2], interpreter)).callMethod(name, Arguments([bound[1] ?? ""]), interpreter)
        case "split":
            let bound = try arguments.bound(name, required: 2, "pattern", "string", "maxsplit", "flags")
            return try PatternObject(try program(bound[0], bound[3], interpreter)).callMethod(name, Arguments([bound[1] ?? "", bound[2] ?? 0]), interpreter)
        case "sub", "subn":
            let bound = try arguments.bound(name, required: 3, "pattern", "repl", "string", "count", "flags")
            return try PatternObject(try program(bound[0], bound[4], interpreter)).callMethod(name, Arguments([bound[1] ?? "", bound[2] ?? "", bound[3] ?? 0]), interpreter)
        case "escape":
            let special = Set("()[]{}?*+-|^$\\.&~# \t\n\r\u{0b}\u{0c}".unicodeScalars)
            var escaped = String.UnicodeScalarView()
            for scalar in (arguments.positional.first?.asString ?? "").unicodeScalars {
                if special.contains(scalar) { escaped.append("\\") }
                escaped.append(scalar)
            }
            return .string(String(escaped))
        case "purge": return Value.none
        case "keys", "get": return try ModuleMembers.answer(name, arguments, Self.names, of: self, interpreter)
        default: return nil
        }
    }
}
