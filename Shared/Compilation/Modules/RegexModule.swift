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

/// A compiled pattern.
final class PatternObject: JinjaObject {
    let program: RegexProgram
    init(_ program: RegexProgram) { self.program = program }
    var typeName: String { "Pattern" }
    func text(_ interpreter: Interpreter) throws -> String { "re.compile(\(try interpreter.representation(of: .string(program.pattern))))" }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "pattern": .string(program.pattern)
        case "flags": .int(program.flags.rawValue | 32)
        case "groups": .int(program.groupCount)
        case "groupindex": .dict(program.names.map { ($0.name, .int($0.index)) })
        default: nil
        }
    }

    private func scalars(_ value: Value?) throws -> [UInt32] {
        guard let text = value?.asString else { throw JinjaError(.type, "expected string or bytes-like object, got '\(value?.typeName ?? "NoneType")'") }
        return text.unicodeScalars.map(\.value)
    }

    static func string(_ scalars: some Sequence<UInt32>) -> String {
        var view = String.UnicodeScalarView()
        for value in scalars { if let scalar = Unicode.Scalar(value) { view.append(scalar) } }
        return String(view)
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "search", "match", "fullmatch":
            let text = try scalars(arguments.positional.first ?? arguments["string"])
            let start = min(max(0, arguments.positional.count > 1 ? arguments.positional[1].asInt ?? 0 : 0), text.count)
            let match = try program.match(text, from: start, name == "search" ? .anywhere : name == "match" ? .start : .whole)
            return match.map { .object(MatchObject(program, text, $0)) } ?? .some(.none)
        case "finditer":
            let text = try scalars(arguments.positional.first)
            return .list(try program.matches(text).map { .object(MatchObject(program, text, $0)) })
        case "findall":
            let text = try scalars(arguments.positional.first)
            return .list(try program.matches(text).map { match in
                func group(_ index: Int) -> Value { .string(match.groups[index].map { Self.string(text[$0]) } ?? "") }
                switch program.groupCount {
                case 0: return .string(Self.string(text[match.start..<match.end]))
                case 1: return group(0)
                default: return .tuple((0..<program.groupCount).map(group))
                }
            })
        case "split": return try split(arguments)
        case "sub", "subn":
            let bound = try arguments.bound(name, required: 2, "repl", "string", "count")
            let (text, count) = try substitute(bound[0] ?? "", try scalars(bound[1]), limit: bound[2]?.asInt ?? 0, interpreter)
            return name == "sub" ? .string(text) : .tuple([.string(text), .int(count)])
        default: return nil
        }
    }

    private func split(_ arguments: Arguments) throws -> Value {
        let bound = try arguments.bound("split", required: 1, "string", "maxsplit")
        let text = try scalars(bound[0])
        let limit = bound[1]?.asInt ?? 0
        var parts: [Value] = []
        var start = 0
        for (count, match) in try program.matches(text).enumerated() where limit == 0 || count < limit {
            parts.append(.string(Self.string(text[start..<match.start])))
            parts += match.groups.map { $0.map { .string(Self.string(text[$0])) } ?? .none }
            start = match.end
        }
        return .list(parts + [.string(Self.string(text[start...]))])
    }

    private func substitute(_ replacement: Value, _ text: [UInt32], limit: Int, _ interpreter: Interpreter) throws -> (String, Int) {
        var out = ""
        var (start, count) = (0, 0)
        for match in try program.matches(text) where limit == 0 || count < limit {
            out += Self.string(text[start..<match.start])
            if let template = replacement.asString { out += try expand(template, match, text) }
            else { out += try interpreter.text(interpreter.call(replacement, Arguments([.object(MatchObject(program, text, match))]))) }
            start = match.end
            count += 1
        }
        return (out + Self.string(text[start...]), count)
    }

    /// `\1`, `\g<1>`, `\g<name>`, and the usual escapes.
    func expand(_ template: String, _ match: RegexProgram.Match, _ text: [UInt32]) throws -> String {
        guard template.utf8.contains(UInt8(ascii: "\\")) else { return template }
        let scalars = Array(template.unicodeScalars)
        func group(_ index: Int) throws -> String {
            guard index <= program.groupCount else { throw JinjaError(.value, "invalid group reference \(index)") }
            return index == 0 ? Self.string(text[match.start..<match.end]) : match.groups[index - 1].map { Self.string(text[$0]) } ?? ""
        }
        var out = ""
        var place = 0
        while place < scalars.count {
            guard scalars[place] == "\\", place + 1 < scalars.count else { out.unicodeScalars.append(scalars[place]); place += 1; continue }
            let next = scalars[place + 1]
            place += 2
            switch next {
            case "0"..."9":
                var number = Int(next.value - 0x30)
                if place < scalars.count, (0x30...0x39).contains(scalars[place].value) { number = number * 10 + Int(scalars[place].value - 0x30); place += 1 }
                out += try group(number)
            case "g":
                guard place < scalars.count, scalars[place] == "<", let end = scalars[place...].firstIndex(of: ">") else { throw JinjaError(.value, "missing group name") }
                let name = String(String.UnicodeScalarView(scalars[(place + 1)..<end]))
                place = end + 1
                guard let index = Int(name) ?? program.names.first(where: { $0.name == name })?.index else { throw JinjaError(.value, "unknown group name '\(name)'") }
                guard index >= 0 else { throw JinjaError(.value, "bad character in group name '\(name)'") }
                out += try group(index)
            case "n": out += "\n"
            case "t": out += "\t"
            case "r": out += "\r"
            case "\\": out += "\\"
            default:
                if next.isASCII, next.properties.isAlphabetic { throw JinjaError(.value, "bad escape \\\(next)") }
                out += "\\\(next)"
            }
        }
        return out
    }
}

