internal import Jinja

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
