internal import Jinja

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