final class MatchObject: JinjaObject {
    private let program: RegexProgram
    private let subject: [UInt32]
    private let match: RegexProgram.Match
    init(_ program: RegexProgram, _ text: [UInt32], _ match: RegexProgram.Match) {
        self.program = program
        subject = text
        self.match = match
    }
    var typeName: String { "Match" }

    private func range(_ value: Value?) throws -> Range<Int>? {
        guard let value else { return match.start..<match.end }
        let index = value.asInt ?? value.asString.flatMap { name in program.names.first { $0.name == name }?.index }
        guard let index, index >= 0, index <= program.groupCount else { throw JinjaError(.value, "no such group") }
        return index == 0 ? match.start..<match.end : match.groups[index - 1]
    }
    private func value(_ range: Range<Int>?, _ fallback: Value = .none) -> Value { range.map { .string(PatternObject.string(subject[$0])) } ?? fallback }

    func text(_ interpreter: Interpreter) throws -> String {
        "<re.Match object; span=(\(match.start), \(match.end)), match=\(try interpreter.representation(of: value(match.start..<match.end)))>"
    }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "string": .string(PatternObject.string(subject))
        case "re": .object(PatternObject(program))
        case "lastindex": match.groups.lastIndex { $0 != nil }.map { .int($0 + 1) } ?? .some(.none)
        default: nil
        }
    }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { value(try range(key)) }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        let first = arguments.positional.first
        switch name {
        case "group": return arguments.positional.count > 1 ? .tuple(try arguments.positional.map { value(try range($0)) }) : value(try range(first))
        case "groups": return .tuple(match.groups.map { value($0, first ?? .none) })
        case "groupdict": return .dict(program.names.map { ($0.name, value(match.groups[$0.index - 1], first ?? .none)) })
        case "start": return .int(try range(first)?.lowerBound ?? -1)
        case "end": return .int(try range(first)?.upperBound ?? -1)
        case "span": return .tuple([.int(try range(first)?.lowerBound ?? -1), .int(try range(first)?.upperBound ?? -1)])
        case "expand": return .string(try PatternObject(program).expand(first?.asString ?? "", match, subject))
        default: return nil
        }
    }
}
