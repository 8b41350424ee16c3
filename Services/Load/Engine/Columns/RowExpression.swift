internal import Jinja
internal import Kernel
internal import Landing

/// An expression over one record, in Jinja's words as models have them: `amount > 0 and country in ['DE', 'AT']`,
/// `'night' if hour(at) < 6 else 'day'`, `name | trim | lower`.
///
/// A field is what CSV says it is: a whole number, a number, a truth value, a text, or none where it is null.
struct RowExpression {
    struct Unreadable: Error {
        var reason: String
        var remedy: String
    }

    let name: String
    private let template: Template
    /// The columns that it mentions.
    private let columns: [(name: String, slot: Int)]

    private static let environment: Environment = {
        var environment = Environment()
        environment.undefined = .strict
        return environment
    }()

    init(_ text: String, name: String, columns: [(name: String, slot: Int)]) throws {
        self.name = name
        do {
            template = try Self.environment.parse("{{ \(text) }}", name: name)
        } catch {
            throw Unreadable(reason: error.message, remedy: "write one expression, without braces: amount > 0")
        }
        guard template.onlyExpression != nil else {
            throw Unreadable(reason: "it is not one expression", remedy: "write one expression, without braces: amount > 0")
        }
        var names = MentionedNames()
        names.visit(template)
        let functions = Set(Self.functions.keys)
        if let unknown = names.found.sorted().first(where: { name in !functions.contains(name) && !columns.contains { $0.name == name } }) {
            throw Unreadable(
                reason: "there is no column and no function '\(unknown)'",
                remedy: "the columns at that step are: \(columns.map(\.name).joined(separator: ", ")); the functions: \(functions.sorted().joined(separator: ", "))")
        }
        self.columns = columns.filter { names.found.contains($0.name) }
    }

    func evaluate(_ interpreter: Interpreter, _ fields: UnsafeMutableBufferPointer<CSVReader.Field>) throws -> Value {
        var variables = Self.functions
        for column in columns { variables[column.name] = Self.value(fields[column.slot]) }
        return try interpreter.evaluate(template, Context(variables))
    }

    static func interpreter() -> Interpreter { Interpreter(environment) }

    /// What counts as yes where a row is dropped.
    static func isTrue(_ value: Value) -> Bool? {
        switch value {
        case .bool(let flag): flag
        case .none: false
        default: nil
        }
    }

    private static func value(_ field: CSVReader.Field) -> Value {
        if field.isNull { return .none }
        if !field.isText {
            if let number = FieldParser.integer(field.bytes) { return .int(Int(number)) }
            if let number = FieldParser.real(field.bytes) { return .double(number) }
            if FieldParser.isDecimal(field.bytes), let number = Value(digits: String(decoding: field.bytes, as: UTF8.self)) { return number }
            if let flag = FieldParser.boolean(field.bytes) { return .bool(flag) }
        }
        return .string(String(decoding: field.bytes, as: UTF8.self))
    }

    // MARK: Functions

    /// Parts of a date or a time as it is written, on the clock of whoever wrote it. None of none.
    nonisolated(unsafe) private static let functions: [String: Value] = [
        "hour": clock("hour", 11, 13), "minute": clock("minute", 14, 16), "time": part("time") { $0.utf8.count >= 19 ? .string(slice($0, 11, 19)) : nil },
        "date": part("date") { .string(slice($0, 0, 10)) },
        "year": clock("year", 0, 4), "month": clock("month", 5, 7), "day": clock("day", 8, 10),
        "weekday": part("weekday") { text in
            Timestamp(rfc3339: slice(text, 0, 10) + "T00:00:00Z").map { .int($0.weekday == 0 ? 7 : $0.weekday) }
        },
    ]

    private static func slice(_ text: String, _ start: Int, _ end: Int) -> String {
        String(decoding: text.utf8.dropFirst(start).prefix(end - start), as: UTF8.self)
    }
    private static func clock(_ name: String, _ start: Int, _ end: Int) -> Value {
        part(name) { text in text.utf8.count >= end ? Int(slice(text, start, end)).map { .int($0) } : nil }
    }
    private static func part(_ name: String, _ read: @escaping (String) -> Value?) -> Value {
        .function(name) { arguments, _ in
            let value = try arguments.bound(name, required: 1, "moment")[0] ?? .none
            if value.isNone { return .none }
            let isMoment = value.asString.map { text in
                var text = text
                return text.withUTF8 { FieldParser.isMoment($0) }
            } ?? false
            guard isMoment, let text = value.asString, let part = read(text) else { throw JinjaError(.value, "\(name)() was given no date and no time") }
            return part
        }
    }
}

private struct MentionedNames: SyntaxVisitor {
    var found: Set<String> = []
    mutating func visit(_ expression: Expression) {
        if case .name(let name) = expression.kind { found.insert(name.text) }
        visitChildren(of: expression)
    }
}

extension CSVReader.Field {
    static var null: CSVReader.Field { CSVReader.Field(bytes: Bytes(start: nil, count: 0), isQuoted: false, isText: false) }
    /// After cleaning: all spellings of null are this one.
    var isNull: Bool { !isQuoted && bytes.isEmpty }
}
